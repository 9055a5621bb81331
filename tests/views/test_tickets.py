"""From the record to the ticket system, and the links that go the other way."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.desk import open_for
from verification.models import Attempt

PATTERN = "https://tickets.example.com/browse/{ticket}"


def pages(client: Client, attempt: Attempt) -> dict[str, str]:
    """The pages on which a ticket stands."""
    paths = {
        "history": "/history/",
        "batch": f"/batches/{attempt.batch.ref}/",
        "progress": f"/batches/{attempt.batch.ref}/progress/",
        "address": f"/addresses/{attempt.pk}/",
    }
    return {name: client.get(path).content.decode() for name, path in paths.items()}


def asked_for(people: dict[str, User], ticket: str) -> Attempt:
    return open_for(people["mei"], "one@example.com", ticket=ticket).attempts.get()


def outward(page: str) -> list[str]:
    return re.findall(r'<a href="(https?://[^"]*)" rel="noreferrer">', page)


@pytest.mark.parametrize(
    ("ticket", "target"),
    [
        ("SUP-1", "SUP-1"),
        ("a/b?c#d e&f", "a%2Fb%3Fc%23d%20e%26f"),
        ("工单七", "%E5%B7%A5%E5%8D%95%E4%B8%83"),
        ("../../admin", "..%2F..%2Fadmin"),
        ("{ticket}", "%7Bticket%7D"),
        ('"><i>', "%22%3E%3Ci%3E"),
    ],
)
def test_a_ticket_leads_to_the_ticket_system(
    ticket: str, target: str, mei: Client, people: dict[str, User], settings: Any
) -> None:
    settings.TICKET_URL = PATTERN

    for name, page in pages(mei, asked_for(people, ticket)).items():
        assert outward(page) == [f"https://tickets.example.com/browse/{target}"], name
        assert '"><i>' not in page


def test_the_way_to_all_with_this_ticket_stays_beside_it(mei: Client, people: dict[str, User], settings: Any) -> None:
    settings.TICKET_URL = PATTERN
    shown = pages(mei, asked_for(people, "SUP-1"))

    for name in ("batch", "progress", "address"):
        assert '<a href="/history/?ticket=SUP-1">all with this ticket</a>' in shown[name]


def test_without_a_pattern_a_ticket_leads_to_the_history(mei: Client, people: dict[str, User]) -> None:
    for page in pages(mei, asked_for(people, "SUP 1")).values():
        assert '<a href="/history/?ticket=SUP%201">SUP 1</a>' in page
        assert outward(page) == []


def test_dots_do_not_lead_up_in_the_ticket_system(mei: Client, people: dict[str, User], settings: Any) -> None:
    settings.TICKET_URL = PATTERN

    for page in pages(mei, asked_for(people, "..")).values():
        assert outward(page) == []


def test_without_a_ticket_there_is_no_link(mei: Client, people: dict[str, User], settings: Any) -> None:
    settings.TICKET_URL = PATTERN

    for page in pages(mei, asked_for(people, "")).values():
        assert outward(page) == []
        assert "?ticket=" not in page


def test_batch_and_address_show_their_own_link_for_the_ticket(mei: Client, people: dict[str, User]) -> None:
    attempt = asked_for(people, "SUP-1")
    shown = pages(mei, attempt)

    batch = f"data-copy>http://testserver/batches/{attempt.batch.ref}/</span>"
    address = f"data-copy>http://testserver/addresses/{attempt.pk}/</span>"
    assert batch in shown["batch"] and batch in shown["progress"]
    assert address in shown["address"]
    assert "example.com" not in batch + address
