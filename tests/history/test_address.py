"""Everything that ever happened to one address."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk import NOON, person
from tests.history.rows import emails, settled
from verification.history import first_attempt_of, story_of
from verification.models import Attempt, Call, Ride

pytestmark = pytest.mark.django_db

ANN = "ann@example.com"


def three_attempts() -> list[Attempt]:
    """Oldest first, each typed in another way."""
    mei = person("mei")
    for day, typed in enumerate(("ann@example.com", "Ann@example.com", "ann@EXAMPLE.com")):
        settled(mei, typed, "other@example.com", at=NOON + timedelta(days=day))
    return list(Attempt.objects.filter(key=ANN).order_by("created_at"))


def carry(attempt: Attempt, nonce: str, minutes: int) -> None:
    moment = attempt.created_at + timedelta(minutes=minutes)
    call = Call.objects.create(
        batch=attempt.batch, nonce=nonce, size=1, worker="w", endpoint="e", opened_at=moment, lease_until=moment
    )
    Ride.objects.create(call=call, attempt=attempt, position=0)


def anns() -> Attempt:
    found = first_attempt_of(ANN)
    assert found
    return found


def test_an_address_shows_its_own_attempts_newest_first() -> None:
    three_attempts()

    assert emails(story_of(anns()).rows) == ["ann@EXAMPLE.com", "Ann@example.com", "ann@example.com"]


def test_it_pages_through_many_attempts_and_back() -> None:
    oldest, middle, newest = three_attempts()

    first = story_of(anns(), size=2)
    second = story_of(anns(), first.older, 2)

    assert [*first.rows, *second.rows] == [newest, middle, oldest]
    assert story_of(anns(), second.newer, 2) == first


def test_an_attempt_comes_with_its_calls_newest_first() -> None:
    attempt = three_attempts()[0]
    carry(attempt, "first", 1)
    carry(attempt, "second", 2)

    row = story_of(anns()).rows[-1]

    assert [call.nonce for call in row.calls.all()] == ["second", "first"]


def test_the_queries_do_not_grow_with_the_attempts() -> None:
    for attempt in three_attempts():
        carry(attempt, f"of {attempt.pk}", 1)

    first = anns()

    with CaptureQueriesContext(connection) as queries:
        for row in story_of(first).rows:
            assert row.batch.ref and row.requested_by.username and len(row.calls.all()) == 1

    assert len(queries) == 4


def test_the_first_attempt_stays_the_first() -> None:
    oldest = three_attempts()[0]

    assert first_attempt_of(ANN) == oldest
    assert first_attempt_of("nobody@example.com") is None
