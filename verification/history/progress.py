"""How far a batch has come, and when it will be done as far as anybody can know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from ..models import FINAL, Batch, BatchState, Call, Pace, Status, Worker
from ..models.attempt import AttemptQuerySet
from ..services.outcomes import Answer

LATELY = timedelta(minutes=1)
# Seen for so long, what a batch really does says more than what the pace allows.
LONG_ENOUGH = timedelta(seconds=5)
# Calls whose addresses went back into the queue as they were.
FRUITLESS = (Answer.THROTTLED, Answer.NO_CONNECTION, Answer.WITHHELD)


@dataclass(frozen=True)
class Progress:
    """The state of a batch at one moment.

    `next_try` is set while the batch waits for the provider: for the end of a pause that the provider asked for by
    throttling when `throttled`, else because it can't be reached. `ends_at` is an estimate, None where none can be
    made: no worker, paused, provider not reached, nothing left in the queue, or no rate known yet.
    """

    counts: Mapping[Status, int]
    next_try: datetime | None
    throttled: bool
    ends_at: datetime | None
    worker_alive: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return sum(self.counts[status] for status in FINAL)

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 means that every attempt has its outcome."""
        return self.done * 100 // self.total if self.total else 0


def progress(batch: Batch, now: datetime) -> Progress:
    counts = count_by_status(batch.attempts.all())
    pace = Pace.objects.filter(pk=1).first() or Pace(pk=1)
    alive = Worker.objects.alive(now).exists()
    running = batch.state == BatchState.RUNNING
    ends_at = _end(batch, counts[Status.QUEUED], pace, now) if running and alive else None
    next_try = _next_try(batch, pace, now) if running else None
    return Progress(counts, next_try, next_try is not None and next_try == pace.hold_until, ends_at, alive)


def count_by_status(attempts: AttemptQuerySet) -> dict[Status, int]:
    """How many attempts stand in each status, in one query; a status that none has counts 0."""
    # Not GROUP BY: SQLite would read the whole table in the order of the index on status.
    found = attempts.aggregate(**{status: Count("pk", filter=Q(status=status)) for status in Status})
    return {status: found[status] for status in Status}


def _next_try(batch: Batch, pace: Pace, now: datetime) -> datetime | None:
    return max((moment for moment in (batch.wait_until, pace.hold_until) if moment and moment > now), default=None)


def _end(batch: Batch, queued: int, pace: Pace, now: datetime) -> datetime | None:
    waits_for_connection = batch.wait_until is not None and batch.wait_until > now
    speed = _addresses_a_second(batch, pace, now)
    if not queued or not speed or waits_for_connection:
        return None
    return max(now, pace.hold_until or now) + timedelta(seconds=queued / speed)


def _addresses_a_second(batch: Batch, pace: Pace, now: datetime) -> float:
    """What this batch did in the last minute; before that can be known, what the pace allows; 0 where nothing says."""
    lately = Call.objects.filter(batch=batch, opened_at__gt=now - LATELY).exclude(outcome__in=FRUITLESS)
    seen = lately.order_by().aggregate(addresses=Sum("size"), first=Min("opened_at"))
    watched = now - (seen["first"] or now)
    if watched >= LONG_ENOUGH:
        return float(seen["addresses"] / watched.total_seconds())
    allowed: float = (pace.rate or settings.RESEND_CALLS_PER_SECOND or 0.0) * settings.RESEND_ADDRESSES_PER_CALL
    return allowed
