"""Addresses that bring trouble: what comes back, and what went out."""

from http.client import IncompleteRead, RemoteDisconnected
from threading import Thread

import pytest

from tests.aliyun.sandbox.calls import QUERY, RESEND, SUBMIT, Caller, Clock, wait_until
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox import Behaviour, Options, Sandbox, SandboxServer, by_local_part
from verification.aliyun.sandbox.wire import read_request


@pytest.mark.parametrize("action", [RESEND, SUBMIT])
def test_refused_fails_for_its_quota_alone(start: Start, action: str) -> None:
    sandbox, call = start()
    reply = call(action, Email="refused.ann+1@any.example,b@example.com")
    assert reply.codes("FailList") == {"refused.ann+1@any.example": "SendTokenQuotaExceeded"}
    assert reply.codes("SuccessList") == {"b@example.com": "Success"}
    assert [send.email for send in sandbox.sends()] == ["b@example.com"]


def test_refused_stays_refused_in_a_strict_sandbox(start: Start) -> None:
    _, call = start(strict=True)
    reply = call(RESEND, Email="refused@example.com")
    assert reply.codes("FailList") == {"refused@example.com": "SendTokenQuotaExceeded"}


def test_illegal_refuses_the_whole_call(start: Start) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email="a@example.com,ILLEGAL@example.com,busy@example.com")
    assert (reply.status, reply.code, reply.json["Message"]) == (400, "ParameterIllegal", "Parameter illegal.")
    assert sandbox.sends() == []


def test_omitted_stands_in_neither_list_and_gets_no_mail(start: Start) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email="omitted@example.com,b@example.com")
    assert reply.codes("SuccessList") == {"b@example.com": "Success"}
    assert reply.codes("FailList") == {}
    assert [send.email for send in sandbox.sends()] == ["b@example.com"]
    assert call(QUERY, Email="omitted@example.com").json["TokenSendTime"] == "2026-02-22 20:00:00"


def test_busy_throttles_the_call_twice(start: Start) -> None:
    sandbox, call = start()
    for _ in range(2):
        reply = call(RESEND, Email="a@example.com,busy@example.com,busy2@example.com")
        assert (reply.status, reply.code, reply.headers["x-acs-retry-after"]) == (400, "Throttling.User", "500")
        assert sandbox.sends() == []
    reply = call(RESEND, Email="a@example.com,busy@example.com,busy2@example.com")
    assert list(reply.codes("SuccessList")) == ["a@example.com", "busy@example.com", "busy2@example.com"]
    assert len(sandbox.sends()) == 3


def test_html_answers_with_a_page_and_sends_nothing(start: Start) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email="html@example.com,b@example.com")
    assert (reply.status, reply.headers["Content-Type"]) == (502, "text/html")
    assert b"Bad Gateway" in reply.body
    assert "x-acs-request-id" not in reply.headers
    assert sandbox.sends() == []
    assert [(request.code, request.http_status) for request in sandbox.requests()] == [("", 502)]


def test_cut_sends_the_mail_and_breaks_off_its_answer(start: Start) -> None:
    sandbox, call = start()
    with pytest.raises(IncompleteRead) as broken:
        call(RESEND, Email="cut@example.com,b@example.com")
    assert broken.value.expected and len(broken.value.partial) >= broken.value.expected - 1
    assert [send.email for send in sandbox.sends()] == ["cut@example.com", "b@example.com"]


def test_slow_before_sends_nothing_and_says_so_in_the_end(start: Start) -> None:
    sandbox, call = start(slow=0)
    reply = call(RESEND, Email="slow-before@example.com,b@example.com")
    assert (reply.status, reply.code) == (503, "ServiceUnavailable")
    assert sandbox.sends() == []


def test_slow_after_answers_in_the_end(start: Start) -> None:
    sandbox, call = start(slow=0)
    reply = call(RESEND, Email="slow-after@example.com,b@example.com")
    assert len(reply.codes("SuccessList")) == 2
    assert len(sandbox.sends()) == 2


@pytest.mark.parametrize(
    ("email", "sent"), [("slow-before@example.com", []), ("slow-after@example.com", ["slow-after@example.com"])]
)
def test_what_a_slow_address_sends_is_sent_before_or_never(email: str, sent: list[str]) -> None:
    """The server ends while the answer waits, so the caller gets none."""
    sandbox = Sandbox(Options(slow=600), clock=Clock())
    server = SandboxServer(sandbox)
    server.start()
    failures: list[Exception] = []

    def call() -> None:
        try:
            Caller(server.url, Clock())(RESEND, Email=email)
        except (RemoteDisconnected, ConnectionResetError) as failure:
            failures.append(failure)

    thread = Thread(target=call)
    thread.start()
    wait_until(lambda: len(sandbox.requests()) == 1 and len(sandbox.sends()) == len(sent))
    server.close()
    thread.join()
    assert len(failures) == 1
    assert [send.email for send in sandbox.sends()] == sent
    assert [(request.code, request.http_status) for request in sandbox.requests()] == [("", 0)]


def test_what_became_of_a_slow_address_can_be_asked_at_once(start: Start) -> None:
    _, call = start(slow=600)
    for name in ("slow-before", "slow-after", "html", "cut", "illegal", "busy"):
        record = call(QUERY, Email=f"{name}@example.com").json
        assert record["TokenSendTime"] == "2026-02-22 20:00:00"


def test_latency_holds_up_every_answer() -> None:
    waits: list[float] = []
    sandbox = Sandbox(Options(latency=1.5), clock=Clock())
    incoming = read_request("POST", "/?Action=ListEmailVerification", [], b"", "127.0.0.1")
    assert sandbox.answer(incoming, waits.append).status == 400
    assert waits == [1.5]


def test_a_test_may_choose_behaviours_of_its_own(start: Start) -> None:
    def by_domain(email: str) -> Behaviour:
        return Behaviour.OMITTED if email.endswith("@gone.example") else Behaviour.NORMAL

    sandbox, call = start(behaviour_of=by_domain)
    reply = call(RESEND, Email="a@gone.example,refused@example.com")
    assert reply.codes("SuccessList") == {"refused@example.com": "Success"}
    assert [send.email for send in sandbox.sends()] == ["refused@example.com"]


@pytest.mark.parametrize(
    ("email", "behaviour"),
    [
        ("refused@example.com", Behaviour.REFUSED),
        ("Refused.Ann@example.com", Behaviour.REFUSED),
        ("slow-before7@example.com", Behaviour.SLOW_BEFORE),
        ("slow-after@example.com", Behaviour.SLOW_AFTER),
        ("slow@example.com", Behaviour.NORMAL),
        ("un-refused@example.com", Behaviour.NORMAL),
        ("ann@refused.example", Behaviour.NORMAL),
    ],
)
def test_the_beginning_of_the_local_part_decides(email: str, behaviour: Behaviour) -> None:
    assert by_local_part(email) is behaviour
