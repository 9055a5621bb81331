"""The outcome table, row by row: one call with two addresses, and what each answer makes of it.

Every row says what came back, what is recorded for both addresses, and what the call and the batch become; the
provider has seen exactly one request each time.
"""

from dataclasses import dataclass

import pytest
from pytest_django import Settings

from tests import provider as plays
from tests.provider import Behaviour, refuses
from tests.services.outcome_desk import ANN, BOB, Desk, desk_of_mei
from verification.models import BatchState, CallState, OwnCode, Status
from verification.services.outcomes import Answer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return desk_of_mei(settings)


@dataclass(frozen=True)
class Row:
    """`code` is the one in the record of both addresses, `mailed` whether mails went out whatever the answer."""

    plays: Behaviour
    status: Status
    code: str
    outcome: Answer
    http_status: int | None
    mailed: bool = False
    state: BatchState = BatchState.RUNNING


def unclear(behaviour: Behaviour, code: str, http_status: int | None = None, *, mailed: bool = False) -> Row:
    return Row(behaviour, Status.UNKNOWN, code, Answer.UNCLEAR, http_status, mailed, BatchState.FINISHED)


def about_us(code: str, status: str) -> Row:
    paused = BatchState.PAUSED
    return Row(refuses(code, status), Status.QUEUED, code, Answer.SETUP_REFUSED, int(status[:3]), state=paused)


def busy(**headers: str) -> Row:
    throttled = refuses("Throttling.User", **headers)
    return Row(throttled, Status.QUEUED, "Throttling.User", Answer.THROTTLED, 400)


NO_ANSWER, UNREADABLE = OwnCode.NO_ANSWER, OwnCode.UNREADABLE
DONE = BatchState.FINISHED
TABLE = {
    "accepted": Row(plays.accepts, Status.ACCEPTED, "Success", Answer.LISTS, 200, True, DONE),
    "in both lists": Row(plays.contradicts_itself, Status.UNKNOWN, OwnCode.BOTH_LISTS, Answer.LISTS, 200, True, DONE),
    "in other case": Row(plays.shouts, Status.ACCEPTED, "Success", Answer.LISTS, 200, True, DONE),
    "an address nobody asked for": Row(
        plays.adds_a_stranger, Status.ACCEPTED, "Success", Answer.LISTS, 200, True, DONE
    ),
    "reset": unclear(plays.resets, NO_ANSWER, mailed=True),
    "half a body": unclear(plays.breaks_off, NO_ANSWER, mailed=True),
    "502 HTML": unclear(plays.BAD_GATEWAY, UNREADABLE, 502),
    "503": unclear(plays.UNAVAILABLE, UNREADABLE, 503),
    "garbage": unclear(plays.GARBAGE, UNREADABLE, 200),
    "64 MiB": unclear(plays.talks_for_64_mib, UNREADABLE, 200, mailed=True),
    "302": unclear(plays.redirects, UNREADABLE, 302),
    "NetworkIOError": unclear(refuses("NetworkIOError"), "NetworkIOError", 400),
    "SignatureNonceUsed": unclear(refuses("SignatureNonceUsed"), "SignatureNonceUsed", 400),
    "InternalError": unclear(refuses("InternalError", "500 Internal Server Error"), "InternalError", 500),
    "an unknown code": unclear(refuses("SomethingNew"), "SomethingNew", 400),
    "throttled, told how long": busy(x_acs_retry_after="1500"),
    "throttled": busy(),
    "no permission": about_us("Forbidden.RAM", "403 Forbidden"),
    "unknown key": about_us("InvalidAccessKeyId.NotFound", "404 Not Found"),
    "expired token": about_us("InvalidSecurityToken.Expired", "400 Bad Request"),
    "wrong signature": about_us("SignatureDoesNotMatch", "400 Bad Request"),
    "wrong clock": about_us("IllegalTimestamp", "400 Bad Request"),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_an_answer_has_its_row(row: Row, desk: Desk) -> None:
    seen = desk.play(row.plays)

    assert seen.requests == 1
    assert seen.provider.mailed == ([ANN, BOB] if row.mailed else [])
    assert seen.attempts == [(ANN, row.status, row.code), (BOB, row.status, row.code)]
    [call] = seen.calls
    assert (call.state, call.outcome, call.http_status) == (CallState.ANSWERED, row.outcome, row.http_status)
    assert list(call.rides.values_list("attempt__email", flat=True)) == [ANN, BOB]
    assert seen.batch.state == row.state
    assert seen.batch.pause_code == (row.code if row.state == BatchState.PAUSED else "")
    assert (seen.batch.finished_at is not None) == (row.state == BatchState.FINISHED)


TOO_LATE = {
    "read time-out before the mail": (plays.is_silent_before_mailing, 0.5, "read time-out", False),
    "read time-out after the mail": (plays.is_silent_after_mailing, 0.5, "read time-out", True),
    "a body that drips": (plays.drips_a_body, 1.0, "deadline", True),
    "headers that drip": (plays.drips_headers, 1.0, "deadline", True),
}


@pytest.mark.parametrize(("behaviour", "seconds", "reason", "mailed"), TOO_LATE.values(), ids=TOO_LATE.keys())
def test_an_answer_that_comes_too_late_is_unknown(
    behaviour: Behaviour, seconds: float, reason: str, mailed: bool, desk: Desk, settings: Settings
) -> None:
    settings.RESEND_CONNECT_TIMEOUT = settings.RESEND_READ_TIMEOUT = seconds
    seen = desk.play(behaviour)

    assert seen.requests == 1
    assert seen.provider.mailed == ([ANN, BOB] if mailed else [])
    assert seen.attempts == [(ANN, "unknown", "NoAnswer"), (BOB, "unknown", "NoAnswer")]
    [call] = seen.calls
    assert (call.outcome, call.message, call.http_status) == (Answer.UNCLEAR, reason, None)
    assert seen.batch.state == BatchState.FINISHED
