"""Checkpoints: numbered, signed statements of how far the chain had come.

A statement names the last event and its hash, holds the hash of the statement before, and is signed by the key in
force: the first one's, until a statement signed by it announces another. It is written in one way only, so no byte of
it stands outside the signature.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .chain import GENESIS, canonical
from .keys import fingerprint, is_signed, public_of

_STATED: dict[str, type] = {
    "number": int, "made_at": str, "sequence": int, "hash": str, "counts": dict, "previous": str, "key": str
}  # fmt: skip


class CheckpointError(Exception):
    """A checkpoint that isn't what it should be: the file's name (`name`), and what is wrong (`what`)."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name, self.what = name, what


@dataclass(frozen=True)
class Stand:
    """How far the chain has come: its last event, that event's hash, and how many rows of each table there are."""

    sequence: int
    hash: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Checkpoint:
    """One statement, whose own signature holds. `next_key` is the public key in force from the next one on, or b""."""

    number: int
    made_at: str
    stand: Stand
    previous: str
    public_key: bytes
    next_key: bytes
    digest: str
    document: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return name_of(self.number)

    @property
    def key_after(self) -> bytes:
        """The public key that must sign the next checkpoint."""
        return self.next_key or self.public_key


def name_of(number: int) -> str:
    """The name of a checkpoint's file."""
    return f"checkpoint-{number:06}.json"


def make(
    key: Ed25519PrivateKey, before: Checkpoint | None, stand: Stand, *, made_at: datetime, next_key: bytes = b""
) -> Checkpoint:
    """The checkpoint that follows `before`, not written anywhere yet.

    Raises CheckpointError if the key isn't the one in force, or the chain is behind the checkpoint before: then it was
    cut, or set back to an older copy.
    """
    number = before.number + 1 if before else 1
    statement: dict[str, Any] = {
        "number": number,
        "made_at": made_at,
        "sequence": stand.sequence,
        "hash": stand.hash,
        "counts": dict(stand.counts),
        "previous": before.digest if before else GENESIS,
        "key": fingerprint(public_of(key)),
    }
    if next_key:
        statement["next_key"] = base64.b64encode(next_key).decode()
    document = _document(statement, key.sign(canonical(statement)), public_of(key))
    checkpoint = parse(name_of(number), document)
    _check_follows(before, checkpoint)
    return checkpoint


def _document(statement: dict[str, Any], signature: bytes, public_key: bytes) -> bytes:
    signed = {"signature": base64.b64encode(signature).decode(), "public_key": base64.b64encode(public_key).decode()}
    return canonical({"statement": statement} | signed) + b"\n"


def parse(name: str, document: bytes) -> Checkpoint:
    """One checkpoint from its file's name and bytes, its form and signature checked. Raises CheckpointError."""
    try:
        whole = json.loads(document)
        statement = whole["statement"]
        public, signature = base64.b64decode(whole["public_key"]), base64.b64decode(whole["signature"])
        next_key = base64.b64decode(statement.get("next_key", ""))
        well_formed = all(type(statement[part]) is kind for part, kind in _STATED.items()) and len(next_key) in (0, 32)
        written_as = _document(statement, signature, public)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(name, "it is not a checkpoint") from error
    if not well_formed or document != written_as:
        raise CheckpointError(name, "it is not written as a checkpoint is")
    if name != name_of(statement["number"]):
        raise CheckpointError(name, f"it holds number {statement['number']}")
    if statement["key"] != fingerprint(public) or not is_signed(public, signature, canonical(statement)):
        raise CheckpointError(name, "its signature is wrong")
    return Checkpoint(
        number=statement["number"],
        made_at=statement["made_at"],
        stand=Stand(statement["sequence"], statement["hash"], statement["counts"]),
        previous=statement["previous"],
        public_key=public,
        next_key=next_key,
        digest=hashlib.sha256(canonical(statement)).hexdigest(),
        document=document,
    )


def follow(documents: Iterable[tuple[str, bytes]]) -> Iterator[Checkpoint]:
    """Checkpoints from names and bytes in the order of their numbers, each held against the one before.

    Whose keys signed them is the caller's to ask. Raises CheckpointError for the first that is missing or wrong.
    """
    before = None
    for name, document in documents:
        checkpoint = parse(name, document)
        _check_follows(before, checkpoint)
        yield checkpoint
        before = checkpoint


def _check_follows(before: Checkpoint | None, one: Checkpoint) -> None:
    expected = before.number + 1 if before else 1
    if one.number != expected:
        raise CheckpointError(name_of(expected), f"it is missing; {one.name} is there")
    if one.previous != (before.digest if before else GENESIS):
        raise CheckpointError(one.name, "it doesn't follow the checkpoint before it")
    if before is None:
        return
    if one.public_key != before.key_after:
        in_force, by = fingerprint(before.key_after), fingerprint(one.public_key)
        raise CheckpointError(one.name, f"it is signed by the key {by}, but in force was {in_force}")
    if one.stand.sequence < before.stand.sequence:
        raise CheckpointError(one.name, f"its last event is {one.stand.sequence}, before it {before.stand.sequence}")
    if one.stand.sequence == before.stand.sequence and one.stand.hash != before.stand.hash:
        raise CheckpointError(one.name, f"it gives event {one.stand.sequence} another hash than the one before it")
