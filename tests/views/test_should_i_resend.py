"""“Should I resend?” on the page of an address: the recommendation first, then what it rests on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.answered import REQUEST
from tests.desk import open_for
from tests.history.rows import settled
from tests.services.known import DAY, HOUR, asked
from tests.views.pages import fields, words
from verification.models import Attempt, Lookup, LookupState, Status, Worker, database_now
from verification.services.error_centre import ERROR_CENTRE

EMAIL = "ann@example.com"


def page_of(client: Client, attempt: Attempt) -> Any:
    response = client.get(reverse("address", args=[attempt.pk]))
    assert response.status_code == 200
    return response


def sent(who: User, email: str = EMAIL, ago: timedelta = 5 * DAY, **given: Any) -> Attempt:
    return settled(who, email, at=database_now() - ago, **given).attempts.get()


def minute(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def test_a_link_that_has_run_out_makes_a_resend_right(mei: Client, people: dict[str, User]) -> None:
    page = page_of(mei, sent(people["lena"], ticket="T-7"))

    said = words(page)
    assert "Should I resend? Resend The link in the last mail has run out." in said
    assert "accepted by lena · T-7 ·" in said
    assert "Sends in the last 24 hours 0 Sends in the last 30 days 1" in said
    assert 'class="btn btn-primary" name="step"' in page.content.decode()


def test_a_link_that_works_is_looked_for_in_spam_until_its_end(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"], ago=DAY + HOUR)

    page = page_of(mei, attempt)
    ends = minute(attempt.created_at + 3 * DAY)
    assert "Ask the customer to look in spam The link in the last mail still works." in words(page)
    assert f"The link works until {ends} ." in words(page) and f"Link works until {ends}" in words(page)
    assert 'class="btn btn-primary" name="step"' not in page.content.decode()


def test_an_outcome_that_nobody_knows_is_not_called_a_mail(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"], ago=HOUR, status=Status.UNKNOWN, code="NoAnswer")

    assert "Ask the customer to look in spam The last mail may have gone out" in words(page_of(mei, attempt))


def test_a_verified_address_needs_nothing(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"])
    answered = asked(EMAIL, at=database_now() - HOUR, verified=True, verified_time="2026-03-01 08:00:00").answered_at

    said = words(page_of(mei, attempt))
    assert "Already verified: nothing to do" in said
    assert f"verified as of {answered.day} {answered:%b %Y, %H:%M:%S} UTC" in said
    assert "(provider's clock, zone not documented) 2026-03-01 08:00:00" in said


def test_a_slip_leads_by_one_click_to_the_form_with_the_corrected_address(mei: Client, people: dict[str, User]) -> None:
    page = page_of(mei, sent(people["lena"], "Ann+Shop@gmial.com"))

    assert "Correct the address It looks mistyped." in words(page)
    link = "/resend/?email=Ann%2BShop%40gmail.com"
    assert f'href="{link}"' in page.content.decode()
    assert fields(mei.get(link))["paste"] == "Ann+Shop@gmail.com"
    assert Attempt.objects.count() == 1


def test_the_corrected_address_is_masked_where_addresses_are(aki: Client, people: dict[str, User]) -> None:
    page = page_of(aki, sent(people["lena"], "annabel@gmial.com"))

    assert "Probably meant: a…l@gmail.com" in words(page)
    assert "annabel" not in page.content.decode() and "/resend/" not in page.content.decode()


def test_qq_mail_asks_for_another_mailbox(mei: Client, people: dict[str, User]) -> None:
    assert "Use another mailbox QQ mail is documented" in words(page_of(mei, sent(people["lena"], "10001@qq.com")))


def test_a_quota_that_is_used_up_is_told_with_its_end(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"], ago=HOUR, status=Status.REFUSED, code="SendTokenQuotaExceeded")

    said = words(page_of(mei, attempt))
    assert f"Quota used up until about {minute(attempt.created_at + DAY)}" in said
    assert f"Last failure {minute(attempt.created_at)} · This address was sent too many of these mails" in said
    assert "Last send none on record" in said


def test_a_cooldown_is_told_with_its_end(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"], ago=timedelta(minutes=1))

    ends = attempt.created_at + timedelta(minutes=10)
    assert f"Wait until {minute(ends)} A mail may still be on its way" in words(page_of(mei, attempt))


def test_who_is_just_sending_is_told_with_the_batch(aki: Client, people: dict[str, User]) -> None:
    attempt = sent(people["mei"])
    batch = open_for(people["lena"], EMAIL)

    said = words(page_of(aki, attempt))
    assert "Wait It is just being sent." in said
    assert f"Being sent by lena, batch {batch.ref}" in said


def test_an_odd_refusal_asks_to_read_the_providers_words(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"], status=Status.REFUSED, code="NeverHeardOf", message="Their words")

    assert "Wait The provider refused the last try." in words(page_of(mei, attempt))


def test_while_the_provider_is_asked_the_recommendation_is_followed_too(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"])
    mei.post(reverse("address-lookup", args=[attempt.pk]))
    page = page_of(mei, attempt).content.decode()

    assert page.index('id="advice"') < page.index("Should I resend?") < page.index("the answer appears here")
    Lookup.objects.update(state=LookupState.ASKING)
    Lookup.objects.update(state=LookupState.ANSWERED, answered_at=database_now(), verified=True)
    assert "Already verified" in words(page_of(mei, attempt)) and "hx-get" not in words(page_of(mei, attempt))


def test_a_provider_that_cannot_be_reached_is_said_and_the_rest_works(mei: Client, people: dict[str, User]) -> None:
    attempt = sent(people["lena"], ago=DAY)
    asked(EMAIL, at=database_now() - 2 * HOUR, verified=False)
    asked(EMAIL, LookupState.FAILED, at=database_now() - HOUR, code="NoConnection")

    said = words(page_of(mei, attempt))
    assert "not verified yet as of" in said
    assert "got no answer. What stands above was known before; the rest of the desk works." in said
    assert "Ask the customer to look in spam" in said and "Ask the provider now" in said
    assert "The provider could not be reached, so it was not asked." in said
    assert "nothing was sent" not in said


def test_a_refused_question_has_its_request_to_copy_and_a_page_about_its_code(
    mei: Client, people: dict[str, User]
) -> None:
    attempt = sent(people["lena"])
    asked(EMAIL, LookupState.FAILED, at=database_now() - HOUR, code="Brand.New", message="No.", request_id=REQUEST)

    page = page_of(mei, attempt)
    assert f'<span class="mono" data-copy>{REQUEST}</span>' in page.content.decode()
    assert f'<a href="{ERROR_CENTRE}" rel="noreferrer">' in page.content.decode()
    assert "Brand.New – No." in words(page)


@pytest.mark.parametrize("alive", [True, False])
def test_it_says_when_there_is_nobody_to_ask(alive: bool, mei: Client, people: dict[str, User]) -> None:
    now = database_now()
    Worker.objects.create(name="w", started_at=now, seen_at=now + HOUR if alive else now - HOUR)

    said = words(page_of(mei, sent(people["lena"])))
    assert ("No worker is alive, so nobody asks the provider" in said) is not alive
