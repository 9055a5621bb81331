"""What the provider's codes mean, and what to do about each.

The meanings follow the provider's error tables for the Domain API and its gateway. A key stands for every
code that begins with it, for codes come with suffixes (`Throttling.User`) and in two spellings
(`ParameterIllegal`, `ParameterIllegall`); the longest key that fits wins. A code without a key is one that
nobody has documented.
"""

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Advice(NamedTuple):
    """Words for support staff.

    `known` is False for a code that nobody has documented: then the provider's own words are to be shown.
    """

    meaning: "StrOrPromise"
    next_step: "StrOrPromise"
    known: bool = True


_FAULT_OF_OURS = _("Nothing is wrong with the address. Tell the operators of this desk; it can't be cured from here.")
_WAITS = _("Nothing to do: the desk slows down and goes on by itself.")
ASK_FIRST = _("Ask for the verification state on the address's page, and send again only if no mail went out.")
_GRANT = _(
    "Ask the account's administrator to grant domain:EmailVerificationOperation and domain:QueryEmailVerification."
)

# About one address.
_ADDRESS = {
    "Success": Advice(
        _("The provider took it, which is no promise that it arrives."),
        _("Ask the customer to look in spam too; the link works for 3 days."),
    ),
    "SendTokenQuotaExceeded": Advice(
        _("This address was sent too many of these mails lately. How many and for how long isn't published."),
        _("Don't send again today. Ask the customer to look for the earlier mails, or use another address."),
    ),
    "ParameterIllegal": Advice(
        _("The provider does not take this for a valid address."),
        _("Compare the address with the customer letter by letter, and send to the corrected one."),
    ),
    "InvalidParameter": Advice(
        _("The provider rejects a value in the request, most likely the address."),
        _("Compare the address with the customer letter by letter, and send to the corrected one."),
    ),
    "InvalidEmail": Advice(
        _("The provider does not take this for a valid address."),
        _("Compare the address with the customer letter by letter, and send to the corrected one."),
    ),
    "RegContactEmailNotVerified": Advice(
        _("The registrant's address is not verified yet."),
        _("Resend the verification e-mail and ask the customer to follow its link."),
    ),
}

# About us: the key, its rights, the clock, the client.
_SETUP = {
    "InvalidAccessKeyId": Advice(
        _("The provider does not know this access key."),
        _("Operators: compare the key id, and check that key and endpoint belong to the same site."),
    ),
    "InvalidAccessKeyId.Inactive": Advice(
        _("The access key is switched off."),
        _("Operators: switch the key on again, or configure another one."),
    ),
    "Forbidden.AccessKeyDisabled": Advice(
        _("The access key is switched off."),
        _("Operators: switch the key on again, or configure another one."),
    ),
    "Signature": Advice(
        _("The signature was not accepted. The usual cause is a wrong access key secret."),
        _("Operators: set the secret that belongs to this key id."),
    ),
    "IncompleteSignature": Advice(_("The signature was not complete."), _FAULT_OF_OURS),
    "InvalidSignature": Advice(_("The way of signing was not accepted."), _FAULT_OF_OURS),
    "InvalidTimeStamp": Advice(
        _("The clock of this desk and the provider's differ too much."),
        _("Operators: set the machine's clock (UTC, kept by NTP)."),
    ),
    "InvalidTimeStamp.Format": Advice(_("The time in the request was not readable."), _FAULT_OF_OURS),
    "IllegalTimestamp": Advice(_("The time in the request was not accepted."), _FAULT_OF_OURS),
    "MissingSecurityToken": Advice(
        _("This access key is a temporary one and its security token is missing."),
        _("Operators: configure the security token of the same issue."),
    ),
    "InvalidSecurityToken": Advice(
        _("The security token does not belong to this key, or is broken."),
        _("Operators: configure id, secret and token of one and the same issue."),
    ),
    "InvalidSecurityToken.Expired": Advice(
        _("The temporary access key has run out."),
        _("Operators: configure a fresh key with its security token."),
    ),
    "NoPermission": Advice(_("The access key may not do this."), _GRANT),
    "Forbidden": Advice(_("The access key may not do this."), _GRANT),
    "Forbidden.RAM": Advice(
        _("The access key may not do this; the read-only domain policy is not enough for resending."), _GRANT
    ),
    "Forbidden.RiskControl": Advice(
        _("The provider's risk control blocks the account."),
        _("The account's owner has to contact the provider."),
    ),
    "Forbidden.UserVerification": Advice(
        _("The account's owner has not passed the provider's real-name verification."),
        _("The account's owner has to complete it with the provider."),
    ),
    "Missing": Advice(_("The request lacked something the provider needs."), _FAULT_OF_OURS),
    "Invalid": Advice(_("The provider rejects how this desk calls it."), _FAULT_OF_OURS),
    "InvalidProduct": Advice(
        _("The configured endpoint is not one of the Domain API."),
        _("Operators: check DOMAIN_API_ENDPOINT."),
    ),
    "Unsupported": Advice(_("The provider does not offer what this desk asked for."), _FAULT_OF_OURS),
    "ContentMD5NotMatched": Advice(_("The request was damaged on its way."), ASK_FIRST),
    "ContentLengthDoesNotMatch": Advice(_("The request was damaged on its way."), ASK_FIRST),
}

# About the moment.
_MOMENT = {
    "Throttling": Advice(_("Too many calls in a short time; the provider asks us to wait."), _WAITS),
    "Busy": Advice(_("The provider is busy."), ASK_FIRST),
    "ServiceUnavailable": Advice(_("The provider's service is not available for the moment."), ASK_FIRST),
    "NetworkIOError": Advice(_("The provider could not reach its own back end."), ASK_FIRST),
    "SignatureNonceUsed": Advice(_("An identical request has already reached the provider."), ASK_FIRST),
    "InternalError": Advice(_("Something failed at the provider's."), ASK_FIRST),
    "InternalFailure": Advice(_("Something failed at the provider's."), ASK_FIRST),
    "UnknownError": Advice(_("Something failed at the provider's."), ASK_FIRST),
}

_BY_PREFIX = _ADDRESS | _SETUP | _MOMENT


def documented(code: str) -> Advice | None:
    """The advice for a code of the provider; None for one that nobody has documented."""
    fitting = [prefix for prefix in _BY_PREFIX if code.startswith(prefix)]
    return _BY_PREFIX[max(fitting, key=len)] if fitting else None
