"""The client that the settings make, or the name of the setting that is at fault."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from tests.desk import serving
from verification.aliyun.sandbox import Options
from verification.aliyun.signing import Credentials
from verification.providers import REQUIRED, domain_client, missing_settings

SECRETS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-of-ours",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a-secret-of-ours",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "a-token-of-ours",
}


@pytest.fixture(autouse=True)
def configured(settings: Settings) -> None:
    for name, value in SECRETS.items():
        setattr(settings, name, value)


@pytest.mark.parametrize("signature", ["acs3", "rpc"])
def test_the_client_speaks_with_the_configured_key_to_the_configured_endpoint(
    settings: Settings, signature: str
) -> None:
    settings.DOMAIN_API_SIGNATURE = signature
    with serving(settings, Options(credentials=Credentials(*SECRETS.values()))) as sandbox:
        client = domain_client()
        answer = client.resend_email_verification(["ann@example.com"], nonce="1")
        client.close()

    assert [result.email for result in answer.accepted] == ["ann@example.com"]
    assert len(sandbox.sends()) == 1


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named_and_nothing_stands_in_for_it(settings: Settings, name: str) -> None:
    setattr(settings, name, "")

    assert missing_settings() == [name]
    with pytest.raises(ImproperlyConfigured, match=f"set {name} in the environment"):
        domain_client()


def test_all_missing_settings_are_named_at_once(settings: Settings) -> None:
    for name in REQUIRED:
        setattr(settings, name, "")

    with pytest.raises(ImproperlyConfigured, match=", ".join(REQUIRED)):
        domain_client()


def test_a_security_token_is_not_required(settings: Settings) -> None:
    settings.ALIBABA_CLOUD_SECURITY_TOKEN = ""

    assert missing_settings() == []
    domain_client().close()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DOMAIN_API_ENDPOINT", "http://domain.aliyuncs.com", "The endpoint must use https"),
        ("DOMAIN_API_ENDPOINT", "domain.aliyuncs.com", "The endpoint must be a URL"),
        ("DOMAIN_API_SIGNATURE", "v4", "The signature must be one of acs3, rpc"),
        ("DOMAIN_API_PROXY", "proxy.example", "The proxy must be a URL"),
        ("DOMAIN_API_CA_BUNDLE", "/nowhere/ca.pem", "There is no CA bundle"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "copied with a blank ", "The key_secret of the access key holds a blank"),
        ("RESEND_CONNECT_TIMEOUT", 0, "Both time-outs must be longer"),
        ("RESEND_READ_TIMEOUT", -1, "Both time-outs must be longer"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said(settings: Settings, name: str, value: object, sentence: str) -> None:
    setattr(settings, name, value)

    with pytest.raises(ImproperlyConfigured, match=rf"^Nothing can be sent, a setting is wrong\. {sentence}"):
        domain_client()


def test_a_complaint_about_the_settings_holds_no_secret(settings: Settings) -> None:
    settings.DOMAIN_API_ENDPOINT = "http://domain.aliyuncs.com"

    with pytest.raises(ImproperlyConfigured) as refused:
        domain_client()

    assert not any(secret in repr(refused.getrepr(showlocals=False)) for secret in SECRETS.values())
    assert refused.value.__cause__ is None
