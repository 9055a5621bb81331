"""Recovery: what a lost worker left behind."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock, addresses, open_for, outcomes
from verification.aliyun.errors import NoAnswer, Throttled
from verification.models import Batch, BatchState, Call, CallState, OwnCode, Status
from verification.services.opening import deadline, open_call
from verification.services.recover import lapse_expired
from verification.services.settle import settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(mei: User, settings: Settings) -> Batch:
    settings.RESEND_ADDRESSES_PER_CALL = 2
    return open_for(mei, *addresses(3), now=NOON)


@pytest.fixture
def call(batch: Batch, clock: Clock) -> Call:
    errand = open_call(worker="a worker", clock=clock)
    assert errand
    return errand.call


def test_the_lease_is_the_deadline_and_half_a_minute(call: Call, settings: Settings) -> None:
    assert deadline() == timedelta(seconds=settings.RESEND_CONNECT_TIMEOUT + settings.RESEND_READ_TIMEOUT)
    assert call.lease_until == NOON + deadline() + timedelta(seconds=30)


def test_after_the_lease_the_attempts_of_a_call_are_unknown(batch: Batch, call: Call) -> None:
    late = call.lease_until + timedelta(microseconds=1)
    assert lapse_expired(ACTOR, late) == 1
    call.refresh_from_db()
    lost = list(batch.attempts.filter(last_call=call))

    assert outcomes(batch) == dict(zip(addresses(3), ["unknown", "unknown", "queued"], strict=True))
    assert {(row.code, row.finished_at, row.ask_at) for row in lost} == {(OwnCode.WORKER_LOST, late, late)}
    assert (call.state, call.answered_at) == (CallState.LAPSED, None)


def test_until_the_lease_ends_nothing_lapses(batch: Batch, call: Call) -> None:
    assert lapse_expired(ACTOR, call.lease_until) == 0
    assert batch.attempts.filter(status=Status.SENDING).count() == 2


def test_a_call_lapses_once(batch: Batch, call: Call) -> None:
    late = call.lease_until + timedelta(seconds=1)

    assert lapse_expired(ACTOR, late) == 1
    assert lapse_expired(ACTOR, late + timedelta(minutes=1)) == 0
    assert {row.finished_at for row in batch.attempts.filter(last_call=call)} == {late}


@pytest.mark.parametrize(("result", "status"), [(NoAnswer("reset"), "unknown"), (Throttled("Throttling"), "queued")])
def test_a_settled_call_does_not_lapse(
    batch: Batch, call: Call, clock: Clock, result: NoAnswer | Throttled, status: str
) -> None:
    settle(call.pk, result, ACTOR, now=clock())
    before = list(batch.attempts.values())

    assert lapse_expired(ACTOR, clock.move(hours=1)) == 0
    assert list(batch.attempts.values()) == before
    assert list(outcomes(batch).values()) == [status, status, "queued"]


def test_what_is_still_queued_goes_on_with_another_worker(batch: Batch, call: Call, clock: Clock) -> None:
    lapse_expired(ACTOR, clock.move(minutes=5))
    errand = open_call(worker="another worker", clock=clock)

    assert errand and errand.emails == (addresses(3)[2],)
    batch.refresh_from_db()
    assert batch.state == BatchState.RUNNING


def test_a_batch_whose_last_call_lapses_is_finished(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "a@example.com", now=NOON)
    open_call(worker="a worker", clock=clock)
    lapse_expired(ACTOR, clock.move(minutes=5))
    batch.refresh_from_db()

    assert (batch.state, batch.finished_at) == (BatchState.FINISHED, clock())


def test_only_expired_calls_lapse(batch: Batch, call: Call, clock: Clock) -> None:
    clock.now = call.lease_until
    fresh = open_call(worker="another worker", clock=clock)
    assert fresh
    lapse_expired(ACTOR, clock.move(seconds=1))

    assert list(outcomes(batch).values()) == ["unknown", "unknown", "sending"]
