"""The history: filters in the URL, pages by links, no address in a path."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.desk import NOON, addresses
from tests.history.rows import emails, settled
from tests.views.pages import fields, words
from verification.models import Status


def shown(client: Client, **query: str) -> Any:
    response = client.get(reverse("history"), query)
    assert response.status_code == 200
    return response


def link(response: Any, rel: str) -> str:
    """Where a link of the page leads."""
    return response.content.decode().split(f'<a rel="{rel}" href="')[1].split('"')[0].replace("&amp;", "&")


def test_an_empty_record_says_so(mei: Client) -> None:
    assert "Nobody has asked for anything yet." in words(shown(mei))


def test_it_shows_the_newest_first_with_their_outcome(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "old@example.com", at=NOON)
    batch = settled(people["lena"], "new@example.com", at=NOON + timedelta(hours=1), ticket="T-3")

    page = shown(mei)

    assert emails(page.context["page"].rows) == ["new@example.com", "old@example.com"]
    said = words(page)
    assert all(word in said for word in ("accepted", "lena", "T-3", batch.ref, "2 Mar 2026, 13:00 UTC"))


@pytest.mark.parametrize(
    "query",
    [
        {"address": "Wanted@Example.COM"},
        {"address": "wan*"},
        {"domain": "example.com"},
        {"status": "refused"},
        {"code": "ParameterIllegall"},
        {"operator": "mei"},
        {"ticket": "T-1"},
        {"since": "2026-03-02"},
        {"since": "2026-03-02", "until": "2026-03-02"},
        {"status": "refused", "operator": "mei", "ticket": "T-1", "domain": " example.com "},
    ],
)
def test_it_filters(query: dict[str, str], mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "wanted@example.com", status=Status.REFUSED, code="ParameterIllegall", ticket="T-1")
    settled(people["lena"], "other@example.org", at=NOON - timedelta(days=1))

    assert emails(shown(mei, **query).context["page"].rows) == ["wanted@example.com"]


def test_it_filters_by_batch(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["mei"], "wanted@example.com")
    settled(people["mei"], "other@example.com")

    assert emails(shown(mei, batch=batch.ref).context["page"].rows) == ["wanted@example.com"]


def test_a_day_is_one_of_the_desks_zone(settings: Any, mei: Client, people: dict[str, User]) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    settled(people["mei"], "late@example.com", at=datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    settled(people["mei"], "next-day@example.com", at=datetime(2026, 3, 2, 16, 0, tzinfo=UTC))

    page = shown(mei, since="2026-03-02", until="2026-03-02")

    assert emails(page.context["page"].rows) == ["late@example.com"]
    assert "2 Mar 2026, 23:59 CST" in words(page)


def test_nothing_found_is_not_an_empty_record(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    assert "Nothing matches this filter." in words(shown(mei, address="nobody@example.com"))


def test_a_filter_that_is_not_understood_shows_nothing_at_all(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    page = shown(mei, status="lost", address="one@example.com")

    assert page.context["page"] is None
    assert fields(page)["address"] == "one@example.com"


def test_the_pages_lead_forward_and_back_and_keep_the_filter(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], *addresses(120), ticket="T 1&2")
    settled(people["mei"], "other@example.com")

    first = shown(mei, ticket="T 1&2")
    second = mei.get(reverse("history") + link(first, "next"))
    back = mei.get(reverse("history") + link(second, "prev"))

    assert parse_qs(urlsplit(link(first, "next")).query)["ticket"] == ["T 1&2"]
    rows = [emails(page.context["page"].rows) for page in (first, second, back)]
    assert rows[0] == rows[2] == addresses(120)[:69:-1]
    assert rows[1] == addresses(120)[69:19:-1]


def test_no_path_holds_an_address(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    page = shown(mei).content.decode()

    assert 'href="/addresses/' in page
    assert not [part for part in page.split('href="')[1:] if "@" in part.split('"')[0]]
