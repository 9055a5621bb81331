"""Status and state move only as the services move them, and a final outcome changes only by its own late answer."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.desk import NOON, person, rewrite
from tests.guards.record import ANN, LATER, called, is_refused, lost, refused, rows_of, sent, update
from verification.models import (
    FINAL,
    Attempt,
    Call,
    CallState,
    Lookup,
    LookupState,
    Reason,
    Status,
    Verdict,
)

pytestmark = pytest.mark.django_db
BOB = "bob@example.com"
AFTER = {
    Status.QUEUED: {Status.SENDING, Status.NOT_SENT},
    Status.SENDING: set(Status) - {Status.SENDING},
    Status.ACCEPTED: set(),
    Status.REFUSED: set(),
    Status.NOT_SENT: set(),
    # The call has lapsed.
    Status.UNKNOWN: {Status.ACCEPTED, Status.REFUSED, Status.NOT_SENT},
}
CALL_AFTER = {
    CallState.OPEN: {CallState.ANSWERED, CallState.LAPSED},
    CallState.LAPSED: {CallState.ANSWERED},
    CallState.ANSWERED: set(),
}
LOOKUP_AFTER = {
    LookupState.QUEUED: {LookupState.ASKING},
    LookupState.ASKING: {LookupState.QUEUED, LookupState.ANSWERED, LookupState.FAILED},
    LookupState.ANSWERED: set(),
    LookupState.FAILED: set(),
}


@pytest.fixture
def mei() -> User:
    return person("mei")


def with_status(status: Status, at: Any = NOON) -> dict[str, Any]:
    """What goes with a status, as the table's constraints have it."""
    reason = Reason.CANCELLED if status == Status.NOT_SENT else ""
    return {"status": status, "reason": reason, "finished_at": at if status in FINAL else None}


def only(row: Any) -> Any:
    return rows_of(type(row)).filter(pk=row.pk)


@pytest.mark.parametrize("before", Status)
def test_a_status_moves_only_forward(before: Status, mei: User) -> None:
    attempt = lost(mei)
    rewrite(only(attempt), **with_status(before))

    moving = {after for after in Status if not is_refused(update, attempt, **with_status(after))}

    assert moving - {before} == AFTER[before]


@pytest.mark.parametrize("before", CallState)
def test_a_call_is_answered_once(before: CallState, mei: User) -> None:
    call = called(mei)
    rewrite(only(call), **state_of(before))

    moving = {after for after in CallState if not is_refused(update, call, **state_of(after))}

    assert moving - {before} == CALL_AFTER[before]


def state_of(state: CallState) -> dict[str, Any]:
    return {"state": state, "answered_at": NOON if state == CallState.ANSWERED else None}


@pytest.mark.parametrize("before", LookupState)
def test_a_question_is_answered_once(before: LookupState) -> None:
    question = Lookup.objects.create(email=ANN, key=ANN, created_at=NOON, due_at=NOON, state=before)

    moving = {after for after in LookupState if not is_refused(update, question, state=after)}

    assert moving - {before} == LOOKUP_AFTER[before]


def test_an_open_call_holds_no_answer_yet(mei: User) -> None:
    call = called(mei)

    for column in ("outcome", "code", "message", "recommend", "request_id", "message_commitment"):
        with refused("call_answer"):
            update(call, **{column: "x"})


def test_an_unknown_outcome_may_become_known_by_its_late_answer(mei: User) -> None:
    attempt = lost(mei)

    update(attempt, **with_status(Status.ACCEPTED, LATER), code="OK", message="sent", message_commitment="c")


def test_it_may_also_stay_unknown_in_other_words(mei: User) -> None:
    update(lost(mei), code="NotListed", request_id="R-1", finished_at=LATER)


@pytest.mark.parametrize("state", [CallState.OPEN, CallState.ANSWERED])
def test_an_unknown_outcome_stays_while_its_call_has_not_lapsed(state: CallState, mei: User) -> None:
    attempt = lost(mei)
    rewrite(Call.objects.all(), **state_of(state))

    for columns in (with_status(Status.ACCEPTED), {"code": "OK"}, {"message": "sent"}, {"finished_at": NOON}):
        with refused("attempt_outcome"):
            update(attempt, **columns)


def test_the_call_of_another_attempt_is_no_reason(mei: User) -> None:
    attempt = lost(mei)
    rewrite(Call.objects.all(), **state_of(CallState.ANSWERED))
    other = lost(mei, BOB)

    with refused("attempt_outcome"):
        update(attempt, **with_status(Status.ACCEPTED))
    with refused("attempt_call"):
        update(attempt, last_call=other.last_call)


def test_of_an_erased_address_no_outcome_becomes_known(mei: User) -> None:
    attempt = lost(mei)
    update(attempt, email="", key="", domain="", salt="", fingerprint="", erased_at=LATER)

    for columns in (with_status(Status.ACCEPTED), {"message": "ann is fine"}):
        with refused("attempt_outcome"):
            update(attempt, **columns)


def test_only_a_call_that_carries_it_makes_it_sending(mei: User) -> None:
    attempt = sent(mei)

    for columns in ({"last_call": None}, {"calls_made": 2}):
        with refused("attempt_call"):
            update(attempt, **columns)


def judged(verdict: str, **columns: Any) -> dict[str, Any]:
    return {"verdict": verdict, "verdict_at": LATER if verdict else None, **columns}


@pytest.mark.parametrize("before", ["", *Verdict])
def test_a_verdict_stands_unless_it_was_none(before: str, mei: User) -> None:
    attempt = lost(mei)
    rewrite(Call.objects.all(), **state_of(CallState.ANSWERED))
    rewrite(only(attempt), **judged(before))

    filling = {after for after in Verdict if not is_refused(update, attempt, **judged(after, verdict_at=NOON))}

    assert filling == (set(Verdict) if before in ("", Verdict.STILL_UNKNOWN) else set())
    assert is_refused(update, attempt, **judged("")) == bool(before)


def test_a_late_answer_takes_the_verdict_back(mei: User) -> None:
    attempt = lost(mei)
    update(attempt, **judged(Verdict.CONFIRMED_SENT))

    with refused("attempt_verdict"):
        update(attempt, **judged(Verdict.CONFIRMED_NOT_SENT))
    with refused("attempt_verdict"):
        update(attempt, verdict_at=NOON)
    update(attempt, **with_status(Status.ACCEPTED), **judged(""))


def test_only_what_is_unknown_is_judged(mei: User) -> None:
    attempt = sent(mei)

    with refused("attempt_verdict"):
        update(attempt, **judged(Verdict.CONFIRMED_SENT))
    assert Attempt.objects.get(pk=attempt.pk).verdict == ""


def test_what_is_released_is_not_held_back_again(mei: User) -> None:
    attempt = called(mei).batch.attempts.get()
    rewrite(only(attempt), released=False)

    update(attempt, released=True)
    with refused("attempt_release"):
        update(attempt, released=False)
