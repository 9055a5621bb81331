"""Settling: each call once, late answers included. What each answer means is the outcome table's matter."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock, open_for, outcomes
from verification.aliyun.errors import AddressRefused, NoAnswer, NotConnected, SetupRefused, Throttled
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import Attempt, Batch, BatchState, Call, CallState
from verification.services import keeping
from verification.services.opening import open_call
from verification.services.outcomes import Result, Withheld
from verification.services.recover import lapse_expired
from verification.services.settle import settle

pytestmark = pytest.mark.django_db
ANN, BOB = "ann@example.com", "bob@example.com"


def answer(accepted: tuple[str, ...] = (), refused: tuple[str, ...] = ()) -> ResendAnswer:
    yes = tuple(AddressResult(email, "Success", "") for email in accepted)
    no = tuple(AddressResult(email, "SendTokenQuotaExceeded", "too many") for email in refused)
    return ResendAnswer("R-1", 200, yes, no)


@pytest.fixture
def batch(mei: User) -> Batch:
    return open_for(mei, ANN, BOB, now=NOON)


@pytest.fixture
def call(batch: Batch, clock: Clock) -> Call:
    errand = open_call(worker="a worker", clock=clock)
    assert errand
    return errand.call


@pytest.fixture
def lapsed(call: Call, clock: Clock) -> Call:
    assert lapse_expired(ACTOR, clock.move(minutes=5)) == 1
    call.refresh_from_db()
    return call


NOT_EXECUTED = [
    Throttled("Throttling.User"),
    NotConnected("refused port"),
    SetupRefused("Forbidden.RAM"),
    AddressRefused("ParameterIllegal"),
    Withheld(),
]


def test_a_call_is_settled_once(batch: Batch, call: Call, clock: Clock) -> None:
    settle(call.pk, answer(accepted=(ANN,), refused=(BOB,)), ACTOR, now=clock())
    settle(call.pk, NoAnswer("reset"), ACTOR, now=clock.move(minutes=1))
    call.refresh_from_db()

    assert outcomes(batch) == {ANN: "accepted", BOB: "refused"}
    assert {row.finished_at for row in batch.attempts.all()} == {NOON}
    assert (call.answered_at, call.code, call.outcome) == (NOON, "", "lists")


def test_settling_leaves_the_attempts_of_another_call_alone(mei: User, clock: Clock, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    batch = open_for(mei, ANN, BOB, now=NOON)
    first, second = (open_call(worker="a worker", clock=clock) for _ in range(2))
    assert first and second
    settle(first.call.pk, answer(accepted=(ANN, BOB)), ACTOR, now=clock())

    assert outcomes(batch) == {ANN: "accepted", BOB: "sending"}


@pytest.mark.parametrize("result", NOT_EXECUTED, ids=lambda result: type(result).__name__)
def test_what_was_not_executed_is_queued_again(batch: Batch, call: Call, clock: Clock, result: Result) -> None:
    settle(call.pk, result, ACTOR, now=clock())
    batch.refresh_from_db()

    assert outcomes(batch) == {ANN: "queued", BOB: "queued"}
    assert batch.finished_at is None


def test_a_late_answer_settles_its_own_lapsed_call(batch: Batch, lapsed: Call, clock: Clock) -> None:
    assert outcomes(batch) == {ANN: "unknown", BOB: "unknown"}
    settle(lapsed.pk, answer(accepted=(ANN,), refused=(BOB,)), ACTOR, now=clock.move(seconds=1))
    lapsed.refresh_from_db()

    assert outcomes(batch) == {ANN: "accepted", BOB: "refused"}
    assert {row.finished_at for row in batch.attempts.all()} == {clock()}
    assert {row.ask_at for row in batch.attempts.all()} == {None}
    assert (lapsed.state, lapsed.answered_at) == (CallState.ANSWERED, clock())


@pytest.mark.parametrize("result", NOT_EXECUTED, ids=lambda result: type(result).__name__)
def test_what_a_late_answer_says_was_not_executed_is_not_sent_and_never_queued(
    batch: Batch, lapsed: Call, clock: Clock, result: Result
) -> None:
    settle(lapsed.pk, result, ACTOR, now=clock())
    batch.refresh_from_db()

    assert outcomes(batch) == {ANN: "not_sent not_executed", BOB: "not_sent not_executed"}
    assert batch.state == BatchState.FINISHED
    assert open_call(worker="a worker", clock=clock) is None


def test_a_late_answer_without_news_leaves_the_outcome_unknown(batch: Batch, lapsed: Call, clock: Clock) -> None:
    settle(lapsed.pk, NoAnswer("reset"), ACTOR, now=clock())

    assert outcomes(batch) == {ANN: "unknown", BOB: "unknown"}


@pytest.mark.parametrize("result", [AddressRefused("ParameterIllegal", f"{ANN} is illegal"), answer()])
def test_a_late_answer_brings_no_erased_address_back(batch: Batch, lapsed: Call, clock: Clock, result: Result) -> None:
    keeping.erase(keeping.find_address(ANN, ANN), ACTOR, clock())
    settle(lapsed.pk, result, ACTOR, now=clock.move(seconds=1))
    lapsed.refresh_from_db()
    erased, other = batch.attempts.order_by("position")

    assert (lapsed.state, lapsed.message, lapsed.message_commitment) == (CallState.ANSWERED, "", "")
    assert (erased.email, erased.message, erased.message_commitment, erased.ask_at) == ("", "", "", None)
    assert (other.email, other.message, other.message_commitment) == (BOB, "", "")


def test_a_late_answer_counts_once(batch: Batch, lapsed: Call, clock: Clock) -> None:
    settle(lapsed.pk, Throttled("Throttling.User"), ACTOR, now=clock())
    settle(lapsed.pk, answer(accepted=(ANN, BOB)), ACTOR, now=clock())

    assert outcomes(batch) == {ANN: "not_sent not_executed", BOB: "not_sent not_executed"}


def test_a_late_answer_does_not_touch_the_same_address_in_another_batch(
    batch: Batch, lapsed: Call, clock: Clock, mei: User
) -> None:
    again = open_for(mei, ANN, now=clock(), override_reason="The owner is on the telephone")
    settle(lapsed.pk, Throttled("Throttling.User"), ACTOR, now=clock())

    assert outcomes(again) == {ANN: "queued"}
    assert outcomes(batch)[ANN] == "not_sent not_executed"


def test_a_group_that_is_halved_halves_the_limit_of_each_address(batch: Batch, call: Call, clock: Clock) -> None:
    settle(call.pk, AddressRefused("ParameterIllegal"), ACTOR, now=clock())

    assert list(batch.attempts.values_list("group_limit", flat=True)) == [1, 1]


def test_texts_that_the_database_can_not_hold_are_tamed(batch: Batch, call: Call, clock: Clock) -> None:
    odd = ResendAnswer("R" * 300, 200, (), (AddressResult(ANN, "C" * 300, "a\0b\ud800" + "m" * 5_000),))
    settle(call.pk, odd, ACTOR, now=clock())
    attempt = Attempt.objects.get(email=ANN)

    assert (attempt.code, attempt.request_id) == ("C" * 100, "R" * 100)
    assert attempt.message.startswith("a\N{REPLACEMENT CHARACTER}b?m")


def test_a_pause_between_tries_grows_and_has_a_limit(batch: Batch, clock: Clock) -> None:
    pauses = []
    for _ in range(9):
        errand = open_call(worker="a worker", clock=clock)
        assert errand
        settle(errand.call.pk, NotConnected("refused port"), ACTOR, now=clock())
        batch.refresh_from_db()
        assert batch.wait_until
        pauses.append((batch.wait_until - clock()).total_seconds())
        assert open_call(worker="a worker", clock=clock) is None
        clock.now = batch.wait_until

    expected = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(0.75 * most <= pause <= most for pause, most in zip(pauses, expected, strict=True))


def test_it_gives_up_reaching_the_provider_only_after_the_set_time(
    batch: Batch, clock: Clock, settings: Settings
) -> None:
    settings.RESEND_GIVE_UP_MINUTES = 15
    for at in (timedelta(), timedelta(minutes=14, seconds=55), timedelta(minutes=15)):
        batch.refresh_from_db()
        assert batch.state == BatchState.RUNNING
        clock.now = NOON + at
        errand = open_call(worker="a worker", clock=clock)
        assert errand
        settle(errand.call.pk, NotConnected("refused port"), ACTOR, now=clock())
    batch.refresh_from_db()

    assert (batch.state, batch.pause_code, batch.pause_message) == (BatchState.PAUSED, "NoConnection", "refused port")
    assert outcomes(batch) == {ANN: "queued", BOB: "queued"}


def test_calls_that_were_in_hand_together_fail_as_one_setback(batch: Batch, clock: Clock, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    together = [open_call(worker="a worker", clock=clock) for _address in (ANN, BOB)]
    for errand in together:
        assert errand
        settle(errand.call.pk, NotConnected("refused port"), ACTOR, now=clock.move(milliseconds=5))
    batch.refresh_from_db()
    assert batch.setbacks == 1

    assert batch.wait_until
    clock.now = batch.wait_until
    later = open_call(worker="a worker", clock=clock)
    assert later
    settle(later.call.pk, NotConnected("refused port"), ACTOR, now=clock.move(milliseconds=5))
    batch.refresh_from_db()
    assert batch.setbacks == 2
