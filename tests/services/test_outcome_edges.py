"""The edges of the outcome table: calls that never left, lists that don't fit, and how a batch goes on."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import provider as plays
from tests.aliyun.stub import Line, StubServer, never_reads
from tests.aliyun.tls import self_signed
from tests.provider import Provider, lists, refuses, says
from tests.services.outcome_desk import ANN, BOB, Desk, Seen, attempts_of, desk_of_mei, page_of
from verification.aliyun import transport
from verification.models import BatchState, OwnCode, Pace, Status, database_now
from verification.services.outcomes import Answer

pytestmark = pytest.mark.django_db(transaction=True)

QUEUED_AGAIN = [(ANN, Status.QUEUED, OwnCode.NO_CONNECTION), (BOB, Status.QUEUED, OwnCode.NO_CONNECTION)]


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return desk_of_mei(settings)


@pytest.fixture
def refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def full_backlog() -> Iterator[str]:
    """A port that neither accepts nor refuses."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def assert_not_reached(desk: Desk, endpoint: str, reason: str) -> None:
    """One call on record, nothing sent, both addresses queued again, and a batch that waits and goes on."""
    batch = desk.open(ANN, BOB)
    desk.call(batch, endpoint)
    batch.refresh_from_db()

    assert attempts_of(batch) == QUEUED_AGAIN
    [call] = batch.calls.all()
    assert (call.outcome, call.message, call.http_status) == (Answer.NO_CONNECTION, reason, None)
    assert (batch.state, batch.setbacks, batch.finished_at) == (BatchState.RUNNING, 1, None)
    assert batch.wait_until and batch.wait_until > desk.now()
    assert page_of(batch).count("The provider could not be reached; nothing was sent. It is still queued") == 2


def test_a_refused_port_is_tried_again_later(desk: Desk, refused_port: str) -> None:
    assert_not_reached(desk, refused_port, "refused port")


def test_an_unknown_host_is_tried_again_later(desk: Desk) -> None:
    assert_not_reached(desk, "https://domain.invalid", "unknown host")


def test_a_connect_time_out_is_tried_again_later(desk: Desk, full_backlog: str, settings: Settings) -> None:
    settings.RESEND_CONNECT_TIMEOUT = 0.3
    assert_not_reached(desk, full_backlog, "connect time-out")


def test_a_certificate_nobody_trusts_is_tried_again_later(desk: Desk, tmp_path: Path) -> None:
    context, _bundle = self_signed(tmp_path)
    with Provider(plays.accepts, tls=context) as provider:
        assert_not_reached(desk, provider.url, "TLS failure")
    assert provider.requests == []


def speaks_plain_http(line: Line) -> None:
    line.sock.recv(4096)
    line.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_server_without_tls_is_tried_again_later(desk: Desk) -> None:
    with StubServer(speaks_plain_http) as server:
        assert_not_reached(desk, server.url.replace("http:", "https:"), "TLS failure")
    assert server.requests == []


def test_a_handshake_that_never_comes_is_tried_again_later(desk: Desk, settings: Settings) -> None:
    settings.RESEND_CONNECT_TIMEOUT = 0.3
    with StubServer(never_reads) as server:
        assert_not_reached(desk, server.url.replace("http:", "https:"), "connect time-out")
    assert server.requests == []


def test_a_batch_goes_on_when_the_provider_is_reached_again(desk: Desk, refused_port: str) -> None:
    batch = desk.open(ANN, BOB)
    desk.call(batch, refused_port)
    with Provider(plays.accepts) as provider:
        desk.work_off(batch, provider.url)
        assert provider.requests == []
        desk.ahead = timedelta(seconds=10)
        desk.work_off(batch, provider.url)

    assert attempts_of(batch) == [(ANN, "accepted", "Success"), (BOB, "accepted", "Success")]
    assert provider.mailed == [ANN, BOB]
    batch.refresh_from_db()
    assert (batch.state, batch.setbacks, batch.wait_until) == (BatchState.FINISHED, 0, None)


def test_a_batch_pauses_when_the_provider_stays_away_too_long(desk: Desk, refused_port: str) -> None:
    batch = desk.open(ANN, BOB)
    desk.call(batch, refused_port)
    desk.ahead = timedelta(minutes=15, seconds=1)
    desk.call(batch, refused_port)
    batch.refresh_from_db()

    assert (batch.state, batch.pause_code) == (BatchState.PAUSED, OwnCode.NO_CONNECTION)
    assert "Paused: The provider could not be reached" in page_of(batch)
    assert attempts_of(batch) == QUEUED_AGAIN
    desk.ahead = timedelta(hours=1)
    desk.work_off(batch, refused_port)
    assert batch.calls.count() == 2


def test_an_address_in_the_fail_list_is_refused_alone(desk: Desk) -> None:
    seen = desk.play(says(lists([ANN], {BOB: "SendTokenQuotaExceeded"})))

    assert seen.attempts == [(ANN, "accepted", "Success"), (BOB, "refused", "SendTokenQuotaExceeded")]
    assert "1accepted 1refused" in seen.page
    assert (seen.requests, seen.outcomes, seen.batch.state) == (1, [Answer.LISTS], BatchState.FINISHED)


def test_an_omitted_address_is_unknown_alone(desk: Desk) -> None:
    seen = desk.play(plays.omits)

    assert seen.attempts == [(ANN, "accepted", "Success"), (BOB, "unknown", OwnCode.NOT_LISTED)]
    assert "The answer does not mention this address. The mail may have gone out." in seen.page
    assert (seen.requests, seen.outcomes, seen.batch.state) == (1, [Answer.LISTS], BatchState.FINISHED)


def test_an_answer_about_strangers_only_leaves_both_unknown(desk: Desk) -> None:
    seen = desk.play(says(lists([plays.NOBODY_ASKED])))

    assert seen.attempts == [(ANN, "unknown", OwnCode.NOT_LISTED), (BOB, "unknown", OwnCode.NOT_LISTED)]
    assert (seen.requests, seen.batch.size, seen.batch.state) == (1, 2, BatchState.FINISHED)


def hold_until() -> datetime:
    moment = Pace.objects.get().hold_until
    assert moment
    return moment


def test_throttled_attempts_go_again_after_the_providers_own_wait(desk: Desk) -> None:
    before = database_now()
    seen = desk.play(refuses("Throttling.User", x_acs_retry_after="60000"), plays.accepts)

    assert seen.outcomes == [Answer.THROTTLED, Answer.LISTS]
    assert (seen.requests, seen.statuses) == (2, ["accepted", "accepted"])
    assert seen.provider.mailed == [ANN, BOB]
    assert before + timedelta(seconds=60) <= hold_until() <= database_now() + timedelta(seconds=60)


def test_throttled_attempts_go_again_after_a_wait_of_our_own(desk: Desk) -> None:
    seen = desk.play(refuses("Throttling"), refuses("Throttling.Api"), plays.accepts)

    assert seen.outcomes == [Answer.THROTTLED, Answer.THROTTLED, Answer.LISTS]
    assert (seen.requests, seen.statuses) == (3, ["accepted", "accepted"])
    assert seen.provider.mailed == [ANN, BOB]
    assert seen.calls[0].opened_at < hold_until() <= database_now() + timedelta(minutes=1)


def test_a_wrong_address_is_isolated_by_halving_and_the_others_get_one_mail(desk: Desk) -> None:
    emails = tuple(f"p{number}@example.com" for number in range(8))
    batch = desk.open(*emails)
    with Provider(plays.refuses_address("p5@example.com")) as provider:
        desk.work_off(batch, provider.url)
    seen = Seen(batch, provider)

    assert seen.requests == len(seen.calls) == 1 + 2 * 3
    assert sorted(seen.provider.mailed) == sorted(set(emails) - {"p5@example.com"})
    assert seen.attempts[5] == ("p5@example.com", "refused", "ParameterIllegal")
    assert {status for email, status, _code in seen.attempts if email != "p5@example.com"} == {"accepted"}
    assert seen.batch.state == BatchState.FINISHED


@pytest.mark.parametrize("code", ["ParameterIllegal", "ParameterIllegall", "InvalidParameter", "InvalidEmail.Format"])
def test_a_parameter_error_refuses_an_address_that_travelled_alone(code: str, desk: Desk) -> None:
    seen = desk.play(refuses(code), emails=(ANN,))

    assert seen.attempts == [(ANN, "refused", code)]
    assert (seen.requests, seen.outcomes, seen.batch.state) == (1, [Answer.ADDRESS_REFUSED], BatchState.FINISHED)


def test_three_unclear_calls_in_a_row_pause_the_batch(desk: Desk, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    seen = desk.play(plays.resets, plays.BAD_GATEWAY, plays.breaks_off, emails=(ANN, BOB, "cy@e.com", "di@e.com"))

    assert (seen.requests, seen.statuses) == (3, ["unknown", "unknown", "unknown", "queued"])
    assert (seen.batch.state, seen.batch.pause_code) == (BatchState.PAUSED, OwnCode.THREE_UNCLEAR)
    assert "Paused: Three calls in a row came back without a clear answer." in seen.page
    with Provider(plays.accepts) as provider:
        desk.work_off(seen.batch, provider.url)
    assert provider.requests == []


def test_a_clear_answer_ends_the_row_of_unclear_ones(desk: Desk, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    script = (plays.resets, plays.resets, plays.accepts, plays.resets)
    seen = desk.play(*script, emails=(ANN, BOB, "cy@e.com", "di@e.com", "eve@e.com"))

    assert (seen.requests, seen.statuses) == (4, ["unknown", "unknown", "accepted", "unknown", "queued"])
    assert (seen.batch.state, seen.batch.unclear_in_row) == (BatchState.RUNNING, 1)


def test_a_connection_that_the_server_closed_while_idle_is_not_used_again(desk: Desk, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    batch = desk.open(ANN, BOB)
    with Provider(plays.accepts_and_closes) as provider, desk.sender(provider.url) as sender:
        assert sender.work_once(batch)
        assert provider.closed_one.acquire(timeout=60)
        assert sender.work_once(batch)

    assert [len(line.received) for line in provider.lines] == [1, 1]
    assert attempts_of(batch) == [(ANN, "accepted", "Success"), (BOB, "accepted", "Success")]
    assert provider.mailed == [ANN, BOB]


def test_a_connection_idle_for_too_long_is_not_used_again(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be dead without a sign of it: a box on the way has forgotten it."""
    settings.RESEND_ADDRESSES_PER_CALL = 1
    monkeypatch.setattr(transport, "MAX_IDLE_SECONDS", 0)
    seen = desk.play(plays.accepts, plays.accepts)

    assert [len(line.received) for line in seen.provider.lines] == [1, 1]
    assert seen.statuses == ["accepted", "accepted"]
