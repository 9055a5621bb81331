"""The page that explains one outcome and has the reply to the customer ready."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.answered import REQUEST, accepted, an_hour_ago, answered, refused
from tests.desk import NOON, open_for
from tests.views.pages import words
from verification.aliyun.errors import refusal_of
from verification.models import Attempt, Lookup, LookupState, Reason, database_now
from verification.services.error_centre import ERROR_CENTRE

EMAIL = "One@Example.com"


def told(client: Client, attempt: Attempt, **headers: str) -> Any:
    response = client.get(reverse("attempt-meaning", args=[attempt.pk]), headers=headers)
    assert response.status_code == 200
    return response


def replies_on(response: Any) -> list[tuple[str, str]]:
    """Language and text of each reply on the page."""
    found = re.findall(r'<p class="reply" lang="(\w+)"[^>]*>(.*?)</p>', response.content.decode(), re.DOTALL)
    return [(lang, html.unescape(text)) for lang, text in found]


@pytest.fixture
def unexplained(people: dict[str, User]) -> Attempt:
    """Refused by a code that nobody has documented."""
    return refused(people["mei"], EMAIL)


def test_it_says_what_it_means_what_to_do_and_what_to_tell(mei: Client, people: dict[str, User]) -> None:
    attempt = accepted(people["mei"], EMAIL)

    said = words(told(mei, attempt))

    assert "What it means The provider took it" in said
    assert "What to do Ask the customer" in said
    assert "What to tell the customer Say when the mail was sent" in said
    assert "provider's page" not in said


def test_an_unknown_code_comes_with_the_providers_words_request_and_link(mei: Client, unexplained: Attempt) -> None:
    page = told(mei, unexplained).content.decode()

    assert "Brand.New" in page and "Their own words" in page
    assert re.search(rf"<span[^>]* data-copy>{REQUEST}</span>", page)
    assert f'<a class="d-block" href="{ERROR_CENTRE}" rel="noreferrer">' in page


@pytest.mark.parametrize(
    ("recommend", "link"),
    [
        ("https://api.aliyun.com/troubleshoot?q=Brand.New&product=Domain", None),
        ("https://example.com/?q=Brand.New", ERROR_CENTRE),
    ],
)
def test_the_answers_own_link_goes_before_where_it_is_the_providers(
    recommend: str, link: str | None, mei: Client, people: dict[str, User]
) -> None:
    refusal = refusal_of("Brand.New", "Their own words", REQUEST, 400, recommend=recommend)
    attempt = answered(people["mei"], EMAIL, refusal, an_hour_ago())

    for page in (told(mei, attempt), mei.get(reverse("address", args=[attempt.pk]))):
        assert f'href="{html.escape(link or recommend)}"' in page.content.decode()
        assert "example.com/?q" not in page.content.decode()


def test_replies_are_filled_in_both_languages(mei: Client, people: dict[str, User]) -> None:
    attempt = accepted(people["mei"], EMAIL)

    made = replies_on(told(mei, attempt))

    assert [lang for lang, _ in made] == ["en", "zh"]
    assert all(EMAIL in text for _, text in made)


def test_the_reply_knows_what_asking_has_shown(mei: Client, unexplained: Attempt) -> None:
    Lookup.objects.create(
        email=unexplained.email,
        key=unexplained.key,
        state=LookupState.ANSWERED,
        created_at=NOON,
        due_at=NOON,
        answered_at=NOON,
        verified=True,
    )

    assert "is verified" in replies_on(told(mei, unexplained))[0][1]


def test_who_sees_addresses_masked_gets_no_reply_and_no_address(aki: Client, unexplained: Attempt) -> None:
    response = told(aki, unexplained)

    assert replies_on(response) == []
    assert EMAIL not in response.content.decode()
    assert "What it means" in words(response)


def test_an_erased_address_gets_no_reply_and_shares_nothing_with_other_erased_ones(
    mei: Client, people: dict[str, User]
) -> None:
    for address in (EMAIL, "other@example.com"):
        accepted(people["mei"], address)
    Attempt.objects.update(email="", key="", salt="", fingerprint="", erased_at=NOON)

    response = told(mei, Attempt.objects.earliest("pk"))

    assert replies_on(response) == []
    assert "newer outcome" not in words(response)
    assert not re.search(r"<h2[^>]*data-copy", response.content.decode())


def test_an_earlier_outcome_leads_to_the_newest(mei: Client, people: dict[str, User], unexplained: Attempt) -> None:
    later = open_for(people["lena"], EMAIL.lower()).attempts.get()

    assert reverse("attempt-meaning", args=[later.pk]) in told(mei, unexplained).content.decode()
    assert "newer outcome" not in words(told(mei, later))


def test_what_was_held_back_tells_the_story_of_what_held_it(mei: Client, people: dict[str, User]) -> None:
    accepted(people["lena"], EMAIL, at=database_now())
    held = open_for(people["mei"], EMAIL).attempts.get()

    assert held.reason == Reason.COOLDOWN
    assert "had the verification e-mail sent again" in replies_on(told(mei, held))[0][1]


def test_over_another_page_only_the_part_that_matters_is_sent(mei: Client, unexplained: Attempt) -> None:
    whole, part = told(mei, unexplained), told(mei, unexplained, HX_Request="true")

    assert "<html" in whole.content.decode() and "<html" not in part.content.decode()
    assert replies_on(part) == replies_on(whole) != []


def test_it_is_kept_by_no_cache(mei: Client, unexplained: Attempt) -> None:
    assert "no-store" in told(mei, unexplained)["Cache-Control"]


@pytest.mark.parametrize("name", ["batch", "batch-progress", "address"])
def test_every_attempt_leads_to_its_meaning(name: str, mei: Client, unexplained: Attempt) -> None:
    given = unexplained.pk if name == "address" else unexplained.batch.ref

    page = mei.get(reverse(name, args=[given])).content.decode()

    assert f'href="{reverse("attempt-meaning", args=[unexplained.pk])}"' in page
    assert 'class="reply"' not in page


def test_there_is_none_of_an_attempt_that_does_not_exist(mei: Client) -> None:
    assert mei.get(reverse("attempt-meaning", args=[1])).status_code == 404
