"""Turn what the HTTP library raised into the leaf that says what is known: the one place of translation."""

import http.client
import socket
import ssl
from collections.abc import Iterator

import urllib3.exceptions

from .connections import Exchange
from .errors import NoAnswer, NotConnected, UnreadableAnswer

_Reasons = tuple[tuple[type[BaseException], str], ...]

# Most specific first: the first row that fits anything in the chain of causes gives the reason.
_BEFORE_IT_LEFT: _Reasons = (
    (urllib3.exceptions.ProxyError, "proxy failure"),
    (socket.gaierror, "unknown host"),
    (ConnectionRefusedError, "refused port"),
    (urllib3.exceptions.TimeoutError, "connect time-out"),
    (TimeoutError, "connect time-out"),
    (ssl.SSLError, "TLS failure"),
    (urllib3.exceptions.SSLError, "TLS failure"),
)
_AFTER_IT_LEFT: _Reasons = (
    (urllib3.exceptions.TimeoutError, "read time-out"),
    (TimeoutError, "read time-out"),
    (http.client.RemoteDisconnected, "hang-up"),
    (ConnectionResetError, "reset"),
    (http.client.IncompleteRead, "half a body"),
)
_NOT_HTTP = (http.client.HTTPException, urllib3.exceptions.DecodeError)


def failure_of(
    error: BaseException, exchange: Exchange, *, by_proxy: bool
) -> NotConnected | NoAnswer | UnreadableAnswer:
    """Return the leaf for a failed exchange. It keeps nothing of ``error``, which may hold the signed URL."""
    causes = list(_chain(error))
    if not exchange.request_left:
        otherwise = "proxy failure" if by_proxy else "no connection"
        return NotConnected(_reason(exchange, causes, _BEFORE_IT_LEFT, otherwise))
    reason = _reason(exchange, causes, _AFTER_IT_LEFT, "")
    if not reason and any(isinstance(cause, _NOT_HTTP) for cause in causes):
        return UnreadableAnswer("no HTTP answer", 0)
    return NoAnswer(reason or "broken connection")


def _reason(exchange: Exchange, causes: list[BaseException], reasons: _Reasons, otherwise: str) -> str:
    if exchange.expired:
        return "deadline"
    fitting = (reason for kind, reason in reasons if any(isinstance(cause, kind) for cause in causes))
    return next(fitting, otherwise)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
