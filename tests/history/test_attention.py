"""What is running, and what needs a person."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.desk import NOON, addresses, open_for, person
from tests.history.rows import settled
from verification.history import attention
from verification.history.attention import SHOWN
from verification.models import Batch, BatchState, OwnCode, SetupCheck, Status, Verdict, Worker
from verification.services import pace
from verification.services.findings import CLOCK, KEY, PARTS

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def checked(who: User, **found: Any) -> SetupCheck:
    """A finished check of the setup, an hour after the one before."""
    at = NOON + SetupCheck.objects.count() * HOUR
    return SetupCheck.objects.create(requested_by=who, created_at=at, claimed_at=at, finished_at=at, **found)


def test_running_paused_and_waiting_batches_are_listed_newest_first(settings: Any) -> None:
    settings.RESEND_APPROVAL_ABOVE = 2
    mei = person("mei")
    running = [open_for(mei, f"r{n}@example.com", now=NOON + n * HOUR) for n in range(2)]
    paused = open_for(mei, "p@example.com", now=NOON)
    Batch.objects.filter(pk=paused.pk).update(state=BatchState.PAUSED, pause_code="Forbidden")
    stopped = open_for(mei, "s@example.com", now=NOON)
    Batch.objects.filter(pk=stopped.pk).update(state=BatchState.STOPPED)
    waiting = open_for(mei, *addresses(3), now=NOON)
    settled(mei, "done@example.com")

    told = attention(NOON)

    assert [some.batch for some in told.running] == [running[1], running[0]]
    assert told.running_count == 2
    assert (told.paused.newest, told.paused.count) == ((paused,), 1)
    assert (told.waiting.newest, told.waiting.count) == ((waiting,), 1)
    assert told.needed


def test_of_many_batches_the_newest_are_listed_and_all_are_counted() -> None:
    mei = person("mei")
    for number in range(SHOWN + 3):
        open_for(mei, f"r{number}@example.com", now=NOON + number * HOUR)

    told = attention(NOON)

    assert len(told.running) == SHOWN
    assert told.running[0].batch.attempts.get().email == f"r{SHOWN + 2}@example.com"
    assert told.running_count == SHOWN + 3


def test_a_pause_that_the_provider_asked_for_is_told_until_it_is_over() -> None:
    pace.throttled(NOON, opened_at=NOON, retry_after=600)
    over = NOON + timedelta(seconds=600)

    assert attention(NOON).throttled_until == over
    assert attention(over).throttled_until is None


def test_a_running_batch_tells_how_far_it_is() -> None:
    mei = person("mei")
    settled(mei, "sent@example.com", at=NOON)
    open_for(mei, "sent@example.com", "two@example.com", "three@example.com", now=NOON + timedelta(minutes=1))

    (running,) = attention(NOON + timedelta(minutes=1)).running

    # What was sent a minute ago is held back at once.
    assert (running.done, running.batch.size) == (1, 3)
    assert running.counts == dict.fromkeys(Status, 0) | {Status.NOT_SENT: 1, Status.QUEUED: 2}


def test_unknown_outcomes_of_seven_days_are_counted_until_asking_settles_them() -> None:
    mei = person("mei")
    unknown = {"status": Status.UNKNOWN, "code": OwnCode.NO_ANSWER}
    settled(mei, "fresh@example.com", at=NOON - 7 * DAY, **unknown)
    settled(mei, "asked@example.com", at=NOON, verdict=Verdict.STILL_UNKNOWN, verdict_at=NOON, **unknown)
    settled(mei, "old@example.com", at=NOON - 7 * DAY - HOUR, **unknown)
    settled(mei, "shown@example.com", at=NOON, verdict=Verdict.CONFIRMED_SENT, verdict_at=NOON, **unknown)

    told = attention(NOON)

    assert (told.unknown, told.still_unknown) == (2, 1)
    assert told.lately == NOON - 7 * DAY


def test_it_counts_the_workers_that_are_alive() -> None:
    for name, seconds in (("a", 1), ("b", 14), ("gone", 60)):
        Worker.objects.create(name=name, started_at=NOON, seen_at=NOON - timedelta(seconds=seconds))

    assert attention(NOON).workers_alive == 2


def test_what_the_last_check_found_to_be_fixed_needs_a_person() -> None:
    mei = person("mei")
    check = checked(mei, outcome="setup_refused", code="InvalidAccessKeyId.NotFound", skew_seconds=400.0)

    told = attention(NOON)

    assert told.check == check
    assert [fault.part for fault in told.faults] == [PARTS[CLOCK][0], PARTS[KEY][0]]
    assert told.needed


def test_a_good_check_settles_the_one_before() -> None:
    mei = person("mei")
    Worker.objects.create(name="w", started_at=NOON, seen_at=NOON)
    checked(mei, outcome="setup_refused", code="InvalidAccessKeyId.NotFound")
    checked(mei, outcome="lists", skew_seconds=0.2)
    SetupCheck.objects.create(requested_by=mei, created_at=NOON + DAY)

    told = attention(NOON)

    assert told.faults == ()
    assert not told.needed


def test_on_an_empty_desk_only_the_missing_worker_needs_a_person() -> None:
    told = attention(NOON)

    assert (told.running, told.paused.count, told.waiting.count, told.unknown, told.faults) == ((), 0, 0, 0, ())
    assert told.workers_alive == 0
    assert told.needed
