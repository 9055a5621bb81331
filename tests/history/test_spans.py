"""Days as spans of time, and the counting within them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.desk import NOON, open_for, person
from tests.history.rows import settled
from verification.history.spans import counts_within, days_until, span_of
from verification.models import Status

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def test_the_days_end_with_the_last_one() -> None:
    assert days_until(date(2026, 3, 1), 3) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],
    ids=["ordinary", "short", "long"],
)
def test_a_day_is_as_long_as_its_zone_makes_it(day: date, hours: int) -> None:
    since, until = span_of(day, BERLIN)

    assert until - since == hours * HOUR
    assert until == span_of(day + timedelta(days=1), BERLIN)[0]


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_moment() -> None:
    santiago = ZoneInfo("America/Santiago")

    since, until = span_of(date(2026, 9, 6), santiago)

    assert since.astimezone(santiago).isoformat() == "2026-09-06T01:00:00-03:00"
    assert until - since == 23 * HOUR


@pytest.mark.django_db
def test_each_span_is_counted_by_status_and_its_end_is_not_in_it() -> None:
    mei = person("mei")
    settled(mei, "first@example.com", at=NOON)
    settled(mei, "second@example.com", "third@example.com", at=NOON + HOUR, status=Status.REFUSED)
    open_for(mei, "fourth@example.com", now=NOON + 2 * HOUR)

    first, both, later = counts_within(
        [(NOON, NOON + HOUR), (NOON, NOON + HOUR + timedelta(microseconds=1)), (NOON + 2 * HOUR, NOON + 3 * HOUR)]
    )

    assert first == dict.fromkeys(Status, 0) | {Status.ACCEPTED: 1}
    assert both == dict.fromkeys(Status, 0) | {Status.ACCEPTED: 1, Status.REFUSED: 2}
    assert later == dict.fromkeys(Status, 0) | {Status.QUEUED: 1}


@pytest.mark.django_db
def test_moments_between_seconds_are_told_apart() -> None:
    settled(person("mei"), "one@example.com", at=NOON + timedelta(microseconds=500_000))

    before, after = counts_within([(NOON, NOON + timedelta(microseconds=500_000)), (NOON, NOON + HOUR)])

    assert (before[Status.ACCEPTED], after[Status.ACCEPTED]) == (0, 1)


@pytest.mark.django_db
def test_many_spans_take_one_query_and_none_takes_no_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    spans = [span_of(day, UTC) for day in days_until(datetime(2026, 3, 2).date(), 400)]

    with django_assert_num_queries(1):
        assert len(counts_within(spans)) == 400
    with django_assert_num_queries(0):
        assert counts_within([]) == []
