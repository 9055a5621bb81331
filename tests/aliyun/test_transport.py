"""What the transport knows of a call when it fails, on real sockets."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.aliyun.errors import DomainApiError, NoAnswer, NotConnected, UnreadableAnswer
from verification.aliyun.signing import SignedRequest, canonical_query
from verification.aliyun.transport import MAX_ANSWER_BYTES, Transport

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

# Loopback answers in well under these; a test that waits for one of them waits no longer.
SHORT = 0.2
# For servers that send something all the time, where only the deadline may end the call.
DEADLINE = {"connect_timeout": 0.2, "read_timeout": 0.6}

FINE = http(b"{}")
DRIPPING_HEAD = b"HTTP/1.1 200 OK\r\nX-Drip: "
DRIPPING_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"
DRIPPING_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPPING_UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"


def signed(url: str, **params: str) -> SignedRequest:
    host = urlsplit(url).netloc
    headers = {"host": host, "authorization": "ACS3-HMAC-SHA256 fake"}
    return SignedRequest("POST", f"{url}/?{canonical_query(params)}", headers)


@contextmanager
def transport_to(
    connect_timeout: float = 5,
    read_timeout: float = 5,
    proxy: str = "",
    ca_bundle: str = "",
    monotonic: Callable[[], float] = lambda: 0.0,
) -> Iterator[Transport]:
    transport = Transport(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        proxy=proxy,
        ca_bundle=ca_bundle,
        monotonic=monotonic,
    )
    with closing(transport):
        yield transport


def failure(url: str, **options: object) -> DomainApiError:
    """Return what a call to ``url`` fails with."""
    with transport_to(**options) as transport, pytest.raises(DomainApiError) as caught:  # type: ignore[arg-type]
        transport.send(signed(url, Email="a@example.com"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "example" not in repr(caught.value) + str(caught.value)
    return caught.value


def reason_of(error: DomainApiError, leaf: type[NotConnected | NoAnswer | UnreadableAnswer]) -> str:
    assert type(error) is leaf
    assert isinstance(error, NotConnected | NoAnswer | UnreadableAnswer)
    return error.reason


@pytest.fixture(autouse=True)
def no_watchdog_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


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


@pytest.fixture
def refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


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


# Answers.


def test_an_answer_tells_status_type_body_date_and_wait() -> None:
    whole = http(
        b'{"Code": "Throttling"}',
        "400 Bad Request",
        Content_Type="application/json;charset=utf-8",
        Date="Sun, 22 Nov 2026 12:00:00 GMT",
        X_Acs_Retry_After="1500",
    )
    with StubServer(answers(whole)) as server, transport_to() as transport:
        answer = transport.send(signed(server.url))
    assert (answer.http_status, answer.content_type) == (400, "application/json;charset=utf-8")
    assert answer.body == b'{"Code": "Throttling"}'
    assert answer.date == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert answer.retry_after == 1.5
    assert "Throttling" not in repr(answer)


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"])
def test_an_odd_date_is_no_date(date: str) -> None:
    with StubServer(answers(http(b"{}", Date=date))) as server, transport_to() as transport:
        assert transport.send(signed(server.url)).date is None


def test_a_date_without_a_zone_is_in_utc() -> None:
    whole = http(b"{}", Date="Sun, 22 Nov 2026 12:00:00 -0000")
    with StubServer(answers(whole)) as server, transport_to() as transport:
        assert transport.send(signed(server.url)).date == datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("wait", ["", "0", "-5", "1.5", "soon", "9" * 400, "١"])
def test_an_odd_wait_is_no_wait(wait: str) -> None:
    whole = http(b"{}", X_Acs_Retry_After=wait)
    with StubServer(answers(whole)) as server, transport_to() as transport:
        assert transport.send(signed(server.url)).retry_after is None


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_an_answer_and_is_not_followed(status: str) -> None:
    with StubServer(answers(FINE)) as other, StubServer(answers()) as server, transport_to() as transport:
        server.behave = answers(http(b"moved", status, Location=f"{other.url}/?Email=a%40example.com"))
        answer = transport.send(signed(server.url))
    assert (answer.http_status, answer.body) == (int(status[:3]), b"moved")
    assert other.lines == []
    assert len(server.requests) == 1


def test_a_redirect_to_nowhere_does_not_disturb() -> None:
    whole = http(b"moved", "302 Found", Location="http://[")
    with StubServer(answers(whole)) as server, transport_to() as transport:
        assert transport.send(signed(server.url)).http_status == 302


def test_nothing_is_sent_again_by_itself() -> None:
    with StubServer(answers(http(b"{}", "503 Unavailable", Retry_After="0"))) as server:
        with transport_to() as transport:
            assert transport.send(signed(server.url)).http_status == 503
        assert len(server.requests) == 1


# What arrives.

ODD_ADDRESSES = [
    "user+tag@example.com",
    "o'brien@example.com",
    "a*b~c@example.com",
    "a%41b@example.com",
    "a%b@example.com",
    "a&b=c#d?e/f@example.com",
    '"a b"@example.com',
    "é例@例子.中国",
    "a;b:c!d$e(f)@example.com",
]


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_address_arrives_as_it_was_signed(address: str) -> None:
    with StubServer(answers(FINE)) as server, transport_to() as transport:
        request = signed(server.url, Email=address, Lang="")
        transport.send(request)
    (received,) = server.requests
    assert server.url + received.target == request.url
    assert parse_qs(urlsplit(received.target).query, keep_blank_values=True) == {"Email": [address], "Lang": [""]}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=50, max_size=50))
def test_any_text_arrives_as_it_was_signed(texts: list[str]) -> None:
    with StubServer(answers(FINE)) as server, transport_to() as transport:
        for text in texts:
            transport.send(signed(server.url, Email=text))
    assert [parse_qs(request.target[2:])["Email"] for request in server.requests] == [[text] for text in texts]


def test_the_request_has_the_signed_headers_and_few_others() -> None:
    with StubServer(answers(FINE)) as server, transport_to() as transport:
        transport.send(signed(server.url, Email="a@example.com"))
    (received,) = server.requests
    assert received.method == "POST"
    assert received.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": "ACS3-HMAC-SHA256 fake",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "resend-desk",
        "content-length": "0",
    }


def test_neither_netrc_nor_the_environment_has_an_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password m\ndefault login mallory password m\n")
    netrc.chmod(0o600)
    with StubServer(answers(FINE)) as proxy, StubServer(answers(FINE)) as server, transport_to() as transport:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
        transport.send(signed(server.url))
    assert proxy.lines == []
    assert server.requests[0].headers["authorization"] == "ACS3-HMAC-SHA256 fake"


def test_a_cookie_does_not_come_back() -> None:
    whole = http(b"{}", Set_Cookie="gateway=7; Path=/")
    with StubServer(answers(whole)) as server, transport_to() as transport:
        transport.send(signed(server.url))
        transport.send(signed(server.url))
    assert "cookie" not in server.requests[1].headers


def test_a_trusted_bundle_opens_a_private_server(tmp_path: Path) -> None:
    context, bundle = self_signed(tmp_path)
    with StubServer(answers(FINE), context) as server, transport_to(ca_bundle=bundle) as transport:
        assert transport.send(signed(server.url)).body == b"{}"


def test_a_proxy_on_purpose_is_used() -> None:
    with StubServer(answers(FINE)) as proxy, transport_to(proxy=proxy.url) as transport:
        request = signed("http://127.0.0.1:9", Email="a%41+b@example.com")
        assert transport.send(request).body == b"{}"
    assert [received.target for received in proxy.requests] == [request.url]


def test_a_proxy_connects_to_a_server_over_tls(tmp_path: Path) -> None:
    context, bundle = self_signed(tmp_path)

    def tunnels(line: Line) -> None:
        request = line.read_request()
        assert request is not None
        host, port = request.target.split(":")
        with socket.create_connection((host, int(port))) as far:
            line.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=[far, line.sock])
            back.start()
            _pump(line.sock, far)
            back.join()

    with StubServer(answers(FINE), context) as server, StubServer(tunnels) as proxy:
        with transport_to(proxy=proxy.url, ca_bundle=bundle) as transport:
            assert transport.send(signed(server.url)).body == b"{}"
        assert len(server.requests) == 1


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


# Connections between calls.


def test_a_connection_is_used_again() -> None:
    with StubServer(answers(FINE)) as server, transport_to() as transport:
        transport.send(signed(server.url))
        transport.send(signed(server.url))
    assert [len(line.received) for line in server.lines] == [2]


@pytest.mark.parametrize(("idle", "requests_by_line"), [(10.0, [2]), (10.1, [1, 1])])
def test_a_connection_idle_for_over_ten_seconds_is_not_used_again(idle: float, requests_by_line: list[int]) -> None:
    now = [100.0]
    with StubServer(answers(FINE)) as server, transport_to(monotonic=lambda: now[0]) as transport:
        transport.send(signed(server.url))
        now[0] += idle
        transport.send(signed(server.url))
    assert [len(line.received) for line in server.lines] == requests_by_line


def test_an_idle_connection_through_a_proxy_is_not_used_again_either() -> None:
    now = [100.0]
    with StubServer(answers(FINE)) as proxy:
        with transport_to(proxy=proxy.url, monotonic=lambda: now[0]) as transport:
            transport.send(signed("http://127.0.0.1:9"))
            now[0] += 11
            transport.send(signed("http://127.0.0.1:9"))
        assert [len(line.received) for line in proxy.lines] == [1, 1]


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    with StubServer(says_and_hangs_up(FINE)) as server, transport_to() as transport:
        transport.send(signed(server.url))
        assert server.closed_one.acquire(timeout=10)
        assert transport.send(signed(server.url)).body == b"{}"
    assert [len(line.received) for line in server.lines] == [1, 1]


def test_a_used_connection_that_breaks_may_have_executed() -> None:
    def answers_once(line: Line) -> None:
        line.read_request()
        line.sock.sendall(FINE)
        line.read_request()

    with StubServer(answers_once) as server, transport_to() as transport:
        transport.send(signed(server.url))
        with pytest.raises(NoAnswer):
            transport.send(signed(server.url))
    assert [len(line.received) for line in server.lines] == [2]


def test_a_failed_call_leaves_no_connection_behind() -> None:
    with StubServer(says_and_waits()) as server:
        with transport_to(read_timeout=SHORT) as transport, pytest.raises(NoAnswer):
            transport.send(signed(server.url))
        assert server.closed_one.acquire(timeout=10)


# What is logged.


def test_no_log_line_holds_what_was_sent(caplog: pytest.LogCaptureFixture, refused_port: str) -> None:
    caplog.set_level(logging.DEBUG)
    malformed = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header at all\r\n\r\n{}"
    with StubServer(answers(FINE, malformed)) as server, transport_to() as transport:
        transport.send(signed(server.url, Email="secretive@example.com"))
        transport.send(signed(server.url, Email="secretive@example.com"))
        with pytest.raises(NotConnected):
            transport.send(signed(refused_port, Email="secretive@example.com"))
    assert "secretive" not in caplog.text
    assert "Email" not in caplog.text


def test_other_users_of_the_http_library_keep_their_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with StubServer(answers(FINE)) as server, urllib3.PoolManager() as pools:
        pools.request("GET", f"{server.url}/elsewhere", retries=False)
    assert "/elsewhere" in caplog.text
