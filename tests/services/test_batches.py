"""Stopping and resuming a batch, in each state that it can be in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock, addresses, open_for, outcomes, rewrite
from verification.aliyun.errors import NoAnswer, NotConnected, SetupRefused
from verification.aliyun.sandbox import Options, Sandbox
from verification.models import Batch, BatchState
from verification.services import batches
from verification.services.opening import open_call
from verification.services.send import Sender
from verification.services.settle import settle

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def batch(mei: User) -> Batch:
    return open_for(mei, *addresses(4), now=NOON)


def opened(clock: Clock) -> int:
    errand = open_call(worker="a worker", clock=clock)
    assert errand
    return errand.call.pk


def paused(batch: Batch, clock: Clock) -> Batch:
    settle(opened(clock), SetupRefused("Forbidden.RAM", "no permission", "R-1", 403), ACTOR, now=clock())
    batch.refresh_from_db()
    return batch


def test_stopping_cancels_what_is_queued_and_ends_the_batch(batch: Batch) -> None:
    assert batches.stop(batch.pk, ACTOR, now=LATER) == 4
    batch.refresh_from_db()

    assert outcomes(batch) == dict.fromkeys(addresses(4), "not_sent cancelled")
    assert {row.finished_at for row in batch.attempts.all()} == {LATER}
    assert (batch.state, batch.finished_at) == (BatchState.STOPPED, LATER)


@pytest.mark.parametrize("result", [NotConnected("refused port"), SetupRefused("Forbidden.RAM")])
def test_what_is_sending_when_a_batch_is_stopped_is_cancelled_if_it_was_not_executed(
    batch: Batch, clock: Clock, settings: Settings, result: NotConnected | SetupRefused
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 3
    call = opened(clock)
    assert batches.stop(batch.pk, ACTOR, now=clock()) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.finished_at) == (BatchState.STOPPED, None)

    settle(call, result, ACTOR, now=LATER)
    batch.refresh_from_db()

    assert outcomes(batch) == dict.fromkeys(addresses(4), "not_sent cancelled")
    assert (batch.state, batch.finished_at) == (BatchState.STOPPED, LATER)


def test_what_is_sending_when_a_batch_is_stopped_keeps_its_answer(batch: Batch, clock: Clock) -> None:
    call = opened(clock)
    assert batches.stop(batch.pk, ACTOR, now=clock()) == 0
    settle(call, NoAnswer("reset"), ACTOR, now=LATER)
    batch.refresh_from_db()

    assert outcomes(batch) == dict.fromkeys(addresses(4), "unknown")
    assert (batch.state, batch.finished_at) == (BatchState.STOPPED, LATER)


def test_a_paused_batch_can_be_stopped(batch: Batch, clock: Clock) -> None:
    paused(batch, clock)

    assert batches.stop(batch.pk, ACTOR, now=LATER) == 4
    batch.refresh_from_db()
    assert (batch.state, batch.finished_at) == (BatchState.STOPPED, LATER)


@pytest.mark.parametrize("state", [BatchState.FINISHED, BatchState.STOPPED])
def test_stopping_an_ended_batch_changes_nothing(batch: Batch, state: BatchState) -> None:
    rewrite(batch.attempts.all(), status="accepted", finished_at=NOON)
    Batch.objects.filter(pk=batch.pk).update(state=state, finished_at=NOON)

    assert batches.stop(batch.pk, ACTOR, now=LATER) is None
    batch.refresh_from_db()
    assert (batch.state, batch.finished_at) == (state, NOON)
    assert outcomes(batch) == dict.fromkeys(addresses(4), "accepted")


def test_a_pause_names_its_cause(batch: Batch, clock: Clock) -> None:
    paused(batch, clock)

    assert (batch.state, batch.pause_code) == (BatchState.PAUSED, "Forbidden.RAM")
    assert (batch.pause_message, batch.pause_request_id) == ("no permission", "R-1")
    assert outcomes(batch) == dict.fromkeys(addresses(4), "queued")


def test_resuming_forgets_the_cause_and_the_setbacks(batch: Batch, clock: Clock) -> None:
    paused(batch, clock)
    Batch.objects.filter(pk=batch.pk).update(setbacks=9, unclear_in_row=2, setback_since=NOON, wait_until=LATER)

    assert batches.resume(batch.pk, ACTOR, now=NOON)
    batch.refresh_from_db()
    assert (batch.state, batch.pause_code, batch.pause_message) == (BatchState.RUNNING, "", "")
    assert (batch.setbacks, batch.unclear_in_row, batch.setback_since, batch.wait_until) == (0, 0, None, None)


def test_a_batch_that_is_not_paused_is_not_resumed(batch: Batch) -> None:
    assert not batches.resume(batch.pk, ACTOR, now=LATER)
    batches.stop(batch.pk, ACTOR, now=LATER)

    assert not batches.resume(batch.pk, ACTOR, now=LATER)
    batch.refresh_from_db()
    assert batch.state == BatchState.STOPPED


@pytest.mark.django_db(transaction=True)
def test_a_resumed_batch_goes_on_where_it_stopped(
    mei: User,
    start_sandbox: Callable[..., Sandbox],
    new_sender: Callable[[], Sender],
    settings: Settings,
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 2
    batch = open_for(mei, *addresses(4))
    first = start_sandbox()
    new_sender().work_once()
    denying = start_sandbox(Options(deny=frozenset({"ResendEmailVerification"})))
    while new_sender().work_once():
        pass
    assert len(denying.requests()) == 1
    batches.resume(batch.pk, ACTOR, now=NOON)
    last = start_sandbox()
    while new_sender().work_once():
        pass

    assert [send.email for send in first.sends()] == addresses(4)[:2]
    assert [send.email for send in last.sends()] == addresses(4)[2:]
    assert outcomes(batch) == dict.fromkeys(addresses(4), "accepted")


@pytest.mark.django_db(transaction=True)
def test_stopped_between_two_calls_a_batch_sends_nothing_more(
    mei: User, sandbox: Sandbox, sender: Sender, settings: Settings
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 2
    batch = open_for(mei, *addresses(4))
    sender.work_once()
    batches.stop(batch.pk, ACTOR, now=NOON)

    assert not sender.work_once()
    assert [send.email for send in sandbox.sends()] == addresses(4)[:2]
    assert list(outcomes(batch).values()) == ["accepted", "accepted", "not_sent cancelled", "not_sent cancelled"]
