"""Resend and Submit: who gets a mail, who does not, and what is remembered of it."""

import pytest

from tests.aliyun.sandbox.calls import DELETE, LIST, NOW, QUERY, RESEND, SUBMIT, VERIFY, Clock
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox import Sandbox, Send


def test_a_resend_sends_one_mail_and_logs_it(start: Start) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email="Ann@Example.com")
    [send] = sandbox.sends()
    [request] = sandbox.requests()
    assert reply.json["SuccessList"] == [{"Code": "Success", "Message": "Success", "Email": "Ann@Example.com"}]
    assert reply.json["FailList"] == []
    assert send == Send(
        "Ann@Example.com", "ann@example.com", NOW, reply.json["RequestId"], RESEND, request.nonce, send.token
    )


def test_an_address_named_twice_gets_two_mails(start: Start) -> None:
    sandbox, call = start()
    call(RESEND, Email="a@example.com,a@example.com")
    assert [send.email for send in sandbox.sends()] == ["a@example.com", "a@example.com"]


def test_it_takes_two_thousand_addresses_in_one_call(start: Start) -> None:
    sandbox, call = start()
    emails = [f"person{number}@example.com" for number in range(2000)]
    reply = call.rpc(RESEND, {"Email": ",".join(emails)}, form=["Email"])
    assert len(reply.json["SuccessList"]) == 2000
    assert [send.email for send in sandbox.sends()] == emails


@pytest.mark.parametrize("written", ["A@EXAMPLE.COM", "a@例子.中国", "A@xn--fsqu00a.xn--fiqs8s"])
def test_spellings_of_one_address_share_their_quota_and_are_shown_as_received(start: Start, written: str) -> None:
    sandbox, call = start(quota=1)
    first = "a@example.com" if "EXAMPLE" in written else "a@例子.中国"
    call(RESEND, Email=first)
    reply = call(RESEND, Email=written)
    assert reply.codes("FailList") == {written: "SendTokenQuotaExceeded"}
    assert [send.email for send in sandbox.sends()] == [first]


def test_the_quota_counts_the_mails_of_the_last_day(start: Start, clock: Clock) -> None:
    sandbox, call = start(quota=2)
    for _ in range(2):
        assert call(RESEND, Email="a@example.com").codes("FailList") == {}
        clock.forward(hours=12)
    assert call(RESEND, Email="a@example.com").codes("FailList") == {}
    assert call(RESEND, Email="a@example.com").codes("FailList") == {"a@example.com": "SendTokenQuotaExceeded"}
    assert call(RESEND, Email="b@example.com").codes("FailList") == {}
    assert [send.email[0] for send in sandbox.sends()] == ["a", "a", "a", "b"]


def test_five_mails_a_day_are_the_default_quota(start: Start) -> None:
    sandbox, call = start()
    refused = [bool(call(RESEND, Email="a@example.com").codes("FailList")) for _ in range(6)]
    assert refused == [False] * 5 + [True]
    assert len(sandbox.sends()) == 5


def test_a_refused_mail_says_so_in_the_documented_words(start: Start) -> None:
    _, call = start(quota=0)
    assert call(RESEND, Email="a@example.com").json["FailList"] == [
        {
            "Code": "SendTokenQuotaExceeded",
            "Message": "The maximum number of attempts allowed to send the email verification link is exceeded.",
            "Email": "a@example.com",
        }
    ]


@pytest.mark.parametrize("email", ["nobody", "@example.com", "a@", " a@example.com", "a@exa\x01mple.com"])
def test_what_is_no_address_fails_alone(start: Start, email: str) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email=f"{email},good@example.com")
    assert reply.codes("FailList") == {email: "ParameterIllegall"}
    assert [send.email for send in sandbox.sends()] == ["good@example.com"]


@pytest.mark.parametrize("email", ["a@example.com,", ",", "a@example.com,,b@example.com"])
def test_an_empty_place_in_the_list_refuses_the_whole_call(start: Start, email: str) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email=email)
    assert (reply.status, reply.code) == (400, "ParameterIllegal")
    assert sandbox.sends() == []


@pytest.mark.parametrize("action", [RESEND, SUBMIT, DELETE, QUERY])
def test_a_call_without_addresses_lacks_a_parameter(start: Start, action: str) -> None:
    _, call = start()
    reply = call(action, Lang="en")
    assert (reply.code, reply.json["Message"]) == ("MissingEmail", "Email is mandatory for this action.")
    assert call(action, Email="").code == "MissingEmail"


def test_a_verified_address_gets_no_mail(start: Start) -> None:
    sandbox, call = start()
    call(RESEND, Email="a@example.com")
    call(VERIFY, Token=sandbox.sends()[0].token)
    assert call(RESEND, Email="A@example.com").codes("FailList") == {"A@example.com": "EmailAlreadyVerified"}
    assert len(sandbox.sends()) == 1


def test_an_address_never_submitted_counts_as_submitted(start: Start) -> None:
    sandbox, call = start()
    before = call(QUERY, Email="a@example.com").json
    assert call(RESEND, Email="a@example.com").codes("SuccessList") == {"a@example.com": "Success"}
    after = call(QUERY, Email="a@example.com").json
    assert (before["GmtCreate"], before["TokenSendTime"]) == ("2026-02-22 20:00:00", "2026-02-22 20:00:00")
    assert (after["GmtCreate"], after["TokenSendTime"]) == ("2026-02-22 20:00:00", "2026-03-01 20:00:00")
    assert len(sandbox.sends()) == 1


def test_a_strict_sandbox_refuses_an_address_never_submitted(start: Start) -> None:
    sandbox, call = start(strict=True)
    call(SUBMIT, Email="known@example.com")
    reply = call(RESEND, Email="known@example.com,unknown@example.com")
    assert reply.codes("SuccessList") == {"known@example.com": "Success"}
    assert reply.codes("FailList") == {"unknown@example.com": "ParameterIllegall"}
    assert call(QUERY, Email="unknown@example.com").code == "ParameterIllegal"
    assert [send.email for send in sandbox.sends()] == ["known@example.com", "known@example.com"]


def test_each_mail_moves_the_time_of_the_token_and_leaves_that_of_creation(start: Start, clock: Clock) -> None:
    _, call = start()
    call(SUBMIT, Email="a@example.com", UserClientIp="192.0.2.1")
    clock.forward(hours=1)
    call(RESEND, Email="a@example.com", UserClientIp="192.0.2.2")
    record = call(QUERY, Email="a@example.com").json
    assert record["GmtCreate"] == "2026-03-01 20:00:00"
    assert record["TokenSendTime"] == record["GmtModified"] == "2026-03-01 21:00:00"
    assert record["SendIp"] == "192.0.2.2"


def test_a_refused_resend_moves_nothing(start: Start, clock: Clock) -> None:
    _, call = start(quota=1)
    call(SUBMIT, Email="a@example.com")
    clock.forward(hours=1)
    before = call(QUERY, Email="a@example.com").json
    assert call(RESEND, Email="a@example.com").codes("FailList")
    after = call(QUERY, Email="a@example.com").json
    assert {**before, "RequestId": ""} == {**after, "RequestId": ""}


def test_a_submission_sends_to_new_addresses_only(start: Start) -> None:
    sandbox, call = start()
    assert call(SUBMIT, Email="a@example.com").codes("SuccessList") == {"a@example.com": "Success"}
    again = call(SUBMIT, Email="a@example.com,b@example.com", SendIfExist="false")
    assert again.codes("ExistList") == {"a@example.com": ""}
    assert again.codes("SuccessList") == {"b@example.com": "Success"}
    assert [send.email for send in sandbox.sends()] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_a_submission_sends_again_if_asked_to(start: Start, word: str) -> None:
    sandbox, call = start()
    call(SUBMIT, Email="a@example.com")
    again = call(SUBMIT, Email="a@example.com", SendIfExist=word)
    assert (again.codes("ExistList"), again.codes("SuccessList")) == ({}, {"a@example.com": "Success"})
    assert len(sandbox.sends()) == 2


def test_a_submission_refuses_a_truth_value_that_is_none(start: Start) -> None:
    sandbox, call = start()
    assert call(SUBMIT, Email="a@example.com", SendIfExist="yes").code == "ParameterIllegal"
    assert sandbox.sends() == []


def test_a_refused_submission_leaves_no_record(start: Start) -> None:
    _, call = start(quota=0)
    assert call(SUBMIT, Email="a@example.com,nobody").codes("FailList") == {
        "a@example.com": "SendTokenQuotaExceeded",
        "nobody": "ParameterIllegall",
    }
    assert call(LIST).json["TotalItemNum"] == 0


def test_the_journal_knows_what_was_asked_and_answered_and_no_secret(start: Start) -> None:
    sandbox, call = start()
    call(RESEND, Email="a@example.com,b@example.com", Lang="zh", UserClientIp="192.0.2.1")
    call.rpc(RESEND, {"Email": "a@example.com"}, tampering={"Signature": "AAAA"})
    good, bad = sandbox.requests()
    assert (good.action, good.emails) == (RESEND, ("a@example.com", "b@example.com"))
    assert (good.lang, good.user_client_ip, good.received_at) == ("zh", "192.0.2.1", NOW)
    assert (good.code, good.http_status) == ("Success", 200)
    assert (bad.code, bad.http_status) == ("SignatureDoesNotMatch", 400)
    assert len({good.nonce, bad.nonce}) == 2
    assert "AAAA" not in repr(sandbox.requests())


def test_the_log_shows_no_token(start: Start) -> None:
    sandbox: Sandbox
    sandbox, call = start()
    call(RESEND, Email="a@example.com")
    assert sandbox.sends()[0].token not in repr(sandbox.sends())
