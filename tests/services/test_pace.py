"""The common pace: ceilings, what throttling teaches, and holds. Times are arguments, so nothing here waits."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from tests.desk import NOON, Clock, open_for
from verification.aliyun.sandbox import Sandbox
from verification.models import Batch, Call, Pace
from verification.services import pace
from verification.services.outcomes import Answer
from verification.services.send import Sender

pytestmark = pytest.mark.django_db


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def rate() -> float | None:
    return Pace.objects.get().rate


def throttled(at: float, opened: float | None = None, retry_after: float | None = 0.0) -> float:
    """Report a throttled call; the value is when the hold ends, in seconds after noon."""
    hold = pace.throttled(
        after(at), opened_at=after(at if opened is None else opened), retry_after=retry_after, jitter=lambda: 1.0
    )
    return (hold - NOON).total_seconds()


@pytest.fixture
def ceiling_of_five(settings: Settings) -> None:
    settings.RESEND_CALLS_PER_SECOND = 5.0


@pytest.fixture
def no_ceiling(settings: Settings) -> None:
    settings.RESEND_CALLS_PER_SECOND = 0


def test_without_a_ceiling_every_turn_is_now(no_ceiling: None) -> None:
    assert [pace.take_turn(NOON) for _ in range(3)] == [NOON] * 3
    assert rate() is None


def test_a_ceiling_spreads_the_turns(ceiling_of_five: None) -> None:
    assert [pace.take_turn(NOON) for _ in range(4)] == [after(0), after(0.2), after(0.4), after(0.6)]


def test_turns_that_nobody_took_are_not_saved_up(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)

    assert [pace.take_turn(after(60)) for _ in range(2)] == [after(60), after(60.2)]


def test_there_is_one_row_for_all(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    pace.take_turn(NOON)
    throttled(0)

    assert list(Pace.objects.values_list("pk", flat=True)) == [1]


def test_throttling_cuts_the_rate_by_a_tenth(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(1)

    assert rate() == pytest.approx(4.5)


def test_calls_opened_before_the_cut_belong_to_its_episode_and_cut_nothing(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(1.0, opened=0.9)
    throttled(1.1, opened=0.95)
    throttled(1.2, opened=1.0)

    assert rate() == pytest.approx(4.5)


def test_an_episode_lasts_until_a_call_goes_through(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(1.0)
    throttled(2.0, opened=1.5)
    assert rate() == pytest.approx(4.5)

    pace.went_through()
    throttled(4.0, opened=3.5)
    assert rate() == pytest.approx(4.5 * 0.9)


def test_the_rate_grows_by_two_per_cent_for_a_clean_second(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(0)
    pace.take_turn(after(0.9))
    assert rate() == pytest.approx(4.5)
    pace.take_turn(after(1.0))
    assert rate() == pytest.approx(4.5 * 1.02)
    pace.take_turn(after(1.5))
    assert rate() == pytest.approx(4.5 * 1.02)


def test_an_idle_hour_makes_it_grow_by_one_step_only(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(0)
    pace.take_turn(after(3600))

    assert rate() == pytest.approx(4.5 * 1.02)


def test_it_never_grows_beyond_the_ceiling(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(0)
    for second in range(1, 30):
        pace.take_turn(after(second))

    assert rate() == 5.0


def test_a_ceiling_that_was_lowered_holds_for_a_learned_rate(ceiling_of_five: None, settings: Settings) -> None:
    pace.take_turn(NOON)
    throttled(0)
    settings.RESEND_CALLS_PER_SECOND = 2.0
    first, second = pace.take_turn(after(60)), pace.take_turn(after(60))

    assert second - first == timedelta(seconds=0.5)


def test_without_a_ceiling_the_first_throttle_starts_at_the_measured_rate(no_ceiling: None, mei: User) -> None:
    batch = open_for(mei, "a@example.com")
    for opened in (-1.5, -1.0, -0.8, -0.5, -0.2):
        call(batch, opened, Answer.LISTS)
    call(batch, -0.1, Answer.THROTTLED)
    throttled(0, opened=-0.1)

    # Three calls went through since the first of the last second, 0.8 seconds ago.
    assert rate() == pytest.approx(3 / 0.8)


def test_a_throttle_before_anything_went_through_starts_no_slower_than_one_call_a_second(no_ceiling: None) -> None:
    throttled(0)

    assert rate() >= 1.0


def call(batch: Batch, opened: float, outcome: Answer) -> None:
    times = {"opened_at": after(opened), "lease_until": after(60), "answered_at": after(opened)}
    Call.objects.create(batch=batch, nonce=str(opened), size=1, state="answered", outcome=outcome, **times)


def test_it_is_never_cut_to_a_standstill(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    for second in range(100):
        throttled(second)
        pace.went_through()

    assert rate() == pace.SLOWEST


def test_a_provider_that_throttles_for_long_does_not_slow_down_what_comes_after(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    for second in range(100):
        throttled(second)

    assert rate() == pytest.approx(4.5)


def test_a_wish_beyond_all_reason_is_cut_short() -> None:
    assert throttled(0, retry_after=1e15) == pace.LONGEST_WISH


def test_nothing_goes_before_the_time_that_the_provider_asked_for(no_ceiling: None) -> None:
    assert throttled(0, retry_after=3.5) == 3.5
    assert pace.take_turn(after(1)) == after(3.5)


def test_a_shorter_wait_does_not_shorten_a_longer_one(no_ceiling: None) -> None:
    throttled(0, retry_after=3.5)

    assert throttled(1, retry_after=0.5) == 3.5


def test_after_a_hold_the_calls_go_one_by_one(ceiling_of_five: None) -> None:
    pace.take_turn(NOON)
    throttled(0, retry_after=3.0)
    first, second, third = (pace.take_turn(after(1)) for _ in range(3))

    assert first == after(3)
    assert second - first == third - second == timedelta(seconds=1 / rate())


def test_turns_handed_out_for_later_than_the_hold_are_not_handed_out_twice(ceiling_of_five: None) -> None:
    turns = [pace.take_turn(NOON) for _ in range(4)]
    throttled(0, retry_after=0.1)

    assert pace.take_turn(NOON) > max(turns)


def test_without_the_providers_figure_the_wait_doubles_with_each_episode_up_to_a_minute(no_ceiling: None) -> None:
    now, waits = 0.0, []
    for _ in range(12):
        end = throttled(now, retry_after=None)
        waits.append(end - now)
        now = end + 0.001

    assert waits == pytest.approx([0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])


def test_the_wait_is_spread_by_chance(no_ceiling: None) -> None:
    ends = {pace.throttled(NOON, opened_at=NOON, retry_after=None, jitter=lambda: 0.0)}
    assert ends == {after(0.125)}


def test_after_a_call_that_went_through_the_waits_start_small_again(no_ceiling: None) -> None:
    for second in range(5):
        throttled(second * 10, retry_after=None)
    pace.went_through()

    assert throttled(100, retry_after=None) == 100.25


@pytest.mark.django_db(transaction=True)
def test_the_waiting_is_outside_of_any_transaction(
    mei: User, sandbox: Sandbox, new_sender: Callable[[], Sender], clock: Clock, ceiling_of_five: None
) -> None:
    waited_in_transaction: list[bool] = []

    def wait(seconds: float) -> bool:
        waited_in_transaction.append(connection.in_atomic_block)
        return clock.wait(seconds)

    sender = new_sender()
    throttled(0, retry_after=2.0)
    open_for(mei, "a@example.com")
    sender.wait = wait
    sender.work_once()

    assert set(waited_in_transaction) == {False}
