"""Advice: what a status, a reason or a code means in plain words, what to do next, and what to tell the customer.

The record keeps words and codes; the code book holds the sentences, and this module finds the one that fits.
"""

from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..models import Attempt, OwnCode, Reason, Status, Verdict
from . import codebook
from .codebook import Advice
from .mailboxes import is_deaf

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A pause waits for a person, where an attempt with the same code is tried again.
_PAUSE = {
    OwnCode.NO_CONNECTION: _("Operators: check network, proxy and endpoint."),
    "Throttling": _("Wait until other work with this access key is done, or ask the operators for a slower pace."),
}
# A question sends nothing and takes less of a right than a send.
_QUESTION = {
    OwnCode.NO_CONNECTION: _("The provider could not be reached, so it was not asked."),
    "Forbidden.RAM": _("The access key may not do this."),
}


def for_attempt(attempt: Attempt) -> Advice:
    """Advice for one attempt, as its recorded words stand."""
    if attempt.status == Status.NOT_SENT:
        return codebook.REASON[Reason(attempt.reason)]
    if attempt.status == Status.ACCEPTED:
        return codebook.DEAF if is_deaf(attempt.domain) else codebook.STATUS[Status.ACCEPTED]
    if attempt.status == Status.QUEUED:
        return _for_queued(attempt)
    if attempt.status == Status.UNKNOWN:
        return _for_unknown(attempt)
    if attempt.status == Status.REFUSED and attempt.code:
        return for_code(attempt.code)
    return codebook.STATUS[Status(attempt.status)]


def _for_queued(attempt: Attempt) -> Advice:
    if not attempt.released:
        return codebook.WAITS_FOR_APPROVAL
    if not attempt.code:
        return codebook.STATUS[Status.QUEUED]
    told = for_code(attempt.code)
    return Advice(told.meaning, _("It is still queued: nothing was sent to it."), codebook.TELL_WAIT, told.known)


def _for_unknown(attempt: Attempt) -> Advice:
    if attempt.verdict:
        return codebook.VERDICT[Verdict(attempt.verdict)]
    if not attempt.code:
        return codebook.STATUS[Status.UNKNOWN]
    told = for_code(attempt.code)
    may_have_gone = format_lazy("{} {}", told.meaning, _("The mail may have gone out."))
    return Advice(may_have_gone, codebook.ASK_FIRST, codebook.TELL_UNCLEAR, told.known)


def for_code(code: str) -> Advice:
    """Advice for a code alone. It speaks of a send; `meaning_for_question` of what answered a question."""
    if code in OwnCode.values:
        return codebook.OWN_CODE[OwnCode(code)]
    return codebook.documented(code) or codebook.UNDOCUMENTED


def for_pause(code: str) -> Advice:
    """Advice for what paused a batch; the next step is a person's and comes before resuming."""
    told = for_code(code)
    own_step = next((step for start, step in _PAUSE.items() if code.startswith(start)), told.next_step)
    return told._replace(next_step=own_step)


def meaning_for_question(code: str) -> "StrOrPromise":
    """What a code means that answered a question, of a lookup or of a check of the setup: no mail is at stake."""
    return _QUESTION.get(code) or for_code(code).meaning
