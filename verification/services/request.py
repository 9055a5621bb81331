"""Asking for a resend: partition the addresses, then record the batch.

    entries ─► partition ─► (a person confirms) ─► open_batch ─► batch + attempts, in one commit

Nothing here talks to the provider. A worker takes up what is recorded.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from ..models import FINAL, Attempt, Batch, BatchState, EventName, Language, Reason, Source, Status
from . import ledger
from .addresses import domain_of
from .batches import close_if_done, told_of
from .characters import plain
from .holding import hold_back_resting
from .leaves import batch_group, commit_attempt, commit_batch, opened_group
from .partition import CHUNK, Line, Partition, chunks, partition, text_of
from .paste import Entry

MAX_ADDRESSES = 10_000
# Above so many mails a person at a page types their number.
COUNTED_ABOVE = 50


@dataclass(frozen=True)
class Order:
    """What a person asks for, beside the addresses. `override_reason` lifts what is OVERRIDABLE."""

    person: User
    source: Source
    reason: str
    ticket: str = ""
    lang: str = Language.EN
    source_address: str | None = None
    override_reason: str = ""
    resend_of: Batch | None = None
    form_key: UUID | None = None

    @property
    def actor(self) -> ledger.Actor:
        """How the trail names who asks."""
        if self.source == Source.SHELL:
            return ledger.at_shell(self.person)
        return ledger.at_page(self.person, self.source_address)


@dataclass
class PreviewChanged(Exception):
    """The partition isn't what the person confirmed; nothing was recorded."""

    partition: Partition = field(repr=False)


@dataclass
class Miscounted(Exception):
    """The person counts on another number of mails than would be sent; nothing was recorded."""

    partition: Partition = field(repr=False)


@dataclass
class FormUsed(Exception):
    """This rendered form already made a batch, with other content; nothing was recorded."""

    batch: Batch = field(repr=False)


def open_batch(
    entries: Iterable[Entry],
    order: Order,
    *,
    now: datetime,
    expected_digest: str | None = None,
    count: str | None = None,
) -> Batch:
    """Record a batch and its attempts in one commit, and return it.

    `expected_digest` is the digest of the preview a person confirmed; PreviewChanged is raised when the partition has
    changed since. `count` is the number of mails as they typed it; Miscounted is raised when that is wrong and so many
    must be counted. The same `form_key` with the same content returns the first batch; with other content it raises
    FormUsed. Raises ValueError when there isn't one valid address.
    """
    listed = list(entries)
    content = _content_digest(listed, order)
    with transaction.atomic(durable=True):
        earlier = _batch_of_form(order)
        if earlier is None:
            split = partition(listed, now=now, override=bool(order.override_reason))
            if expected_digest is not None and split.digest != expected_digest:
                raise PreviewChanged(split)
            if count is not None and not is_counted(split, count):
                raise Miscounted(split)
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


def _content_digest(entries: Sequence[Entry], order: Order) -> str:
    texts = [text_of(entry) for entry in entries]
    about = [order.reason, order.ticket, order.lang, order.override_reason]
    # Under a key, for what was pasted may be one address, which anybody could try out.
    return hmac.new(settings.LEDGER_KEY.encode(), json.dumps([texts, about]).encode(), hashlib.sha256).hexdigest()


def _record(split: Partition, order: Order, content: str, now: datetime) -> Batch:
    lines = split.attempts
    if not lines:
        raise ValueError("a batch needs at least one valid address")
    batch = _new_batch(order, content, size=len(lines), waits=needs_approval(len(split.to_send)), now=now)
    _insert_attempts(batch, lines, now)
    hold_back_resting(batch, now)
    close_if_done(batch, now)
    _tell(batch, order.actor, now)
    return batch


def must_count(split: Partition) -> bool:
    """Whether a person at a page types the number of mails before they are sent."""
    return len(split.to_send) > COUNTED_ABOVE


def is_counted(split: Partition, count: str) -> bool:
    """Whether a typed number is the number of mails; any text is where none need be typed."""
    digits = re.sub(r"[\s,.]", "", plain(count))
    return not must_count(split) or digits == str(len(split.to_send))


def needs_approval(addresses: int) -> bool:
    """Whether so many mails need another person's approval."""
    limit: int = settings.RESEND_APPROVAL_ABOVE
    return 0 < limit < addresses


def _new_batch(order: Order, content: str, *, size: int, waits: bool, now: datetime) -> Batch:
    batch = Batch(
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
        state=BatchState.WAITING if waits else BatchState.RUNNING,
        size=size,
        created_at=now,
    )
    commit_batch(batch)
    batch.save()
    return batch


def _tell(batch: Batch, actor: ledger.Actor, now: datetime) -> None:
    # As the database keeps it: it writes some network addresses in another way.
    kept = Batch.objects.get(pk=batch.pk)
    ended = list(batch.attempts.filter(status__in=FINAL).defer("email", "message"))
    opened = {
        "batches": batch_group(kept),
        "opened": opened_group(batch),
        "queued": batch.size - len(ended),
        "waits": kept.state == BatchState.WAITING,
    }
    lines = [ledger.Line(EventName.BATCH_OPENED, opened | told_of(ended), batch)]
    if batch.override_reason:
        lines.append(ledger.Line(EventName.RULES_OVERRIDDEN, {"text": batch.text_commitment}, batch))
    ledger.record(actor, now, *lines)


def _insert_attempts(batch: Batch, lines: Sequence[Line], now: datetime) -> None:
    """Insert in the order of keys, so that two batches that share addresses can't wait for each other."""
    repaired = dict(batch.resend_of.attempts.values_list("key", "pk")) if batch.resend_of else {}
    rows = [_attempt(batch, place, line, now, repaired) for place, line in enumerate(lines)]
    held = [row for row in rows if row.status == Status.NOT_SENT]
    wanted = sorted((row for row in rows if row.status == Status.QUEUED), key=lambda row: row.key)
    Attempt.objects.bulk_create(wanted, batch_size=CHUNK, ignore_conflicts=True)
    won = set(batch.attempts.values_list("key", flat=True))
    lost = [_not_sent(row, Reason.IN_FLIGHT, now) for row in wanted if row.key not in won]
    _name_winners(lost)
    Attempt.objects.bulk_create([*held, *lost], batch_size=CHUNK)


def _name_winners(lost: Sequence[Attempt]) -> None:
    """Say who sends instead to the addresses that another batch took while this one was being opened."""
    for some in chunks([row.key for row in lost]):
        winners = {winner.key: winner for winner in Attempt.objects.in_flight().of_keys(some)}
        for row in lost:
            row.held_by = winners.get(row.key, row.held_by)


def _attempt(batch: Batch, place: int, line: Line, now: datetime, repaired: dict[str, int]) -> Attempt:
    assert line.address
    row = Attempt(
        batch_id=batch.pk,
        position=place,
        email=line.address.email,
        key=line.address.key,
        domain=domain_of(line.address.key),
        requested_by_id=batch.requested_by_id,
        created_at=now,
        held_by_id=line.earlier.pk if line.earlier else None,
        resend_of_id=repaired.get(line.address.key),
        released=batch.state != BatchState.WAITING,
    )
    commit_attempt(row)
    return row if line.fate is None else _not_sent(row, Reason(line.fate), now)


def _not_sent(row: Attempt, reason: Reason, now: datetime) -> Attempt:
    row.status, row.reason, row.finished_at = Status.NOT_SENT, reason, now
    return row
