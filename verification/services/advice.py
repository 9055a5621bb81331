"""Advice: what a status, a reason or a code means in plain words, and what to do next.

The record keeps words and codes; this module is where they are turned into sentences for people.
"""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..models import Attempt, OwnCode, Reason, Status
from .provider_codes import ASK_FIRST, Advice, documented

_STATUS = {
    Status.QUEUED: Advice(
        _("Recorded; nothing was sent yet."), _("Nothing to do: a worker sends it when its turn comes.")
    ),
    Status.SENDING: Advice(
        _("In a call to the provider whose outcome is not recorded yet."),
        _("Wait; within a minute it has an outcome."),
    ),
    Status.ACCEPTED: Advice(
        _("The provider took it, which is no promise that it arrives."),
        _("Ask the customer to look in spam too; the link works for 3 days."),
    ),
    Status.REFUSED: Advice(
        _("The provider said no to this address."), _("Read the provider's words before you try again.")
    ),
    Status.UNKNOWN: Advice(_("No clear answer: the mail may have gone out."), ASK_FIRST),
}

_REASON = {
    Reason.INVALID: Advice(
        _("Not a valid address, so nothing was sent."), _("Correct the address together with the customer.")
    ),
    Reason.COOLDOWN: Advice(
        _("A mail went to this address a short time ago, so nothing was sent now."),
        _("Ask the customer to look in spam first; its link works for 3 days."),
    ),
    Reason.IN_FLIGHT: Advice(
        _("Another batch was just sending to this address, so nothing was sent here."),
        _("Look at the address's page: the other batch's outcome counts."),
    ),
    Reason.QUOTA_CLOCK: Advice(
        _("The provider's quota for this address is used up, so nothing was sent."),
        _("Ask the customer to look for the earlier mails, or to use another address."),
    ),
    Reason.ALREADY_VERIFIED: Advice(
        _("The address is verified already, so nothing was sent."),
        _("Tell the customer that nothing is left to do."),
    ),
    Reason.REJECTED: Advice(_("The approver rejected the batch, so nothing was sent."), _("Talk to the approver.")),
    Reason.CANCELLED: Advice(
        _("The batch was stopped before this address was sent."),
        _("Send it in a new batch if it is still wanted."),
    ),
    Reason.NOT_EXECUTED: Advice(
        _("The answer came late and says that nothing was sent."),
        _("Send it in a new batch if it is still wanted."),
    ),
}

_OWN_CODE = {
    OwnCode.NO_ANSWER: Advice(_("The request left, but no whole answer came back."), ASK_FIRST),
    OwnCode.UNREADABLE: Advice(_("The answer could not be read."), ASK_FIRST),
    OwnCode.NOT_LISTED: Advice(_("The answer does not mention this address."), ASK_FIRST),
    OwnCode.BOTH_LISTS: Advice(_("The answer lists this address both as sent and as failed."), ASK_FIRST),
    OwnCode.WORKER_LOST: Advice(_("The worker was lost before it recorded an answer."), ASK_FIRST),
    OwnCode.NO_CONNECTION: Advice(
        _("The provider could not be reached; nothing was sent."),
        _("The desk tries again by itself. If it stays so, operators check network, proxy and endpoint."),
    ),
    OwnCode.WITHHELD: Advice(
        _("Too little time was left for a safe call, so nothing was sent."),
        _("Nothing to do: it is tried again by itself."),
    ),
    OwnCode.THREE_UNCLEAR: Advice(
        _("Three calls in a row came back without a clear answer."),
        _("Check the setup and the unknown outcomes, then resume."),
    ),
}

# A pause waits for a person, where an attempt with the same code is tried again.
_PAUSE = {
    OwnCode.NO_CONNECTION: _("Operators: check network, proxy and endpoint."),
    "Throttling": _("Wait until other work with this access key is done, or ask the operators for a slower pace."),
}

_UNDOCUMENTED = Advice(
    _("This code is not documented; the provider's own words tell the most."),
    _("Don't send again blindly. Keep the request id: the provider's support asks for it."),
    known=False,
)


# Of this one mail service it is documented that it doesn't receive these mails.
_DEAF_DOMAIN = "qq.com"
_DEAF = Advice(
    _("The provider took it, but QQ mail is known not to receive these mails."),
    _("Ask the customer for another address."),
)


def for_attempt(attempt: Attempt) -> Advice:
    """Advice for one attempt, as its recorded words stand."""
    if attempt.status == Status.NOT_SENT:
        return _REASON[Reason(attempt.reason)]
    if attempt.status == Status.ACCEPTED and attempt.domain == _DEAF_DOMAIN:
        return _DEAF
    if attempt.status in (Status.ACCEPTED, Status.SENDING) or not attempt.code:
        return _STATUS[Status(attempt.status)]
    told = for_code(attempt.code)
    if attempt.status == Status.UNKNOWN:
        may_have_gone = format_lazy("{} {}", told.meaning, _("The mail may have gone out."))
        return Advice(may_have_gone, ASK_FIRST, told.known)
    if attempt.status == Status.QUEUED:
        return Advice(told.meaning, _("It is still queued: nothing was sent to it."), told.known)
    return told


def for_code(code: str) -> Advice:
    """Advice for a code alone: of a call, a lookup or a check of the setup."""
    if code in OwnCode.values:
        return _OWN_CODE[OwnCode(code)]
    return documented(code) or _UNDOCUMENTED


def for_pause(code: str) -> Advice:
    """Advice for what paused a batch; the next step is a person's and comes before resuming."""
    told = for_code(code)
    own_step = next((step for start, step in _PAUSE.items() if code.startswith(start)), told.next_step)
    return told._replace(next_step=own_step)
