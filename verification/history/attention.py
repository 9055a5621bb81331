"""What is running, and what needs a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from ..models import FINAL, Attempt, Batch, BatchState, Pace, SetupCheck, Status, Verdict, Worker
from ..services.findings import Finding, findings
from ..services.findings import Verdict as Found

LATELY = timedelta(days=7)
SHOWN = 20


@dataclass(frozen=True)
class Open:
    """Batches in one state that are not finished: the newest twenty, and how many there are in all."""

    newest: tuple[Batch, ...]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.newest)


@dataclass(frozen=True)
class Running:
    """A batch at work, and how many of its attempts stand in each status."""

    batch: Batch
    counts: Mapping[Status, int]

    @property
    def done(self) -> int:
        return sum(self.counts[status] for status in FINAL)


@dataclass(frozen=True)
class Attention:
    """`unknown` counts the `unknown` attempts asked for since `lately`, seven days ago, about which asking has shown
    nothing; of these `still_unknown` were asked about as often as is sensible.

    `throttled_until` is set while the provider has told all workers to wait. `faults` are what the newest check of the
    setup, `check`, found to be fixed.
    """

    running: tuple[Running, ...]
    running_count: int
    throttled_until: datetime | None
    paused: Open
    waiting: Open
    lately: datetime
    unknown: int
    still_unknown: int
    workers_alive: int
    check: SetupCheck | None
    faults: tuple[Finding, ...]

    @property
    def needed(self) -> bool:
        """Whether anything waits for a person."""
        return bool(self.waiting.count or self.paused.count or self.unknown or self.faults or not self.workers_alive)


def attention(now: datetime) -> Attention:
    running = _open(BatchState.RUNNING)
    unknown, still_unknown = _unknown_since(now - LATELY)
    check = SetupCheck.objects.filter(finished_at__isnull=False).first()
    return Attention(
        running=_with_counts(running.newest),
        running_count=running.count,
        throttled_until=Pace.objects.filter(hold_until__gt=now).values_list("hold_until", flat=True).first(),
        paused=_open(BatchState.PAUSED),
        waiting=_open(BatchState.WAITING),
        lately=now - LATELY,
        unknown=unknown,
        still_unknown=still_unknown,
        workers_alive=Worker.objects.alive(now).count(),
        check=check,
        faults=tuple(found for found in findings(check) if found.verdict is Found.BAD) if check else (),
    )


def _open(state: BatchState) -> Open:
    # Sorted here: to give an order SQLite would walk all batches that ever were.
    numbers = sorted(Batch.objects.open().filter(state=state).order_by().values_list("pk", flat=True))
    newest = Batch.objects.filter(pk__in=numbers[-SHOWN:]) if numbers else ()
    return Open(tuple(newest), len(numbers))


def _with_counts(batches: Iterable[Batch]) -> tuple[Running, ...]:
    counts = {batch.pk: dict.fromkeys(Status, 0) for batch in batches}
    found = Attempt.objects.filter(batch__in=counts).order_by().values_list("batch", "status").annotate(Count("pk"))
    for batch, status, count in found:
        counts[batch][Status(status)] = count
    return tuple(Running(batch, counts[batch.pk]) for batch in batches)


def _unknown_since(moment: datetime) -> tuple[int, int]:
    given_up = Count("pk", filter=Q(verdict=Verdict.STILL_UNKNOWN))
    found = Attempt.objects.undecided().filter(created_at__gte=moment).aggregate(all=Count("pk"), given_up=given_up)
    return found["all"], found["given_up"]
