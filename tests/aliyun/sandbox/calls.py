"""A client that signs by hand and speaks plain HTTP, so that a test can bend every part of a request."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

from verification.aliyun import signing

KEY = signing.Credentials("sandbox-key-id", "sandbox-key-secret")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RESEND = "ResendEmailVerification"
SUBMIT = "SubmitEmailVerification"
QUERY = "QueryEmailVerification"
LIST = "ListEmailVerification"
DELETE = "DeleteEmailVerification"
VERIFY = "VerifyEmail"

Changes = Mapping[str, str | None]


class Clock:
    """A clock that a test moves."""

    def __init__(self, time: datetime = NOW) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def code(self) -> str:
        """The code of an error envelope in JSON."""
        return str(self.json["Code"])

    def codes(self, name: str) -> dict[str, str]:
        """Map the addresses of a list to their codes."""
        return {item["Email"]: item["Code"] for item in self.json[name]}


@dataclass(frozen=True)
class Caller:
    """``changes`` are made before signing and ``tampering`` after it; None takes a part away."""

    url: str
    clock: Clock
    key: signing.Credentials = KEY

    def __call__(self, action: str, **params: str) -> Reply:
        """Call an operation as any well-behaved client does."""
        return self.acs3(action, params)

    def rpc(
        self,
        action: str,
        params: Mapping[str, str],
        *,
        method: str = "POST",
        changes: Changes | None = None,
        tampering: Changes | None = None,
        form: Sequence[str] = (),
    ) -> Reply:
        """Sign with RPC 1.0. The parameters named in ``form`` travel in the body, the others in the URL."""
        signed = _changed({**self._common(action), **params}, changes)
        text = signing.rpc_string_to_sign(method, signed)
        signed["Signature"] = signing.rpc_signature(self.key.key_secret, text)
        sent = _changed(signed, tampering)
        query = signing.canonical_query({name: sent[name] for name in sent if name not in form})
        body = signing.canonical_query({name: sent[name] for name in sent if name in form})
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"} if form else {}
        return exchange(self.url, method, f"/?{query}", headers, body.encode())

    def acs3(
        self,
        action: str,
        params: Mapping[str, str],
        *,
        method: str = "POST",
        body: bytes = b"",
        changes: Changes | None = None,
        tampering: Changes | None = None,
        unsigned: Sequence[str] = (),
        target: str | None = None,
    ) -> Reply:
        """Sign with ACS3. Changes and tampering are about headers; ``target`` replaces the encoded URL."""
        headers = _changed(self._headers(action, body), changes)
        names = sorted(set(headers) - set(unsigned))
        canonical = signing.acs3_canonical_request(method, "/", params, headers, names, sha256(body).hexdigest())
        signature = signing.acs3_signature(self.key.key_secret, signing.acs3_string_to_sign(canonical))
        headers["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.key.key_id},SignedHeaders={';'.join(names)},Signature={signature}"
        )
        target = target or f"/?{signing.canonical_query(params)}"
        return exchange(self.url, method, target, _changed(headers, tampering), body)

    def _common(self, action: str) -> dict[str, str]:
        common = {
            "Action": action,
            "Version": "2018-01-29",
            "Format": "JSON",
            "AccessKeyId": self.key.key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid4().hex,
            "Timestamp": signing.wire_time(self.clock()),
        }
        token = self.key.security_token
        return {**common, "SecurityToken": token} if token else common

    def _headers(self, action: str, body: bytes) -> dict[str, str]:
        headers = {
            "host": self.url.removeprefix("http://"),
            "x-acs-action": action,
            "x-acs-version": "2018-01-29",
            "x-acs-date": signing.wire_time(self.clock()),
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": sha256(body).hexdigest(),
        }
        token = self.key.security_token
        return {**headers, "x-acs-security-token": token} if token else headers


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that happens in another thread. Fails when it does not."""
    end = monotonic() + 20
    while not true():
        assert monotonic() < end, "It never happened."
        sleep(0.005)


class _Connection(HTTPConnection):
    def _encode_request(self, request: str) -> bytes:
        """Let a test write letters into the URL as they are."""
        return request.encode()


def exchange(url: str, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
    """Send one request on a connection of its own. Raises what the connection raises."""
    connection = _Connection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def _changed(parts: Mapping[str, str], changes: Changes | None) -> dict[str, str]:
    return {name: value for name, value in {**parts, **(changes or {})}.items() if value is not None}
