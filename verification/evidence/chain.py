"""The form of the audit trail's chain, as pure functions. The form has its only home here.

    payload hash of event n = H(canonical(payload))
    hash of event n         = H("<hash of event n-1>:<n>:<payload hash of event n>")       H = SHA-256 in hex

Events are numbered from 1 without a gap; before the first stands GENESIS. The payload enters by its hash, so that
somebody else's events can travel in a bundle as stubs.

What an event says about rows stands in its details as *groups*: ids, short leaves and one digest over the leaves of the
rows. A row's leaf is H over the values of its columns. Addresses and free text enter leaves as commitments,
H(random salt of the row, texts): the text can be erased with its salt while the chain stays whole, and nobody who holds
the chain alone can try out addresses.

Rows are mappings from the names in OPENED, ENDED, CALL and BATCH to values; a time is an aware datetime or the text
that `canonical` makes of it, so rows of the database and rows of a bundle give the same leaf.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from operator import itemgetter
from typing import Any, Literal, NamedTuple

GENESIS = "0" * 64
# Six bytes of each leaf stand in the event, so that a changed row can be named; the digest has the strength.
SHORT_LEAF_BYTES = 6

PAYLOAD = ("name", "at", "actor_id", "actor", "from", "act", "batch", "details")
# What never changes about an attempt, and how it ended.
OPENED = ("id", "batch_id", "position", "address_commitment", "created_at")
ENDED = ("id", "status", "reason", "code", "message_commitment", "request_id", "last_call_id", "finished_at")
# `carried` are the ids of its attempts in wire order.
CALL = (
    "id", "batch", "nonce", "worker", "endpoint", "opened_at", "lease_until", "carried",
    "state", "answered_at", "outcome", "http_status", "code", "message_commitment", "request_id",
)  # fmt: skip
BATCH = (
    "id", "ref", "requested_by", "requested_by_name", "source", "source_address", "text_commitment",
    "lang", "user_client_ip", "resend_of", "size", "created_at",
)  # fmt: skip
# What asking has shown about an attempt, and the answered lookup that is the evidence.
JUDGED = ("id", "verdict", "verdict_at", "verdict_lookup_id")
LOOKUP = ("id", "state", "verified", "token_sent", "verified_time", "code", "request_id", "answered_at")

# What erasable text each commitment binds to, by table and column, with the row's salt. No commitment without any text.
COMMITTED: dict[str, dict[str, tuple[str, ...]]] = {
    "batch": {"text_commitment": ("reason", "ticket", "override_reason")},
    "attempt": {"address_commitment": ("email", "key"), "message_commitment": ("message",)},
    "call": {"message_commitment": ("message", "recommend")},
}

Row = Mapping[str, Any]
Group = dict[str, Any]


def _text_of(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone has no place in the chain")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the chain")


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_text_of
).encode
_quote = json.encoder.encode_basestring


def canonical(value: Any) -> bytes:
    """The one way in which a value is written: JSON with sorted names, without blanks, in UTF-8.

    Times become UTC text with microseconds, UUIDs their text. Numbers should be whole: PostgreSQL writes fractions
    anew. Raises TypeError for anything else that JSON doesn't know, ValueError for NaN, text that UTF-8 can't hold, and
    a time without a zone.
    """
    return _encode(value).encode()


def _canonical_list(values: Iterable[Any]) -> bytes:
    """What `canonical` makes of a list, several times as quickly: most of what lists hold is plain."""
    written = [
        _quote(one) if type(one) is str else str(one) if type(one) is int else "null" if one is None else _encode(one)
        for one in values
    ]
    return f"[{','.join(written)}]".encode()


def payload_hash(event: Mapping[str, Any]) -> str:
    """H of an event's payload, from a mapping with the names of PAYLOAD (and perhaps more)."""
    return hashlib.sha256(canonical({name: event[name] for name in PAYLOAD})).hexdigest()


def chained(before: str, sequence: int, payload: str) -> str:
    """The hash of an event from that of the event before, its number, and the hash of its payload."""
    return hashlib.sha256(f"{before}:{sequence}:{payload}".encode("ascii")).hexdigest()


def commitment(salt: str, *texts: str) -> str:
    """H(salt, texts): binds to texts without showing them, as long as the salt is random and kept beside them."""
    return hashlib.sha256(_canonical_list((salt, *texts))).hexdigest()


def committed(table: str, column: str, row: Row) -> str:
    """The commitment that a column of a row should hold, from the row's salt and texts; "" where there is no text."""
    texts = [row[name] for name in COMMITTED[table][column]]
    return commitment(row["salt"], *texts) if any(texts) else ""


def leaf(values: Sequence[Any]) -> bytes:
    """The digest of one row's values, 32 bytes."""
    return hashlib.sha256(_canonical_list(values)).digest()


_of_opened, _of_ended, _of_call = itemgetter(*OPENED), itemgetter(*ENDED), itemgetter(*CALL)
_of_batch, _of_judged, _of_lookup = itemgetter(*BATCH), itemgetter(*JUDGED), itemgetter(*LOOKUP)


def opened_leaf(attempt: Row) -> bytes:
    return leaf(_of_opened(attempt))


def ended_leaf(attempt: Row) -> bytes:
    return leaf(_of_ended(attempt))


def call_leaf(call: Row) -> bytes:
    return leaf(_of_call(call))


def batch_leaf(batch: Row) -> bytes:
    return leaf(_of_batch(batch))


def judged_leaf(attempt: Row) -> bytes:
    return leaf(_of_judged(attempt))


def lookup_leaf(lookup: Row) -> bytes:
    return leaf(_of_lookup(lookup))


# Under which name a group stands in an event's details: of which table its rows are, and what their leaf is. A row may
# be in several groups of one name (a lapsed call that was answered late): it then is as the last of them says.
GROUPS: dict[str, tuple[str, Callable[[Row], bytes]]] = {
    "batches": ("batch", batch_leaf),
    "opened": ("attempt", opened_leaf),
    "calls": ("call", call_leaf),
    "ended": ("attempt", ended_leaf),
    "judged": ("attempt", judged_leaf),
    "lookups": ("lookup", lookup_leaf),
}


def group(rows: Iterable[tuple[int, bytes]]) -> Group:
    """What an event says about rows, from their ids and leaves in ascending order of the ids.

    Raises ValueError if an id doesn't follow the one before.
    """
    ids: list[list[int]] = []
    short = bytearray()
    digest = hashlib.sha256()
    for number, one in rows:
        extend(ids, number)
        short += one[:SHORT_LEAF_BYTES]
        digest.update(one)
    return {
        "count": len(short) // SHORT_LEAF_BYTES,
        "ids": ids,
        "leaves": base64.b64encode(short).decode(),
        "digest": digest.hexdigest(),
    }


def extend(ranges: list[list[int]], number: int) -> None:
    """Take one more id into ascending ranges of first and last ids. Raises ValueError if it isn't above them all."""
    if ranges and number <= ranges[-1][1]:
        raise ValueError(f"id {number} comes after id {ranges[-1][1]}")
    if ranges and number == ranges[-1][1] + 1:
        ranges[-1][1] = number
    else:
        ranges.append([number, number])


def ids_of(said: Group) -> Iterator[int]:
    """The ids of a group's rows in ascending order."""
    return (number for first, last in said["ids"] for number in range(first, last + 1))


class Fault(NamedTuple):
    """The first row that isn't as its group says; no row (`contradicts`) if the group contradicts itself."""

    id: int | None
    what: Literal["missing", "unexpected", "changed", "contradicts"]


def check_group(said: Group, rows: Iterable[tuple[int, bytes]]) -> Fault | None:
    """Hold rows (ids and leaves, ascending ids) against what an event said of them; None if all are as it said.

    A row in whose place another stands is `missing`. In memory are the leaves of the group, no rows.
    """
    short = short_leaves(said)
    if short is None:
        return Fault(None, "contradicts")
    expected, leaves = list(ids_of(said)), dict(rows)
    if expected == list(leaves) and short == b"".join([one[:SHORT_LEAF_BYTES] for one in leaves.values()]):
        right = hashlib.sha256(b"".join(leaves.values())).hexdigest() == said.get("digest")
        return None if right else Fault(None, "contradicts")
    return _first_fault(expected, short, leaves)


def _first_fault(expected: Sequence[int], short: bytes, leaves: Mapping[int, bytes]) -> Fault | None:
    for place, (number, row) in enumerate(zip_longest(expected, leaves)):
        if number is None:
            return Fault(row, "unexpected")
        if row != number:
            return Fault(number, "missing") if row is None or row > number else Fault(row, "unexpected")
        if leaves[row][:SHORT_LEAF_BYTES] != short[place * SHORT_LEAF_BYTES : (place + 1) * SHORT_LEAF_BYTES]:
            return Fault(number, "changed")
    return None


def short_leaves(said: Group) -> bytes | None:
    """The short leaves, or None if the group isn't one: its parts are of another form, or of another number."""
    count = before = 0
    try:
        short = base64.b64decode(said["leaves"], validate=True)
        for first, last in said["ids"]:
            if not (type(first) is type(last) is int and before < first <= last):
                return None
            count, before = count + last + 1 - first, last
    except (KeyError, TypeError, ValueError):
        return None
    return short if said.get("count") == count and len(short) == count * SHORT_LEAF_BYTES else None
