"""Partition: sort a paste into what will be sent and what won't, and why. It changes nothing."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from ..models import Attempt, Lookup, Reason, Status
from .addresses import Address, Rejected
from .newest import newest_answers
from .paste import Entry

# The provider's code for an address that had too many mails. The period isn't documented: a day is our assumption.
QUOTA_CODE = "SendTokenQuotaExceeded"
QUOTA_PERIOD = timedelta(hours=24)
# SQLite and PostgreSQL both take far more parameters; this keeps one statement's size reasonable.
CHUNK = 1_000


@dataclass(frozen=True)
class Line:
    """One entry of the paste and what will happen to it.

    `fate` is None for an address that will be sent, "duplicate", or the `Reason` for which it won't be.
    `earlier` is the attempt that holds it back (cooldown, quota, in flight), or `answer` the provider's word that does
    (verified already); `first` is the entry that a duplicate repeats.
    """

    entry: Entry
    fate: str | None
    earlier: Attempt | None = None
    until: datetime | None = None
    first: Entry | None = None
    answer: Lookup | None = None

    @property
    def address(self) -> Address | None:
        return self.entry.result if isinstance(self.entry.result, Address) else None


DUPLICATE = "duplicate"
# What a person with the right to override may send to all the same.
OVERRIDABLE = (Reason.COOLDOWN, Reason.QUOTA_CLOCK, Reason.ALREADY_VERIFIED)


@dataclass(frozen=True)
class Partition:
    """Every entry of a paste in its order, each with exactly one fate."""

    lines: tuple[Line, ...]
    comments: int = 0

    def with_fate(self, fate: str | None) -> list[Line]:
        return [line for line in self.lines if line.fate == fate]

    @property
    def to_send(self) -> list[Line]:
        return self.with_fate(None)

    @property
    def attempts(self) -> list[Line]:
        """The valid distinct addresses: each becomes an attempt, also when it is held back."""
        return [line for line in self.lines if line.fate not in (DUPLICATE, Reason.INVALID)]

    @property
    def digest(self) -> str:
        """Equal exactly when the same addresses would meet the same fates in the same order."""
        fates = [[text_of(line.entry), line.fate] for line in self.lines]
        return hashlib.sha256(json.dumps(fates).encode()).hexdigest()


def partition(entries: Iterable[Entry], *, now: datetime, override: bool = False, comments: int = 0) -> Partition:
    """Sort entries into what will be sent and what won't, and why. Reads the record, changes nothing."""
    listed = list(entries)
    keys = {entry.result.key for entry in listed if isinstance(entry.result, Address)}
    held = held_back(keys, now=now, override=override)
    seen: dict[str, Entry] = {}
    return Partition(tuple(_fate(entry, held, seen) for entry in listed), comments)


def _fate(entry: Entry, held: dict[str, Line], seen: dict[str, Entry]) -> Line:
    if isinstance(entry.result, Rejected):
        return Line(entry, Reason.INVALID)
    key = entry.result.key
    if key in seen:
        return Line(entry, DUPLICATE, first=seen[key])
    seen[key] = entry
    if key in held:
        return replace(held[key], entry=entry)
    return Line(entry, None)


def held_back(keys: Collection[str], *, now: datetime, override: bool) -> dict[str, Line]:
    """Why some keys can't be sent now. In flight outweighs all else, and nobody may override it."""
    held = {} if override else resting(keys, now=now)
    for chunk in chunks(sorted(keys)):
        in_flight = Attempt.objects.in_flight().of_keys(chunk).select_related("batch")
        held |= {a.key: Line(_entry_of(a), Reason.IN_FLIGHT, a) for a in in_flight}
    return held


def resting(keys: Collection[str], *, now: datetime) -> dict[str, Line]:
    """Why some keys should be left alone now, unless somebody overrides it; the weightiest reason of each."""
    held: dict[str, Line] = {}
    for chunk in chunks(sorted(keys)):
        held |= {a.key: _cooling(a) for a in _sent_lately(chunk, now)}
        held |= {a.key: _out_of_quota(a) for a in _quota_used_up(chunk, now)}
        held |= {a.key: _verified(a) for a in newest_answers(chunk).values() if a.verified}
    return held


def _sent_lately(keys: Sequence[str], now: datetime) -> Iterable[Attempt]:
    """The attempts that started a cooldown still running at `now`, oldest first."""
    if not settings.RESEND_COOLDOWN_MINUTES:
        return ()
    since = now - timedelta(minutes=settings.RESEND_COOLDOWN_MINUTES)
    sent = Attempt.objects.of_keys(keys).may_have_gone_out_since(since)
    return sent.select_related("batch").order_by("finished_at")


def _quota_used_up(keys: Sequence[str], now: datetime) -> Iterable[Attempt]:
    """The refusals for want of quota that still count at `now`: no mail was accepted since."""
    lately = Attempt.objects.of_keys(keys).filter(finished_at__gt=now - QUOTA_PERIOD)
    accepted = lately.filter(key=OuterRef("key"), status=Status.ACCEPTED, finished_at__gt=OuterRef("finished_at"))
    refused = lately.filter(~Exists(accepted), status=Status.REFUSED, code=QUOTA_CODE)
    return refused.select_related("batch").order_by("finished_at")


def _out_of_quota(attempt: Attempt) -> Line:
    assert attempt.finished_at
    return Line(_entry_of(attempt), Reason.QUOTA_CLOCK, attempt, attempt.finished_at + QUOTA_PERIOD)


def _verified(answer: Lookup) -> Line:
    return Line(Entry(0, Address(answer.email, answer.key)), Reason.ALREADY_VERIFIED, answer=answer)


def _cooling(attempt: Attempt) -> Line:
    assert attempt.finished_at
    until = attempt.finished_at + timedelta(minutes=settings.RESEND_COOLDOWN_MINUTES)
    return Line(_entry_of(attempt), Reason.COOLDOWN, attempt, until)


def _entry_of(attempt: Attempt) -> Entry:
    return Entry(0, Address(attempt.email, attempt.key))


def text_of(entry: Entry) -> str:
    """What a person sees of an entry: the address, or the text that is none."""
    return entry.result.email if isinstance(entry.result, Address) else entry.result.text


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Keys in portions that one statement takes."""
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
