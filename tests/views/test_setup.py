"""Check setup: what is configured, and what the last check found."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.desk import NOON
from tests.history.rows import settled
from tests.views.pages import words
from verification.models import Attempt, SetupCheck, Worker, database_now


def setup(client: Client) -> Any:
    response = client.get(reverse("setup"))
    assert response.status_code == 200
    return response


def checked(people: dict[str, User], **found: Any) -> SetupCheck:
    return SetupCheck.objects.create(
        requested_by=people["mei"], created_at=NOON, finished_at=NOON, endpoint="http://127.0.0.1:9", **found
    )


def test_it_shows_what_is_configured(settings: Any, mei: Client) -> None:
    settings.DOMAIN_API_ENDPOINT = "https://domain.aliyuncs.com"
    settings.ALIBABA_CLOUD_ACCESS_KEY_ID = "LTAI5tAbCdEfGhIjKlMnOpQr"
    settings.DOMAIN_API_SIGNATURE = "rpc"

    said = words(setup(mei))

    assert "https://domain.aliyuncs.com" in said
    assert "LTAI…OpQr" in said and "LTAI5tAbCdEf" not in said
    assert "RPC 1.0 (HMAC-SHA1)" in said


def test_it_leads_to_the_providers_own_page(mei: Client) -> None:
    page = setup(mei).content.decode()

    assert 'href="https://api.aliyun.com/api/Domain/2018-01-29/ResendEmailVerification"' in page


def test_before_the_first_check_it_claims_nothing(mei: Client) -> None:
    said = words(setup(mei))

    assert "Nobody has checked yet." in said
    assert "accepted" not in said.partition("Times are shown")[0]


def test_a_check_is_recorded_for_a_worker_and_sends_nothing(mei: Client, people: dict[str, User]) -> None:
    response = mei.post(reverse("setup-check"))

    wanted = SetupCheck.objects.get()
    assert response.url == reverse("setup")
    assert (wanted.requested_by, wanted.finished_at) == (people["mei"], None)
    assert not Attempt.objects.exists()


def test_a_wanted_check_is_followed(mei: Client) -> None:
    mei.post(reverse("setup-check"))

    page = setup(mei)

    assert 'hx-select="#check"' in page.content.decode()
    assert "its findings appear here" in words(page)
    assert "No worker is alive, so nobody checks." in words(page)


def test_without_script_a_wanted_check_is_followed_and_keeps_no_sign_in_alive(mei: Client) -> None:
    now = database_now()
    Worker.objects.create(name="host:1:abc", started_at=now, seen_at=now)
    mei.post(reverse("setup-check"))

    assert 'content="5; url=?background=1"></noscript>' in setup(mei).content.decode()


def test_a_check_tells_its_findings(mei: Client, people: dict[str, User]) -> None:
    checked(people, outcome="setup_refused", code="Forbidden.RAM", message="Their words", request_id="REQ-3")

    said = words(setup(mei))

    assert "Access key good Key and signature were accepted." in said
    assert "Right to ask to be fixed The access key may not do this" in said
    assert "Forbidden.RAM – Their words" in said and "REQ-3" in said


def test_a_check_of_another_endpoint_is_told_as_such(mei: Client, people: dict[str, User]) -> None:
    check = checked(people, outcome="lists")
    SetupCheck.objects.filter(pk=check.pk).update(endpoint="https://domain-intl.aliyuncs.com")

    assert "of another endpoint, https://domain-intl.aliyuncs.com" in words(setup(mei))


def test_the_right_to_resend_shows_only_by_an_accepted_send(mei: Client, people: dict[str, User]) -> None:
    assert "Right to resend" not in words(setup(mei))
    checked(people, outcome="lists")
    assert "Right to resend not known No resend was accepted yet." in words(setup(mei))

    settled(people["mei"], "one@example.com", at=NOON)

    assert "The last resend was accepted on 2 Mar 2026, 12:00 UTC" in words(setup(mei))


def test_it_lists_the_workers(mei: Client) -> None:
    now = database_now()
    Worker.objects.create(name="host:1:abc", started_at=now, seen_at=now)
    Worker.objects.create(name="host:2:gone", started_at=NOON, seen_at=NOON)

    said = words(setup(mei))

    assert "host:1:abc" in said and "host:2:gone" not in said


@pytest.mark.parametrize("key", ["", "tiny-id"])
def test_a_short_or_missing_key_shows_nothing_of_itself(key: str, settings: Any, mei: Client) -> None:
    settings.ALIBABA_CLOUD_ACCESS_KEY_ID = key

    said = words(setup(mei))

    assert "tiny-id" not in said
    assert ("none on this machine" in said) == (key == "")
