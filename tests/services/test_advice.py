"""What statuses, reasons and codes mean in plain words."""

import pytest

from verification.models import Attempt, OwnCode, Reason, Status
from verification.services.advice import for_attempt, for_code, for_pause

DOCUMENTED = [
    "Success",
    "SendTokenQuotaExceeded",
    "ParameterIllegal",
    "ParameterIllegall",
    "RegContactEmailNotVerified",
    "InvalidAccessKeyId.NotFound",
    "InvalidAccessKeyId",
    "InvalidAccessKeyId.Inactive",
    "Forbidden.AccessKeyDisabled",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSignatureMethod",
    "InvalidSignatureVersion",
    "SignatureNonceUsed",
    "InvalidTimeStamp.Expired",
    "InvalidTimeStamp.Format",
    "IllegalTimestamp",
    "MissingSecurityToken",
    "InvalidSecurityToken.Expired",
    "InvalidSecurityToken.Malformed",
    "InvalidSecurityToken.MismatchWithAccessKey",
    "Throttling",
    "Throttling.User",
    "Throttling.Api",
    "ServiceUnavailable",
    "ServiceUnavailableTemporary",
    "InternalFailure",
    "InternalError",
    "UnknownError",
    "Busy",
    "NoPermission",
    "Forbidden.RAM",
    "Forbidden",
    "Forbidden.RiskControl",
    "Forbidden.UserVerification",
    "MissingParameter",
    "MissingEmail",
    "InvalidParameter",
    "InvalidParameter.Format",
    "UnsupportedHTTPMethod",
    "InvalidProtocol.NeedSsl",
    "InvalidVersion",
    "InvalidAction.NotFound",
    "UnsupportedOperation",
    "InvalidProduct.NotFound",
    "ContentMD5NotMatched",
    "ContentLengthDoesNotMatch",
    "NetworkIOError",
]


def attempt(status: str, **fields: str) -> Attempt:
    return Attempt(status=status, **fields)


@pytest.mark.parametrize("code", [*DOCUMENTED, *OwnCode.values])
def test_it_knows_every_documented_code_and_our_own(code: str) -> None:
    advice = for_code(code)

    assert advice.known and str(advice.meaning) and str(advice.next_step)


@pytest.mark.parametrize("code", ["Brand.New", "success", "", "Verified"])
def test_it_admits_that_a_code_is_not_documented(code: str) -> None:
    advice = for_code(code)

    assert not advice.known
    assert "not documented" in str(advice.meaning)


def test_a_narrower_code_wins_over_its_family() -> None:
    assert for_code("InvalidTimeStamp.Expired") != for_code("InvalidAction")
    assert for_code("SignatureNonceUsed") != for_code("SignatureDoesNotMatch")
    assert for_code("Forbidden.RiskControl") != for_code("Forbidden.RAM")


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENDING, Status.ACCEPTED, Status.REFUSED, Status.UNKNOWN])
def test_every_status_has_words_of_its_own(status: str) -> None:
    advice = for_attempt(attempt(status))

    assert advice.known and str(advice.meaning) and str(advice.next_step)


@pytest.mark.parametrize("reason", Reason.values)
def test_every_reason_has_words_of_its_own(reason: str) -> None:
    advice = for_attempt(attempt(Status.NOT_SENT, reason=reason))

    assert str(advice.meaning) and str(advice.next_step)


@pytest.mark.parametrize("code", ["", "Success", "OK", "anything"])
def test_accepted_promises_no_delivery_whatever_the_code(code: str) -> None:
    assert "no promise" in str(for_attempt(attempt(Status.ACCEPTED, code=code)).meaning)


@pytest.mark.parametrize("code", ["", *OwnCode.values, "NetworkIOError", "SignatureNonceUsed", "Brand.New"])
def test_unknown_says_that_a_mail_may_have_gone_out_whatever_the_code(code: str) -> None:
    advice = for_attempt(attempt(Status.UNKNOWN, code=code))

    assert "may have gone out" in str(advice.meaning)
    assert "send again only if no mail went out" in str(advice.next_step)


def test_queued_again_says_that_nothing_was_sent() -> None:
    assert "nothing was sent" in str(for_attempt(attempt(Status.QUEUED, code="Throttling.User")).next_step)


def test_an_accepted_mail_to_qq_asks_for_another_address() -> None:
    advice = for_attempt(attempt(Status.ACCEPTED, domain="qq.com"))

    assert "another address" in str(advice.next_step)


@pytest.mark.parametrize("code", [OwnCode.NO_CONNECTION, "Throttling", "Throttling.User"])
def test_a_pause_waits_for_a_person_and_says_so(code: str) -> None:
    assert "by itself" in str(for_code(code).next_step)

    assert "by itself" not in str(for_pause(code).next_step)
    assert for_pause(code).meaning == for_code(code).meaning


def test_other_pauses_have_the_words_of_their_code() -> None:
    assert for_pause("Forbidden.RAM") == for_code("Forbidden.RAM")
