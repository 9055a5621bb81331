"""The two signature generations of Alibaba Cloud's RPC-style APIs, as pure functions.

Nothing here reads a clock or makes a nonce: both come in as arguments, and each step on the way to a
signature (canonical query, canonical request, string to sign) is a value of its own, so that a test can tell
which step is wrong. The same steps serve whoever verifies a signature.

* RPC signature 1.0: HMAC-SHA1 over the parameters alone, keyed by the secret followed by ``&``.
* ACS3-HMAC-SHA256: HMAC-SHA256 over method, path, parameters and signed headers, keyed by the bare secret.

Source: the provider's pages "V2 request structure and signature" and "V3 request structure and signature".
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

ACS3_ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY_BODY_SHA256 = hashlib.sha256(b"").hexdigest()

_METHOD = "POST"
_PATH = "/"


@dataclass(frozen=True)
class Credentials:
    """An access key, with the security token if it is a temporary one (STS).

    Raises ValueError for a missing part, and for blanks or characters outside printable ASCII: they come from
    careless copying, and would otherwise be met much later as a wrong signature or a broken header. The
    message names the part and never its value.
    """

    key_id: str
    key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.key_id or not self.key_secret:
            raise ValueError("An access key needs both an id and a secret.")
        for name in ("key_id", "key_secret", "security_token"):
            if any(not "!" <= character <= "~" for character in getattr(self, name)):
                raise ValueError(f"The {name} of the access key holds a blank or a character outside ASCII.")


@dataclass(frozen=True)
class UnsignedRequest:
    """One call of an operation before it is signed.

    ``endpoint`` is scheme and host (``https://domain.aliyuncs.com``), ``params`` are the operation's own
    parameters, ``time`` is aware. The nonce must never have been used before with the same key.
    """

    endpoint: str
    action: str
    version: str
    params: Mapping[str, str] = field(repr=False)
    nonce: str
    time: datetime


@dataclass(frozen=True)
class SignedRequest:
    """What goes on the wire: an empty body, every parameter in the URL, percent-encoded as it was signed.

    The URL holds addresses, and one of URL and headers holds the signature and the security token: ``repr``
    shows neither.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def percent_encode(text: str) -> str:
    """Encode the UTF-8 bytes of ``text``; only ``A-Z a-z 0-9 - _ . ~`` stay as they are."""
    return quote(text, safe="")


def canonical_query(params: Mapping[str, str]) -> str:
    """Join the encoded parameters, sorted by name. An empty value keeps its ``=``."""
    return "&".join(f"{percent_encode(name)}={percent_encode(params[name])}" for name in sorted(params))


def wire_time(time: datetime) -> str:
    """Write an aware time as both generations want it, in UTC and to the second."""
    if time.tzinfo is None:
        raise ValueError("A request is signed with an aware time.")
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def rpc_string_to_sign(method: str, params: Mapping[str, str]) -> str:
    """Build the text that RPC 1.0 signs, over all parameters but ``Signature``."""
    signed = {name: value for name, value in params.items() if name != "Signature"}
    return f"{method}&{percent_encode(_PATH)}&{percent_encode(canonical_query(signed))}"


def rpc_signature(secret: str, string_to_sign: str) -> str:
    """Return the Base64 of HMAC-SHA1, keyed by the secret followed by ``&``."""
    digest = hmac.digest(f"{secret}&".encode(), string_to_sign.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def acs3_canonical_request(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    signed_headers: Sequence[str],
    payload_sha256: str,
) -> str:
    """Build the canonical request over exactly the headers named in ``signed_headers``.

    Names match in any case and order. Raises KeyError for a named header that ``headers`` lacks.
    """
    values = {name.lower(): value.strip() for name, value in headers.items()}
    names = sorted(name.lower() for name in signed_headers)
    header_lines = "".join(f"{name}:{values[name]}\n" for name in names)
    return "\n".join([method, path, canonical_query(query), header_lines, ";".join(names), payload_sha256])


def acs3_string_to_sign(canonical_request: str) -> str:
    """Build the text that ACS3 signs: the algorithm and the digest of the canonical request."""
    return f"{ACS3_ALGORITHM}\n{hashlib.sha256(canonical_request.encode()).hexdigest()}"


def acs3_signature(secret: str, string_to_sign: str) -> str:
    """Return HMAC-SHA256, keyed by the bare secret, in lower-case hex."""
    return hmac.digest(secret.encode(), string_to_sign.encode(), "sha256").hex()


def rpc_request(request: UnsignedRequest, credentials: Credentials) -> SignedRequest:
    """Sign with RPC 1.0: everything, the signature too, is a parameter of the URL.

    ``Format=JSON`` is asked for because this generation answers in XML by default.
    """
    params = {
        **request.params,
        "Action": request.action,
        "Version": request.version,
        "Format": "JSON",
        "AccessKeyId": credentials.key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": request.nonce,
        "Timestamp": wire_time(request.time),
    }
    if credentials.security_token:
        params["SecurityToken"] = credentials.security_token
    params["Signature"] = rpc_signature(credentials.key_secret, rpc_string_to_sign(_METHOD, params))
    return SignedRequest(_METHOD, _url(request.endpoint, params), {"host": _host(request.endpoint)})


def acs3_request(request: UnsignedRequest, credentials: Credentials) -> SignedRequest:
    """Sign with ACS3: the signature is a header, the URL holds the operation's own parameters only.

    Nothing but ``host`` and the ``x-acs-*`` headers is signed, so a proxy may rewrite the others.
    """
    headers = _acs3_headers(request, credentials)
    canonical = acs3_canonical_request(_METHOD, _PATH, request.params, headers, list(headers), EMPTY_BODY_SHA256)
    signature = acs3_signature(credentials.key_secret, acs3_string_to_sign(canonical))
    names = ";".join(sorted(headers))
    headers["authorization"] = (
        f"{ACS3_ALGORITHM} Credential={credentials.key_id},SignedHeaders={names},Signature={signature}"
    )
    return SignedRequest(_METHOD, _url(request.endpoint, request.params), headers)


def _acs3_headers(request: UnsignedRequest, credentials: Credentials) -> dict[str, str]:
    headers = {
        "host": _host(request.endpoint),
        "x-acs-action": request.action,
        "x-acs-version": request.version,
        "x-acs-date": wire_time(request.time),
        "x-acs-signature-nonce": request.nonce,
        "x-acs-content-sha256": EMPTY_BODY_SHA256,
    }
    if credentials.security_token:
        headers["x-acs-security-token"] = credentials.security_token
    return headers


def _url(endpoint: str, params: Mapping[str, str]) -> str:
    return f"{endpoint.rstrip('/')}{_PATH}?{canonical_query(params)}"


def _host(endpoint: str) -> str:
    """Return the host with its port, as it is both signed and sent."""
    return urlsplit(endpoint).netloc
