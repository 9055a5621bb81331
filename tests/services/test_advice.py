"""What statuses, reasons, verdicts and codes mean in plain words."""

import pytest

from verification.models import Attempt, OwnCode, Reason, Status, Verdict
from verification.services import codebook
from verification.services.advice import for_attempt, for_code, for_pause, meaning_for_question

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
    "Rejected.Throttling",
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
    "InvalidParameter.Accept",
    "InvalidEmail",
    "UnsupportedHTTPMethod",
    "InvalidProtocol.NeedSsl",
    "InvalidVersion",
    "NoSuchVersion",
    "InvalidAction",
    "InvalidAction.NotFound",
    "InvalidApi.NotFound",
    "UnsupportedOperation",
    "InvalidProduct.NotFound",
    "ContentMD5NotMatched",
    "ContentLengthDoesNotMatch",
    "NetworkIOError",
    "DomainNotExist",
    "TaskIsBeingProcessed",
    "QueryRegistryFailed",
    "InvalidDomainName",
]


def attempt(status: str, **fields: object) -> Attempt:
    return Attempt(status=status, **fields)


def is_whole(advice: codebook.Advice) -> bool:
    """It says something in each of its three parts."""
    return all(str(part).strip() for part in (advice.meaning, advice.next_step, advice.tell))


@pytest.mark.parametrize("code", [*DOCUMENTED, *OwnCode.values])
def test_it_knows_every_documented_code_and_our_own(code: str) -> None:
    advice = for_code(code)

    assert advice.known and is_whole(advice)


@pytest.mark.parametrize("code", ["Brand.New", "success", "", "Verified"])
def test_it_admits_that_a_code_is_not_documented(code: str) -> None:
    advice = for_code(code)

    assert not advice.known and is_whole(advice)
    assert "not documented" in str(advice.meaning)


def test_a_narrower_code_wins_over_its_family() -> None:
    assert for_code("InvalidTimeStamp.Expired") != for_code("InvalidAction")
    assert for_code("SignatureNonceUsed") != for_code("SignatureDoesNotMatch")
    assert for_code("Forbidden.RiskControl") != for_code("Forbidden.RAM")


@pytest.mark.parametrize("status", [status for status in Status if status != Status.NOT_SENT])
@pytest.mark.parametrize("code", ["", "Brand.New", "SendTokenQuotaExceeded", OwnCode.NO_ANSWER])
@pytest.mark.parametrize("verdict", ["", *Verdict.values])
def test_every_status_has_words_whatever_stands_beside_it(status: str, code: str, verdict: str) -> None:
    assert is_whole(for_attempt(attempt(status, code=code, verdict=verdict)))


@pytest.mark.parametrize("reason", Reason.values)
@pytest.mark.parametrize("code", ["", "Throttling", "Brand.New"])
def test_every_reason_has_words_of_its_own(reason: str, code: str) -> None:
    advice = for_attempt(attempt(Status.NOT_SENT, reason=reason, code=code))

    assert advice == codebook.REASON[Reason(reason)] and is_whole(advice)


@pytest.mark.parametrize("verdict", Verdict.values)
def test_every_verdict_has_words_of_its_own(verdict: str) -> None:
    advice = for_attempt(attempt(Status.UNKNOWN, code=OwnCode.NO_ANSWER, verdict=verdict))

    assert advice == codebook.VERDICT[Verdict(verdict)]


def test_no_entry_is_left_over() -> None:
    assert set(codebook.STATUS) == set(Status) - {Status.NOT_SENT}
    assert set(codebook.REASON) == set(Reason)
    assert set(codebook.VERDICT) == set(Verdict)
    assert set(codebook.OWN_CODE) == set(OwnCode)


@pytest.mark.parametrize("code", ["", "Success", "OK", "anything"])
def test_accepted_promises_no_delivery_whatever_the_code(code: str) -> None:
    assert "no promise" in str(for_attempt(attempt(Status.ACCEPTED, code=code)).meaning)


@pytest.mark.parametrize("code", ["", *OwnCode.values, "NetworkIOError", "SignatureNonceUsed", "Brand.New"])
def test_unknown_says_that_a_mail_may_have_gone_out_whatever_the_code(code: str) -> None:
    advice = for_attempt(attempt(Status.UNKNOWN, code=code))

    assert "may have gone out" in str(advice.meaning)
    assert "send again only if no mail went out" in str(advice.next_step)


@pytest.mark.parametrize("code", ["Throttling.User", "ParameterIllegal", "Forbidden.RAM", OwnCode.NO_CONNECTION])
def test_queued_again_says_that_nothing_was_sent_and_asks_nothing_of_the_customer(code: str) -> None:
    advice = for_attempt(attempt(Status.QUEUED, code=code))

    assert "nothing was sent" in str(advice.next_step)
    assert "nothing for them to do" in str(advice.tell)


def test_what_waits_for_approval_says_for_whom_it_waits() -> None:
    advice = for_attempt(attempt(Status.QUEUED, released=False))

    assert "waits for approval" in str(advice.meaning) and "another person" in str(advice.next_step)


@pytest.mark.parametrize("code", ["Forbidden.RAM", "SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound"])
def test_a_fault_of_ours_is_not_put_on_the_customer(code: str) -> None:
    assert "fault on our side" in str(for_code(code).tell)


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


@pytest.mark.parametrize(
    "code",
    [OwnCode.NO_CONNECTION, OwnCode.NO_ANSWER, OwnCode.UNREADABLE, "Throttling.User", "Forbidden.RAM", "Brand.New"],
)
def test_a_question_without_an_answer_is_not_spoken_of_as_a_send(code: str) -> None:
    meaning = str(meaning_for_question(code))

    assert meaning and "sent" not in meaning and "send" not in meaning


def test_other_codes_mean_the_same_for_a_question() -> None:
    assert meaning_for_question("InvalidTimeStamp.Expired") == for_code("InvalidTimeStamp.Expired").meaning
