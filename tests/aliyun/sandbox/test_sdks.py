"""The provider's own clients, unmodified, against the sandbox: every operation that they have of this family."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alibabacloud_domain20180129 import models
from alibabacloud_domain20180129.client import Client
from alibabacloud_tea_openapi import exceptions, utils_models
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkdomain.request.v20180129 import (
    DeleteEmailVerificationRequest,
    EmailVerifiedRequest,
    ListEmailVerificationRequest,
    QueryEmailVerificationRequest,
    ResendEmailVerificationRequest,
    SubmitEmailVerificationRequest,
    VerifyEmailRequest,
)

from verification.aliyun.sandbox import Options, Sandbox, SandboxServer
from verification.aliyun.signing import Credentials

EMAIL = "user+tag@example.com,o'brien@example.com,a*b~c d@例子.中国,x%41&y=z#@example.com"
EMAILS = EMAIL.split(",")
STS = Credentials("STS.sandbox", "sts-secret", "CAIS+fake/token==")
KEY = Options().credentials

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients send even loopback through a proxy of the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=[KEY, STS], ids=["key", "sts"])
def server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(Options(credentials=request.param))) as server:
        yield server


def tea(server: SandboxServer, key: Credentials, algorithm: str | None) -> Client:
    return Client(
        utils_models.Config(
            access_key_id=key.key_id,
            access_key_secret=key.key_secret,
            security_token=key.security_token or None,
            endpoint=server.url.removeprefix("http://"),
            protocol="http",
            signature_algorithm=algorithm,
        )
    )


def operation(client: Client, asynchronous: bool) -> Call:
    """Return a function that calls an operation by its name and returns the body."""

    def call(name: str, request: Any) -> Any:
        if asynchronous:
            # In a thread of its own, for the main one may hold the event loop of a browser.
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(asyncio.run, getattr(client, f"{name}_async")(request)).result().body
        return getattr(client, name)(request).body

    return call


@pytest.fixture(params=[None, "v2"], ids=["acs3", "rpc"])
def client(request: pytest.FixtureRequest, server: SandboxServer) -> Client:
    return tea(server, server.sandbox.options.credentials, request.param)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def call(request: pytest.FixtureRequest, client: Client) -> Call:
    return operation(client, request.param)


def test_tea_resends(server: SandboxServer, call: Call) -> None:
    request = models.ResendEmailVerificationRequest(email=EMAIL, lang="", user_client_ip="192.0.2.1")
    body = call("resend_email_verification", request)
    assert [(item.email, item.code) for item in body.success_list] == [(email, "Success") for email in EMAILS]
    assert body.fail_list == []
    assert [send.email for send in server.sandbox.sends()] == EMAILS
    assert {send.request_id for send in server.sandbox.sends()} == {body.request_id}


def test_tea_sees_each_refused_address(server: SandboxServer, call: Call) -> None:
    request = models.ResendEmailVerificationRequest(email="refused@example.com,a@example.com", lang="zh")
    body = call("resend_email_verification", request)
    assert [(item.email, item.code) for item in body.fail_list] == [("refused@example.com", "SendTokenQuotaExceeded")]
    assert [send.email for send in server.sandbox.sends()] == ["a@example.com"]


def test_tea_goes_through_the_life_of_an_address(server: SandboxServer, call: Call) -> None:
    submit = models.SubmitEmailVerificationRequest(email="a+b c@example.cn", send_if_exist=True, lang="")
    assert call("submit_email_verification", submit).success_list[0].email == "a+b c@example.cn"
    query = models.QueryEmailVerificationRequest(email="a+b c@example.cn")
    assert call("query_email_verification", query).verification_status == 0

    token = server.sandbox.sends()[0].token
    assert call("verify_email", models.VerifyEmailRequest(token=token)).request_id
    listed = call(
        "list_email_verification",
        models.ListEmailVerificationRequest(
            page_num=1, page_size=500, verification_status=1, begin_create_time=1522080000000
        ),
    )
    assert [(item.email, item.verification_status) for item in listed.data] == [("a+b c@example.cn", 1)]
    assert (listed.total_item_num, listed.total_page_num, listed.next_page) == (1, 1, False)

    delete = models.DeleteEmailVerificationRequest(email="a+b c@example.cn")
    assert call("delete_email_verification", delete).success_list[0].code == "Success"
    assert call("delete_email_verification", delete).fail_list[0].code == "ParameterIllegall"


def test_tea_is_refused_the_operation_that_is_not_supported(call: Call) -> None:
    with pytest.raises(exceptions.ClientException) as refused:
        call("email_verified", models.EmailVerifiedRequest(email="a@example.com"))
    assert (refused.value.code, refused.value.status_code) == ("UnsupportedOperation", 400)


@pytest.mark.parametrize("algorithm", [None, "v2"], ids=["acs3", "rpc"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("key", "code", "status"),
    [
        (Credentials(KEY.key_id, "wrong"), "SignatureDoesNotMatch", 400),
        (Credentials("stranger", KEY.key_secret), "InvalidAccessKeyId.NotFound", 404),
    ],
    ids=["secret", "id"],
)
def test_tea_is_refused_a_wrong_key(
    key: Credentials, code: str, status: int, asynchronous: bool, algorithm: str | None
) -> None:
    with SandboxServer(Sandbox()) as server:
        call = operation(tea(server, key, algorithm), asynchronous)
        with pytest.raises(exceptions.ClientException) as refused:
            call("resend_email_verification", models.ResendEmailVerificationRequest(email=EMAIL))
        assert (refused.value.code, refused.value.status_code) == (code, status)
        assert server.sandbox.sends() == []


def test_tea_is_told_when_to_come_back() -> None:
    with SandboxServer(Sandbox()) as server:
        call = operation(tea(server, KEY, None), asynchronous=False)
        with pytest.raises(exceptions.ThrottlingException) as refused:
            call("resend_email_verification", models.ResendEmailVerificationRequest(email="busy@example.com"))
        assert (refused.value.code, refused.value.retry_after) == ("Throttling.User", 500)
        assert server.sandbox.sends() == []


class Legacy:
    """Calls with the older client, and reads its bytes."""

    def __init__(self, server: SandboxServer, key: Credentials) -> None:
        self._host = server.url.removeprefix("http://")
        if key.security_token:
            token = StsTokenCredential(key.key_id, key.key_secret, key.security_token)
            self.client = AcsClient(region_id="cn-hangzhou", credential=token)
        else:
            self.client = AcsClient(key.key_id, key.key_secret, "cn-hangzhou")

    def __call__(self, module: Any, method: str = "POST", **params: Any) -> Any:
        request = self.request(module, method, **params)
        return json.loads(self.client.do_action_with_exception(request))

    def request(self, module: Any, method: str = "POST", **params: Any) -> Any:
        request = getattr(module, module.__name__.rpartition(".")[2])()
        request.set_endpoint(self._host)
        request.set_method(method)
        for name, value in params.items():
            getattr(request, f"set_{name}")(value)
        return request


@pytest.fixture
def legacy(server: SandboxServer) -> Legacy:
    return Legacy(server, server.sandbox.options.credentials)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_legacy_client_resends(server: SandboxServer, legacy: Legacy, method: str) -> None:
    answer = legacy(ResendEmailVerificationRequest, method, Email=EMAIL, Lang=None, UserClientIp="")
    assert [item["Email"] for item in answer["SuccessList"]] == EMAILS
    assert [send.email for send in server.sandbox.sends()] == EMAILS


def test_the_legacy_client_may_put_the_addresses_into_the_body(server: SandboxServer, legacy: Legacy) -> None:
    request = legacy.request(ResendEmailVerificationRequest)
    request.add_body_params("Email", EMAIL)
    legacy.client.do_action_with_exception(request)
    assert [send.email for send in server.sandbox.sends()] == EMAILS


def test_the_legacy_client_without_a_format_is_answered_in_xml(server: SandboxServer, legacy: Legacy) -> None:
    request = legacy.request(ResendEmailVerificationRequest, Email="a@example.com")
    with pytest.deprecated_call():
        assert legacy.client.do_action(request).startswith(b"<?xml ")
    assert [send.email for send in server.sandbox.sends()] == ["a@example.com"]


def test_the_legacy_client_goes_through_the_life_of_an_address(server: SandboxServer, legacy: Legacy) -> None:
    submitted = legacy(SubmitEmailVerificationRequest, Email="a b@example.cn", SendIfExist=True)
    assert submitted["SuccessList"][0]["Email"] == "a b@example.cn"
    assert legacy(QueryEmailVerificationRequest, Email="a b@example.cn")["VerificationStatus"] == 0
    assert legacy(VerifyEmailRequest, Token=server.sandbox.sends()[0].token)["RequestId"]
    listed = legacy(ListEmailVerificationRequest, PageNum=1, PageSize=500, VerificationStatus=1)
    assert [record["Email"] for record in listed["Data"]] == ["a b@example.cn"]
    deleted = legacy(DeleteEmailVerificationRequest, Email="a b@example.cn")
    assert deleted["SuccessList"][0]["Code"] == "Success"


def test_the_legacy_client_is_refused_the_operation_that_is_not_supported(legacy: Legacy) -> None:
    with pytest.raises(ServerException) as refused:
        legacy(EmailVerifiedRequest, Email="a@example.com")
    assert (refused.value.error_code, refused.value.http_status) == ("UnsupportedOperation", 400)


def test_the_legacy_client_sees_that_only_its_secret_is_wrong() -> None:
    """It compares the text behind the first colon with its own; equal texts mean a wrong secret."""
    with SandboxServer(Sandbox()) as server:
        legacy = Legacy(server, Credentials(KEY.key_id, "wrong"))
        with pytest.raises(ServerException) as refused:
            legacy(ResendEmailVerificationRequest, Email=EMAIL)
        assert refused.value.error_code == "InvalidAccessKeySecret"
        assert [request.code for request in server.sandbox.requests()] == ["SignatureDoesNotMatch"]
        assert server.sandbox.sends() == []


def test_the_legacy_client_is_refused_an_unknown_key() -> None:
    with SandboxServer(Sandbox()) as server:
        legacy = Legacy(server, Credentials("stranger", KEY.key_secret))
        with pytest.raises(ServerException) as refused:
            legacy(ResendEmailVerificationRequest, Email=EMAIL)
        assert (refused.value.error_code, refused.value.http_status) == ("InvalidAccessKeyId.NotFound", 404)
        assert server.sandbox.sends() == []
