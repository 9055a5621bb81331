"""What is known of a call when it fails, on real sockets."""

from pathlib import Path

import pytest

from verification.aliyun.errors import NoAnswer, NotConnected, UnreadableAnswer
from verification.aliyun.transport import MAX_ANSWER_BYTES

from .calls import (
    DEADLINE,
    DRIPPING_BODY,
    DRIPPING_CHUNKS,
    DRIPPING_HEAD,
    DRIPPING_UNTIL_CLOSE,
    FINE,
    SHORT,
    failure,
    reason_of,
    signed,
    transport_to,
)
from .stub import (
    Behaviour,
    Line,
    StubServer,
    answers,
    drips,
    hangs_up_at_once,
    http,
    never_reads,
    resets,
    says_and_hangs_up,
    says_and_waits,
)
from .tls import self_signed

pytestmark = pytest.mark.usefixtures("no_watchdog_is_left")


# What certainly did not leave.


def test_a_refused_port_is_no_connection(refused_port: str) -> None:
    assert reason_of(failure(refused_port), NotConnected) == "refused port"


def test_an_unknown_host_is_no_connection() -> None:
    assert reason_of(failure("https://nobody.invalid"), NotConnected) == "unknown host"


def test_a_connect_time_out_is_no_connection(full_backlog: str) -> None:
    assert reason_of(failure(full_backlog, connect_timeout=SHORT), NotConnected) == "connect time-out"


def test_a_certificate_nobody_trusts_is_no_connection(tmp_path: Path) -> None:
    context, _bundle = self_signed(tmp_path)
    with StubServer(answers(FINE), context) as server:
        assert reason_of(failure(server.url), NotConnected) == "TLS failure"
    assert server.requests == []


def test_a_certificate_of_another_host_is_no_connection(tmp_path: Path) -> None:
    context, bundle = self_signed(tmp_path, "127.0.0.2")
    with StubServer(answers(FINE), context) as server:
        assert reason_of(failure(server.url, ca_bundle=bundle), NotConnected) == "TLS failure"
    assert server.requests == []


def test_a_plain_server_behind_https_is_no_connection() -> None:
    def answers_plainly(line: Line) -> None:
        line.sock.recv(1)
        line.sock.sendall(http(b"", "400 Bad Request"))
        line.wait_for_hang_up()

    with StubServer(answers_plainly) as server:
        url = server.url.replace("http:", "https:")
        assert reason_of(failure(url), NotConnected) == "TLS failure"


def test_a_handshake_that_never_comes_is_no_connection() -> None:
    with StubServer(never_reads) as server:
        url = server.url.replace("http:", "https:")
        assert reason_of(failure(url, connect_timeout=SHORT), NotConnected) == "connect time-out"


def test_a_hang_up_in_the_handshake_is_no_connection() -> None:
    def hears_hello_and_hangs_up(line: Line) -> None:
        line.sock.recv(4096)

    with StubServer(hears_hello_and_hangs_up) as server:
        error = failure(server.url.replace("http:", "https:"))
    assert isinstance(error, NotConnected)


def test_a_proxy_that_refuses_to_connect_is_no_connection() -> None:
    with StubServer(says_and_hangs_up(http(b"no", "407 Proxy Authentication Required"))) as proxy:
        error = failure("https://domain.invalid", proxy=proxy.url)
        assert reason_of(error, NotConnected) == "proxy failure"
    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", "domain.invalid:443")]


def test_a_proxy_that_is_not_there_is_no_connection(refused_port: str) -> None:
    error = failure("https://domain.invalid", proxy=refused_port)
    assert reason_of(error, NotConnected) == "proxy failure"


def test_a_proxy_that_hangs_up_behind_its_yes_is_no_connection() -> None:
    def tunnels_to_nowhere(line: Line) -> None:
        line.read_request()
        line.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        line.sock.recv(4096)

    with StubServer(tunnels_to_nowhere) as proxy:
        assert isinstance(failure("https://domain.invalid", proxy=proxy.url), NotConnected)


def test_a_proxy_that_drips_its_yes_is_no_connection() -> None:
    with StubServer(drips(DRIPPING_HEAD, b".")) as proxy:
        error = failure("https://domain.invalid", proxy=proxy.url, **DEADLINE)
        assert reason_of(error, NotConnected) == "deadline"


# What may have been executed.


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        pytest.param(says_and_hangs_up(), "hang-up", id="without a word"),
        pytest.param(resets, "reset", id="by a reset"),
        pytest.param(says_and_hangs_up(DRIPPING_BODY), "half a body", id="in a body"),
        pytest.param(says_and_hangs_up(DRIPPING_CHUNKS, b"5\r\n{"), "half a body", id="in a chunk"),
    ],
)
def test_a_server_that_hangs_up_may_have_executed(behave: Behaviour, reason: str) -> None:
    with StubServer(behave) as server:
        assert reason_of(failure(server.url), NoAnswer) == reason
    assert len(server.requests) == 1


def test_a_server_that_hangs_up_unread_may_have_executed() -> None:
    with StubServer(hangs_up_at_once) as server:
        assert isinstance(failure(server.url), NoAnswer)


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(never_reads, id="request unread"),
        pytest.param(says_and_waits(), id="without a word"),
        pytest.param(says_and_waits(b"HTTP/1.1 200 OK\r\n"), id="in the head"),
        pytest.param(says_and_waits(DRIPPING_BODY), id="in the body"),
    ],
)
def test_a_read_time_out_may_have_executed(behave: Behaviour) -> None:
    with StubServer(behave) as server:
        assert reason_of(failure(server.url, read_timeout=SHORT), NoAnswer) == "read time-out"
    assert len(server.lines) == 1


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(drips(DRIPPING_HEAD, b"."), id="head"),
        pytest.param(drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="heads"),
        pytest.param(drips(DRIPPING_BODY, b" "), id="body"),
        pytest.param(drips(DRIPPING_CHUNKS, b"1\r\n \r\n"), id="chunks"),
        pytest.param(drips(DRIPPING_UNTIL_CLOSE, b" "), id="body without a length"),
    ],
)
def test_the_deadline_ends_a_dripping_answer(behave: Behaviour) -> None:
    with StubServer(behave) as server:
        assert reason_of(failure(server.url, **DEADLINE), NoAnswer) == "deadline"
    assert len(server.requests) == 1


@pytest.mark.parametrize("start", [DRIPPING_HEAD, DRIPPING_UNTIL_CLOSE])
def test_the_deadline_ends_a_dripping_answer_over_tls(start: bytes, tmp_path: Path) -> None:
    context, bundle = self_signed(tmp_path)
    with StubServer(drips(start, b" "), context) as server:
        assert reason_of(failure(server.url, ca_bundle=bundle, **DEADLINE), NoAnswer) == "deadline"


def test_the_transport_works_on_after_a_deadline() -> None:
    drip = drips(DRIPPING_BODY, b" ")
    with StubServer(drip) as server, transport_to(**DEADLINE) as transport:
        with pytest.raises(NoAnswer):
            transport.send(signed(server.url))
        server.behave = answers(FINE)
        assert transport.send(signed(server.url)).body == b"{}"


@pytest.mark.parametrize("length", [b"Content-Length: 67108864\r\n", b"Connection: close\r\n"])
def test_a_huge_answer_is_cut(length: bytes) -> None:
    sent = []

    def floods(line: Line) -> None:
        says_and_hangs_up(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")(line)
        for _ in range(64):
            line.sock.sendall(b" " * MAX_ANSWER_BYTES)
            sent.append(MAX_ANSWER_BYTES)

    with StubServer(floods) as server:
        error = failure(server.url)
        assert reason_of(error, UnreadableAnswer) == "larger than 1 MiB"
    assert isinstance(error, UnreadableAnswer)
    assert error.http_status == 200
    assert len(sent) < 64


def test_an_answer_of_exactly_the_limit_is_read() -> None:
    with StubServer(answers(http(b" " * MAX_ANSWER_BYTES))) as server, transport_to() as transport:
        assert len(transport.send(signed(server.url)).body) == MAX_ANSWER_BYTES


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\0" * 100_000])
def test_an_answer_that_is_not_http_is_unreadable(noise: bytes) -> None:
    with StubServer(says_and_hangs_up(noise)) as server:
        assert reason_of(failure(server.url), UnreadableAnswer) == "no HTTP answer"
