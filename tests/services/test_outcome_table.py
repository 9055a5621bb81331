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
    """`code` and `says`, the page's words, are about both addresses alike; `mailed` if mails went out all the same."""

    plays: Behaviour
    status: Status
    code: str
    outcome: Answer
    http_status: int | None
    says: str
    mailed: bool = False
    state: BatchState = BatchState.RUNNING


def listed(behaviour: Behaviour, status: Status, code: str, says: str) -> Row:
    return Row(behaviour, status, code, Answer.LISTS, 200, says, True, BatchState.FINISHED)


def unclear(behaviour: Behaviour, code: str, says: str, http_status: int | None = None, *, mailed: bool = False) -> Row:
    return Row(behaviour, Status.UNKNOWN, code, Answer.UNCLEAR, http_status, says, mailed, BatchState.FINISHED)


def doubtful(code: str, says: str, status: str = "400 Bad Request") -> Row:
    return unclear(refuses(code, status), code, says, int(status[:3]))


def about_us(code: str, status: str, says: str) -> Row:
    paused = BatchState.PAUSED
    return Row(refuses(code, status), Status.QUEUED, code, Answer.SETUP_REFUSED, int(status[:3]), says, state=paused)


def busy(**headers: str) -> Row:
    throttled, says = refuses("Throttling.User", **headers), "Too many calls from our whole account"
    return Row(throttled, Status.QUEUED, "Throttling.User", Answer.THROTTLED, 400, says)


ACCEPTED, NO_ANSWER, UNREADABLE = Status.ACCEPTED, OwnCode.NO_ANSWER, OwnCode.UNREADABLE
TOOK, BOTH = "The provider took it", "The answer lists this address both as sent and as failed."
NOT_WHOLE, NOT_READ = "no whole answer came back", "The answer could not be read."
TABLE = {
    "accepted": listed(plays.accepts, ACCEPTED, "Success", TOOK),
    "in both lists": listed(plays.contradicts_itself, Status.UNKNOWN, OwnCode.BOTH_LISTS, BOTH),
    "in other case": listed(plays.shouts, ACCEPTED, "Success", TOOK),
    "an address nobody asked for": listed(plays.adds_a_stranger, ACCEPTED, "Success", TOOK),
    "reset": unclear(plays.resets, NO_ANSWER, NOT_WHOLE, mailed=True),
    "half a body": unclear(plays.breaks_off, NO_ANSWER, NOT_WHOLE, mailed=True),
    "502 HTML": unclear(plays.BAD_GATEWAY, UNREADABLE, NOT_READ, 502),
    "503": unclear(plays.UNAVAILABLE, UNREADABLE, NOT_READ, 503),
    "garbage": unclear(plays.GARBAGE, UNREADABLE, NOT_READ, 200),
    "64 MiB": unclear(plays.talks_for_64_mib, UNREADABLE, NOT_READ, 200, mailed=True),
    "302": unclear(plays.redirects, UNREADABLE, NOT_READ, 302),
    "NetworkIOError": doubtful("NetworkIOError", "The provider could not reach its own back end."),
    "SignatureNonceUsed": doubtful("SignatureNonceUsed", "An identical request has already reached the provider."),
    "InternalError": doubtful("InternalError", "Something failed at the provider's.", "500 Internal Server Error"),
    "an unknown code": doubtful("SomethingNew", "This code is not documented"),
    "throttled, told how long": busy(x_acs_retry_after="1500"),
    "throttled": busy(),
    "no permission": about_us("Forbidden.RAM", "403 Forbidden", "The access key may not do this"),
    "unknown key": about_us("InvalidAccessKeyId.NotFound", "404 Not Found", "The provider does not know this"),
    "expired token": about_us(
        "InvalidSecurityToken.Expired", "400 Bad Request", "The temporary access key has run out"
    ),
    "wrong signature": about_us("SignatureDoesNotMatch", "400 Bad Request", "The signature was not accepted."),
    "wrong clock": about_us("IllegalTimestamp", "400 Bad Request", "The time in the request was not accepted."),
}
# What the page promises of each of both addresses, and what it never does.
PROMISES = {
    Status.ACCEPTED: "The provider took it",
    Status.QUEUED: "It is still queued: nothing was sent to it.",
    Status.UNKNOWN: "The mail may have gone out.",
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
    assert_it_says(seen.page, row)


def assert_it_says(page: str, row: Row) -> None:
    assert page.count(row.says) == 2 + (row.state == BatchState.PAUSED)
    assert {status for status, promise in PROMISES.items() if promise in page} == {row.status}
    assert page.count(PROMISES[row.status]) == 2
    assert (f"Paused: {row.says}" in page) == (row.state == BatchState.PAUSED)
    assert ("All 2 addresses have their outcome" in page) == (row.state == BatchState.FINISHED)


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
    assert seen.page.count(f"{NOT_WHOLE}. The mail may have gone out.") == 2
