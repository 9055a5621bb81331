"""One rate for everybody: how much goes through, and what the others are told."""

import pytest

from tests.aliyun.sandbox.calls import LIST, RESEND, Clock
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox.refusals import Refused
from verification.aliyun.sandbox.throttle import Throttle


def taken(throttle: Throttle, tries: int) -> int:
    """Count how many of several calls at one moment go through."""
    return sum(1 for _ in range(tries) if _goes_through(throttle))


def _goes_through(throttle: Throttle) -> bool:
    try:
        throttle.take()
    except Refused:
        return False
    return True


def test_calls_over_the_rate_are_throttled_and_send_nothing(start: Start, clock: Clock) -> None:
    sandbox, call = start(rate=4)
    assert call(RESEND, Email="a@example.com").status == 200
    reply = call(RESEND, Email="b@example.com")
    assert (reply.status, reply.code) == (400, "Throttling.User")
    assert reply.headers["x-acs-retry-after"] == "250"
    assert [send.email for send in sandbox.sends()] == ["a@example.com"]
    clock.forward(milliseconds=250)
    assert call(RESEND, Email="b@example.com").status == 200


def test_every_operation_counts(start: Start) -> None:
    _, call = start(rate=1)
    assert call(LIST).status == 200
    assert call(RESEND, Email="a@example.com").code == "Throttling.User"


def test_a_call_that_is_not_genuine_does_not_count(start: Start) -> None:
    _, call = start(rate=1)
    assert call.acs3(LIST, {}, tampering={"x-acs-action": RESEND}).code == "SignatureDoesNotMatch"
    assert call(LIST).status == 200


def test_by_default_there_is_no_limit(start: Start) -> None:
    _, call = start()
    assert {call(LIST).status for _ in range(50)} == {200}


@pytest.mark.parametrize("rate", [0.5, 1, 20, 300])
def test_calls_spread_over_the_time_all_go_through(rate: float) -> None:
    clock = Clock()
    throttle = Throttle(rate, clock)
    for _ in range(100):
        throttle.take()
        clock.forward(seconds=1.001 / rate)


def test_a_rush_gets_no_more_than_the_rate() -> None:
    clock = Clock()
    throttle = Throttle(20, clock)
    passed = 0
    for _ in range(1000):
        passed += taken(throttle, 5)
        clock.forward(milliseconds=10)
    assert 200 <= passed <= 202


@pytest.mark.parametrize(("rate", "burst"), [(0.5, 1), (5, 1), (20, 2), (300, 30)])
def test_a_pause_saves_up_a_tenth_of_a_second(rate: float, burst: int) -> None:
    clock = Clock()
    throttle = Throttle(rate, clock)
    clock.forward(hours=1)
    assert taken(throttle, 100) == burst


def test_a_clock_set_back_locks_nobody_out() -> None:
    clock = Clock()
    throttle = Throttle(1, clock)
    throttle.take()
    clock.forward(hours=-1)
    assert taken(throttle, 1) == 0
    clock.forward(seconds=1)
    assert taken(throttle, 1) == 1
