"""Which leaf an error code becomes, and what an error tells."""

import pytest

from verification.aliyun.errors import (
    AddressRefused,
    Answered,
    DomainApiError,
    NoAnswer,
    NotConnected,
    NotExecuted,
    Refusal,
    SetupRefused,
    Throttled,
    Unclear,
    UnclearRefusal,
    UnreadableAnswer,
    refusal_of,
)

LEAF_BY_CODE = {
    "Throttling": Throttled,
    "Throttling.User": Throttled,
    "Throttling.Api": Throttled,
    "ParameterIllegal": AddressRefused,
    "ParameterIllegall": AddressRefused,
    "InvalidParameter": AddressRefused,
    "InvalidParameter.Format": AddressRefused,
    "InvalidEmail": AddressRefused,
    "InvalidEmail.Format": AddressRefused,
    "InvalidAccessKeyId": SetupRefused,
    "InvalidAccessKeyId.NotFound": SetupRefused,
    "InvalidAccessKeyId.Inactive": SetupRefused,
    "InvalidTimeStamp.Expired": SetupRefused,
    "InvalidTimeStamp.Format": SetupRefused,
    "InvalidSecurityToken.Expired": SetupRefused,
    "InvalidVersion": SetupRefused,
    "InvalidAction.NotFound": SetupRefused,
    "SignatureDoesNotMatch": SetupRefused,
    "IncompleteSignature": SetupRefused,
    "IllegalTimestamp": SetupRefused,
    "MissingSecurityToken": SetupRefused,
    "MissingParameter": SetupRefused,
    "MissingEmail": SetupRefused,
    "Forbidden": SetupRefused,
    "Forbidden.RAM": SetupRefused,
    "Forbidden.RiskControl": SetupRefused,
    "NoPermission": SetupRefused,
    "UnsupportedHTTPMethod": SetupRefused,
    "UnsupportedOperation": SetupRefused,
    "SignatureNonceUsed": UnclearRefusal,
    "NetworkIOError": UnclearRefusal,
    "InternalError": UnclearRefusal,
    "UnknownError": UnclearRefusal,
    "ServiceUnavailable": UnclearRefusal,
    "Busy": UnclearRefusal,
    "Rejected.Throttling": UnclearRefusal,
    "SendTokenQuotaExceeded": UnclearRefusal,
    "NoPermissionAtAll": UnclearRefusal,
    "SomethingNew": UnclearRefusal,
    "": UnclearRefusal,
}


@pytest.mark.parametrize(("code", "leaf"), LEAF_BY_CODE.items())
@pytest.mark.parametrize("http_status", [200, 400, 403, 404, 500, 503])
def test_the_code_decides_the_leaf_whatever_the_http_status(code: str, leaf: type[Answered], http_status: int) -> None:
    assert type(refusal_of(code, http_status=http_status)) is leaf


@pytest.mark.parametrize("leaf", [Throttled, AddressRefused, SetupRefused, Refusal])
def test_a_refusal_says_that_nothing_was_executed(leaf: type[DomainApiError]) -> None:
    assert issubclass(leaf, NotExecuted)
    assert not issubclass(leaf, Unclear)


@pytest.mark.parametrize("leaf", [NoAnswer, UnreadableAnswer, UnclearRefusal])
def test_an_unclear_error_never_says_that_nothing_was_executed(leaf: type[DomainApiError]) -> None:
    assert issubclass(leaf, Unclear)
    assert not issubclass(leaf, NotExecuted)


def test_no_connection_says_that_nothing_was_executed() -> None:
    assert issubclass(NotConnected, NotExecuted)


def test_an_envelope_keeps_every_field_for_the_support_desk() -> None:
    error = refusal_of(
        "Forbidden.RAM",
        message="User not authorized to operate on the specified resource.",
        request_id="0EA54E99-DB48-4CE3-A099-6ED8E451B8AC",
        http_status=403,
        host_id="domain.aliyuncs.com",
        recommend="https://api.aliyun.com/troubleshoot?q=Forbidden.RAM",
    )
    assert error.code == "Forbidden.RAM"
    assert error.message == "User not authorized to operate on the specified resource."
    assert error.request_id == "0EA54E99-DB48-4CE3-A099-6ED8E451B8AC"
    assert error.http_status == 403
    assert error.host_id == "domain.aliyuncs.com"
    assert error.recommend == "https://api.aliyun.com/troubleshoot?q=Forbidden.RAM"


def test_only_throttling_carries_the_wait_that_was_asked_for() -> None:
    throttled = refusal_of("Throttling.User", retry_after=1.5)
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after == 1.5
    assert not hasattr(refusal_of("Forbidden", retry_after=1.5), "retry_after")


def test_throttling_without_a_wait_says_so() -> None:
    throttled = refusal_of("Throttling")
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after is None


@pytest.mark.parametrize(
    "echo",
    [
        " server string to sign is:POST&%2F&AccessKeyId%3Did%26Email%3Duser%2540example.com",
        " server StringToSign is [ACS3-HMAC-SHA256\nbeef] server CanonicalRequest is [POST\n/\nEmail=user]",
        ", server CanonicalRequest is [POST\n/\nEmail=user%40example.com]",
    ],
)
def test_a_wrong_signature_does_not_repeat_the_signed_text(echo: str) -> None:
    error = refusal_of("SignatureDoesNotMatch", f"Specified signature is not matched.{echo}", "R-1", 400)
    assert error.message == "Specified signature is not matched."
    assert "user" not in f"{error} {error!r} {error.__dict__}"


def test_the_text_of_an_error_is_fit_for_a_log() -> None:
    error = refusal_of("ParameterIllegal", "The address user@example.com is illegal.", "R-1", 400)
    assert str(error) == "ParameterIllegal (HTTP 400, request R-1)"
    assert "user@example.com" not in repr(error)
    assert str(UnreadableAnswer("larger than 1 MiB", 200)) == "larger than 1 MiB (HTTP 200)"
    assert str(NoAnswer("reset")) == "reset"
    assert str(NotConnected("refused port")) == "refused port"
