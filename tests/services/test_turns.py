"""A sender's turn: when its calls leave, and what can come up while it waits."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import NOON, Clock, open_for, outcomes
from verification.aliyun.sandbox import Behaviour, Sandbox, by_local_part
from verification.models import Call
from verification.services import pace
from verification.services.outcomes import Answer
from verification.services.send import HEAD_START, Sender

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def arrivals(start_sandbox: Callable[..., Sandbox], clock: Clock) -> list[float]:
    """When requests arrive at the sandbox, in seconds after noon."""
    seen: list[float] = []

    def look(email: str) -> Behaviour:
        seen.append((clock.now - NOON).total_seconds())
        return by_local_part(email)

    start_sandbox(behaviour_of=look)
    return seen


def test_it_waits_for_its_turn(mei: User, arrivals: list[float], new_sender: Callable[[], Sender]) -> None:
    pace.throttled(NOON, opened_at=NOON, retry_after=2.0)
    open_for(mei, "a@example.com")
    new_sender().work_once()

    [call] = Call.objects.all()
    assert call.opened_at == NOON + timedelta(seconds=2) - HEAD_START
    assert set(arrivals) == {2.0}


@pytest.mark.parametrize("rate", [2, 50])
def test_a_hold_that_comes_up_while_it_waits_holds_it_too(
    rate: int, mei: User, arrivals: list[float], new_sender: Callable[[], Sender], clock: Clock, settings: Settings
) -> None:
    """With a turn half a second ahead it waits before it opens a call; one that is open already is withheld."""
    sender, settings.RESEND_CALLS_PER_SECOND = new_sender(), rate
    open_for(mei, "a@example.com")
    pace.take_turn(NOON)

    def wait_while_another_is_throttled(seconds: float) -> bool:
        if not clock.waits:
            pace.throttled(clock(), opened_at=clock(), retry_after=2.0)
        return clock.wait(seconds)

    sender.wait = wait_while_another_is_throttled
    while not arrivals:
        assert sender.work_once()

    assert min(arrivals) >= 2.0


def test_a_hold_that_comes_up_after_the_opening_withholds_the_call(
    mei: User, sandbox: Sandbox, sender: Sender, clock: Clock, settings: Settings
) -> None:
    settings.RESEND_CALLS_PER_SECOND = 50
    batch = open_for(mei, "a@example.com")
    pace.take_turn(NOON)

    def wait_while_another_is_throttled(seconds: float) -> bool:
        if not clock.waits:
            pace.throttled(clock(), opened_at=clock(), retry_after=31.0)
        return clock.wait(seconds)

    sender.wait = wait_while_another_is_throttled
    sender.work_once()

    assert sandbox.requests() == []
    assert outcomes(batch) == {"a@example.com": "queued"}
    assert [call.outcome for call in batch.calls.all()] == [Answer.WITHHELD]


def test_asked_to_stop_while_it_waits_it_opens_nothing(
    mei: User, sandbox: Sandbox, sender: Sender, clock: Clock
) -> None:
    pace.throttled(NOON, opened_at=NOON, retry_after=2.0)
    batch = open_for(mei, "a@example.com")
    clock.stopping = True

    assert not sender.work_once()
    assert not Call.objects.exists()
    assert outcomes(batch) == {"a@example.com": "queued"}
