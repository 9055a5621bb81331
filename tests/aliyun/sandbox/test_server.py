"""The sandbox on its port: connections, hard edges of HTTP, and how it ends."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from tests.aliyun.sandbox.calls import LIST, RESEND, Caller, Clock
from verification.aliyun.sandbox import Sandbox, SandboxServer


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(clock=Clock())) as server:
        yield server


def port_of(server: SandboxServer) -> int:
    return int(server.url.rpartition(":")[2])


def spoken(server: SandboxServer, request: bytes) -> bytes:
    """Send raw bytes, and return everything that comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::1", "::"])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        SandboxServer(Sandbox(), host=host)


def test_it_has_no_address_before_it_listens() -> None:
    with pytest.raises(RuntimeError):
        _ = SandboxServer(Sandbox()).url


def test_a_taken_port_is_an_error(server: SandboxServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SandboxServer(Sandbox(), port=port_of(server)).start()


def test_a_connection_is_kept_alive(server: SandboxServer) -> None:
    connection = HTTPConnection("127.0.0.1", port_of(server), timeout=30)
    for _ in range(3):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.read()
        assert response.version == 11
        assert connection.sock is not None
    connection.close()


def test_requests_at_once_are_all_answered_and_each_address_sent_once(server: SandboxServer) -> None:
    emails = [f"person{number}@example.com" for number in range(200)]
    call = Caller(server.url, Clock())
    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(lambda email: call(RESEND, Email=email).status, emails))
    assert set(statuses) == {200}
    assert sorted(send.email for send in server.sandbox.sends()) == sorted(emails)


def test_a_nonce_used_by_many_at_once_is_good_for_one(server: SandboxServer) -> None:
    call = Caller(server.url, Clock())

    def once(number: int) -> int:
        params = {"Email": f"person{number}@example.com"}
        return call.rpc(RESEND, params, changes={"SignatureNonce": "once"}).status

    with ThreadPoolExecutor(16) as threads:
        assert sorted(threads.map(once, range(32))) == [200] + [400] * 31
    assert len(server.sandbox.sends()) == 1


def test_a_caller_that_waits_for_permission_to_send_its_body_gets_it(server: SandboxServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"a=")
        assert b"MissingAction" in b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n", b"413"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", b"414"),
        (b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", b"501"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
    ids=["chunked", "negative length", "too large", "long line", "head", "nonsense"],
)
def test_what_is_no_request_for_it_is_refused_and_hung_up_on(
    server: SandboxServer, request_bytes: bytes, status: bytes
) -> None:
    assert status in spoken(server, request_bytes).partition(b"\r\n")[0]
    assert server.sandbox.requests() == []


def test_a_caller_that_goes_away_disturbs_nobody(server: SandboxServer, capfd: pytest.CaptureFixture[str]) -> None:
    for beginning in (b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf", b"GET / HT", b""):
        with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as connection:
            connection.sendall(beginning)
    assert Caller(server.url, Clock())(LIST).status == 200
    assert capfd.readouterr() == ("", "")


def test_nothing_is_written_about_requests(server: SandboxServer, capfd: pytest.CaptureFixture[str]) -> None:
    call = Caller(server.url, Clock())
    call(RESEND, Email="a@example.com")
    call.rpc(RESEND, {"Email": "a@example.com"}, tampering={"Signature": "AAAA"})
    spoken(server, b"GET /secret?Signature=AAAA nonsense\r\n\r\n")
    assert capfd.readouterr() == ("", "")


def test_a_failure_of_its_own_names_the_place_and_no_address(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(email: str) -> None:
        raise LookupError(email)

    sandbox = Sandbox(clock=Clock(), behaviour_of=broken)  # type: ignore[arg-type]
    with SandboxServer(sandbox) as server, pytest.raises(ConnectionError):
        Caller(server.url, Clock())(RESEND, Email="a@example.com")
    written = capfd.readouterr().err
    assert "LookupError" in written
    assert "faults.py" in written
    assert "a@example.com" not in written
    assert sandbox.sends() == []


def test_it_ends_while_connections_are_open(server: SandboxServer) -> None:
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as idle:
        idle.sendall(b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 404 ")
        server.close()
        while idle.recv(65536):
            pass  # What is left of the page; then the server has hung up.
    with pytest.raises(ConnectionError):
        Caller(server.url, Clock())(LIST)
