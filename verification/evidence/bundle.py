"""Writing an evidence bundle: one zip file that tells a part of the record and proves itself.

    README.txt  check_evidence.py      how to check it, and the program that does
    batches attempts calls lookups     .jsonl: the rows, with the salts and texts that are to be shown
    events.jsonl                       every event from the first to the last: own ones whole, others by their hashes
    leaves.jsonl                       whole leaves of groups that can't be worked out from the rows
    checkpoints/checkpoint-000001.json …
    public_key.pem  manifest.json  manifest.sig

The manifest lists every file by its SHA-256 and is signed by the key that the last checkpoint leaves in force. The zip
file's comment, its last 64 bytes, is the SHA-256 of all that stands before it. Everything is streamed.
"""

import hashlib
import io
import itertools
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .chain import BATCH, CALL, COMMITTED, ENDED, GENESIS, JUDGED, LOOKUP, OPENED, Row, canonical, extend
from .checkpoints import Checkpoint
from .keys import public_of, public_pem

SEAL_BYTES = 64
_BLOCK = 1 << 20


def _columns(table: str, *hashed: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that a table's leaves cover, the texts that its commitments bind to, and what becomes of these."""
    texts = [text for names in COMMITTED.get(table, {}).values() for text in names]
    return tuple(dict.fromkeys([*itertools.chain(*hashed), *texts, *(["salt", "erased_at"] if texts else [])]))


COLUMNS = {
    "batches": _columns("batch", BATCH),
    "attempts": _columns("attempt", OPENED, ENDED, JUDGED),
    "calls": _columns("call", CALL),
    "lookups": _columns("lookup", LOOKUP),
}


@dataclass(frozen=True)
class OwnEvent:
    """An event that is shown whole; `payload` has the names of `chain.PAYLOAD`."""

    sequence: int
    payload: Mapping[str, Any] = field(repr=False)
    hash: str


@dataclass(frozen=True)
class Stub:
    """Somebody else's event: it is there for the chain's sake and tells nothing."""

    sequence: int
    payload_hash: str
    hash: str


@dataclass(frozen=True)
class FullLeaves:
    """The whole leaves of one group of an own event, in the order of its ids."""

    event: int
    group: str
    leaves: Sequence[bytes]


@dataclass(frozen=True)
class Evidence:
    """What goes into a bundle. Each iterable is read once, in the order in which they stand here.

    `selection` says in values of JSON what was asked for. `complete` claims that every row of which an own event speaks
    is there. Rows are mappings with at least the names of `COLUMNS`, in ascending order of their ids. The tables that
    `shown` names have their texts and salts, but for those that were erased; rows of others have neither (""). Every
    event that speaks of a row is an own one, those that opened and erased it included. `leaves`, in the order of
    events, hold those groups of which a row isn't there, or came on since by a later event. `events` go without a gap
    from `first`, before which stands the hash `before` (GENESIS or that of a checkpoint), to the one of the last
    checkpoint; `checkpoints` are all, from number 1 on.
    """

    made_at: datetime
    selection: Mapping[str, Any]
    complete: bool
    shown: Collection[str]
    batches: Iterable[Row] = field(repr=False)
    attempts: Iterable[Row] = field(repr=False)
    calls: Iterable[Row] = field(repr=False)
    lookups: Iterable[Row] = field(repr=False)
    leaves: Iterable[FullLeaves] = field(repr=False)
    events: Iterable[OwnEvent | Stub] = field(repr=False)
    checkpoints: Iterable[Checkpoint] = field(repr=False)
    first: int = 1
    before: str = GENESIS


def write_bundle(path: Path, evidence: Evidence, key: Ed25519PrivateKey) -> None:
    """Write the bundle into a new file, signed by the key that its last checkpoint leaves in force.

    Raises ValueError if rows or events don't follow each other as they should, if the events don't end at the last
    checkpoint, or if another key is in force; FileExistsError, OSError. After an error there is no file.
    """
    with path.open("xb") as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                _Writer(archive, evidence.made_at).write(evidence, key)
                archive.comment = b"-" * SEAL_BYTES
        except BaseException:
            path.unlink()
            raise
    _seal(path)


def _seal(path: Path) -> None:
    """Put the SHA-256 of all that stands before it into the comment, the file's last bytes."""
    with path.open("r+b") as file:
        digest, left = hashlib.sha256(), path.stat().st_size - SEAL_BYTES
        while left:
            block = file.read(min(left, _BLOCK))
            digest.update(block)
            left -= len(block)
        file.write(digest.hexdigest().encode())


class _Writer:
    """The zip file while it is written: what has gone into it so far."""

    def __init__(self, archive: zipfile.ZipFile, made_at: datetime) -> None:
        self.archive = archive
        self.made_at = made_at.astimezone(UTC)
        self.files: dict[str, str] = {}
        self.ids: dict[str, list[list[int]]] = {}

    def write(self, evidence: Evidence, key: Ed25519PrivateKey) -> None:
        here = Path(__file__).parent
        self._add("README.txt", [(here / "bundle_readme.txt").read_bytes()])
        self._add("check_evidence.py", [(here / "checker.py").read_bytes()])
        for table, columns in COLUMNS.items():
            self._add(f"{table}.jsonl", self._rows(table, columns, getattr(evidence, table)))
        self._add("leaves.jsonl", map(_leaves_line, evidence.leaves))
        events = _Events(evidence)
        self._add("events.jsonl", events.lines())
        last = self._checkpoints(evidence.checkpoints)
        if last is None or (last.stand.sequence, last.stand.hash) != (events.sequence, events.hash):
            raise ValueError(f"the events end with {events.sequence}, where the last checkpoint does not")
        if public_of(key) != last.key_after:
            raise ValueError("another key is in force than the one that is to sign the bundle")
        self._add("public_key.pem", [public_pem(last.key_after)])
        manifest = canonical(self._manifest(evidence)) + b"\n"
        self._add("manifest.json", [manifest])
        self._add("manifest.sig", [key.sign(manifest)])

    def _manifest(self, evidence: Evidence) -> dict[str, Any]:
        names = ("made_at", "selection", "complete", "first", "before")
        shown = {"shown": [f"{table}.jsonl" for table in COLUMNS if table in evidence.shown]}
        return {name: getattr(evidence, name) for name in names} | shown | {"rows": self.ids, "files": self.files}

    def _add(self, name: str, blocks: Iterable[bytes]) -> None:
        info = zipfile.ZipInfo(name, self.made_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        with self.archive.open(info, "w", force_zip64=True) as entry, io.BufferedWriter(entry, _BLOCK) as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
        self.files[name] = digest.hexdigest()

    def _rows(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[bytes]:
        ids = self.ids.setdefault(f"{table}.jsonl", [])
        for row in rows:
            extend(ids, row["id"])
            yield canonical({name: row[name] for name in columns}) + b"\n"

    def _checkpoints(self, checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
        last = None
        for last in checkpoints:
            self._add(f"checkpoints/{last.name}", [last.document])
        return last


def _leaves_line(full: FullLeaves) -> bytes:
    leaves = [leaf.hex() for leaf in full.leaves]
    return canonical({"event": full.event, "group": full.group, "leaves": leaves}) + b"\n"


class _Events:
    """The lines of the events, and with which one they have come to an end."""

    def __init__(self, evidence: Evidence) -> None:
        self.events = evidence.events
        self.sequence, self.hash = evidence.first - 1, evidence.before

    def lines(self) -> Iterator[bytes]:
        for event in self.events:
            if event.sequence != self.sequence + 1:
                raise ValueError(f"event {event.sequence} comes after event {self.sequence}")
            self.sequence, self.hash = event.sequence, event.hash
            yield canonical(vars(event)) + b"\n"
