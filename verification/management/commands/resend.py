"""`manage.py resend`: the whole job from a shell, with the outcomes on standard output.

Exit 0: all accepted; 1: some not; 2: wrong usage, unknown person, no right; 3: nothing could be recorded, or
configuration missing.
"""

import json
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, OutputWrapper, no_translations
from django.db import DatabaseError, InterfaceError, connection

from ...models import DATABASE_AWAY, Attempt, Batch, BatchState, Language, Source, Status, database_now
from ...providers import domain_client
from ...services import recover
from ...services.addresses import Address, Rejected, read_address
from ...services.partition import Line, Partition, partition
from ...services.paste import Entry, Paste, read_paste
from ...services.request import MAX_ADDRESSES, Order, open_batch
from ...services.send import Sender
from ...worker import worker_name
from ..configured import ConfiguredCommand

USAGE, NOTHING_RECORDED = 2, 3
POLL_SECONDS = 0.2
# The batch itself goes on with a worker; the shell doesn't wait for a provider that can't be reached.
GIVE_UP_AFTER_TRIES = 3
NEEDS_A_PERSON = (BatchState.PAUSED, BatchState.WAITING)
LONGEST_NAME, LONGEST_REASON, LONGEST_TICKET = 150, 500, 64

Row = dict[str, str]


class NothingRecorded(Exception):
    """The database didn't take the batch; its own words are the message."""


class Command(ConfiguredCommand):
    help = "Resend verification e-mails and wait for the outcomes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("addresses", nargs="*", metavar="ADDRESS")
        parser.add_argument("--file", metavar="PATH", help="read a list of addresses; - is standard input")
        parser.add_argument("--user", required=True, metavar="NAME", help="the person who asks")
        parser.add_argument("--reason", required=True, metavar="TEXT")
        parser.add_argument("--ticket", default="", metavar="T")
        parser.add_argument("--lang", choices=Language.values, default=Language.EN)
        parser.add_argument(
            "--override", default="", metavar="REASON", help="lift cooldown, quota clock and 'already verified'"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; record nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    # Programs read what it prints, so that is the same in every language.
    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            order = _order(options)
            entries = _entries(options)
            rows = _rehearse(entries, order) if options["dry_run"] else _resend(entries, order, self.stderr)
        except NothingRecorded as error:
            raise CommandError(str(error), returncode=NOTHING_RECORDED) from error
        self._print(rows, as_json=options["json"])
        if any(row["status"] not in (Status.ACCEPTED, WOULD_SEND) for row in rows):
            sys.exit(1)

    def _print(self, rows: list[Row], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(rows, indent=1))
            return
        # Outcomes that are on record must not be lost to a terminal that can't show a letter of theirs.
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        for row in rows:
            why = " ".join(filter(None, (row["reason"], row["code"], row["message"])))
            line = f"{row['status']:<10} {row['email']}  {why}".rstrip()
            self.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding))


WOULD_SEND = "would_send"


@contextmanager
def _recording() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        raise NothingRecorded(f"Nothing was recorded, so nothing was sent. The database says: {error}") from error


def _order(options: dict[str, Any]) -> Order:
    override = options["override"].strip()
    name = _text("--user", options["user"], LONGEST_NAME, required=True)
    with _recording():
        person = _person(name, override=bool(override))
    return Order(
        person=person,
        source=Source.SHELL,
        reason=_text("--reason", options["reason"], LONGEST_REASON, required=True),
        ticket=_text("--ticket", options["ticket"], LONGEST_TICKET),
        lang=options["lang"],
        override_reason=_text("--override", override, LONGEST_REASON),
    )


def _person(name: str, *, override: bool) -> User:
    person = User.objects.filter(username=name).first()
    if person is None:
        raise CommandError(f"There is no person named {name!r}.", returncode=USAGE)
    if not person.has_perm("verification.send_batch"):
        raise CommandError(f"{name!r} has no right to resend.", returncode=USAGE)
    if override and not person.has_perm("verification.override_rules"):
        raise CommandError(f"{name!r} has no right to override.", returncode=USAGE)
    return person


def _text(name: str, value: str, longest: int, *, required: bool = False) -> str:
    value = value.strip()
    if required and not value:
        raise CommandError(f"{name} must not be empty.", returncode=USAGE)
    # An argument that was no text in the terminal's encoding arrives with lone surrogates.
    if len(value) > longest or re.search("[\0\ud800-\udfff]", value):
        raise CommandError(f"{name} takes a text of up to {longest} characters.", returncode=USAGE)
    return value


def _entries(options: dict[str, Any]) -> list[Entry]:
    entries = [Entry(0, read_address(text)) for text in options["addresses"]]
    paste = read_paste(_read(options["file"]), limit=MAX_ADDRESSES) if options["file"] else Paste((), 0)
    entries += paste.entries
    if not entries:
        raise CommandError("Name at least one address.", returncode=USAGE)
    distinct = {entry.result.key for entry in entries if isinstance(entry.result, Address)}
    if paste.too_many or len(distinct) > MAX_ADDRESSES:
        raise CommandError(f"At most {MAX_ADDRESSES:,} addresses at a time.", returncode=USAGE)
    return entries


def _read(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--file {path}: {error}", returncode=USAGE) from None


def _rehearse(entries: list[Entry], order: Order) -> list[Row]:
    with _recording():
        split = partition(entries, now=database_now(), override=bool(order.override_reason))
    rows: dict[str, Row] = {}
    for line in split.attempts:
        assert line.address
        status, reason = (Status.NOT_SENT, str(line.fate)) if line.fate else (WOULD_SEND, "")
        rows[line.address.key] = _row(line.address.email, status, reason)
    return [_row_of(line, rows) for line in split.lines]


def _resend(entries: list[Entry], order: Order, stderr: OutputWrapper) -> list[Row]:
    client = domain_client()
    try:
        if not any(isinstance(entry.result, Address) for entry in entries):
            return [_row_of(line, {}) for line in partition(entries, now=database_now()).lines]
        batch = _open(entries, order)
        _carry(batch, Sender(client, worker_name(), _sleep))
        if batch.state == BatchState.WAITING:
            stderr.write(f"Batch {batch.ref} waits for another person's approval; nothing was sent.")
        return _outcomes(batch, entries)
    finally:
        client.close()


def _open(entries: list[Entry], order: Order) -> Batch:
    with _recording():
        return open_batch(entries, order, now=database_now())


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _carry(batch: Batch, sender: Sender) -> None:
    """Work on the batch, beside whatever worker is running, until its end or until only a person can help."""
    while not _ended(batch):
        try:
            if not sender.work_once(batch):
                recover.lapse_expired(sender.actor, database_now())
                time.sleep(POLL_SECONDS)
        except DATABASE_AWAY:
            # The batch is on record; the work goes on when the database is back.
            connection.close()
            time.sleep(POLL_SECONDS)


def _ended(batch: Batch) -> bool:
    try:
        batch.refresh_from_db()
    except DATABASE_AWAY:
        connection.close()
        return False
    unreachable = batch.setbacks >= GIVE_UP_AFTER_TRIES
    return batch.finished_at is not None or batch.state in NEEDS_A_PERSON or unreachable


def _outcomes(batch: Batch, entries: list[Entry]) -> list[Row]:
    rows = {attempt.key: _row_of_attempt(attempt) for attempt in batch.attempts.all()}
    everything = Partition(tuple(Line(entry, None) for entry in entries))
    return [_row_of(line, rows) for line in everything.lines]


def _row_of(line: Line, rows: dict[str, Row]) -> Row:
    """The row of an entry: its attempt's; a duplicate repeats the first's, an invalid one says what is wrong."""
    if isinstance(line.entry.result, Rejected):
        return _row(line.entry.result.text, Status.NOT_SENT, str(line.entry.result.why))
    return {**rows[line.entry.result.key], "email": line.entry.result.email}


def _row_of_attempt(attempt: Attempt) -> Row:
    return _row(attempt.email, attempt.status, attempt.reason, attempt.code, attempt.message, attempt.request_id)


def _row(email: str, status: str, reason: str = "", code: str = "", message: str = "", request_id: str = "") -> Row:
    return {
        "email": email,
        "status": str(status),
        "reason": str(reason),
        "code": str(code),
        "message": message,
        "request_id": request_id,
    }
