"""What the events say of how many rows there are: stated by each checkpoint, held against the tables when verifying."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..models import Event, EventName

Ranges = Iterable[tuple[int, int]]

# Under which name an event tells which rows of a table it erased.
ERASED = {"attempt": "attempts", "batch": "batches", "call": "calls", "lookup": "lookups"}
ERASING = (EventName.ADDRESS_ERASED, EventName.HISTORY_PRUNED)
_COUNTED = {"batches": "batches", "opened": "attempts", "ended": "ended", "calls": "calls"}


def ranges_of(group: str, name: str, details: Mapping[str, Any]) -> Ranges:
    """First and last ids of the rows that an event has in a group; of those that it erased for `erased:<table>`.

    A late answer speaks once more of the rows of its lapsed call, so it adds none.
    """
    kind, _, table = group.partition(":")
    if kind == "erased":
        return details.get(ERASED[table], ()) if name in ERASING else ()
    again = name == EventName.CALL_SETTLED and details.get("late")
    return () if again or group not in details else details[group]["ids"]


class Tally:
    """Running counts: batches, attempts, ended ones, calls that are not open, and erased rows of each table."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        names = (*_COUNTED.values(), *(f"erased_{name}" for name in ERASED.values()))
        self.counts = dict.fromkeys(names, 0) | dict(counts or {})

    def add(self, name: str, details: Mapping[str, Any]) -> None:
        """Take one event into account."""
        for group, counted in _COUNTED.items():
            if group in details:
                self.counts[counted] += _number(ranges_of(group, name, details))
        if name in ERASING:
            for table, counted in ERASED.items():
                self.counts[f"erased_{counted}"] += _number(ranges_of(f"erased:{table}", name, details))


def _number(ranges: Ranges) -> int:
    return sum(last + 1 - first for first, last in ranges)


def told(after: int, until: int | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and details of the events after a number, and up to another one, in their order."""
    events = Event.objects.filter(sequence__gt=after).order_by("sequence")
    if until is not None:
        events = events.filter(sequence__lte=until)
    return events.values_list("name", "details").iterator(chunk_size=100)
