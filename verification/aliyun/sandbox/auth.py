"""Is this request from the holder of the key, fresh, and new? Both signature generations.

The signature is computed anew over the decoded values, so it does not matter how a client has encoded them.
Every header that the sandbox goes by must be among those that were signed.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from verification.aliyun import signing
from verification.aliyun.sandbox.actions import RAM_ACTIONS, UNSUPPORTED_ACTIONS, VERSION
from verification.aliyun.sandbox.options import Options
from verification.aliyun.sandbox.refusals import Refused, missing
from verification.aliyun.sandbox.wire import Incoming

_SIGNED_HEADERS = {
    "host": "Host",
    "x-acs-action": "Action",
    "x-acs-version": "Version",
    "x-acs-signature-nonce": "SignatureNonce",
    "x-acs-content-sha256": "x-acs-content-sha256",
}
_SIGNED_IF_PRESENT = ("x-acs-date", "x-acs-security-token")
_PARAMETERS = ("Action", "Version", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce")


@dataclass(frozen=True)
class Claim:
    """Whose key a request says it was signed with, and everything needed to check that.

    ``echo`` is the text that the gateway puts into its answer when the signature is another.
    """

    key_id: str
    signature: str = field(repr=False)
    string_to_sign: str = field(repr=False)
    echo: str = field(repr=False)
    sign: Callable[[str, str], str]


class Nonces:
    """The nonces of the last twice the tolerance: an older request is refused by its time stamp already."""

    def __init__(self, options: Options, used: list[tuple[str, datetime]]) -> None:
        self._keep = 2 * options.tolerance
        self._seen = dict(used)
        self._lock = Lock()

    def use(self, nonce: str, now: datetime) -> None:
        """Note a nonce. Raises Refused if it was used before."""
        with self._lock:
            self._forget(now)
            if nonce in self._seen:
                raise Refused("SignatureNonceUsed")
            self._seen[nonce] = now

    def _forget(self, now: datetime) -> None:
        """Drop from the front, where the oldest stand, so that each nonce is looked at only once more."""
        while self._seen:
            oldest = next(iter(self._seen))
            if now - self._seen[oldest] <= self._keep:
                return
            del self._seen[oldest]


def authenticate(incoming: Incoming, options: Options, nonces: Nonces, now: datetime) -> None:
    """Return if the request is genuine, fresh and new. Raises Refused with the code that says why not."""
    if incoming.method not in ("GET", "POST"):
        raise Refused("UnsupportedHTTPMethod")
    claim = _acs3_claim(incoming) if incoming.acs3 else _rpc_claim(incoming)
    _check_operation(incoming)
    _check_time(incoming, options, now)
    if claim.key_id != options.credentials.key_id:
        raise Refused("InvalidAccessKeyId.NotFound")
    _check_token(incoming.common("SecurityToken", "x-acs-security-token"), options, now)
    expected = claim.sign(options.credentials.key_secret, claim.string_to_sign)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise Refused("SignatureDoesNotMatch", added=f" {claim.echo}")
    nonces.use(incoming.nonce, now)


def _rpc_claim(incoming: Incoming) -> Claim:
    params = incoming.params
    for name in _PARAMETERS:
        if not params.get(name):
            raise missing(name)
    if not params.get("Signature"):
        raise Refused("IncompleteSignature")
    if params["SignatureMethod"] != "HMAC-SHA1":
        raise Refused("InvalidSignatureMethod")
    if params["SignatureVersion"] != "1.0":
        raise Refused("InvalidSignatureVersion")
    text = signing.rpc_string_to_sign(incoming.method, params)
    # One client takes what stands behind the first colon and crashes where there is none.
    echo = f"server string to sign is:{text}"
    return Claim(params["AccessKeyId"], params["Signature"], text, echo, signing.rpc_signature)


def _acs3_claim(incoming: Incoming) -> Claim:
    fields = _authorization(incoming.headers["authorization"])
    for header, name in _SIGNED_HEADERS.items():
        if not incoming.headers.get(header):
            raise missing(name)
    signed = fields["SignedHeaders"].lower().split(";")
    needed = [*_SIGNED_HEADERS, *(name for name in _SIGNED_IF_PRESENT if name in incoming.headers)]
    if not set(needed) <= set(signed) <= incoming.headers.keys():
        raise Refused("IncompleteSignature")
    canonical = signing.acs3_canonical_request(
        incoming.method, incoming.path, incoming.query, incoming.headers, signed, incoming.body_sha256
    )
    text = signing.acs3_string_to_sign(canonical)
    echo = f"server StringToSign is [{text}] server CanonicalRequest is [{canonical}]"
    return Claim(fields["Credential"], fields["Signature"], text, echo, signing.acs3_signature)


def _authorization(header: str) -> dict[str, str]:
    """Take ``ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`` apart."""
    scheme, _, rest = header.partition(" ")
    if scheme != signing.ACS3_ALGORITHM:
        raise Refused("InvalidSignatureMethod")
    fields = {name: value for name, _, value in (part.strip().partition("=") for part in rest.split(","))}
    if not all(fields.get(name) for name in ("Credential", "SignedHeaders", "Signature")):
        raise Refused("IncompleteSignature")
    return fields


def _check_operation(incoming: Incoming) -> None:
    if incoming.common("Version", "x-acs-version") != VERSION:
        raise Refused("InvalidVersion")
    if incoming.action not in RAM_ACTIONS and incoming.action not in UNSUPPORTED_ACTIONS:
        raise Refused("InvalidAction.NotFound")


def _check_time(incoming: Incoming, options: Options, now: datetime) -> None:
    text = incoming.common("Timestamp", "x-acs-date")
    if not text:
        raise Refused("IllegalTimestamp")
    if abs(now - _wire_time(text)) > options.tolerance:
        raise Refused("InvalidTimeStamp.Expired")


def _wire_time(text: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise Refused("InvalidTimeStamp.Format")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("InvalidTimeStamp.Format") from None


def _check_token(token: str, options: Options, now: datetime) -> None:
    expected = options.credentials.security_token
    if expected and not token:
        raise Refused("MissingSecurityToken")
    if not hmac.compare_digest(token.encode(), expected.encode()):
        raise Refused("InvalidSecurityToken.MismatchWithAccessKey")
    if expected and options.token_expires is not None and now >= options.token_expires:
        raise Refused("InvalidSecurityToken.Expired")
