"""What a test of verifying looks for."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.desk import NOON
from verification.models import Attempt, Batch, Call, Event, EventName
from verification.services.verify import Broken, verify

LATER = NOON + timedelta(days=1)


def broken(directory: Path | None = None, *, since: int = 0, demanded: bool = False) -> tuple[str, int | None]:
    """The table and the id that are named."""
    with pytest.raises(Broken) as caught:
        verify(directory, since=since, demanded=demanded)
    return caught.value.table, caught.value.id


def event(name: EventName, place: int = 0) -> int:
    """The number of an event, by its name and its place among those of that name."""
    return list(Event.objects.filter(name=name).order_by("sequence").values_list("sequence", flat=True))[place]


def first(batch: Batch) -> Attempt:
    return batch.attempts.order_by("position")[0]


def second(batch: Batch) -> Attempt:
    return batch.attempts.order_by("position")[1]


def call_of(batch: Batch) -> Call:
    return batch.calls.order_by("pk")[0]
