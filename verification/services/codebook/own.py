"""What the record's own words mean: statuses, reasons, verdicts, and the codes where the provider gave none."""

from django.utils.translation import gettext_lazy as _

from ...models import OwnCode, Reason, Status, Verdict
from .entry import (
    LOOK_IN_SPAM,
    TAKEN,
    TELL_ADDRESS,
    TELL_NOT_SENT,
    TELL_QUOTA,
    TELL_REFUSED,
    TELL_SENT,
    TELL_UNCLEAR,
    TELL_VERIFIED,
    TELL_WAIT,
    Advice,
    unclear,
)

_NOTHING_LEFT = _("Tell the customer that nothing is left to do.")
_STILL_WANTED = _("Send it in a new batch if it is still wanted.")

# What was not sent has its reason instead.
STATUS = {
    Status.QUEUED: Advice(
        _("Recorded; nothing was sent yet."), _("Nothing to do: a worker sends it when its turn comes."), TELL_WAIT
    ),
    Status.SENDING: Advice(
        _("In a call to the provider whose outcome is not recorded yet."),
        _("Wait; within a minute it has an outcome."),
        TELL_WAIT,
    ),
    Status.ACCEPTED: Advice(TAKEN, LOOK_IN_SPAM, TELL_SENT),
    Status.REFUSED: Advice(
        _("The provider said no to this address."),
        _("Read the provider's words before you try again."),
        TELL_REFUSED,
    ),
    Status.UNKNOWN: unclear(_("No clear answer: the mail may have gone out.")),
}

WAITS_FOR_APPROVAL = Advice(
    _("The batch waits for approval; nothing was sent yet."),
    _("Ask another person with the right to approve to look at the batch."),
    TELL_WAIT,
)

# For what was accepted for a mail service that doesn't receive these mails.
DEAF = Advice(
    _("The provider took it, but QQ mail is known not to receive these mails."),
    _("Ask the customer for another address."),
    _("Say that QQ mail doesn't receive these mails, and ask for an address at another mail service."),
)

REASON = {
    Reason.INVALID: Advice(
        _("Not a valid address, so nothing was sent."),
        _("Correct the address together with the customer."),
        TELL_ADDRESS,
    ),
    Reason.COOLDOWN: Advice(
        _("A mail went to this address a short time ago, so nothing was sent now."),
        _("Ask the customer to look in spam first; its link works for 3 days."),
        TELL_SENT,
    ),
    Reason.IN_FLIGHT: Advice(
        _("Another batch was just sending to this address, so nothing was sent here."),
        _("Look at the address's page: the other batch's outcome counts."),
        TELL_WAIT,
    ),
    Reason.QUOTA_CLOCK: Advice(
        _("The provider's quota for this address is used up, so nothing was sent."),
        _("Ask the customer to look for the earlier mails, or to use another address."),
        TELL_QUOTA,
    ),
    Reason.ALREADY_VERIFIED: Advice(
        _("The address is verified already, so nothing was sent."), _NOTHING_LEFT, TELL_VERIFIED
    ),
    Reason.REJECTED: Advice(
        _("The approver rejected the batch, so nothing was sent."), _("Talk to the approver."), TELL_NOT_SENT
    ),
    Reason.CANCELLED: Advice(_("The batch was stopped before this address was sent."), _STILL_WANTED, TELL_NOT_SENT),
    Reason.NOT_EXECUTED: Advice(
        _("The answer came late and says that nothing was sent."), _STILL_WANTED, TELL_NOT_SENT
    ),
}

# What asking has shown about an unknown outcome.
VERDICT = {
    Verdict.CONFIRMED_SENT: Advice(
        _("No clear answer came, but asking has shown that the mail went out."), LOOK_IN_SPAM, TELL_SENT
    ),
    Verdict.CONFIRMED_NOT_SENT: Advice(
        _("No clear answer came, and asking has shown that no mail went out."),
        _("Send it again if it is still wanted."),
        TELL_NOT_SENT,
    ),
    Verdict.ALREADY_VERIFIED: Advice(
        _("No clear answer came, but asking has shown that the address is verified."), _NOTHING_LEFT, TELL_VERIFIED
    ),
    Verdict.STILL_UNKNOWN: Advice(
        _("No clear answer, and asking did not settle it: the mail may have gone out."),
        _("Ask the customer to look for the mail, in spam too, and send again only if no mail went out."),
        TELL_UNCLEAR,
    ),
}

OWN_CODE = {
    OwnCode.NO_ANSWER: unclear(_("The request left, but no whole answer came back.")),
    OwnCode.UNREADABLE: unclear(_("The answer could not be read.")),
    OwnCode.NOT_LISTED: unclear(_("The answer does not mention this address.")),
    OwnCode.BOTH_LISTS: unclear(_("The answer lists this address both as sent and as failed.")),
    OwnCode.WORKER_LOST: unclear(_("The worker was lost before it recorded an answer.")),
    OwnCode.NO_CONNECTION: Advice(
        _("The provider could not be reached; nothing was sent."),
        _("The desk tries again by itself. If it stays so, operators check network, proxy and endpoint."),
        TELL_WAIT,
    ),
    OwnCode.WITHHELD: Advice(
        _("Too little time was left for a safe call, so nothing was sent."),
        _("Nothing to do: it is tried again by itself."),
        TELL_WAIT,
    ),
    OwnCode.THREE_UNCLEAR: Advice(
        _("Three calls in a row came back without a clear answer."),
        _("Check the setup and the unknown outcomes, then resume."),
        TELL_UNCLEAR,
    ),
}

UNDOCUMENTED = Advice(
    _("This code is not documented; the provider's own words tell the most."),
    _("Don't send again blindly. Keep the request id: the provider's support asks for it."),
    TELL_REFUSED,
    known=False,
)
