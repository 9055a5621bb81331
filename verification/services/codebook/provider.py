"""What the provider's codes mean, and what to do about each.

The meanings follow the provider's error tables for the Domain API and its gateway. A key stands for every
code that begins with it, for codes come with suffixes (`Throttling.User`) and in two spellings
(`ParameterIllegal`, `ParameterIllegall`); the longest key that fits wins. A code without a key is one that
nobody has documented. Codes about our own set-up have a file of their own beside this one.
"""

from django.utils.translation import gettext_lazy as _

from .entry import (
    LOOK_IN_SPAM,
    TAKEN,
    TELL_ADDRESS,
    TELL_QUOTA,
    TELL_SENT,
    TELL_WAIT,
    Advice,
    unclear,
)
from .setup import SETUP

_COMPARE = _("Compare the address with the customer letter by letter, and send to the corrected one.")
_WAITS = _("Nothing to do: the desk slows down and goes on by itself.")

_ADDRESS = {
    "Success": Advice(TAKEN, LOOK_IN_SPAM, TELL_SENT),
    "SendTokenQuotaExceeded": Advice(
        _("This address was sent too many of these mails lately. How many and for how long isn't published."),
        _("Don't send again today. Ask the customer to look for the earlier mails, or use another address."),
        TELL_QUOTA,
    ),
    "ParameterIllegal": Advice(_("The provider does not take this for a valid address."), _COMPARE, TELL_ADDRESS),
    "InvalidParameter": Advice(
        _("The provider rejects a value in the request, most likely the address."), _COMPARE, TELL_ADDRESS
    ),
    "InvalidEmail": Advice(_("The provider does not take this for a valid address."), _COMPARE, TELL_ADDRESS),
    "RegContactEmailNotVerified": Advice(
        _("The registrant's address is not verified yet."),
        _("Resend the verification e-mail and ask the customer to follow its link."),
        _("Say that the domain's order goes on once the registrant's address is verified."),
    ),
}

_FAILED_THERE = _("Something failed at the provider's.")
_DAMAGED = _("The request was damaged on its way.")
_OTHER_OPERATION = _("The provider documents this code for its other domain operations only.")

_MOMENT = {
    "Throttling": Advice(_("Too many calls in a short time; the provider asks us to wait."), _WAITS, TELL_WAIT),
    "Throttling.User": Advice(
        _("Too many calls from our whole account in a short time; the provider asks us to wait."), _WAITS, TELL_WAIT
    ),
    "Throttling.Api": Advice(
        _("Too many calls of this kind in a short time; the provider asks us to wait."), _WAITS, TELL_WAIT
    ),
    "Rejected.Throttling": unclear(_("The provider had too much to do and sent the call away.")),
    "Busy": unclear(_("The provider is busy.")),
    "ServiceUnavailable": unclear(_("The provider's service is not available for the moment.")),
    "NetworkIOError": unclear(_("The provider could not reach its own back end.")),
    "SignatureNonceUsed": unclear(_("An identical request has already reached the provider.")),
    "InternalError": unclear(_FAILED_THERE),
    "InternalFailure": unclear(_FAILED_THERE),
    "UnknownError": unclear(_FAILED_THERE),
    "ContentMD5NotMatched": unclear(_DAMAGED),
    "ContentLengthDoesNotMatch": unclear(_DAMAGED),
    "NoSuchVersion": unclear(_("The endpoint does not offer the version of the API that this desk speaks.")),
    "DomainNotExist": unclear(_OTHER_OPERATION),
    "TaskIsBeingProcessed": unclear(_OTHER_OPERATION),
    "QueryRegistryFailed": unclear(_OTHER_OPERATION),
}

_BY_PREFIX = _ADDRESS | SETUP | _MOMENT


def documented(code: str) -> Advice | None:
    """The advice for a code of the provider; None for one that nobody has documented."""
    fitting = [prefix for prefix in _BY_PREFIX if code.startswith(prefix)]
    return _BY_PREFIX[max(fitting, key=len)] if fitting else None
