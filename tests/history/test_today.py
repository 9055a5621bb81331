"""The day's figures, and what is usual by this time of the weekday."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.desk import NOON, open_for, person
from tests.history.rows import settled
from verification.history import today
from verification.models import Status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)


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


def test_usual_is_the_average_of_the_same_weekday_up_to_this_time() -> None:
    mei = person("mei")
    settled(mei, "a@example.com", "b@example.com", at=NOON - WEEK - HOUR)
    settled(mei, "later@example.com", at=NOON - WEEK + HOUR)
    settled(mei, "no@example.com", at=NOON - 3 * WEEK, status=Status.REFUSED)
    settled(mei, "c@example.com", at=NOON - 4 * WEEK - 11 * HOUR)
    settled(mei, "too-old@example.com", at=NOON - 5 * WEEK - HOUR)
    settled(mei, "other-day@example.com", at=NOON - timedelta(days=1))

    told = today(NOON, UTC)

    assert told.weeks == 4
    assert told.usual[Status.ACCEPTED] == 3 / 4
    # Noon itself has not passed on any of these days.
    assert told.usual[Status.REFUSED] == 0


def test_weeks_before_the_first_attempt_do_not_count() -> None:
    settled(person("mei"), "first@example.com", at=NOON - 2 * WEEK - HOUR)

    told = today(NOON, UTC)

    assert told.weeks == 2
    assert told.usual[Status.ACCEPTED] == 1 / 2


def test_on_the_first_day_nothing_is_usual() -> None:
    open_for(person("mei"), "first@example.com", now=NOON)

    told = today(NOON + HOUR, UTC)

    assert told.counts[Status.QUEUED] == 1
    assert told.weeks == 0
    assert set(told.usual.values()) == {0}


def test_the_same_time_is_the_same_by_the_clock_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # 10:30 there, an hour behind a week later for UTC.
    settled(person("mei"), "one@example.com", at=NOON.replace(day=23, hour=9, minute=30))

    at_eleven = NOON.replace(day=30, hour=9)

    assert today(at_eleven, berlin).usual[Status.ACCEPTED] == 1
    assert today(at_eleven, UTC).usual[Status.ACCEPTED] == 0


def test_an_empty_desk_has_figures_too() -> None:
    told = today(NOON, UTC)

    assert set(told.counts.values()) == {0}
    assert told.weeks == 0
