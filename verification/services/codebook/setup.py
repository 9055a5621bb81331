"""What the provider's codes mean that are about us: the key, its rights, the clock, the client."""

from django.utils.translation import gettext_lazy as _

from .entry import about_us

_NO_RIGHT = _("The access key may not do this.")
_GRANT = _(
    "Ask the account's administrator to grant domain:EmailVerificationOperation and domain:QueryEmailVerification."
)
_SWITCHED_OFF = about_us(
    _("The access key is switched off."), _("Operators: switch the key on again, or configure another one.")
)
_OTHER_VERSION = about_us(
    _("The endpoint does not offer the version of the API that this desk speaks."),
    _("Operators: check DOMAIN_API_ENDPOINT."),
)
_OTHER_ACTION = about_us(
    _("The endpoint does not know what this desk asked for."), _("Operators: check DOMAIN_API_ENDPOINT.")
)

SETUP = {
    "InvalidAccessKeyId": about_us(
        _("The provider does not know this access key."),
        _("Operators: compare the key id, and check that key and endpoint belong to the same site."),
    ),
    "InvalidAccessKeyId.Inactive": _SWITCHED_OFF,
    "Forbidden.AccessKeyDisabled": _SWITCHED_OFF,
    "Signature": about_us(
        _("The signature was not accepted. The usual cause is a wrong access key secret."),
        _("Operators: set the secret that belongs to this key id."),
    ),
    "IncompleteSignature": about_us(_("The signature was not complete.")),
    "InvalidSignature": about_us(_("The way of signing was not accepted.")),
    "InvalidTimeStamp": about_us(
        _("The clock of this desk and the provider's differ too much."),
        _("Operators: set the machine's clock (UTC, kept by NTP)."),
    ),
    "InvalidTimeStamp.Format": about_us(_("The time in the request was not readable.")),
    "IllegalTimestamp": about_us(_("The time in the request was not accepted.")),
    "MissingSecurityToken": about_us(
        _("This access key is a temporary one and its security token is missing."),
        _("Operators: configure the security token of the same issue."),
    ),
    "InvalidSecurityToken": about_us(
        _("The security token does not belong to this key, or is broken."),
        _("Operators: configure id, secret and token of one and the same issue."),
    ),
    "InvalidSecurityToken.Expired": about_us(
        _("The temporary access key has run out."),
        _("Operators: configure a fresh key with its security token."),
    ),
    "NoPermission": about_us(_NO_RIGHT, _GRANT),
    "Forbidden": about_us(_NO_RIGHT, _GRANT),
    "Forbidden.RAM": about_us(
        _("The access key may not do this; the read-only domain policy is not enough for resending."), _GRANT
    ),
    "Forbidden.RiskControl": about_us(
        _("The provider's risk control blocks the account."),
        _("The account's owner has to contact the provider."),
    ),
    "Forbidden.UserVerification": about_us(
        _("The account's owner has not passed the provider's real-name verification."),
        _("The account's owner has to complete it with the provider."),
    ),
    "Missing": about_us(_("The request lacked something the provider needs.")),
    "Invalid": about_us(_("The provider rejects how this desk calls it.")),
    "InvalidDomainName": about_us(_("The provider speaks of a domain name, and this desk sends none.")),
    "InvalidProduct": about_us(
        _("The configured endpoint is not one of the Domain API."), _("Operators: check DOMAIN_API_ENDPOINT.")
    ),
    "InvalidVersion": _OTHER_VERSION,
    "InvalidAction": _OTHER_ACTION,
    "InvalidApi": _OTHER_ACTION,
    "InvalidProtocol.NeedSsl": about_us(
        _("The provider takes this call over https only."),
        _("Operators: set DOMAIN_API_ENDPOINT to its https address."),
    ),
    "Unsupported": about_us(_("The provider does not offer what this desk asked for.")),
}
