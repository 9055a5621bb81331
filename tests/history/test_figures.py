"""The figures of the last 90 days."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from tests.desk import NOON, open_for, person
from tests.history.rows import settled
from verification.history import Figures, figures
from verification.models import OwnCode, Status
from verification.models.mailboxes import MailboxProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def mei() -> User:
    return person("mei")


def on(told: Figures, day: date) -> dict[Status, int]:
    """What occurred on a day."""
    (found,) = [some for some in told.days if some.day == day]
    return {status: count for status, count in found.counts.items() if count}


def by_provider(told: Figures) -> list[tuple[MailboxProvider, dict[Status, int]]]:
    return [(some.provider, {status: n for status, n in some.counts.items() if n}) for some in told.providers]


def test_every_one_of_the_90_days_is_there(mei: User) -> None:
    settled(mei, "one@example.com", at=NOON)

    told = figures(NOON, UTC)

    assert [some.day for some in told.days] == [NOON.date() - n * DAY for n in reversed(range(90))]
    assert on(told, NOON.date()) == {Status.ACCEPTED: 1}
    assert on(told, NOON.date() - DAY) == {}


def test_attempts_before_the_first_day_count_nowhere(mei: User) -> None:
    first = NOON.replace(hour=0) - 89 * DAY
    settled(mei, "in@qq.com", at=first, status=Status.REFUSED, code="Some")
    settled(mei, "out@qq.com", at=first - timedelta(microseconds=1), status=Status.REFUSED, code="Other")

    told = figures(NOON, UTC)

    assert on(told, first.date()) == {Status.REFUSED: 1}
    assert by_provider(told) == [(MailboxProvider.QQ, {Status.REFUSED: 1})]
    assert [some.code for some in told.codes] == ["Some"]


@pytest.mark.parametrize(
    ("first", "length"),
    [("2026-03-28T23:00", 23), ("2026-10-24T22:00", 25)],
    ids=["the clock goes forward", "the clock goes back"],
)
def test_a_day_on_which_the_clock_changes_is_counted_whole(first: str, length: int, mei: User) -> None:
    midnight = NOON.fromisoformat(f"{first}+00:00")
    moments = [midnight - timedelta(seconds=1), midnight, midnight + length * HOUR - timedelta(seconds=1)]
    for number, moment in enumerate([*moments, midnight + length * HOUR]):
        settled(mei, f"{number}@example.com", at=moment)

    told = figures(midnight + 3 * DAY, ZoneInfo("Europe/Berlin"))

    changing = midnight.date() + DAY
    assert on(told, changing - DAY) == {Status.ACCEPTED: 1}
    assert on(told, changing) == {Status.ACCEPTED: 2}
    assert on(told, changing + DAY) == {Status.ACCEPTED: 1}


def test_days_are_those_of_the_zone(mei: User) -> None:
    settled(mei, "night@example.com", at=NOON - 20 * HOUR)

    assert on(figures(NOON, ZoneInfo("Asia/Shanghai")), date(2026, 3, 2)) == {Status.ACCEPTED: 1}
    assert on(figures(NOON, UTC), date(2026, 3, 1)) == {Status.ACCEPTED: 1}


def test_mailbox_services_are_told_apart_by_domain_and_outcome(mei: User) -> None:
    settled(mei, "a@qq.com", "b@foxmail.com", "c@163.com", at=NOON)
    settled(mei, "d@qq.com", at=NOON, status=Status.REFUSED, code="SendTokenQuotaExceeded")
    settled(mei, "e@hotmail.co.uk", at=NOON, status=Status.UNKNOWN, code=OwnCode.NO_ANSWER)
    settled(mei, *(f"{n}@company{n}.example" for n in range(5)), at=NOON)
    open_for(mei, "f@gmail.com", "g@company.example", now=NOON)

    assert by_provider(figures(NOON, UTC)) == [
        (MailboxProvider.QQ, {Status.ACCEPTED: 2, Status.REFUSED: 1}),
        (MailboxProvider.NETEASE, {Status.ACCEPTED: 1}),
        (MailboxProvider.GMAIL, {Status.QUEUED: 1}),
        (MailboxProvider.OUTLOOK, {Status.UNKNOWN: 1}),
        (MailboxProvider.OTHER, {Status.ACCEPTED: 5, Status.QUEUED: 1}),
    ]


def test_services_and_days_tell_of_the_same_attempts(mei: User) -> None:
    settled(mei, "a@qq.com", "b@example.com", at=NOON)
    settled(mei, "c@gmail.com", "d@example.com", at=NOON - 30 * DAY, status=Status.REFUSED, code="X")
    open_for(mei, "a@qq.com", "e@example.com", now=NOON + timedelta(minutes=1))

    told = figures(NOON + HOUR, UTC)

    for status in Status:
        by_day = sum(some.counts[status] for some in told.days)
        assert sum(some.counts[status] for some in told.providers) == by_day


def test_codes_are_those_of_refused_and_unknown_outcomes_most_frequent_first(mei: User) -> None:
    settled(mei, "a@example.com", at=NOON, status=Status.ACCEPTED, code="Success")
    settled(mei, "b@example.com", at=NOON, status=Status.REFUSED, code="EmailVerified")
    settled(mei, "c@qq.com", "d@example.com", at=NOON, status=Status.UNKNOWN, code=OwnCode.NO_ANSWER)
    settled(mei, "e@qq.com", at=NOON, status=Status.REFUSED)

    told = figures(NOON, UTC)

    assert [(some.code, some.counts[Status.REFUSED], some.counts[Status.UNKNOWN]) for some in told.codes] == [
        ("NoAnswer", 0, 2),
        ("", 1, 0),
        ("EmailVerified", 1, 0),
    ]


def test_an_empty_desk_has_90_days_and_nothing_else() -> None:
    told = figures(NOON, UTC)

    assert len(told.days) == 90
    assert {count for some in told.days for count in some.counts.values()} == {0}
    assert (told.providers, told.codes) == ((), ())


def test_the_number_of_queries_does_not_grow(mei: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        settled(mei, f"{number}@qq.com", at=NOON - number * DAY, status=Status.REFUSED, code=f"C{number}")

    with django_assert_num_queries(4):
        figures(NOON, UTC)
