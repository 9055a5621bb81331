"""Rows as they were before a later event changed them, for the events that speak of them as they were then."""

from datetime import datetime
from typing import Any

from ..evidence.chain import Row
from ..models import CallState, OwnCode, Status

_UNANSWERED = {
    "state": CallState.LAPSED,
    "answered_at": None,
    "outcome": "",
    "http_status": None,
    "code": "",
    "message_commitment": "",
    "request_id": "",
}
_LOST = {
    "status": Status.UNKNOWN,
    "reason": "",
    "code": OwnCode.WORKER_LOST,
    "message_commitment": "",
    "request_id": "",
}


def lapsed_call(call: Row) -> dict[str, Any]:
    """A call that was answered late, as it stood when it had lapsed."""
    return {**call, **_UNANSWERED}


def lost_attempt(number: int, call: int | None, at: datetime | str) -> dict[str, Any]:
    """An attempt as it stood when the call that carried it had lapsed, in the columns of `chain.ENDED`."""
    return {"id": number, **_LOST, "last_call_id": call, "finished_at": at}
