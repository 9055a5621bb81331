"""The operations that the sandbox knows, and the permission that each needs.

Source: the provider's table of RAM actions for the Domain API. Listing and querying share one permission, and
so do sending, submitting and deleting; no narrower grant exists.
"""

VERSION = "2018-01-29"

_OPERATE = "domain:EmailVerificationOperation"
_QUERY = "domain:QueryEmailVerification"

RAM_ACTIONS = {
    "ResendEmailVerification": _OPERATE,
    "SubmitEmailVerification": _OPERATE,
    "DeleteEmailVerification": _OPERATE,
    "QueryEmailVerification": _QUERY,
    "ListEmailVerification": _QUERY,
    "VerifyEmail": "domain:VerifyEmail",
}

# Known to every SDK, and put down as "adding an address to a white list": there is nothing to stand in for.
UNSUPPORTED_ACTIONS = frozenset({"EmailVerified"})

SENDING_ACTIONS = frozenset({"ResendEmailVerification", "SubmitEmailVerification"})
