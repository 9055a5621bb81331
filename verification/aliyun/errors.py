"""What can go wrong in a call of the Domain API. The leaf says what is known about the call::

    DomainApiError
     ├─ NotExecuted             certainly nothing was executed
     │   ├─ NotConnected        no byte of the request left this machine
     │   └─ Refusal             the gateway or the product refused the whole call
     │       ├─ Throttled       too many calls: the same call may succeed later
     │       ├─ AddressRefused  an address or another parameter of the call is wrong
     │       └─ SetupRefused    our key, signature, clock, permission or client is wrong
     └─ Unclear                 the call may have been executed: never repeat it by machine
         ├─ NoAnswer            the request left and no whole answer came back
         ├─ UnreadableAnswer    an answer came that says neither yes nor no
         └─ UnclearRefusal      an error code that does not rule out that the call took effect

    Answered                    what Refusal and UnclearRefusal share: the error envelope's fields

Which leaf an error envelope becomes is decided by its ``Code`` alone. The HTTP status cannot decide: the
provider documents 400 for throttling and for a fault of its own back end, 404 for an unknown key, and both
400 and 403 for a missing permission.

``str()`` and ``repr()`` of these errors hold no parameter, header, URL or message, so they can be logged.
"""

import re


class DomainApiError(Exception):
    """Base of everything a call can end in other than an answer."""


class NotExecuted(DomainApiError):
    """Certainly nothing was executed; the call may be made again with a new nonce."""


class Unclear(DomainApiError):
    """The call may have been executed; only asking the provider, or a person, can settle it."""


class Answered(DomainApiError):
    """The fields of an error envelope, in JSON or XML; a missing one is the empty string.

    ``message`` is the provider's own text, without the signed text that it repeats when a signature is wrong.
    It may still hold an address: show it to people, do not log it.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        request_id: str = "",
        http_status: int = 0,
        host_id: str = "",
        recommend: str = "",
    ) -> None:
        super().__init__(code, http_status, request_id)
        self.code = code
        self.message = without_echo(message)
        self.request_id = request_id
        self.http_status = http_status
        self.host_id = host_id
        self.recommend = recommend

    def __str__(self) -> str:
        return f"{self.code} (HTTP {self.http_status}, request {self.request_id or 'unknown'})"


class NotConnected(NotExecuted):
    """No connection: refused port, unknown host, connect time-out, TLS failure, a proxy that said no.

    ``reason`` says which, in a few fixed words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refusal(NotExecuted, Answered):
    """The whole call was refused before it had an effect."""


class Throttled(Refusal):
    """Too many calls. ``retry_after`` is the wait in seconds that the provider asked for, or None."""

    retry_after: float | None = None


class AddressRefused(Refusal):
    """A parameter is wrong, most likely an address; the answer does not say which."""


class SetupRefused(Refusal):
    """The key, its permission, the signature, the clock or this client is at fault, not an address."""


class NoAnswer(Unclear):
    """Time-out, deadline, reset or hang-up after the request began to leave. ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableAnswer(Unclear):
    """An answer came, but it is no answer of this API: ``reason`` says why, in a few fixed words."""

    def __init__(self, reason: str, http_status: int) -> None:
        super().__init__(reason, http_status)
        self.reason = reason
        self.http_status = http_status

    def __str__(self) -> str:
        return f"{self.reason} (HTTP {self.http_status})"


class UnclearRefusal(Unclear, Answered):
    """An error code that may follow an executed call, or that nobody has documented."""


# Most specific first: "InvalidParameter" is about an address, any other "Invalid" about us, and a nonce
# seen before means that an identical request did arrive.
_LEAF_BY_CODE: tuple[tuple[re.Pattern[str], type[Refusal] | type[UnclearRefusal]], ...] = (
    (re.compile(r"Throttling"), Throttled),
    (re.compile(r"ParameterIllegal|InvalidParameter|InvalidEmail"), AddressRefused),
    (re.compile(r"SignatureNonceUsed"), UnclearRefusal),
    (re.compile(r"Signature|Invalid|Missing|Forbidden|Unsupported"), SetupRefused),
    (re.compile(r"(IncompleteSignature|IllegalTimestamp|NoPermission)$"), SetupRefused),
    (re.compile(r""), UnclearRefusal),
)

_ECHO = re.compile(r"[\s:;,.]*server\s*(string\s*to\s*sign|canonical\s*request).*", re.IGNORECASE | re.DOTALL)


def refusal_of(
    code: str,
    message: str = "",
    request_id: str = "",
    http_status: int = 0,
    host_id: str = "",
    recommend: str = "",
    retry_after: float | None = None,
) -> Refusal | UnclearRefusal:
    """Return the leaf for an error envelope. ``retry_after`` (seconds) is kept by ``Throttled`` only."""
    leaf = next(leaf for pattern, leaf in _LEAF_BY_CODE if pattern.match(code))
    error = leaf(code, message, request_id, http_status, host_id, recommend)
    if isinstance(error, Throttled):
        error.retry_after = retry_after
    return error


def without_echo(message: str) -> str:
    """Cut off the signed text that the gateway repeats: it holds the addresses and may hold the token."""
    return _ECHO.sub(".", message)
