"""Opening a call: which attempts travel next, and the row that is on record before a byte leaves."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from ..aliyun.signing import percent_encode
from ..models import Attempt, Batch, BatchState, Call, Clock, Ride, Status

# Addresses travel in the URL; proxies and gateways commonly cut request lines at 8 KB.
MAX_QUERY_BYTES = 4_096
# Action, time stamp, key id, signature and the rest, in the generation that puts most into the query.
OTHER_PARAMETERS_BYTES = 512
# What a lease leaves beyond the call's own deadline, for the two commits around it and for a slow database.
LEASE_SLACK = timedelta(seconds=30)


@dataclass(frozen=True)
class Errand:
    """An opened call: its row, and the addresses it carries in wire order."""

    call: Call
    emails: tuple[str, ...]


def deadline() -> timedelta:
    """The longest that one call may take in all: connecting, sending and reading."""
    return timedelta(seconds=settings.RESEND_CONNECT_TIMEOUT + settings.RESEND_READ_TIMEOUT)


def next_batch(now: datetime, only: Batch | None) -> Batch | None:
    """The batch whose turn it is, of all or of the given one: the one that has waited longest since its last call."""
    queued = Attempt.objects.queued().filter(batch=OuterRef("pk"))
    waited = Q(wait_until=None) | Q(wait_until__lte=now)
    ready = Batch.objects.filter(waited, Exists(queued), state=BatchState.RUNNING, finished_at=None)
    if only:
        ready = ready.filter(pk=only.pk)
    return ready.order_by(F("last_call_at").asc(nulls_first=True), "pk").first()


def open_call(*, worker: str, clock: Clock, batch: Batch | None = None) -> Errand | None:
    """Claim attempts of one batch and commit the call that will carry them; None when nothing is to be done.

    Every writer of a batch's attempts takes the batch's row first, so two workers never claim the same ones.
    """
    with transaction.atomic(durable=True):
        now = clock()
        chosen = next_batch(now, batch)
        if chosen is None:
            return None
        locked = Batch.objects.select_for_update(no_key=True).get(pk=chosen.pk)
        # It may have been paused, or sent waiting, by whoever held the row.
        waiting = locked.wait_until is not None and locked.wait_until > now
        group = _group(locked) if locked.state == BatchState.RUNNING and not waiting else []
        if not group:
            return None
        return _record(locked, group, worker, clock())


def _group(batch: Batch) -> list[Attempt]:
    """The next attempts that may travel together, in the order of the paste.

    A halved group is not put together again: only attempts of the same limit share a call.
    """
    queued = batch.attempts.queued().select_for_update(skip_locked=_can_skip(), no_key=True).order_by("position")
    candidates = list(queued[: settings.RESEND_ADDRESSES_PER_CALL])
    if not candidates:
        return []
    limit = candidates[0].group_limit
    alike = [attempt for attempt in candidates if attempt.group_limit == limit]
    return alike[: min(limit, _fitting([attempt.email for attempt in alike]))]


def _can_skip() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _fitting(emails: Sequence[str]) -> int:
    """How many of the addresses fit into one query, at least one."""
    size = OTHER_PARAMETERS_BYTES
    if settings.DOMAIN_API_SIGNATURE == "rpc":
        size += len(percent_encode(settings.ALIBABA_CLOUD_SECURITY_TOKEN))
    for count, email in enumerate(emails):
        size += len(percent_encode(email)) + len("%2C")
        if size > MAX_QUERY_BYTES:
            return max(1, count)
    return len(emails)


def _record(batch: Batch, group: Sequence[Attempt], worker: str, now: datetime) -> Errand:
    call = Call.objects.create(
        batch=batch,
        nonce=uuid.uuid4().hex,
        size=len(group),
        worker=worker,
        endpoint=settings.DOMAIN_API_ENDPOINT,
        opened_at=now,
        lease_until=now + deadline() + LEASE_SLACK,
    )
    rides = (Ride(call=call, attempt=attempt, position=place) for place, attempt in enumerate(group))
    Ride.objects.bulk_create(rides)
    claimed = Attempt.objects.queued().filter(pk__in=[attempt.pk for attempt in group])
    claimed.update(status=Status.SENDING, last_call=call, calls_made=F("calls_made") + 1)
    Batch.objects.filter(pk=batch.pk).update(last_call_at=now)
    return Errand(call, tuple(attempt.email for attempt in group))
