"""What arrived since the start, for whoever wants to know what a client really did."""

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from verification.aliyun.sandbox.wire import Answer, Incoming

_KEPT = 100_000


@dataclass(frozen=True)
class Request:
    """One API request that arrived. Neither signatures nor secrets are kept.

    ``code`` is ``Success`` for an answer with results, else the code of the refusal; a page of HTML has none.
    It is empty, and the status 0, while the answer is still being made or if the server ended before.
    """

    action: str
    emails: tuple[str, ...]
    lang: str
    user_client_ip: str
    nonce: str
    received_at: datetime
    code: str = ""
    http_status: int = 0


class Journal:
    """The latest 100,000 requests, in memory."""

    def __init__(self) -> None:
        self._requests: dict[str, Request] = {}
        self._lock = Lock()

    def requests(self) -> list[Request]:
        """Return them in the order of arrival."""
        with self._lock:
            return list(self._requests.values())

    def arrived(self, request_id: str, incoming: Incoming, now: datetime) -> None:
        params = incoming.params
        emails = tuple(params["Email"].split(",")) if params.get("Email") else ()
        lang, client_ip = params.get("Lang", ""), params.get("UserClientIp", "")
        with self._lock:
            self._requests[request_id] = Request(incoming.action, emails, lang, client_ip, incoming.nonce, now)
            if len(self._requests) > _KEPT:
                del self._requests[next(iter(self._requests))]

    def answered(self, request_id: str, answer: Answer, code: str) -> None:
        with self._lock:
            if request_id in self._requests:
                noted = replace(self._requests[request_id], code=code, http_status=answer.status)
                self._requests[request_id] = noted
