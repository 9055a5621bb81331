"""The figures of the day, what is running, and what needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from ..models import Attempt, Batch, BatchState, Status, Worker
from .progress import count_by_status

LATELY = timedelta(days=7)
SHOWN = 20


@dataclass(frozen=True)
class Today:
    """`counts` are of the attempts asked for since `since`, the last local midnight.

    `running` and `paused` hold the newest twenty of each; their counts are of all. `unknown_lately` is the number of
    `unknown` attempts asked for since `lately`, seven days ago, about which asking has shown nothing.
    """

    since: datetime
    counts: Mapping[Status, int]
    running: tuple[Batch, ...]
    running_count: int
    paused: tuple[Batch, ...]
    paused_count: int
    lately: datetime
    unknown_lately: int
    workers_alive: int


def today(now: datetime, tz: tzinfo) -> Today:
    midnight = datetime.combine(now.astimezone(tz).date(), time.min, tz)
    lately = now - LATELY
    running, paused = _open_batches(BatchState.RUNNING), _open_batches(BatchState.PAUSED)
    return Today(
        since=midnight,
        counts=count_by_status(Attempt.objects.filter(created_at__gte=midnight)),
        running=_newest(running),
        running_count=len(running),
        paused=_newest(paused),
        paused_count=len(paused),
        lately=lately,
        unknown_lately=Attempt.objects.undecided().filter(created_at__gte=lately).count(),
        workers_alive=Worker.objects.alive(now).count(),
    )


def _open_batches(state: BatchState) -> list[int]:
    """Their numbers, newest last. Sorted here: to give an order SQLite would walk all batches that ever were."""
    return sorted(Batch.objects.open().filter(state=state).order_by().values_list("pk", flat=True))


def _newest(batches: list[int]) -> tuple[Batch, ...]:
    return tuple(Batch.objects.filter(pk__in=batches[-SHOWN:])) if batches else ()
