"""How far a batch has come, and what may be said about its end."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.desk import NOON, addresses, open_for, person, rewrite
from verification.history import progress
from verification.models import Batch, BatchState, Call, Pace, Status, Worker
from verification.services.outcomes import Answer

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _pace_of_the_desk(settings: Any) -> None:
    settings.RESEND_CALLS_PER_SECOND = 5
    settings.RESEND_ADDRESSES_PER_CALL = 20


def a_batch(size: int) -> Batch:
    return open_for(person("mei"), *addresses(size), now=NOON)


def a_worker(seen_at: datetime = NOON, **fields: Any) -> None:
    Worker.objects.create(name="w", started_at=NOON - timedelta(hours=1), seen_at=seen_at, **fields)


def call_of(batch: Batch, seconds_ago: int, outcome: str = Answer.LISTS, size: int = 20) -> None:
    moment = NOON - seconds_ago * SECOND
    nonce = f"{batch.pk} {Call.objects.count()}"
    Call.objects.create(
        batch=batch,
        nonce=nonce,
        size=size,
        worker="w",
        endpoint="e",
        opened_at=moment,
        lease_until=moment,
        outcome=outcome,
    )


def finish(batch: Batch, count: int, status: Status = Status.ACCEPTED) -> None:
    queued = batch.attempts.queued().order_by("position")[:count].values_list("pk", flat=True)
    rewrite(batch.attempts.filter(pk__in=list(queued)), status=status, finished_at=NOON)


def test_it_counts_every_status_with_noughts() -> None:
    batch = a_batch(5)
    finish(batch, 2)
    finish(batch, 1, Status.UNKNOWN)

    told = progress(batch, NOON)

    assert told.counts == {
        Status.QUEUED: 2,
        Status.SENDING: 0,
        Status.ACCEPTED: 2,
        Status.REFUSED: 0,
        Status.NOT_SENT: 0,
        Status.UNKNOWN: 1,
    }
    assert (told.done, told.total, told.percent) == (3, 5, 60)


@pytest.mark.parametrize(("done", "percent"), [(0, 0), (1, 0), (199, 99), (200, 100)])
def test_a_hundred_per_cent_means_all(done: int, percent: int) -> None:
    batch = a_batch(200)
    finish(batch, done)

    assert progress(batch, NOON).percent == percent


def test_it_counts_no_other_batch() -> None:
    batch = a_batch(2)
    open_for(batch.requested_by, "other@example.com", now=NOON)

    assert progress(batch, NOON).total == 2


@pytest.mark.parametrize(
    ("seen", "stopped", "alive"),
    [(NOON, None, True), (NOON - 15 * SECOND, None, True), (NOON - 16 * SECOND, None, False), (NOON, NOON, False)],
)
def test_a_worker_is_alive_while_its_pulse_is_fresh(seen: datetime, stopped: datetime | None, alive: bool) -> None:
    a_worker(seen, stopped_at=stopped)

    assert progress(a_batch(1), NOON).worker_alive is alive


def test_the_end_is_reckoned_from_the_ceiling_at_first() -> None:
    a_worker()

    assert progress(a_batch(1_000), NOON).ends_at == NOON + 10 * SECOND


def test_the_rate_learned_from_throttling_goes_before_the_ceiling() -> None:
    a_worker()
    Pace.objects.create(pk=1, rate=2.5)

    assert progress(a_batch(1_000), NOON).ends_at == NOON + 20 * SECOND


def test_what_the_batch_really_does_goes_before_both() -> None:
    a_worker()
    batch = a_batch(1_000)
    for seconds_ago in (10, 8, 6, 4, 2):
        call_of(batch, seconds_ago)

    assert progress(batch, NOON).ends_at == NOON + 100 * SECOND


def test_calls_that_carried_nothing_home_are_no_speed() -> None:
    a_worker()
    batch = a_batch(1_000)
    call_of(batch, 10)
    for outcome in (Answer.THROTTLED, Answer.NO_CONNECTION, Answer.WITHHELD):
        call_of(batch, 5, outcome)

    assert progress(batch, NOON).ends_at == NOON + 500 * SECOND


def test_calls_of_other_batches_and_of_long_ago_tell_nothing_about_this_one() -> None:
    a_worker()
    batch = a_batch(1_000)
    call_of(open_for(batch.requested_by, "other@example.com", now=NOON), 10)
    call_of(batch, 61)

    assert progress(batch, NOON).ends_at == NOON + 10 * SECOND


def test_without_any_rate_it_gives_no_end(settings: Any) -> None:
    settings.RESEND_CALLS_PER_SECOND = 0
    a_worker()
    batch = a_batch(100)
    call_of(batch, 2)

    assert progress(batch, NOON).ends_at is None


def test_without_a_worker_it_gives_no_end() -> None:
    assert progress(a_batch(100), NOON).ends_at is None


def test_with_nothing_left_in_the_queue_it_gives_no_end() -> None:
    a_worker()
    batch = a_batch(2)
    finish(batch, 2)

    assert progress(batch, NOON).ends_at is None


def test_a_paused_batch_has_no_end_and_no_next_try() -> None:
    a_worker()
    batch = a_batch(100)
    batch.state, batch.wait_until = BatchState.PAUSED, NOON + 9 * SECOND

    told = progress(batch, NOON)

    assert (told.ends_at, told.next_try, told.throttled) == (None, None, False)


def test_while_the_provider_is_not_reached_there_is_a_next_try_and_no_end() -> None:
    a_worker()
    batch = a_batch(100)
    batch.wait_until = NOON + 9 * SECOND

    told = progress(batch, NOON)

    assert (told.ends_at, told.next_try, told.throttled) == (None, NOON + 9 * SECOND, False)


def test_while_the_provider_asks_to_wait_the_end_lies_behind_the_wait() -> None:
    a_worker()
    Pace.objects.create(pk=1, rate=5, hold_until=NOON + 30 * SECOND)

    told = progress(a_batch(1_000), NOON)

    assert (told.next_try, told.throttled) == (NOON + 30 * SECOND, True)
    assert told.ends_at == NOON + 40 * SECOND


@pytest.mark.parametrize(("hold", "wait", "throttled"), [(30, 9, True), (9, 30, False)])
def test_of_two_waits_the_longer_one_is_told(hold: int, wait: int, throttled: bool) -> None:
    Pace.objects.create(pk=1, hold_until=NOON + hold * SECOND)
    batch = a_batch(100)
    batch.wait_until = NOON + wait * SECOND

    told = progress(batch, NOON)

    assert (told.next_try, told.throttled) == (NOON + 30 * SECOND, throttled)


def test_a_wait_that_is_over_is_not_shown() -> None:
    a_worker()
    Pace.objects.create(pk=1, hold_until=NOON - SECOND)
    batch = a_batch(100)
    batch.wait_until = NOON

    told = progress(batch, NOON)

    assert (told.next_try, told.throttled) == (None, False)
