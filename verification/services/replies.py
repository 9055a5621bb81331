"""Ready replies to the customer about one attempt, in every language, whatever the language of the page is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.template.defaultfilters import date as formatted
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from ..aliyun.errors import AddressRefused, refusal_of
from ..models import Attempt, Language, Reason, Status, Verdict
from . import letters
from .facts import LINK_LIFE
from .letters import Letter
from .mailboxes import is_deaf
from .partition import QUOTA_CODE, QUOTA_PERIOD

_TRANSLATION = {Language.EN: "en", Language.ZH: "zh-hans"}
_MOMENT = _("%(day)s, %(time)s (%(zone)s)")


@dataclass(frozen=True)
class Reply:
    lang: Language
    text: str


def replies(attempt: Attempt, *, now: datetime, verified: bool = False) -> tuple[Reply, ...]:
    """The reply in each language. `verified` says that asking has shown since that the address is verified.

    What was held back for another attempt's sake is answered with the story of that attempt.
    """
    decisive = attempt.held_by if attempt.status == Status.NOT_SENT and attempt.held_by else attempt
    letter = letters.VERIFIED if verified else _letter(decisive, now)
    return tuple(Reply(language, _written(letter, attempt.email, _times(decisive), language)) for language in Language)


def _letter(attempt: Attempt, now: datetime) -> Letter:
    match attempt.status:
        case Status.ACCEPTED:
            return _after_sending(attempt, now)
        case Status.REFUSED:
            return _after_refusal(attempt, now)
        case Status.UNKNOWN:
            return _without_answer(attempt, now)
        case Status.NOT_SENT:
            return _BY_REASON[Reason(attempt.reason)]
    return letters.PLANNED


_BY_REASON = {
    Reason.INVALID: letters.WRONG_ADDRESS,
    Reason.COOLDOWN: letters.RECENT,
    Reason.IN_FLIGHT: letters.PLANNED,
    Reason.QUOTA_CLOCK: letters.NOT_SENT,
    Reason.ALREADY_VERIFIED: letters.VERIFIED,
    Reason.REJECTED: letters.NOT_SENT,
    Reason.CANCELLED: letters.NOT_SENT,
    Reason.NOT_EXECUTED: letters.NOT_SENT,
}


def _after_sending(attempt: Attempt, now: datetime) -> Letter:
    if now > _asked_at(attempt) + LINK_LIFE:
        return letters.EXPIRED
    return letters.SENT_BUT_DEAF if is_deaf(attempt.domain) else letters.SENT


def _after_refusal(attempt: Attempt, now: datetime) -> Letter:
    if attempt.code == QUOTA_CODE:
        return letters.QUOTA if now < _ended_at(attempt) + QUOTA_PERIOD else letters.NOT_SENT
    if isinstance(refusal_of(attempt.code), AddressRefused):
        return letters.WRONG_ADDRESS
    return letters.REFUSED


def _without_answer(attempt: Attempt, now: datetime) -> Letter:
    match attempt.verdict:
        case Verdict.ALREADY_VERIFIED:
            return letters.VERIFIED
        case Verdict.CONFIRMED_SENT:
            return _after_sending(attempt, now)
        case Verdict.CONFIRMED_NOT_SENT:
            return letters.NOT_SENT
    return letters.EXPIRED if now > _asked_at(attempt) + LINK_LIFE else letters.UNCLEAR


def _asked_at(attempt: Attempt) -> datetime:
    """When the last call for it left; the mail went out then or a little later, so its link works at least so long."""
    return attempt.last_call.opened_at if attempt.last_call else _ended_at(attempt)


def _ended_at(attempt: Attempt) -> datetime:
    return attempt.finished_at or attempt.created_at


def _times(attempt: Attempt) -> dict[str, datetime]:
    sent = _asked_at(attempt)
    return {"sent": sent, "until": sent + LINK_LIFE, "quota": _ended_at(attempt) + QUOTA_PERIOD}


def _written(letter: Letter, address: str, times: Mapping[str, datetime], language: Language) -> str:
    with translation.override(_TRANSLATION[language]):
        places = {name: _in_words(moment) for name, moment in times.items()}
        body = str(letter.text) % {"address": address, **places}
        reminder = [str(letters.REMINDER)] if letter.reminds else []
        return "\n\n".join([str(letters.HELLO), body, *reminder, str(letters.GOODBYE)])


def _in_words(moment: datetime) -> str:
    """A time in the desk's zone; the zone as its distance from UTC, for letters such as CST mean several."""
    local = timezone.localtime(moment)
    day, time = formatted(local, "DATE_FORMAT"), formatted(local, "H:i")
    return str(_MOMENT) % {"day": day, "time": time, "zone": _zone(local)}


def _zone(local: datetime) -> str:
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")
