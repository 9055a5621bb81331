"""What the sandbox remembers, in SQLite: addresses, links, and the log of every mail "sent".

With a file each transaction is on the disk when it ends, so a mail whose answer has left is in the log
whatever becomes of the process. The table ``sends`` of that file may be read from outside at any time.
"""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    key TEXT PRIMARY KEY, email TEXT NOT NULL, number TEXT NOT NULL, created TEXT NOT NULL,
    modified TEXT NOT NULL, token_sent TEXT NOT NULL, send_ip TEXT NOT NULL, verified TEXT, confirm_ip TEXT);
CREATE TABLE IF NOT EXISTS sends (
    id INTEGER PRIMARY KEY, email TEXT NOT NULL, key TEXT NOT NULL, sent_at TEXT NOT NULL,
    request_id TEXT NOT NULL, action TEXT NOT NULL, nonce TEXT NOT NULL, token TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sends_of_key ON sends (key, sent_at);
CREATE INDEX IF NOT EXISTS sends_by_time ON sends (sent_at);
CREATE TABLE IF NOT EXISTS links (token TEXT PRIMARY KEY, key TEXT NOT NULL, sent_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS links_of_key ON links (key);
"""
_SEND = "email, key, sent_at, request_id, action, nonce, token"


@dataclass(frozen=True)
class Send:
    """One mail that went out. ``key`` is what all spellings of the address share, ``sent_at`` is in UTC."""

    email: str
    key: str
    sent_at: datetime
    request_id: str
    action: str
    nonce: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Record:
    """An address of the account. ``verified`` is the moment when a link was followed, None before."""

    key: str
    email: str
    number: str
    created: datetime
    modified: datetime
    token_sent: datetime
    send_ip: str
    verified: datetime | None = None
    confirm_ip: str | None = None


@dataclass(frozen=True)
class RecordFilter:
    """Which records to list; None leaves a field open. The creation window holds both its ends."""

    key: str | None = None
    verified: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class State:
    """One store, safe to use from several threads. Times go in and come out aware, in UTC."""

    def __init__(self, file: Path | None) -> None:
        """Open or make the file; None keeps all in memory. Raises sqlite3.Error if it can't be opened."""
        self._lock = RLock()
        self._database = sqlite3.connect(file or ":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept and synced together, or not at all. Raises sqlite3.Error if it can't be."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def record(self, key: str) -> Record | None:
        rows = self._rows("SELECT * FROM records WHERE key = ?", key)
        return _record(rows[0]) if rows else None

    def put_record(self, record: Record) -> None:
        values = [_stored(value) for value in astuple(record)]
        self._rows("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)

    def delete_record(self, key: str) -> None:
        """Forget an address and its links. The log of what was sent to it stays."""
        self._rows("DELETE FROM records WHERE key = ?", key)
        self._rows("DELETE FROM links WHERE key = ?", key)

    def list_records(self, wanted: RecordFilter, limit: int, offset: int) -> tuple[int, list[Record]]:
        """Return how many records match, and one page of them, the latest submitted first."""
        where, values = _where(wanted)
        page = f"SELECT * FROM records{where} ORDER BY created DESC, key LIMIT ? OFFSET ?"
        with self._lock:
            [(total,)] = self._rows(f"SELECT COUNT(*) FROM records{where}", *values)
            return int(total), [_record(row) for row in self._rows(page, *values, limit, offset)]

    def add_send(self, send: Send) -> None:
        """Write a mail to the log, and make its link work."""
        values = [_stored(value) for value in astuple(send)]
        self._rows(f"INSERT INTO sends ({_SEND}) VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
        self._rows("INSERT INTO links VALUES (?, ?, ?)", send.token, send.key, _stored(send.sent_at))

    def count_sends(self, key: str, since: datetime) -> int:
        """Count the mails to one address after a moment."""
        query = "SELECT COUNT(*) FROM sends WHERE key = ? AND sent_at > ?"
        [(count,)] = self._rows(query, key, _stored(since))
        return int(count)

    def total_sends(self) -> int:
        [(count,)] = self._rows("SELECT COUNT(*) FROM sends")
        return int(count)

    def sends(self) -> list[Send]:
        """Return the whole log in the order of sending."""
        return [_send(row) for row in self._rows(f"SELECT {_SEND} FROM sends ORDER BY id")]

    def latest_sends(self, limit: int) -> list[Send]:
        return [_send(row) for row in self._rows(f"SELECT {_SEND} FROM sends ORDER BY id DESC LIMIT ?", limit)]

    def nonces_since(self, moment: datetime) -> list[tuple[str, datetime]]:
        """Return the nonces of the calls that sent something, oldest first."""
        query = "SELECT nonce, sent_at FROM sends WHERE sent_at > ? ORDER BY sent_at"
        return [(nonce, _moment(sent_at)) for nonce, sent_at in self._rows(query, _stored(moment))]

    def link(self, token: str) -> tuple[str, datetime] | None:
        """Return whose link this is and when it was sent; None if it is unknown or was withdrawn."""
        rows = self._rows("SELECT key, sent_at FROM links WHERE token = ?", token)
        return (rows[0][0], _moment(rows[0][1])) if rows else None

    def _rows(self, query: str, *values: str | int | None) -> list[tuple[str, ...]]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def _where(wanted: RecordFilter) -> tuple[str, list[str | int | None]]:
    values = {
        "key = ?": wanted.key,
        "(verified IS NOT NULL) = ?": wanted.verified,
        "created >= ?": wanted.since,
        "created <= ?": wanted.until,
    }
    chosen = {condition: _stored(value) for condition, value in values.items() if value is not None}
    return (f" WHERE {' AND '.join(chosen)}" if chosen else ""), list(chosen.values())


def _stored(value: str | int | datetime | None) -> str | int | None:
    """Write times so that their texts sort as the times do."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _record(row: tuple[str, ...]) -> Record:
    key, email, number, created, modified, token_sent, send_ip, verified, confirm_ip = row
    times = _moment(created), _moment(modified), _moment(token_sent)
    return Record(key, email, number, *times, send_ip, _moment(verified) if verified else None, confirm_ip)


def _send(row: tuple[str, ...]) -> Send:
    email, key, sent_at, *rest = row
    return Send(email, key, _moment(sent_at), *rest)
