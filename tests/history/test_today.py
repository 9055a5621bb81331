"""The day's figures, and what needs a person."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.desk import NOON, open_for, person
from tests.history.rows import settled
from verification.history import today
from verification.history.today import SHOWN
from verification.models import Batch, BatchState, Status, Verdict, Worker

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_the_day_begins_at_local_midnight() -> None:
    mei = person("mei")
    settled(mei, "yesterday@example.com", at=NOON - 21 * HOUR)
    settled(mei, "evening@example.com", at=NOON - 20 * HOUR)
    settled(mei, "refused@example.com", at=NOON, status=Status.REFUSED)

    told = today(NOON, ZoneInfo("Asia/Shanghai"))

    assert told.since.isoformat() == "2026-03-02T00:00:00+08:00"
    assert told.counts[Status.ACCEPTED] == told.counts[Status.REFUSED] == 1
    assert sum(told.counts.values()) == 2
    assert today(NOON, UTC).counts[Status.ACCEPTED] == 0


def test_a_day_with_a_change_of_the_clock_begins_at_its_own_midnight() -> None:
    night = NOON.replace(month=3, day=29)

    assert today(night, ZoneInfo("Europe/Berlin")).since.isoformat() == "2026-03-29T00:00:00+01:00"


def test_running_and_paused_batches_are_listed_newest_first() -> None:
    mei = person("mei")
    running = [open_for(mei, f"r{n}@example.com", now=NOON + n * HOUR) for n in range(2)]
    paused = open_for(mei, "p@example.com", now=NOON)
    Batch.objects.filter(pk=paused.pk).update(state=BatchState.PAUSED, pause_code="Forbidden")
    stopped = open_for(mei, "s@example.com", now=NOON)
    Batch.objects.filter(pk=stopped.pk).update(state=BatchState.STOPPED)
    settled(mei, "done@example.com")

    told = today(NOON, UTC)

    assert told.running == (running[1], running[0])
    assert told.paused == (paused,)
    assert (told.running_count, told.paused_count) == (2, 1)


def test_of_many_batches_the_newest_are_listed_and_all_are_counted() -> None:
    mei = person("mei")
    for number in range(SHOWN + 3):
        open_for(mei, f"r{number}@example.com", now=NOON + number * HOUR)

    told = today(NOON, UTC)

    assert len(told.running) == SHOWN
    assert told.running[0].attempts.get().email == f"r{SHOWN + 2}@example.com"
    assert told.running_count == SHOWN + 3


def test_unknown_outcomes_of_seven_days_are_counted_until_asking_settles_them() -> None:
    mei = person("mei")
    unknown = {"status": Status.UNKNOWN}
    settled(mei, "fresh@example.com", at=NOON - 7 * DAY, **unknown)
    settled(mei, "asked@example.com", at=NOON, verdict=Verdict.STILL_UNKNOWN, verdict_at=NOON, **unknown)
    settled(mei, "old@example.com", at=NOON - 7 * DAY - HOUR, **unknown)
    settled(mei, "shown@example.com", at=NOON, verdict=Verdict.CONFIRMED_SENT, verdict_at=NOON, **unknown)

    told = today(NOON, UTC)

    assert told.unknown_lately == 2
    assert told.lately == NOON - 7 * DAY


def test_it_counts_the_workers_that_are_alive() -> None:
    for name, seconds in (("a", 1), ("b", 14), ("gone", 60)):
        Worker.objects.create(name=name, started_at=NOON, seen_at=NOON - timedelta(seconds=seconds))

    assert today(NOON, UTC).workers_alive == 2


def test_an_empty_desk_has_figures_too() -> None:
    told = today(NOON, UTC)

    assert set(told.counts.values()) == {0}
    assert (told.running, told.paused, told.unknown_lately, told.workers_alive) == ((), (), 0, 0)
