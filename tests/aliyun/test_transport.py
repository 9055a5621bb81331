"""What a call brings back, and what of it arrives at the server."""

import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.aliyun.connections import stopwatch
from verification.aliyun.errors import NotConnected

from .calls import FINE, signed, transport_to
from .stub import StubServer, answers, http, tunnels
from .tls import self_signed

pytestmark = pytest.mark.usefixtures("no_watchdog_is_left")


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


@settings(deadline=None, max_examples=20)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=25, max_size=25))
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
    with StubServer(answers(FINE), context) as server, StubServer(tunnels) as proxy:
        with transport_to(proxy=proxy.url, ca_bundle=bundle) as transport:
            assert transport.send(signed(server.url)).body == b"{}"
        assert len(server.requests) == 1


def test_a_call_whose_time_is_over_before_it_begins_never_leaves() -> None:
    """As after a process was stopped between its last check and the wire."""
    with StubServer(answers(FINE)) as server, transport_to() as transport:
        transport.send(signed(server.url))
        with pytest.raises(NotConnected):
            transport.send(signed(server.url), since=stopwatch() - 3_600)
    assert len(server.requests) == 1
