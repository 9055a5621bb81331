"""What an entry of the code book says, and the sentences that many entries share."""

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Advice(NamedTuple):
    """Words for support staff: what it means, what to do next, what to tell the customer.

    `known` is False for a code that nobody has documented: then the provider's own words are to be shown.
    """

    meaning: "StrOrPromise"
    next_step: "StrOrPromise"
    tell: "StrOrPromise"
    known: bool = True


ASK_FIRST = _("Ask for the verification state on the address's page, and send again only if no mail went out.")
LOOK_IN_SPAM = _("Ask the customer to look in spam too; the link works for 3 days.")
TAKEN = _("The provider took it, which is no promise that it arrives.")
_FAULT_OF_OURS = _("Nothing is wrong with the address. Tell the operators of this desk; it can't be cured from here.")

TELL_SENT = _("Say when the mail was sent, that its link works for 3 days, and that it may lie in the spam folder.")
TELL_UNCLEAR = _("Say that the mail may be on its way, and ask them to look in the inbox and in spam.")
TELL_WAIT = _("Say that the request is being worked on; there is nothing for them to do yet.")
TELL_FAULT = _("Say that sending is held up by a fault on our side, and that you will write when the mail is out.")
TELL_REFUSED = _("Say that the mail could not be sent, and that you are looking into the cause.")
TELL_ADDRESS = _("Ask them to spell the address out letter by letter, or to name another one.")
TELL_QUOTA = _("Say that no more mails can be sent there today, and ask them to look for the earlier ones.")
TELL_VERIFIED = _("Say that the address is verified and that nothing is left to do.")
TELL_NOT_SENT = _("Say that no mail went out this time, and ask whether it is still needed.")


def about_us(meaning: "StrOrPromise", next_step: "StrOrPromise" = _FAULT_OF_OURS) -> Advice:
    """An entry for what is wrong with our key, its rights, our clock or our client."""
    return Advice(meaning, next_step, TELL_FAULT)


def unclear(meaning: "StrOrPromise") -> Advice:
    """An entry for what does not rule out that a mail went out."""
    return Advice(meaning, ASK_FIRST, TELL_UNCLEAR)
