"""What the events say of how many rows there are: stated by each checkpoint, held against the tables when verifying."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..models import Event, EventName

Ranges = Iterable[tuple[int, int]]

_COUNTED = {"batches": "batches", "opened": "attempts", "ended": "ended", "calls": "calls"}


def ranges_of(group: str, name: str, details: Mapping[str, Any]) -> Ranges:
    """First and last ids of the rows that an event has in a group.

    A late answer speaks once more of the rows of its lapsed call, so it adds none.
    """
    again = name == EventName.CALL_SETTLED and details.get("late")
    return () if again or group not in details else details[group]["ids"]


class Tally:
    """Running counts: batches, attempts, ended ones, and calls that are not open."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self.counts = dict.fromkeys(_COUNTED.values(), 0) | dict(counts or {})

    def add(self, name: str, details: Mapping[str, Any]) -> None:
        """Take one event into account."""
        for group, counted in _COUNTED.items():
            if group in details:
                self.counts[counted] += sum(last + 1 - first for first, last in ranges_of(group, name, details))


def told(after: int, until: int | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and details of the events after a number, and up to another one, in their order."""
    events = Event.objects.filter(sequence__gt=after).order_by("sequence")
    if until is not None:
        events = events.filter(sequence__lte=until)
    return events.values_list("name", "details").iterator(chunk_size=100)
