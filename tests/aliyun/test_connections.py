"""What a call leaves behind: connections for the next one, and no trace in a log."""

import logging
from pathlib import Path

import pytest
import urllib3

from verification.aliyun.errors import NoAnswer, NotConnected

from .calls import FINE, SHORT, signed, transport_to
from .stub import Line, StubServer, answers, http, says_and_hangs_up, says_and_waits, tunnels
from .tls import self_signed

pytestmark = pytest.mark.usefixtures("no_watchdog_is_left")


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


def test_a_proxy_that_refuses_the_second_time_is_no_connection(tmp_path: Path) -> None:
    context, bundle = self_signed(tmp_path)
    with StubServer(says_and_hangs_up(FINE), context) as server, StubServer(tunnels) as proxy:
        with transport_to(proxy=proxy.url, ca_bundle=bundle) as transport:
            transport.send(signed(server.url))
            assert proxy.closed_one.acquire(timeout=10)
            proxy.behave = says_and_hangs_up(http(b"", "503 Service Unavailable"))
            with pytest.raises(NotConnected):
                transport.send(signed(server.url))
        assert len(server.requests) == 1


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
