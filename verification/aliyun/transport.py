"""Send one signed request and read its whole answer: the only module that knows the HTTP library.

Nothing is tried twice, no redirect is followed, and neither a ``.netrc`` nor the environment's proxies have
an effect: the first would replace the signature, the second would send it elsewhere.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import ProxyManager

from .connections import POOLS_BY_SCHEME, Exchange
from .errors import UnreadableAnswer
from .failures import failure_of
from .signing import SignedRequest

MAX_ANSWER_BYTES = 1024 * 1024
# A server closes idle connections without a word; a request sent into such a one would end as "may have been
# executed" although nobody read it.
MAX_IDLE_SECONDS = 10

_CHUNK = 64 * 1024
_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "resend-desk"}


@dataclass(frozen=True)
class Answer:
    """A whole answer, whatever its status. ``date`` is the server's clock, ``retry_after`` is in seconds."""

    http_status: int
    content_type: str
    body: bytes = field(repr=False)
    date: datetime | None
    retry_after: float | None


class Transport:
    """One session to one server. Not thread-safe: deadline and connection belong to one call at a time.

    A call lasts at most ``connect_timeout + read_timeout`` seconds, even if the server sends a byte now and
    then; only the look-up of the server's name is beyond reach. ``monotonic`` measures idleness, in seconds.
    """

    def __init__(
        self,
        *,
        connect_timeout: float,
        read_timeout: float,
        proxy: str = "",
        ca_bundle: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeouts = (connect_timeout, read_timeout)
        self._by_proxy = bool(proxy)
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._session = _session(self._adapter, proxy, ca_bundle)
        self._monotonic = monotonic
        self._last_used = monotonic()

    def send(self, request: SignedRequest, since: float | None = None) -> Answer:
        """Send the request once. Raises NotConnected, NoAnswer or UnreadableAnswer.

        ``since`` is the reading of ``stopwatch`` from which the call's time runs; without one it runs from now.
        """
        if self._monotonic() - self._last_used > MAX_IDLE_SECONDS:
            self._adapter.close()
        exchange = Exchange()
        try:
            with exchange.under_way(sum(self._timeouts), since):
                answer = self._exchange(request)
            if not exchange.expired:  # what came after the cut would pass for a whole body
                return answer
            failure = failure_of(TimeoutError(), exchange, by_proxy=self._by_proxy)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            failure = failure_of(error, exchange, by_proxy=self._by_proxy)
        finally:
            self._last_used = self._monotonic()
        # Raised out here, so that the library's exception, which holds the URL, is no part of its context.
        raise failure

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _exchange(self, request: SignedRequest) -> Answer:
        with self._session.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        ) as response:
            headers = response.headers
            return Answer(
                http_status=response.status_code,
                content_type=headers.get("content-type", ""),
                body=_whole_body(response),
                date=_server_time(headers.get("date", "")),
                retry_after=_seconds(headers.get("x-acs-retry-after", "")),
            )


class _Adapter(HTTPAdapter):
    """Makes every connection, directly or by a proxy, one that notices when the request leaves."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS_BY_SCHEME

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS_BY_SCHEME
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Know of no redirect, or the library reads a redirect's whole body to prepare for following it."""


def _session(adapter: HTTPAdapter, proxy: str, ca_bundle: str) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    session.verify = ca_bundle or True
    session.headers.clear()
    session.headers.update(_HEADERS)
    # The API has no sessions, so a cookie of some gateway must not ride along with later calls.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _whole_body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise UnreadableAnswer("larger than 1 MiB", response.status_code)
    return bytes(body)


def _server_time(header: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(header)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(milliseconds: str) -> float | None:
    """Read ``x-acs-retry-after``. Only a positive whole number counts, as in the provider's own SDK."""
    if not milliseconds.isascii() or not milliseconds.isdigit() or len(milliseconds) > 12:
        return None
    return int(milliseconds) / 1000 or None
