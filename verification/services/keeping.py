"""Keeping no longer than is right: personal data goes, and a stub of each row stays that the trail still proves.

    erase_address    one person's request: the address leaves the record wherever it stands
    prune            what is older than the retention: addresses and free text of whole batches

What is erased is gone with its salt, so nobody can even try out what it was; the event holds the ids alone.
"""

import functools
import operator
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from ..evidence.chain import extend
from ..models import IN_FLIGHT, Attempt, Batch, Call, EventName, Lookup, LookupState
from .addresses import readable
from .ledger import Actor, Line, record

# What is held in one transaction: workers wait no longer than that.
SLICE = 500
# Everything that is, names, or may name an address.
TEXTS: dict[type[Model], tuple[str, ...]] = {
    Attempt: ("email", "key", "domain", "message", "salt", "fingerprint"),
    Batch: ("reason", "ticket", "override_reason", "decision_note", "pause_message", "content_digest", "salt"),
    Call: ("message", "recommend", "salt"),
    Lookup: ("email", "key", "message"),
}
SEARCHED: dict[type[Model], tuple[str, ...]] = {
    Attempt: ("message",),
    Batch: ("reason", "ticket", "override_reason", "decision_note", "pause_message"),
    Call: ("message", "recommend"),
    Lookup: ("message",),
}
OPEN_LOOKUP = (LookupState.QUEUED, LookupState.ASKING)


class StillInFlight(Exception):
    """Something about the address is not decided yet; it can be erased when it is."""


class StillInLog(Exception):
    """What was erased is gone from the record, but perhaps not yet from SQLite's write-ahead log."""

    def __init__(self) -> None:
        super().__init__(
            "What was erased is out of the record, but its bytes may still lie in SQLite's log, the file that ends in"
            " -wal: somebody has been reading the database all the while. Run the same again; at the latest the log is"
            " emptied when the last program that uses the database ends."
        )


@dataclass(frozen=True)
class Found:
    """The ids of the rows from which personal data will be taken.

    `messages` are attempts on other addresses of which only the provider's words go, for they name this one.
    """

    batches: list[int]
    attempts: list[int]
    messages: list[int]
    calls: list[int]
    lookups: list[int]

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(ids) for name, ids in vars(self).items()}


def find_address(key: str, typed: str) -> Found:
    """Where an address stands: as such, in any spelling that was typed, and within free text.

    Raises StillInFlight while an attempt on it, a question about it, or anything that names it, is open.
    """
    attempts = Attempt.objects.filter(key=key)
    lookups = Lookup.objects.filter(key=key)
    if attempts.filter(status__in=IN_FLIGHT).exists() or lookups.filter(state__in=OPEN_LOOKUP).exists():
        raise StillInFlight
    typed_before = {*attempts.values_list("email", flat=True), *lookups.values_list("email", flat=True)}
    spellings = _written(typed_before | {key, readable(key), typed})
    mentioning = _naming(Attempt, spellings).exclude(key=key)
    batches, asked = _naming(Batch, spellings), _naming(Lookup, spellings)
    if (
        mentioning.filter(status__in=IN_FLIGHT).exists()
        or batches.filter(finished_at=None).exists()
        or asked.filter(state__in=OPEN_LOOKUP).exists()
    ):
        raise StillInFlight
    alone = Batch.objects.filter(attempts__in=attempts, size=1, erased_at=None)
    return Found(
        batches=_ids(alone, batches),
        attempts=_ids(attempts),
        messages=_ids(mentioning),
        calls=_ids(_naming(Call, spellings)),
        lookups=_ids(lookups, asked),
    )


def _ids(*rows: QuerySet[Any]) -> list[int]:
    return sorted({pk for some in rows for pk in some.values_list("pk", flat=True)})


def _written(spellings: set[str]) -> set[str]:
    """The ways in which free text, or a link in it, may hold an address."""
    return {text.replace("@", at) for text in spellings for at in ("@", "＠", "%40")}


def _naming(model: type[Model], spellings: Iterable[str]) -> QuerySet[Any]:
    """The rows whose free text holds one of the spellings, whatever the case of its letters."""
    columns = SEARCHED[model]
    conditions = [Q((f"{column}__{lookup}", text)) for column in columns for lookup, text in map(_within, spellings)]
    # What has been erased holds no text any more, so nothing is found twice.
    return model._default_manager.filter(functools.reduce(operator.or_, conditions))


def _within(text: str) -> tuple[str, str]:
    """The lookup that finds a text within another, and what it takes.

    SQLite knows the case of ASCII alone, and so does PostgreSQL in the locale C: other letters are named in both.
    """
    if text.isascii():
        return "icontains", text
    return "regex", "".join(map(_in_either_case, text))


def _in_either_case(letter: str) -> str:
    small, large = letter.lower(), letter.upper()
    # Some letters have a counterpart of several, which nothing is lost by leaving out.
    return f"[{small}{large}]" if small != large and len(small + large) == 2 else re.escape(letter)


@contextmanager
def emptied_log() -> Iterator[None]:
    """Empty SQLite's log of what is erased within, or was before; its file is overwritten by the erasing itself.

    PostgreSQL's files, and every backup, hold it until they are vacuumed and replaced. Raises StillInLog if somebody
    reads SQLite's database for so long that its log can't be emptied.
    """
    yield
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StillInLog


def erase(found: Found, actor: Actor, now: datetime) -> None:
    """Take personal data out of the rows that were found, in one act."""
    with transaction.atomic(durable=True):
        _take_out(found, EventName.ADDRESS_ERASED, actor, now)


def find_older(before: datetime) -> Iterator[Found]:
    """What the retention is over for, in slices; each is as it is when it is asked for.

    Batches that were opened before the moment and have ended, with all that belongs to them, and answered lookups.
    """
    # A batch whose texts named an erased address still holds the other addresses.
    whole = Attempt.objects.filter(batch=OuterRef("pk"), key__gt="")
    ended = Batch.objects.filter(Q(erased_at=None) | Exists(whole), created_at__lt=before, finished_at__isnull=False)
    last = 0
    while batches := list(ended.filter(pk__gt=last).order_by("pk").values_list("pk", "size")[:SLICE]):
        for some in _portions(batches):
            yield Found(
                batches=some,
                attempts=_ids(Attempt.objects.filter(batch__in=some).exclude(email="")),
                messages=[],
                calls=_ids(Call.objects.filter(batch__in=some).exclude(salt="")),
                lookups=[],
            )
        last = batches[-1][0]
    asked = Lookup.objects.filter(created_at__lt=before, erased_at=None).exclude(state__in=OPEN_LOOKUP)
    last = 0
    while lookups := _ids(asked.filter(pk__gt=last).order_by("pk")[:SLICE]):
        yield Found([], [], [], [], lookups)
        last = lookups[-1]


def _portions(batches: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Batches in portions of about a slice of attempts; a large batch is a portion of its own."""
    portion: list[int] = []
    size = 0
    for pk, addresses in batches:
        if portion and size + addresses > SLICE:
            yield portion
            portion, size = [], 0
        portion.append(pk)
        size += addresses
    if portion:
        yield portion


def prune(found: Found, actor: Actor, now: datetime) -> None:
    """Take personal data out of one slice of what is older than the retention."""
    with transaction.atomic(durable=True):
        _take_out(found, EventName.HISTORY_PRUNED, actor, now)


def _take_out(found: Found, name: EventName, actor: Actor, now: datetime) -> None:
    # In this order everybody takes locks on the record.
    _empty(Batch, found.batches, TEXTS[Batch], now)
    # There is nobody left to ask about.
    _empty(Attempt, found.attempts, TEXTS[Attempt], now, ask_at=None)
    _empty(Attempt, found.messages, SEARCHED[Attempt], now)
    _empty(Call, found.calls, TEXTS[Call], now)
    _empty(Lookup, found.lookups, TEXTS[Lookup], now)
    # Ranges of ids by a name of their own: under the tables' names an event's details hold groups of leaves.
    erased = {table: ranges(ids) for table, ids in vars(found).items() if ids}
    record(actor, now, Line(name, {"counts": found.counts, "erased": erased}))


def _empty(model: type[Model], ids: list[int], columns: Iterable[str], now: datetime, **more: None) -> None:
    # Of an attempt the provider's words may have gone before its address.
    erased_at = Coalesce("erased_at", Value(now), output_field=DateTimeField())
    emptied: dict[str, Any] = dict.fromkeys(columns, "") | more
    model._default_manager.filter(pk__in=ids).update(**emptied, erased_at=erased_at)


def ranges(ids: Iterable[int]) -> list[list[int]]:
    """Ascending ids as first and last ones."""
    joined: list[list[int]] = []
    for one in ids:
        extend(joined, one)
    return joined
