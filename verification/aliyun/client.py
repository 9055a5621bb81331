"""The e-mail verification operations of the Domain API, one method for each that this product uses.

Source: the provider's reference of Domain, version 2018-01-29. No operation of the family has an idempotency
key, so nothing in here ever repeats a call.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from .endpoint import checked_endpoint
from .results import ListAnswer, QueryAnswer, ResendAnswer, parse_list, parse_query, parse_resend
from .signing import Credentials, UnsignedRequest, acs3_request, rpc_request
from .transport import Transport

VERSION = "2018-01-29"
SIGNATURES = {"acs3": acs3_request, "rpc": rpc_request}

_PROXY_SCHEMES = ("http", "https")
_Result = TypeVar("_Result")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DomainClient:
    """A client for one key and one endpoint. Not thread-safe: make one for each thread, and close it.

    ``nonce`` is a text that this key has never used before. The methods raise what ``errors`` draws, and
    ValueError, before anything is sent, for an address that cannot be expressed on the wire. Time-outs are in
    seconds; both together are the longest that a call lasts. ``clock`` returns an aware time.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        credentials: Credentials,
        signature: str = "acs3",
        connect_timeout: float = 5.0,
        read_timeout: float = 15.0,
        proxy: str = "",
        ca_bundle: str = "",
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        if signature not in SIGNATURES:
            raise ValueError(f"The signature must be one of {', '.join(SIGNATURES)}.")
        _refuse_bad_connection(connect_timeout, read_timeout, proxy, ca_bundle)
        self._sign = SIGNATURES[signature]
        self._endpoint = checked_endpoint(endpoint)
        self._credentials = credentials
        self._clock = clock
        self._transport = Transport(
            connect_timeout=connect_timeout, read_timeout=read_timeout, proxy=proxy, ca_bundle=ca_bundle
        )
        self.last_skew: timedelta | None = None
        """Our clock minus the server's at its last answer, to the second; None while it has not told."""

    def resend_email_verification(
        self,
        emails: Sequence[str],
        *,
        nonce: str,
        lang: str = "en",
        user_client_ip: str = "127.0.0.1",
        since: float | None = None,
    ) -> ResendAnswer:
        """Have a verification mail sent to each address. Never repeat it after an Unclear error.

        ``since`` is a reading of ``connections.stopwatch``: the call's time runs from there, and nothing leaves
        when it is over. Without one it runs from now.
        """
        params = {"Email": _joined(emails), "Lang": lang, "UserClientIp": user_client_ip}
        return self._call("ResendEmailVerification", params, nonce, parse_resend, since)

    def query_email_verification(self, email: str, *, nonce: str, lang: str = "en") -> QueryAnswer:
        """Ask for the record of one address."""
        params = {"Email": _joined([email]), "Lang": lang}
        return self._call("QueryEmailVerification", params, nonce, parse_query)

    def list_email_verification(
        self,
        *,
        nonce: str,
        page: int = 1,
        page_size: int = 500,
        email: str = "",
        verified: bool | None = None,
        lang: str = "en",
    ) -> ListAnswer:
        """Ask for one page of records, at most 5,000, of one address or one status if they are given."""
        params = {"PageNum": str(page), "PageSize": str(page_size), "Lang": lang}
        if email:
            params["Email"] = _joined([email])
        if verified is not None:
            params["VerificationStatus"] = "1" if verified else "0"
        return self._call("ListEmailVerification", params, nonce, parse_list)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _call(
        self,
        action: str,
        params: Mapping[str, str],
        nonce: str,
        parse: Callable[..., _Result],
        since: float | None = None,
    ) -> _Result:
        request = UnsignedRequest(self._endpoint, action, VERSION, params, nonce, self._clock())
        answer = self._transport.send(self._sign(request, self._credentials), since)
        if answer.date is not None:
            self.last_skew = self._clock() - answer.date
        return parse(answer.http_status, answer.content_type, answer.body, retry_after=answer.retry_after)


def _joined(emails: Sequence[str]) -> str:
    """Join addresses with the comma that separates them on the wire and so cannot be part of one."""
    if not emails or any(not email or "," in email or email != email.strip() for email in emails):
        raise ValueError("An address is missing, or holds a comma or a blank at its ends.")
    return ",".join(emails)


def _refuse_bad_connection(connect_timeout: float, read_timeout: float, proxy: str, ca_bundle: str) -> None:
    if connect_timeout <= 0 or read_timeout <= 0:
        raise ValueError("Both time-outs must be longer than 0 seconds.")
    if proxy and not (proxy.isascii() and urlsplit(proxy).scheme in _PROXY_SCHEMES and urlsplit(proxy).hostname):
        raise ValueError("The proxy must be a URL such as http://proxy.example:3128.")
    if ca_bundle and not Path(ca_bundle).exists():
        raise ValueError("There is no CA bundle at the path that is configured.")
