"""Nothing that fails tells a secret or an address."""

import json
import traceback
from urllib.parse import quote

import pytest

from verification.aliyun.errors import Answered, DomainApiError, NoAnswer, NotConnected

from .calls import ADDRESSES, DRIPPING_HEAD, KEY, client_of, query_of
from .stub import Behaviour, Received, StubServer, drips, http, resets, says_and_hangs_up, says_and_waits

SIGNATURES = ["acs3", "rpc"]
ECHO = (
    "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3D"
    "STS.fake-id%26Email%3Duser%252Btag%2540example.com%26SecurityToken%3DCAIS%252Bfake%252Ftoken%253D%253D"
)
FAILURES = {
    "refused": http(json.dumps({"Code": "SignatureDoesNotMatch", "Message": ECHO}).encode(), "400 Bad Request"),
    "redirected": http(b"", "302 Found", Location="http://127.0.0.1:9/?Email=user%2Btag%40example.com"),
    "a page": http(b"<html>user+tag@example.com</html>", "502 Bad Gateway"),
    "too large": http(b"user+tag@example.com" * 100_000),
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "no http": b"user+tag@example.com\r\n\r\n",
    "bad length": b"HTTP/1.1 200 OK\r\nX-Echo: user+tag@example.com\r\nContent-Length: 5, 6\r\n\r\n{}",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nuser+tag@example.com\r\n",
    "bad gzip": http(b"user+tag@example.com", Content_Encoding="gzip"),
}
BEHAVIOURS: dict[str, Behaviour] = {
    **{name: says_and_hangs_up(whole) for name, whole in FAILURES.items()},
    "reset": resets,
    "silence": says_and_waits(),
    "dripping": drips(DRIPPING_HEAD, b"."),
}


def assert_tells_no_secret(error: BaseException, requests: list[Received]) -> None:
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    told = [KEY.key_secret, KEY.security_token, quote(KEY.security_token, safe=""), "CAIS", "Signature="]
    told += ["user+tag", "user%2Btag", "user%252Btag", "o'brien", "brien%40", "例子", "%E4%BE%8B"]
    for request in requests:
        told.append(request.headers.get("authorization", "Signature=").rpartition("Signature=")[2] or "Signature=")
        told.append(query_of(request).get("Signature", "Signature="))
    assert [secret for secret in told if secret in shown] == []
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("name", BEHAVIOURS)
def test_an_error_tells_neither_secret_nor_address(name: str, signature: str) -> None:
    options = {"signature": signature, "connect_timeout": 0.2, "read_timeout": 0.3}
    with StubServer(BEHAVIOURS[name]) as server, client_of(server.url, **options) as client:
        with pytest.raises(DomainApiError) as caught:
            client.resend_email_verification(ADDRESSES, nonce="n-1")
        assert not isinstance(caught.value, NotConnected)
        assert len(server.requests) == 1
        assert_tells_no_secret(caught.value, server.requests)


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("endpoint", ["https://nobody.invalid", "http://127.0.0.1:1"])
def test_no_connection_tells_neither_secret_nor_address(endpoint: str, signature: str) -> None:
    with client_of(endpoint, signature=signature) as client, pytest.raises(NotConnected) as caught:
        client.resend_email_verification(ADDRESSES, nonce="n-1")
    assert_tells_no_secret(caught.value, [])


def test_a_refused_signature_keeps_its_message_but_not_the_echo() -> None:
    with StubServer(BEHAVIOURS["refused"]) as server, client_of(server.url) as client:
        with pytest.raises(Answered) as caught:
            client.resend_email_verification(ADDRESSES, nonce="n-1")
        assert caught.value.message == "Specified signature is not matched with our calculation."


def test_no_repr_of_the_client_shows_a_secret() -> None:
    with client_of("https://domain.aliyuncs.com") as client:
        shown = repr(client) + repr(vars(client))
    assert "fake-secret" not in shown
    assert "CAIS" not in shown


def test_a_call_inside_a_handler_keeps_nothing_of_the_library() -> None:
    with StubServer(resets) as server, client_of(server.url) as client:
        try:
            raise LookupError("ours")
        except LookupError:
            with pytest.raises(NoAnswer) as caught:
                client.resend_email_verification(["a@example.com"], nonce="n-1")
        assert isinstance(caught.value.__context__, LookupError)
