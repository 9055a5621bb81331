"""Signing, against published vectors and against the provider's own SDKs."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from alibabacloud_tea_openapi.utils import Utils as TeaUtils
from aliyunsdkcore.auth.composer import rpc_signature_composer
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.aliyun.signing import (
    EMPTY_BODY_SHA256,
    Credentials,
    SignedRequest,
    UnsignedRequest,
    acs3_canonical_request,
    acs3_request,
    acs3_signature,
    acs3_string_to_sign,
    canonical_query,
    percent_encode,
    rpc_request,
    rpc_signature,
    rpc_string_to_sign,
    wire_time,
)

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
RPC_VECTORS = {vector["name"]: vector for vector in VECTORS["rpc_hmac_sha1"]}
ACS3_VECTORS = {vector["name"]: vector for vector in VECTORS["acs3_hmac_sha256"]}

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STS = Credentials("STS.fake-id", "fake-secret", "CAIS+fake/token==")

LETTERS = st.one_of(
    st.sampled_from("+*~'% &#=?/;,:\"!()\\\t%41"),
    st.characters(codec="utf-8", exclude_categories=["Cc"]),
    st.sampled_from("éß例子中国я🙂"),
)
DOMAINS = st.sampled_from(["example.com", "例子.中国", "bücher.example", "xn--fsqu00a.xn--fiqs8s"])
ADDRESSES = st.builds("{}@{}".format, st.text(LETTERS, min_size=1, max_size=12), DOMAINS)
PARAMS = st.fixed_dictionaries(
    {"Email": st.lists(ADDRESSES, min_size=1, max_size=7).map(",".join)},
    optional={"Lang": st.sampled_from(["zh", "en", ""]), "UserClientIp": st.just("127.0.0.1")},
)
SECRETS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)


def unsigned(params: dict[str, str]) -> UnsignedRequest:
    return UnsignedRequest(
        "https://domain.aliyuncs.com", "ResendEmailVerification", "2018-01-29", params, "nonce-1", NOON
    )


def query_of(request: SignedRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True))


@pytest.mark.parametrize("name", RPC_VECTORS)
def test_rpc_gives_the_published_signature(name: str) -> None:
    vector = RPC_VECTORS[name]
    string_to_sign = rpc_string_to_sign(vector["method"], vector["params"])
    assert rpc_signature(vector["secret"], string_to_sign) == vector["signature"]


@pytest.mark.parametrize("name", ACS3_VECTORS)
def test_acs3_gives_the_published_digest_and_signature(name: str) -> None:
    vector = ACS3_VECTORS[name]
    headers = vector["headers"]
    canonical = acs3_canonical_request(
        vector["method"],
        vector["path"],
        vector["query"],
        headers,
        list(headers),
        headers["x-acs-content-sha256"],
    )
    assert hashlib.sha256(canonical.encode()).hexdigest() == vector["canonical_request_sha256"]
    assert acs3_signature(vector["secret"], acs3_string_to_sign(canonical)) == vector["signature"]


def test_the_published_string_to_sign_encodes_twice() -> None:
    assert rpc_string_to_sign("GET", RPC_VECTORS["P1 DescribeRegions"]["params"]) == (
        "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML"
        "%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"
        "%26SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
    )


def test_only_unreserved_letters_stay_as_they_are() -> None:
    assert percent_encode("AZaz09-_.~") == "AZaz09-_.~"
    assert percent_encode("+*' %&#/!()") == "%2B%2A%27%20%25%26%23%2F%21%28%29"
    assert percent_encode("例@é") == "%E4%BE%8B%40%C3%A9"
    assert percent_encode("%41") == "%2541"


def test_an_empty_value_keeps_its_equals_sign() -> None:
    assert canonical_query({"b": "", "a": "1"}) == "a=1&b="
    assert canonical_query({}) == ""


def test_rpc_leaves_a_signature_among_the_parameters_out() -> None:
    params = {"Email": "a@example.com"}
    assert rpc_string_to_sign("POST", {**params, "Signature": "x"}) == rpc_string_to_sign("POST", params)


def test_acs3_matches_header_names_in_any_case_and_trims_values() -> None:
    tidy = acs3_canonical_request("POST", "/", {}, {"host": "h", "x-acs-a": "1"}, ["host", "x-acs-a"], "0")
    untidy = acs3_canonical_request(
        "POST", "/", {}, {"X-Acs-A": " 1 ", "Host": "h", "Accept": "*/*"}, ["X-ACS-A", "host"], "0"
    )
    assert untidy == tidy == "POST\n/\n\nhost:h\nx-acs-a:1\n\nhost;x-acs-a\n0"


def test_acs3_refuses_to_sign_a_header_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="x-acs-date"):
        acs3_canonical_request("POST", "/", {}, {"host": "h"}, ["host", "x-acs-date"], "0")


def test_times_are_written_in_utc_to_the_second() -> None:
    beijing = timezone(timedelta(hours=8))
    assert wire_time(datetime(2026, 11, 22, 8, 0, 0, 999, beijing)) == "2026-11-22T00:00:00Z"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        wire_time(datetime(2026, 11, 22))


@settings(deadline=None)
@given(params=PARAMS, secret=SECRETS, method=st.sampled_from(["GET", "POST"]))
def test_rpc_agrees_with_the_core_sdk(params: dict[str, str], secret: str, method: str) -> None:
    signed: dict[str, Any] = {**params, "Action": "ResendEmailVerification", "Version": "2018-01-29"}
    url, string_to_sign = rpc_signature_composer.get_signed_url(signed, "id", secret, "JSON", method, {})
    sent = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))
    assert rpc_string_to_sign(method, sent) == string_to_sign
    assert rpc_signature(secret, string_to_sign) == sent["Signature"]


@settings(deadline=None)
@given(params=PARAMS, secret=SECRETS)
def test_a_whole_rpc_request_verifies_in_the_newer_sdk(params: dict[str, str], secret: str) -> None:
    sent = query_of(rpc_request(unsigned(params), Credentials("id", secret, "token+/=")))
    signature = sent.pop("Signature")
    assert TeaUtils.get_rpcsignature(sent, "POST", secret) == signature
    assert {name: sent[name] for name in params} == params


@settings(deadline=None)
@given(params=PARAMS, secret=SECRETS)
def test_a_whole_acs3_request_verifies_in_the_newer_sdk(params: dict[str, str], secret: str) -> None:
    request = acs3_request(unsigned(params), Credentials("id", secret, "token+/="))
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    seen = SimpleNamespace(method="POST", pathname="/", query=query_of(request), headers=headers)
    theirs = TeaUtils.get_authorization(seen, "ACS3-HMAC-SHA256", EMPTY_BODY_SHA256, "id", secret)
    assert request.headers["authorization"] == theirs
    assert query_of(request) == params


def test_an_acs3_request_signs_host_and_provider_headers_only() -> None:
    request = acs3_request(unsigned({"Email": "a@example.com"}), Credentials("id", "secret"))
    assert request.method == "POST"
    assert request.url == "https://domain.aliyuncs.com/?Email=a%40example.com"
    assert set(request.headers) == {
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "authorization",
    }
    assert (
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
    ) in request.headers["authorization"]
    assert request.headers["host"] == "domain.aliyuncs.com"
    assert request.headers["x-acs-date"] == "2026-11-22T12:00:00Z"
    assert request.headers["x-acs-signature-nonce"] == "nonce-1"


def test_an_acs3_request_signs_the_security_token() -> None:
    request = acs3_request(unsigned({"Email": "a@example.com"}), STS)
    assert request.headers["x-acs-security-token"] == "CAIS+fake/token=="
    assert ";x-acs-security-token;" in request.headers["authorization"]
    assert "token" not in request.url


def test_an_rpc_request_carries_everything_in_its_query() -> None:
    request = rpc_request(unsigned({"Email": "a@example.com"}), STS)
    sent = query_of(request)
    assert sent.pop("Signature")
    assert sent == {
        "Email": "a@example.com",
        "Action": "ResendEmailVerification",
        "Version": "2018-01-29",
        "Format": "JSON",
        "AccessKeyId": "STS.fake-id",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": "nonce-1",
        "Timestamp": "2026-11-22T12:00:00Z",
        "SecurityToken": "CAIS+fake/token==",
    }
    assert request.headers == {"host": "domain.aliyuncs.com"}


def test_a_key_without_token_sends_none() -> None:
    plain = Credentials("id", "secret")
    assert "SecurityToken" not in query_of(rpc_request(unsigned({"Email": "a@example.com"}), plain))
    assert "x-acs-security-token" not in acs3_request(unsigned({"Email": "a@example.com"}), plain).headers


def test_the_signed_host_keeps_its_port() -> None:
    request = UnsignedRequest("http://127.0.0.1:18080", "A", "V", {}, "n", NOON)
    assert acs3_request(request, STS).headers["host"] == "127.0.0.1:18080"


def test_no_repr_shows_a_secret_or_an_address() -> None:
    request = unsigned({"Email": "a@example.com"})
    shown = repr([STS, request, rpc_request(request, STS), acs3_request(request, STS)])
    assert "fake-secret" not in shown
    assert "CAIS" not in shown
    assert "Signature" not in shown
    assert "a@example.com" not in shown
    assert "a%40example.com" not in shown


@pytest.mark.parametrize(
    ("key_id", "secret", "token", "named"),
    [
        ("", "secret", "", "id and a secret"),
        ("id", "", "", "id and a secret"),
        (" LTAI-id", "secret", "", "key_id"),
        ("id", "hush\n", "", "key_secret"),
        ("id", "secret", "hush hush", "security_token"),
        ("id", "hüsh", "", "key_secret"),
    ],
)
def test_a_badly_copied_key_is_refused_without_being_shown(key_id: str, secret: str, token: str, named: str) -> None:
    with pytest.raises(ValueError, match=named) as refusal:
        Credentials(key_id, secret, token)
    assert "hush" not in str(refusal.value)
    assert "hüsh" not in str(refusal.value)
