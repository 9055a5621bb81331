"""Who may call: both generations, every wire encoding, and each refusal with its documented code."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus

import pytest

from tests.aliyun.sandbox.calls import KEY, LIST, NOW, RESEND, Caller, Changes, Clock, exchange
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox import Sandbox, SandboxServer
from verification.aliyun.signing import Credentials, canonical_query

ODD = "user+tag@example.com,o'brien@example.com,a*b~c d@例子.中国,x%41&y=z#@example.com"
PARAMS = {"Email": ODD, "Lang": "", "UserClientIp": "127.0.0.1"}
STS = Credentials("STS.sandbox", "sts-secret", "CAIS+fake/token==")
ENCODINGS = {
    "plus for blank": quote_plus,
    "some signs raw": lambda text: quote(text, safe="@,'*~!"),
    "small hex": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
}


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_takes_signed_requests_of_both_generations(start: Start, generation: str, method: str) -> None:
    sandbox, call = start()
    reply = getattr(call, generation)(RESEND, PARAMS, method=method)
    assert reply.status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


@pytest.mark.parametrize("form", [["Email"], [*PARAMS], ["Email", "Signature", "Action"]])
def test_rpc_parameters_may_travel_in_the_body(start: Start, form: list[str]) -> None:
    sandbox, call = start()
    assert call.rpc(RESEND, PARAMS, form=form).status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


def test_acs3_parameters_in_a_signed_body_count(start: Start) -> None:
    sandbox, call = start()
    form = {"content-type": "application/x-www-form-urlencoded"}
    reply = call.acs3(RESEND, {}, body=canonical_query(PARAMS).encode(), changes=form)
    assert reply.status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_any_encoding_on_the_wire_is_the_same_request(start: Start, encode: Callable[[str], str]) -> None:
    sandbox, call = start()
    pairs = [f"{name}={encode(value)}" for name, value in PARAMS.items()]
    assert call.acs3(RESEND, PARAMS, target=f"/?{'&'.join(reversed(pairs))}").status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


def test_letters_on_the_wire_as_raw_bytes_are_the_same_request(start: Start) -> None:
    sandbox, call = start()
    assert call.acs3(RESEND, {"Email": "a@例子.中国"}, target="/?Email=a@例子.中国").status == 200
    assert [send.email for send in sandbox.sends()] == ["a@例子.中国"]


def test_blank_and_unknown_parameters_are_signed_and_ignored(start: Start) -> None:
    sandbox, call = start()
    params = {**PARAMS, "SignatureType": "", "RegionId": "cn-hangzhou"}
    assert call.rpc(RESEND, params).status == 200
    assert len(sandbox.sends()) == 4


def test_header_names_match_in_any_case(start: Start) -> None:
    sandbox, call = start()
    reply = call.acs3(RESEND, PARAMS, changes={"X-ACS-Extra": "  kept  ", "User-Agent": "by hand"})
    assert reply.status == 200
    assert len(sandbox.sends()) == 4


def test_unsigned_headers_that_others_add_do_no_harm(start: Start) -> None:
    sandbox, call = start()
    added = {"content-type": "application/octet-stream", "accept-encoding": "gzip", "x-acs-trace": "1"}
    assert call.acs3(RESEND, PARAMS, tampering=added).status == 200
    assert len(sandbox.sends()) == 4


RPC_TAMPERING: list[tuple[Changes, str]] = [
    ({"Email": "other@example.com"}, "SignatureDoesNotMatch"),
    ({"Lang": "zh"}, "SignatureDoesNotMatch"),
    ({"Lang": None}, "SignatureDoesNotMatch"),
    ({"Added": ""}, "SignatureDoesNotMatch"),
    ({"Action": LIST}, "SignatureDoesNotMatch"),
    ({"SignatureNonce": "another"}, "SignatureDoesNotMatch"),
    ({"Signature": "AAAA"}, "SignatureDoesNotMatch"),
    ({"Signature": "ünlesbar"}, "SignatureDoesNotMatch"),
]
ACS3_TAMPERING: list[tuple[Changes, str]] = [
    ({"x-acs-action": LIST}, "SignatureDoesNotMatch"),
    ({"x-acs-signature-nonce": "another"}, "SignatureDoesNotMatch"),
    ({"host": "domain.aliyuncs.com"}, "SignatureDoesNotMatch"),
    ({"x-acs-content-sha256": "0" * 64}, "SignatureDoesNotMatch"),
]


@pytest.mark.parametrize(("tampering", "code"), RPC_TAMPERING)
def test_it_refuses_a_tampered_rpc_request(start: Start, tampering: Changes, code: str) -> None:
    sandbox, call = start()
    reply = call.rpc(RESEND, PARAMS, tampering=tampering)
    assert (reply.status, reply.code) == (400, code)
    assert sandbox.sends() == []


@pytest.mark.parametrize(("tampering", "code"), ACS3_TAMPERING)
def test_it_refuses_a_tampered_acs3_request(start: Start, tampering: Changes, code: str) -> None:
    sandbox, call = start()
    reply = call.acs3(RESEND, PARAMS, tampering=tampering)
    assert (reply.status, reply.code) == (400, code)
    assert sandbox.sends() == []


def test_it_refuses_other_parameters_than_acs3_signed(start: Start) -> None:
    sandbox, call = start()
    reply = call.acs3(RESEND, PARAMS, target="/?Email=other%40example.com&Lang=&UserClientIp=127.0.0.1")
    assert (reply.status, reply.code) == (400, "SignatureDoesNotMatch")
    assert sandbox.sends() == []


def test_it_refuses_a_form_body_that_acs3_did_not_sign(start: Start) -> None:
    sandbox, call = start()
    form = {"content-type": "application/x-www-form-urlencoded"}
    sha = {"x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    reply = call.acs3(RESEND, {}, body=canonical_query(PARAMS).encode(), tampering={**form, **sha})
    assert (reply.status, reply.code) == (400, "SignatureDoesNotMatch")
    assert sandbox.sends() == []


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_it_refuses_a_wrong_secret(start: Start, clock: Clock, generation: str) -> None:
    sandbox, call = start(key=Credentials("sandbox-key-id", "right"))
    wrong = Caller(call.url, clock, Credentials("sandbox-key-id", "wrong"))
    reply = getattr(wrong, generation)(RESEND, PARAMS)
    assert (reply.status, reply.code) == (400, "SignatureDoesNotMatch")
    assert sandbox.sends() == []


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_it_refuses_an_unknown_key(start: Start, clock: Clock, generation: str) -> None:
    sandbox, call = start()
    stranger = Caller(call.url, clock, Credentials("stranger", KEY.key_secret))
    reply = getattr(stranger, generation)(RESEND, PARAMS)
    assert (reply.status, reply.code) == (404, "InvalidAccessKeyId.NotFound")
    assert sandbox.sends() == []


def test_a_wrong_rpc_signature_is_answered_with_the_text_that_was_expected(start: Start) -> None:
    _, call = start()
    message = call.rpc(RESEND, {"Email": "a@example.com"}, tampering={"Signature": "AAAA"}).json["Message"]
    text = message.partition("server string to sign is:")[2]
    assert text.startswith("POST&%2F&AccessKeyId%3Dsandbox-key-id%26Action%3DResendEmailVerification%26Email")
    assert "Signature%3D" not in text
    assert message.partition(":")[2] == text


@pytest.mark.parametrize(
    ("changes", "tampering", "code"),
    [
        ({}, {"Lang": "zh"}, "SignatureDoesNotMatch"),
        ({"Timestamp": "2026-03-01T11:00:00Z"}, {}, "InvalidTimeStamp.Expired"),
        ({"AccessKeyId": "stranger"}, {}, "InvalidAccessKeyId.NotFound"),
        ({"SignatureNonce": "once"}, {}, "SignatureNonceUsed"),
    ],
)
def test_a_refusal_is_written_in_xml_too(start: Start, changes: Changes, tampering: Changes, code: str) -> None:
    sandbox, call = start()
    call.rpc(LIST, {}, changes={"SignatureNonce": "once"})
    root = call.rpc(RESEND, PARAMS, changes={"Format": "XML", **changes}, tampering=tampering).xml
    assert (root.tag, root.findtext("Code")) == ("Error", code)
    assert root.findtext("RequestId") and root.findtext("HostId") and root.findtext("Message")
    assert sandbox.sends() == []


def test_a_wrong_acs3_signature_is_answered_with_the_texts_that_were_expected(start: Start) -> None:
    _, call = start()
    reply = call.acs3(RESEND, {"Email": "a@example.com"}, tampering={"x-acs-signature-nonce": "another"})
    message = reply.json["Message"]
    assert "server StringToSign is [ACS3-HMAC-SHA256\n" in message
    assert "server CanonicalRequest is [POST\n/\nEmail=a%40example.com\nhost:127.0.0.1:" in message
    assert "sandbox-key-secret" not in message


@pytest.mark.parametrize("minutes", [-16, 16])
@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_it_refuses_a_stale_or_future_time_stamp(start: Start, generation: str, minutes: int) -> None:
    sandbox, call = start()
    off = Caller(call.url, Clock(NOW + timedelta(minutes=minutes)))
    reply = getattr(off, generation)(RESEND, PARAMS)
    assert (reply.status, reply.code) == (400, "InvalidTimeStamp.Expired")
    assert sandbox.sends() == []


@pytest.mark.parametrize("minutes", [-15, 15])
@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_it_takes_a_time_stamp_at_the_edge(start: Start, generation: str, minutes: int) -> None:
    _, call = start()
    off = Caller(call.url, Clock(NOW + timedelta(minutes=minutes)))
    assert getattr(off, generation)(RESEND, PARAMS).status == 200


def test_the_tolerance_can_be_set(start: Start) -> None:
    _, call = start(tolerance=timedelta(minutes=31))
    off = Caller(call.url, Clock(NOW - timedelta(minutes=30)))
    assert off(RESEND, **PARAMS).status == 200


@pytest.mark.parametrize("stamp", ["2026-03-01 12:00:00", "2026-3-1T12:00:00Z", "2026-03-01T25:00:00Z", "now"])
def test_it_refuses_a_malformed_time_stamp(start: Start, stamp: str) -> None:
    sandbox, call = start()
    assert call.rpc(RESEND, PARAMS, changes={"Timestamp": stamp}).code == "InvalidTimeStamp.Format"
    assert call.acs3(RESEND, PARAMS, changes={"x-acs-date": stamp}).code == "InvalidTimeStamp.Format"
    assert sandbox.sends() == []


def test_it_refuses_a_request_without_a_time_stamp(start: Start) -> None:
    _, call = start()
    assert call.rpc(RESEND, PARAMS, changes={"Timestamp": None}).code == "IllegalTimestamp"
    assert call.acs3(RESEND, PARAMS, changes={"x-acs-date": None}).code == "IllegalTimestamp"


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_it_refuses_a_nonce_used_before(start: Start, generation: str) -> None:
    sandbox, call = start()
    name = "SignatureNonce" if generation == "rpc" else "x-acs-signature-nonce"
    first = getattr(call, generation)(RESEND, {"Email": "a@example.com"}, changes={name: "once"})
    again = getattr(call, generation)(RESEND, {"Email": "b@example.com"}, changes={name: "once"})
    assert (first.status, again.status, again.code) == (200, 400, "SignatureNonceUsed")
    assert [send.email for send in sandbox.sends()] == ["a@example.com"]


def test_a_nonce_of_a_refused_signature_stays_free(start: Start) -> None:
    _, call = start()
    fixed: Changes = {"SignatureNonce": "once"}
    assert call.rpc(RESEND, PARAMS, changes=fixed, tampering={"Lang": "zh"}).code == "SignatureDoesNotMatch"
    assert call.rpc(RESEND, PARAMS, changes=fixed).status == 200


def test_a_nonce_is_refused_as_long_as_its_time_stamp_can_be_good(start: Start, clock: Clock) -> None:
    _, call = start()
    late: Changes = {"SignatureNonce": "once", "Timestamp": "2026-03-01T12:15:00Z"}
    assert call.rpc(RESEND, PARAMS, changes=late).status == 200
    clock.forward(minutes=30)
    assert call.rpc(RESEND, PARAMS, changes=late).code == "SignatureNonceUsed"


def test_a_nonce_is_forgotten_when_its_time_stamp_is_long_stale(start: Start, clock: Clock) -> None:
    _, call = start()
    assert call.rpc(RESEND, PARAMS, changes={"SignatureNonce": "once"}).status == 200
    clock.forward(minutes=31)
    assert call.rpc(RESEND, PARAMS, changes={"SignatureNonce": "once"}).status == 200


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_a_temporary_key_needs_its_token(start: Start, clock: Clock, generation: str) -> None:
    sandbox, call = start(key=STS)
    without = Caller(call.url, clock, Credentials(STS.key_id, STS.key_secret))
    other = Caller(call.url, clock, Credentials(STS.key_id, STS.key_secret, "another"))
    assert getattr(without, generation)(RESEND, PARAMS).code == "MissingSecurityToken"
    assert getattr(other, generation)(RESEND, PARAMS).code == "InvalidSecurityToken.MismatchWithAccessKey"
    assert sandbox.sends() == []
    assert getattr(call, generation)(RESEND, PARAMS).status == 200


def test_a_token_for_a_lasting_key_is_refused(start: Start, clock: Clock) -> None:
    _, call = start()
    odd = Caller(call.url, clock, Credentials(KEY.key_id, KEY.key_secret, "CAIS"))
    assert odd(RESEND, **PARAMS).code == "InvalidSecurityToken.MismatchWithAccessKey"


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
def test_a_token_expires(start: Start, clock: Clock, generation: str) -> None:
    sandbox, call = start(key=STS, token_expires=NOW + timedelta(hours=1))
    assert getattr(call, generation)(RESEND, {"Email": "a@example.com"}).status == 200
    clock.forward(hours=1)
    reply = getattr(call, generation)(RESEND, {"Email": "b@example.com"})
    assert (reply.status, reply.code) == (400, "InvalidSecurityToken.Expired")
    assert [send.email for send in sandbox.sends()] == ["a@example.com"]


RPC_INCOMPLETE: list[tuple[Changes, str]] = [
    ({"Action": None}, "MissingAction"),
    ({"Version": None}, "MissingVersion"),
    ({"AccessKeyId": ""}, "MissingAccessKeyId"),
    ({"SignatureNonce": ""}, "MissingSignatureNonce"),
    ({"SignatureMethod": None}, "MissingSignatureMethod"),
    ({"SignatureMethod": "HMAC-SHA256"}, "InvalidSignatureMethod"),
    ({"SignatureVersion": "2.0"}, "InvalidSignatureVersion"),
    ({"Version": "2017-12-18"}, "InvalidVersion"),
    ({"Action": "resendEmailVerification"}, "InvalidAction.NotFound"),
]


@pytest.mark.parametrize(("changes", "code"), RPC_INCOMPLETE)
def test_it_says_what_is_wrong_with_an_rpc_request(start: Start, changes: Changes, code: str) -> None:
    sandbox, call = start()
    assert call.rpc(RESEND, PARAMS, changes=changes).code == code
    assert sandbox.sends() == []


ACS3_INCOMPLETE: list[tuple[Changes, str]] = [
    ({"x-acs-action": None}, "MissingAction"),
    ({"x-acs-version": None}, "MissingVersion"),
    ({"x-acs-signature-nonce": None}, "MissingSignatureNonce"),
    ({"x-acs-version": "2016-05-11"}, "InvalidVersion"),
    ({"x-acs-action": "ResendEmail"}, "InvalidAction.NotFound"),
]


@pytest.mark.parametrize(("changes", "code"), ACS3_INCOMPLETE)
def test_it_says_what_is_wrong_with_an_acs3_request(start: Start, changes: Changes, code: str) -> None:
    sandbox, call = start()
    assert call.acs3(RESEND, PARAMS, changes=changes).code == code
    assert sandbox.sends() == []


@pytest.mark.parametrize("header", ["host", "x-acs-date", "x-acs-action", "x-acs-signature-nonce"])
def test_a_header_that_matters_must_be_signed(start: Start, header: str) -> None:
    sandbox, call = start()
    assert call.acs3(RESEND, PARAMS, unsigned=[header]).code == "IncompleteSignature"
    assert sandbox.sends() == []


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("ACS3-HMAC-SHA256 Credential=sandbox-key-id,Signature=00", "IncompleteSignature"),
        ("ACS3-HMAC-SHA256", "IncompleteSignature"),
        ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host;missing,Signature=00", "IncompleteSignature"),
        ("ACS3-RSA-SHA256 Credential=a,SignedHeaders=host,Signature=00", "InvalidSignatureMethod"),
    ],
)
def test_it_says_what_is_wrong_with_an_authorization(start: Start, authorization: str, code: str) -> None:
    sandbox, call = start()
    assert call.acs3(RESEND, PARAMS, tampering={"authorization": authorization}).code == code
    assert sandbox.sends() == []


def test_an_unsigned_call_is_refused(start: Start) -> None:
    sandbox, call = start()
    query = canonical_query({"Action": RESEND, "Email": "a@example.com", "Format": "JSON"})
    assert exchange(call.url, "GET", f"/?{query}").code == "MissingVersion"
    assert call.rpc(RESEND, PARAMS, tampering={"Signature": None}).code == "IncompleteSignature"
    assert exchange(call.url, "POST", "/").xml.findtext("Code") == "MissingAction"
    assert sandbox.sends() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_get_and_post_are_known(start: Start, method: str) -> None:
    sandbox, call = start()
    reply = call.acs3(RESEND, PARAMS, method=method)
    assert (reply.status, reply.code) == (400, "UnsupportedHTTPMethod")
    assert sandbox.sends() == []


def test_the_operation_that_every_sdk_knows_and_nobody_needs_is_not_supported(start: Start) -> None:
    _, call = start()
    reply = call("EmailVerified", Email="a@example.com")
    assert (reply.status, reply.code) == (400, "UnsupportedOperation")


@pytest.mark.parametrize("deny", ["ResendEmailVerification", "domain:EmailVerificationOperation"])
def test_a_missing_permission_is_refused_with_its_detail(start: Start, deny: str) -> None:
    sandbox, call = start(deny=frozenset({deny}))
    reply = call(RESEND, **PARAMS)
    assert (reply.status, reply.code) == (403, "Forbidden.RAM")
    assert reply.json["AccessDeniedDetail"]["AuthAction"] == "domain:EmailVerificationOperation"
    assert sandbox.sends() == []
    assert call(LIST).status == 200


def test_listing_needs_the_permission_to_query(start: Start) -> None:
    _, call = start(deny=frozenset({"domain:QueryEmailVerification"}))
    reply = call(LIST)
    assert reply.code == "Forbidden.RAM"
    assert reply.json["AccessDeniedDetail"]["AuthAction"] == "domain:QueryEmailVerification"
    assert call(RESEND, **PARAMS).status == 200


def test_the_default_key_and_clock_serve_a_client_of_today() -> None:
    sandbox = Sandbox()
    with SandboxServer(sandbox) as server:
        call = Caller(server.url, Clock(datetime.now(UTC)))
        assert call(RESEND, Email="a@example.com").status == 200
    assert [send.email for send in sandbox.sends()] == ["a@example.com"]
