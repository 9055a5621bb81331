"""The client's operations, end to end to a server on loopback."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alibabacloud_tea_openapi.utils import Utils as TeaUtils

from verification.aliyun.client import DomainClient
from verification.aliyun.errors import (
    DomainApiError,
    SetupRefused,
    Throttled,
    UnreadableAnswer,
)
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.aliyun.signing import EMPTY_BODY_SHA256

from .calls import ADDRESSES, JOINED, KEY, client_of, query_of
from .stub import Received, StubServer, answers, http
from .tls import self_signed

ANSWERS = Path(__file__).parent / "answers"
EMPTY = http(b"{}")
NO_RECORDS = http(b'{"TotalItemNum": 0, "Data": []}')
SIGNATURES = ["acs3", "rpc"]


def business_part(request: Received) -> dict[str, str]:
    """Return the operation's own parameters, after the provider's own signer has agreed with the signature."""
    query = query_of(request)
    if "Signature" not in query:
        _assert_acs3_signed(request, query)
        return query
    signature = query.pop("Signature")
    assert TeaUtils.get_rpcsignature(query, request.method, KEY.key_secret) == signature
    assert query.pop("SecurityToken") == KEY.security_token
    common = {
        "AccessKeyId",
        "Action",
        "Format",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureVersion",
        "Timestamp",
        "Version",
    }
    return {name: value for name, value in query.items() if name not in common}


def _assert_acs3_signed(request: Received, query: dict[str, str]) -> None:
    headers = {name: value for name, value in request.headers.items() if name == "host" or name.startswith("x-acs-")}
    seen = SimpleNamespace(method=request.method, pathname="/", query=query, headers=headers)
    assert headers["x-acs-security-token"] == KEY.security_token
    assert request.headers["authorization"] == TeaUtils.get_authorization(
        seen, "ACS3-HMAC-SHA256", EMPTY_BODY_SHA256, KEY.key_id, KEY.key_secret
    )


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_resend_names_every_address_language_and_client_ip(signature: str) -> None:
    with StubServer(answers(EMPTY)) as server, client_of(server.url, signature=signature) as client:
        client.resend_email_verification(ADDRESSES, nonce="n-1", lang="zh", user_client_ip="198.51.100.7")
    (request,) = server.requests
    assert business_part(request) == {"Email": JOINED, "Lang": "zh", "UserClientIp": "198.51.100.7"}


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_resend_asks_in_english_by_default(signature: str) -> None:
    with StubServer(answers(EMPTY)) as server, client_of(server.url, signature=signature) as client:
        client.resend_email_verification(["a@example.com"], nonce="n-1")
    expected = {"Email": "a@example.com", "Lang": "en", "UserClientIp": "127.0.0.1"}
    assert business_part(server.requests[0]) == expected


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_query_names_its_address(signature: str) -> None:
    with StubServer(answers(EMPTY)) as server, client_of(server.url, signature=signature) as client:
        answer = client.query_email_verification("user+tag@example.com", nonce="n-1", lang="zh")
    assert answer.record is None
    assert business_part(server.requests[0]) == {"Email": "user+tag@example.com", "Lang": "zh"}


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, {"PageNum": "1", "PageSize": "500"}),
        ({"page": 3, "page_size": 5000}, {"PageNum": "3", "PageSize": "5000"}),
        ({"verified": True}, {"PageNum": "1", "PageSize": "500", "VerificationStatus": "1"}),
        ({"verified": False}, {"PageNum": "1", "PageSize": "500", "VerificationStatus": "0"}),
        ({"email": "a+b@c.cn"}, {"PageNum": "1", "PageSize": "500", "Email": "a+b@c.cn"}),
    ],
)
def test_a_list_names_its_page_and_filters(signature: str, asked: dict[str, Any], sent: dict[str, str]) -> None:
    with StubServer(answers(NO_RECORDS)) as server, client_of(server.url, signature=signature) as client:
        assert client.list_email_verification(nonce="n-1", **asked).records == ()
    assert business_part(server.requests[0]) == {**sent, "Lang": "en"}


def test_acs3_carries_action_version_time_and_nonce_in_headers() -> None:
    with StubServer(answers(EMPTY)) as server, client_of(server.url) as client:
        client.query_email_verification("a@example.com", nonce="n-1")
    headers = server.requests[0].headers
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert headers["x-acs-action"] == "QueryEmailVerification"
    assert headers["x-acs-version"] == "2018-01-29"
    assert headers["x-acs-date"] == "2026-11-22T12:00:00Z"
    assert headers["x-acs-signature-nonce"] == "n-1"


def test_rpc_carries_action_version_time_and_nonce_in_the_query_and_asks_for_json() -> None:
    with StubServer(answers(NO_RECORDS)) as server, client_of(server.url, signature="rpc") as client:
        client.list_email_verification(nonce="n-1")
    query = query_of(server.requests[0])
    assert query["Action"] == "ListEmailVerification"
    assert query["Version"] == "2018-01-29"
    assert query["Timestamp"] == "2026-11-22T12:00:00Z"
    assert query["SignatureNonce"] == "n-1"
    assert query["Format"] == "JSON"
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("name", ["resend-2020.json", "resend-2020.xml", "resend-2022.json"])
def test_the_documented_answers_come_through(signature: str, name: str) -> None:
    whole = http((ANSWERS / name).read_bytes(), Content_Type="text/plain")
    with StubServer(answers(whole)) as server, client_of(server.url, signature=signature) as client:
        answer = client.resend_email_verification(["test1@aliyun.com", "test2@aliyun.com"], nonce="n-1")
    assert answer.request_id == "0EA54E99-DB48-4CE3-A099-6ED8E451B8AC"
    assert answer.refused[0].code == "SendTokenQuotaExceeded"


def test_an_answer_over_tls_comes_through(tmp_path: Path) -> None:
    context, bundle = self_signed(tmp_path)
    whole = http(b'{"RequestId": "R-1", "SuccessList": [{"Email": "a@example.com"}]}')
    with StubServer(answers(whole), context) as server, client_of(server.url, ca_bundle=bundle) as client:
        answer = client.resend_email_verification(["a@example.com"], nonce="n-1")
    assert answer == ResendAnswer("R-1", 200, (AddressResult("a@example.com", "", ""),), ())


def test_the_skew_is_our_clock_minus_the_server_s() -> None:
    dated = http(b"{}", Date="Sun, 22 Nov 2026 11:59:30 GMT")
    refusing = http(b'{"Code": "InvalidTimeStamp.Expired"}', "400 Bad", Date="Sun, 22 Nov 2026 13:00:00 GMT")
    with StubServer(answers(dated, EMPTY, refusing)) as server, client_of(server.url) as client:
        assert client.last_skew is None
        client.query_email_verification("a@example.com", nonce="n-1")
        assert client.last_skew == timedelta(seconds=30)
        client.query_email_verification("a@example.com", nonce="n-2")
        assert client.last_skew == timedelta(seconds=30)
        with pytest.raises(SetupRefused):
            client.query_email_verification("a@example.com", nonce="n-3")
        assert client.last_skew == -timedelta(hours=1)


def test_throttling_tells_how_long_to_wait() -> None:
    whole = http(b'{"Code": "Throttling.User"}', "400 Bad Request", X_Acs_Retry_After="2500")
    with StubServer(answers(whole)) as server, client_of(server.url) as client:
        with pytest.raises(Throttled) as caught:
            client.resend_email_verification(["a@example.com"], nonce="n-1")
        assert caught.value.retry_after == 2.5
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "leaf"),
    [
        ("302 Found", b"", UnreadableAnswer),
        ("302 Found", b"<html><body>moved</body></html>", UnreadableAnswer),
        ("302 Found", b'{"Code": "Forbidden.RAM"}', SetupRefused),
        ("502 Bad Gateway", b"<html><body>502</body></html>", UnreadableAnswer),
        ("503 Service Unavailable", b"upstream connect error", UnreadableAnswer),
        ("200 OK", b"<!DOCTYPE html><p>Sign in to this network", UnreadableAnswer),
        ("200 OK", b"", UnreadableAnswer),
    ],
)
def test_what_is_not_an_answer_of_the_api_is_unreadable(status: str, body: bytes, leaf: type[DomainApiError]) -> None:
    whole = http(body, status, Location="http://127.0.0.1:9/")
    with StubServer(answers(whole)) as server, client_of(server.url) as client:
        with pytest.raises(leaf):
            client.resend_email_verification(["a@example.com"], nonce="n-1")
        assert len(server.requests) == 1


@pytest.mark.parametrize("emails", [[], [""], ["a@example.com", ""], ['"a,b"@example.com'], [" a@example.com"]])
def test_an_address_that_the_wire_cannot_carry_is_refused_unsent(emails: list[str]) -> None:
    with StubServer(answers(EMPTY)) as server, client_of(server.url) as client:
        with pytest.raises(ValueError, match="address") as refusal:
            client.resend_email_verification(emails, nonce="n-1")
        assert "example" not in str(refusal.value)
        assert server.lines == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"signature": "acs4"}, "acs3, rpc"),
        ({"endpoint": "http://domain.aliyuncs.com"}, "plain http"),
        ({"connect_timeout": 0}, "time-outs"),
        ({"read_timeout": -1.0}, "time-outs"),
        ({"proxy": "proxy.example:3128"}, "proxy"),
        ({"proxy": "socks5://proxy.example"}, "proxy"),
        ({"proxy": "http://user:hüsh@proxy.example"}, "proxy"),
        ({"ca_bundle": "no/such/bundle.pem"}, "CA bundle"),
    ],
)
def test_a_wrong_setting_is_refused_at_construction(wrong: dict[str, Any], why: str) -> None:
    arguments: dict[str, Any] = {"endpoint": "https://domain.aliyuncs.com", "credentials": KEY, **wrong}
    with pytest.raises(ValueError, match=why):
        DomainClient(**arguments)
