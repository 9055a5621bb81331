"""The outcome table: what an answer makes of its attempts and of its batch.

The client's error tree decides the row (by the answer's `Code`, never by HTTP status); this module says what the
row does. Services, pages and tests read the same table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ..aliyun.errors import (
    AddressRefused,
    Answered,
    DomainApiError,
    NoAnswer,
    NotConnected,
    NotExecuted,
    SetupRefused,
    Throttled,
    Unclear,
    UnreadableAnswer,
)
from ..aliyun.results import AddressResult, ResendAnswer
from ..models import OwnCode, Reason, Status
from .addresses import key_of

Result = ResendAnswer | DomainApiError

# The width of the record's columns for codes and request ids.
CODE_LENGTH = 100


class Withheld(NotExecuted):
    """Too little of the lease was left before the wire, so the worker sent nothing."""


class Answer(TextChoices):
    """The rows of the table, as words of the record."""

    LISTS = "lists", _("answered address by address")
    THROTTLED = "throttled", _("asked to wait")
    NO_CONNECTION = "no_connection", _("not reached")
    ADDRESS_REFUSED = "address_refused", _("refused for an address's sake")
    SETUP_REFUSED = "setup_refused", _("refused for our setup's sake")
    UNCLEAR = "unclear", _("no clear answer")
    WITHHELD = "withheld", _("not sent: out of time")


class Attempts(Enum):
    """What becomes of the attempts that a call carried."""

    BY_LIST = auto()
    AGAIN = auto()
    SMALLER = auto()
    UNKNOWN = auto()


class Goes(Enum):
    """How the batch goes on."""

    ON = auto()
    SLOWER = auto()
    RECONNECTING = auto()
    PAUSED = auto()
    COUNTING_UNCLEAR = auto()


@dataclass(frozen=True)
class Row:
    answer: Answer
    attempts: Attempts
    batch: Goes


TABLE: dict[type[ResendAnswer] | type[DomainApiError], Row] = {
    ResendAnswer: Row(Answer.LISTS, Attempts.BY_LIST, Goes.ON),
    Throttled: Row(Answer.THROTTLED, Attempts.AGAIN, Goes.SLOWER),
    NotConnected: Row(Answer.NO_CONNECTION, Attempts.AGAIN, Goes.RECONNECTING),
    AddressRefused: Row(Answer.ADDRESS_REFUSED, Attempts.SMALLER, Goes.ON),
    SetupRefused: Row(Answer.SETUP_REFUSED, Attempts.AGAIN, Goes.PAUSED),
    Withheld: Row(Answer.WITHHELD, Attempts.AGAIN, Goes.ON),
    Unclear: Row(Answer.UNCLEAR, Attempts.UNKNOWN, Goes.COUNTING_UNCLEAR),
}


def row_of(result: Result) -> Row:
    """The table's row for an answer or an error."""
    for kind, row in TABLE.items():
        if isinstance(result, kind):
            return row
    raise TypeError(f"no row for {type(result).__name__}")


@dataclass(frozen=True)
class Verdict:
    """What an answer says about one attempt."""

    status: Status
    code: str = ""
    message: str = ""
    request_id: str = ""
    reason: str = ""


def verdicts(result: Result, keys: Sequence[str]) -> dict[str, Verdict]:
    """One verdict per address key that the call carried; addresses nobody asked about are left out."""
    if isinstance(result, ResendAnswer):
        return _by_list(result, keys)
    row = row_of(result)
    code, message, request_id = words_of(result)
    status = Status.UNKNOWN if row.attempts is Attempts.UNKNOWN else Status.QUEUED
    if row.attempts is Attempts.SMALLER and len(keys) == 1:
        status = Status.REFUSED
    return {key: Verdict(status, code, message, request_id) for key in keys}


def _by_list(answer: ResendAnswer, keys: Sequence[str]) -> dict[str, Verdict]:
    accepted = {key_of(item.email): item for item in answer.accepted}
    refused = {key_of(item.email): item for item in answer.refused}
    return {key: _listed(answer, accepted.get(key), refused.get(key)) for key in keys}


def _listed(answer: ResendAnswer, yes: AddressResult | None, no: AddressResult | None) -> Verdict:
    request_id = plain(answer.request_id, CODE_LENGTH)
    if yes and no:
        return Verdict(Status.UNKNOWN, OwnCode.BOTH_LISTS, plain(no.message), request_id)
    if yes:
        return Verdict(Status.ACCEPTED, plain(yes.code, CODE_LENGTH), plain(yes.message), request_id)
    if no:
        return Verdict(Status.REFUSED, plain(no.code, CODE_LENGTH), plain(no.message), request_id)
    return Verdict(Status.UNKNOWN, OwnCode.NOT_LISTED, "", request_id)


def words_of(result: Result) -> tuple[str, str, str]:
    """Code, message and request id for the record: the provider's where it gave them, else our own."""
    match result:
        case ResendAnswer():
            return "", "", plain(result.request_id, CODE_LENGTH)
        case Answered():
            return (
                plain(result.code, CODE_LENGTH),
                plain(result.message),
                plain(result.request_id, CODE_LENGTH),
            )
        case NoAnswer():
            return OwnCode.NO_ANSWER, result.reason, ""
        case UnreadableAnswer():
            return OwnCode.UNREADABLE, result.reason, ""
        case NotConnected():
            return OwnCode.NO_CONNECTION, result.reason, ""
    return OwnCode.WITHHELD, "", ""


def plain(text: str, length: int = 2_000) -> str:
    """Provider's text as both databases can store it: no NUL, no lone surrogate, not endless."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()[:length]


def http_status_of(result: Result) -> int | None:
    """The HTTP status that came with the answer, if one came. Kept for the record, never decided by."""
    return getattr(result, "http_status", None) or None


def final_instead(verdict: Verdict, *, late: bool, stopped: bool) -> Verdict:
    """What `queued again` becomes when it must not be: after the lease ran out, or in a stopped batch."""
    if verdict.status is not Status.QUEUED or not (late or stopped):
        return verdict
    reason = Reason.NOT_EXECUTED if late else Reason.CANCELLED
    return Verdict(Status.NOT_SENT, verdict.code, verdict.message, verdict.request_id, reason)
