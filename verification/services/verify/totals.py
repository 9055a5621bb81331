"""Nothing without an event: as many rows as the events tell of, and the first one that none of them tells of."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db.models import Max, QuerySet

from ...models import FINAL, Attempt, Batch, Call, CallState, Event, EventName
from ..tally import ERASED, ranges_of, told
from .groups import Unit, some_at_a_time
from .report import Broken
from .rows import MODELS
from .trail import events_of

# So many ids are looked at in one reading of the events: one byte of memory for each.
WINDOW = 1_000_000

Ids = QuerySet[Any]
Ranges = Iterator[tuple[int, int]]


def check_totals(counts: Mapping[str, int]) -> None:
    """Raises Broken for the first row of which there should be an event and is none."""
    _check("batch", "batches", Batch.objects.all(), counts["batches"], "it was opened without an event")
    _check("attempt", "opened", Attempt.objects.all(), counts["attempts"], "it was opened without an event")
    ended = Attempt.objects.filter(status__in=FINAL)
    _check("attempt", "ended", ended, counts["ended"], "it was ended without an event")
    calls = Call.objects.exclude(state=CallState.OPEN)
    _check("call", "calls", calls, counts["calls"], "it was settled without an event")
    for table, counted in ERASED.items():
        erased = MODELS[table]._default_manager.exclude(erased_at=None)
        _check(table, f"erased:{table}", erased, counts[f"erased_{counted}"], "it was erased without an event")


def _check(table: str, group: str, there: Ids, said: int, what: str) -> None:
    if there.count() == said:
        return
    number = first_difference(there, lambda: _said(group))
    if number is None:
        raise Broken(table, None, f"{said} are said, {there.count()} are there")
    gone = not there.filter(pk=number).exists()
    raise Broken(table, number, "it is not there any more, or not as an event recorded it" if gone else what)


def check_verdicts(as_recorded: int) -> None:
    """Raises Broken for the first verdict that isn't of an event, when not so many as there are had one."""
    there = Attempt.objects.exclude(verdict="")
    if there.count() != as_recorded:
        raise Broken("attempt", first_difference(there, _verdicts), "its verdict is not one that an event recorded")


def _verdicts() -> Ranges:
    judging = Event.objects.filter(name__in=(EventName.ATTEMPTS_JUDGED, EventName.BATCH_ADOPTED))
    for some in some_at_a_time(events_of(judging)):
        unit = Unit(some)
        for event, groups in some:
            for said in (said for name, said in groups if name == "judged"):
                yield from ((number, number) for number in unit.judged(event, said))


def _said(group: str) -> Ranges:
    for name, details in told(after=0):
        yield from ranges_of(group, name, details)


def first_difference(there: Ids, said: Callable[[], Ranges]) -> int | None:
    """The first id that is among the rows and not said, or said and not among the rows."""
    last = there.aggregate(last=Max("pk"))["last"] or 0
    top = max((last, *(end for _, end in said())))
    for start in range(1, top + 1, WINDOW):
        marks = bytearray(WINDOW)
        for first, end in said():
            begin, stop = max(first - start, 0), min(end + 1 - start, WINDOW)
            if begin < stop:
                marks[begin:stop] = b"\1" * (stop - begin)
        rows = there.filter(pk__gte=start, pk__lt=start + WINDOW)
        for number in rows.values_list("pk", flat=True).iterator():
            marks[number - start] ^= 1
        if (found := marks.find(1)) >= 0:
            return start + found
    return None
