"""Asking for a resend: partition the addresses, then record the batch.

    entries ─► partition ─► (a person confirms) ─► open_batch ─► batch + attempts, in one commit

Nothing here talks to the provider. A worker takes up what is recorded.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef

from ..models import Attempt, Batch, Language, Reason, Source, Status
from .addresses import Address, Rejected, domain_of
from .batches import close_if_done
from .paste import Entry

MAX_ADDRESSES = 10_000
# The provider's code for an address that had too many mails. The period isn't documented: a day is our assumption.
QUOTA_CODE = "SendTokenQuotaExceeded"
QUOTA_PERIOD = timedelta(hours=24)
# SQLite and PostgreSQL both take far more parameters; this keeps one statement's size reasonable.
CHUNK = 1_000


@dataclass(frozen=True)
class Line:
    """One entry of the paste and what will happen to it.

    `fate` is None for an address that will be sent, "duplicate", or the `Reason` for which it won't be.
    `earlier` is the attempt that holds it back (cooldown, in flight); `first` the entry a duplicate repeats.
    """

    entry: Entry
    fate: str | None
    earlier: Attempt | None = None
    until: datetime | None = None
    first: Entry | None = None

    @property
    def address(self) -> Address | None:
        return self.entry.result if isinstance(self.entry.result, Address) else None


DUPLICATE = "duplicate"


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
        fates = [[_text_of(line.entry), line.fate] for line in self.lines]
        return hashlib.sha256(json.dumps(fates).encode()).hexdigest()


@dataclass(frozen=True)
class Order:
    """What a person asks for, beside the addresses. `override_reason` lifts cooldown and quota clock."""

    person: User
    source: Source
    reason: str
    ticket: str = ""
    lang: str = Language.EN
    source_address: str | None = None
    override_reason: str = ""
    resend_of: Batch | None = None
    form_key: UUID | None = None


@dataclass
class PreviewChanged(Exception):
    """The partition isn't what the person confirmed; nothing was recorded."""

    partition: Partition = field(repr=False)


@dataclass
class FormUsed(Exception):
    """This rendered form already made a batch, with other content; nothing was recorded."""

    batch: Batch = field(repr=False)


def partition(entries: Iterable[Entry], *, now: datetime, override: bool = False, comments: int = 0) -> Partition:
    """Sort entries into what will be sent and what won't, and why. Reads the record, changes nothing."""
    listed = list(entries)
    keys = {entry.result.key for entry in listed if isinstance(entry.result, Address)}
    held = _held_back(keys, now=now, override=override)
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
        return Line(entry, held[key].fate, held[key].earlier, held[key].until)
    return Line(entry, None)


def _held_back(keys: set[str], *, now: datetime, override: bool) -> dict[str, Line]:
    """Why some keys can't be sent now. In flight wins over cooldown: nobody may override it."""
    held: dict[str, Line] = {}
    for chunk in _chunks(sorted(keys)):
        if not override:
            held |= {a.key: _cooling(a) for a in _sent_lately(chunk, now)}
            held |= {a.key: _out_of_quota(a) for a in _quota_used_up(chunk, now)}
        in_flight = Attempt.objects.in_flight().of_keys(chunk).select_related("batch")
        held |= {a.key: Line(_entry_of(a), Reason.IN_FLIGHT, a) for a in in_flight}
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


def _cooling(attempt: Attempt) -> Line:
    assert attempt.finished_at
    until = attempt.finished_at + timedelta(minutes=settings.RESEND_COOLDOWN_MINUTES)
    return Line(_entry_of(attempt), Reason.COOLDOWN, attempt, until)


def _entry_of(attempt: Attempt) -> Entry:
    return Entry(0, Address(attempt.email, attempt.key))


def open_batch(entries: Iterable[Entry], order: Order, *, now: datetime, expected_digest: str | None = None) -> Batch:
    """Record a batch and its attempts in one commit, and return it.

    `expected_digest` is the digest of the preview a person confirmed; PreviewChanged is raised when the partition has
    changed since. The same `form_key` with the same content returns the first batch; with other content it
    raises FormUsed. Raises ValueError when there isn't one valid address.
    """
    listed = list(entries)
    content = _content_digest(listed, order)
    with transaction.atomic(durable=True):
        earlier = _batch_of_form(order)
        if earlier is None:
            split = partition(listed, now=now, override=bool(order.override_reason))
            if expected_digest is not None and split.digest != expected_digest:
                raise PreviewChanged(split)
            return _record(split, order, content, now)
    if earlier.content_digest != content:
        raise FormUsed(earlier)
    return earlier


def _batch_of_form(order: Order) -> Batch | None:
    if order.form_key is None:
        return None
    # The person's row serialises the forms of one person, so that two copies of a form can't both find nothing.
    User.objects.select_for_update(no_key=True).get(pk=order.person.pk)
    return Batch.objects.filter(requested_by=order.person, form_key=order.form_key).first()


def _text_of(entry: Entry) -> str:
    return entry.result.email if isinstance(entry.result, Address) else entry.result.text


def _content_digest(entries: Sequence[Entry], order: Order) -> str:
    texts = [_text_of(entry) for entry in entries]
    about = [order.reason, order.ticket, order.lang, order.override_reason]
    return hashlib.sha256(json.dumps([texts, about]).encode()).hexdigest()


def _record(split: Partition, order: Order, content: str, now: datetime) -> Batch:
    lines = split.attempts
    if not lines:
        raise ValueError("a batch needs at least one valid address")
    batch = Batch.objects.create(
        requested_by=order.person,
        requested_by_name=order.person.get_username(),
        source=order.source,
        source_address=order.source_address,
        reason=order.reason,
        ticket=order.ticket,
        lang=order.lang,
        user_client_ip=settings.RESEND_USER_CLIENT_IP,
        override_reason=order.override_reason,
        resend_of=order.resend_of,
        form_key=order.form_key,
        content_digest=content,
        size=len(lines),
        created_at=now,
    )
    _insert_attempts(batch, lines, now)
    if not order.override_reason:
        _hold_back_sent_meanwhile(batch, now)
    close_if_done(batch, now)
    return batch


def _insert_attempts(batch: Batch, lines: Sequence[Line], now: datetime) -> None:
    """Insert in the order of keys, so that two batches that share addresses can't wait for each other."""
    repaired = dict(batch.resend_of.attempts.values_list("key", "pk")) if batch.resend_of else {}
    rows = [_attempt(batch, place, line, now, repaired) for place, line in enumerate(lines)]
    held = [row for row in rows if row.status == Status.NOT_SENT]
    wanted = sorted((row for row in rows if row.status == Status.QUEUED), key=lambda row: row.key)
    Attempt.objects.bulk_create(wanted, batch_size=CHUNK, ignore_conflicts=True)
    won = set(batch.attempts.values_list("key", flat=True))
    lost = [_not_sent(row, Reason.IN_FLIGHT, now) for row in wanted if row.key not in won]
    Attempt.objects.bulk_create([*held, *lost], batch_size=CHUNK)


def _attempt(batch: Batch, place: int, line: Line, now: datetime, repaired: dict[str, int]) -> Attempt:
    assert line.address
    row = Attempt(
        batch=batch,
        position=place,
        email=line.address.email,
        key=line.address.key,
        domain=domain_of(line.address.key),
        requested_by=batch.requested_by,
        created_at=now,
        resend_of_id=repaired.get(line.address.key),
    )
    return row if line.fate is None else _not_sent(row, Reason(line.fate), now)


def _not_sent(row: Attempt, reason: Reason, now: datetime) -> Attempt:
    row.status, row.reason, row.finished_at = Status.NOT_SENT, reason, now
    return row


def _hold_back_sent_meanwhile(batch: Batch, now: datetime) -> None:
    """Look at the cooldown once more, now that the inserted rows keep everybody else from these keys.

    A send that began and ended between the partition's read and the insert would otherwise be missed.
    """
    keys = list(batch.attempts.queued().values_list("key", flat=True))
    for chunk in _chunks(keys):
        late = {attempt.key for attempt in _sent_lately(chunk, now)}
        batch.attempts.queued().of_keys(late).update(status=Status.NOT_SENT, reason=Reason.COOLDOWN, finished_at=now)


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
