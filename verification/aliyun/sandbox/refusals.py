"""The codes for a whole call and for one address, each with its documented text.

The documented statuses contradict each other between pages; where they do, the observed one stands here.
"""

from collections.abc import Mapping

_STATUS = {
    "InvalidAccessKeyId.NotFound": 404,
    "InvalidAction.NotFound": 404,
    "Forbidden.RAM": 403,
    "ServiceUnavailable": 503,
}

_MESSAGES = {
    "Forbidden.RAM": ("User not authorized to operate on the specified resource, or this API doesn't support RAM."),
    "IllegalTimestamp": (
        "The input parameter Timestamp that is mandatory for processing this request is not supplied."
    ),
    "IncompleteSignature": "The request signature does not conform to Aliyun standards.",
    "InvalidAccessKeyId.NotFound": "Specified access key is not found.",
    "InvalidAction.NotFound": "Specified api is not found, please check your url and method.",
    "InvalidParameter.Format": "The specified parameter Format is not valid.",
    "InvalidSecurityToken.Expired": "Specified SecurityToken is expired.",
    "InvalidSecurityToken.MismatchWithAccessKey": "Specified SecurityToken mismatch with the AccessKey.",
    "InvalidSignatureMethod": "Specified signature method is not valid.",
    "InvalidSignatureVersion": "Specified signature version is not valid.",
    "InvalidTimeStamp.Expired": "Specified time stamp or date value is expired.",
    "InvalidTimeStamp.Format": "Specified time stamp or date value is not well formatted.",
    "InvalidVersion": "Specified parameter Version is not valid.",
    "MissingSecurityToken": "SecurityToken is mandatory for this action.",
    "ParameterIllegal": "Parameter illegal.",
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
    "SignatureDoesNotMatch": "Specified signature is not matched with our calculation.",
    "SignatureNonceUsed": "Specified signature nonce was used already.",
    "Throttling.User": "Request was denied due to user flow control.",
    "UnsupportedHTTPMethod": "This http method is not supported.",
    "UnsupportedOperation": "The specified action is not supported.",
}


class Refused(Exception):
    """The whole call is refused with an error envelope, and has had no effect.

    ``added`` goes behind the documented message. ``retry_after`` is in milliseconds, as on the wire.
    ``denied`` is the detail that comes with a missing permission.
    """

    def __init__(
        self,
        code: str,
        *,
        added: str = "",
        retry_after: int | None = None,
        denied: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = _MESSAGES.get(code, "") + added
        self.http_status = _STATUS.get(code, 400)
        self.retry_after = retry_after
        self.denied = denied


def missing(name: str) -> Refused:
    """Return the refusal of a call that lacks a mandatory parameter, in the gateway's pattern."""
    return Refused(f"Missing{name}", added=f"{name} is mandatory for this action.")


_ADDRESS_MESSAGES = {
    "": "",
    "Success": "Success",
    "EmailAlreadyVerified": "The email address is already verified.",
    "ParameterIllegall": "Parameter error",
    "SendTokenQuotaExceeded": (
        "The maximum number of attempts allowed to send the email verification link is exceeded."
    ),
}


def address_result(email: str, code: str) -> dict[str, str]:
    """Return what one of an answer's lists says about an address."""
    return {"Code": code, "Message": _ADDRESS_MESSAGES[code], "Email": email}
