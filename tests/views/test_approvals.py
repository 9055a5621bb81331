"""The list of what waits for approval, its link in the navigation, and what waits on other pages."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.desk import addresses, open_for, unguarded
from tests.views.pages import words
from verification.models import Batch, Reason, Status, database_now
from verification.services.approve import approve
from verification.services.ledger import at_page

TEXTS = addresses(3)


pytestmark = pytest.mark.usefixtures("three_are_many")


def test_a_batch_that_is_decided_while_the_list_is_made_is_left_out(lena: Client, waiting: Batch) -> None:
    """As between the two queries of the list: the batch was still waiting, its attempts are not any more."""
    with unguarded():
        waiting.attempts.update(status=Status.NOT_SENT, reason=Reason.REJECTED, finished_at=database_now())

    page = lena.get(reverse("approvals"))

    assert page.status_code == 200
    assert waiting.ref not in words(page)


def test_the_list_names_all_that_wait_the_longest_waiting_first(lena: Client, people: dict, waiting: Batch) -> None:
    now = database_now()
    oldest = open_for(people["mei"], *addresses(4, "old"), now=now - timedelta(days=2))
    own = open_for(people["lena"], *addresses(5, "own"), now=now - timedelta(days=1))
    open_for(people["mei"], "running@example.com")

    page = lena.get(reverse("approvals"))

    listed = [(one.batch, one.to_send) for one in page.context["waiting"]]
    assert listed == [(oldest, 4), (own, 5), (waiting, 3)]
    said = words(page)
    assert "A batch of more than 2 addresses is sent when another person than its author has approved it." in said
    assert said.count("Yours: ask another person with the right to approve.") == 1
    assert "4 addresses" in said


def test_what_was_decided_is_not_listed(lena: Client, people: dict, waiting: Batch) -> None:
    approve(waiting.pk, at_page(people["lena"], None), now=database_now())

    assert "Nothing waits for approval." in words(lena.get(reverse("approvals")))


def test_the_list_counts_what_would_be_sent(lena: Client, people: dict) -> None:
    open_for(people["lena"], TEXTS[0])
    batch = open_for(people["mei"], *TEXTS, "another@example.com")

    assert [(one.batch, one.to_send) for one in lena.get(reverse("approvals")).context["waiting"]] == [(batch, 3)]


def nav_of(client: Client) -> str:
    return client.get(reverse("setup")).content.decode().partition("<nav")[2].partition("</nav>")[0]


def test_the_navigation_counts_what_waits_for_this_person(lena: Client, mei: Client, people: dict) -> None:
    assert ">Approvals</a>" in nav_of(lena)
    open_for(people["lena"], *TEXTS)
    assert ">Approvals</a>" in nav_of(lena)

    open_for(people["mei"], *addresses(3, "other"))

    assert 'Approvals <b class="nav-count">1</b></a>' in nav_of(lena)
    assert "Approvals" not in nav_of(mei)


def test_what_waits_is_exported_as_queued(aki: Client, waiting: Batch) -> None:
    lines = b"".join(aki.get(reverse("history-export"), {"format": "jsonl"})).decode().splitlines()

    assert len(lines) == 3 and all('"status": "queued"' in line for line in lines)


def test_its_addresses_say_that_they_wait(mei: Client, waiting: Batch) -> None:
    page = mei.get(reverse("address", args=[waiting.attempts.order_by("position")[0].pk]))

    assert "The batch waits for approval; nothing was sent yet." in words(page)
    assert str(Status.QUEUED.label) in words(page)
