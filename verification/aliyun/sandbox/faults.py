"""Addresses that bring trouble, told by the beginning of their local part, on any domain.

They act when a mail is to be sent, never in queries, so that what became of them can always be asked.

=============== ==========================================================================================
refused…        stands in the FailList with SendTokenQuotaExceeded; no mail
illegal…        the whole call is refused with ParameterIllegal; no mail to anybody in it
omitted…        stands in neither list; no mail
busy…           the whole call is throttled twice, then goes through; no mail until then
html…           502 and a page of HTML instead of an answer; no mail to anybody in the call
slow-before…    nothing for a long time, then 503 ServiceUnavailable; no mail to anybody in the call
slow-after…     the mails go out, the answer comes a long time later
cut…            the mails go out, the answer breaks off after half of its body
=============== ==========================================================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from threading import Lock

from verification.aliyun.sandbox.addresses import address_key
from verification.aliyun.sandbox.refusals import Refused
from verification.aliyun.sandbox.wire import Answer

_BUSY_CALLS = 2
_BUSY_RETRY_AFTER = 500
_HTML = b"<!DOCTYPE html><html><title>502 Bad Gateway</title><body><h1>502 Bad Gateway</h1></body></html>"


class Behaviour(Enum):
    """What happens to a call that is to send a mail to an address; the value begins its local part."""

    NORMAL = ""
    REFUSED = "refused"
    ILLEGAL = "illegal"
    OMITTED = "omitted"
    BUSY = "busy"
    HTML = "html"
    SLOW_BEFORE = "slow-before"
    SLOW_AFTER = "slow-after"
    CUT = "cut"


BehaviourOf = Callable[[str], Behaviour]
Pause = Callable[[float], None]


def by_local_part(email: str) -> Behaviour:
    """Return the behaviour whose word begins the address."""
    troubles = (behaviour for behaviour in Behaviour if behaviour.value)
    return next((one for one in troubles if email.lower().startswith(one.value)), Behaviour.NORMAL)


class Faults:
    """The troubles that concern a whole call. ``slow`` is in seconds."""

    def __init__(self, behaviour_of: BehaviourOf, slow: float) -> None:
        self._behaviour_of = behaviour_of
        self._slow = slow
        self._busy_calls: dict[str, int] = {}
        self._lock = Lock()

    def before(self, emails: Sequence[str], pause: Pause) -> Answer | None:
        """Refuse the call, answer in its place, or let it go on by returning None."""
        found = {self._behaviour_of(email) for email in emails}
        if Behaviour.ILLEGAL in found:
            raise Refused("ParameterIllegal")
        if self._are_busy(emails):
            raise Refused("Throttling.User", retry_after=_BUSY_RETRY_AFTER)
        if Behaviour.SLOW_BEFORE in found:
            pause(self._slow)
            raise Refused("ServiceUnavailable")
        return Answer(502, "text/html", _HTML) if Behaviour.HTML in found else None

    def after(self, emails: Sequence[str], answer: Answer, pause: Pause) -> Answer:
        """Delay or damage the answer of a call that has sent its mails."""
        found = {self._behaviour_of(email) for email in emails}
        if Behaviour.SLOW_AFTER in found:
            pause(self._slow)
        return replace(answer, cut=True) if Behaviour.CUT in found else answer

    def _are_busy(self, emails: Sequence[str]) -> bool:
        """Count this call for each of its busy addresses, and tell whether one still throttles it."""
        keys = {address_key(email) for email in emails if self._behaviour_of(email) is Behaviour.BUSY}
        with self._lock:
            for key in keys:
                self._busy_calls[key] = self._busy_calls.get(key, 0) + 1
            return any(self._busy_calls[key] <= _BUSY_CALLS for key in keys)
