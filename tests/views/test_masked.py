"""What stays masked for who sees addresses masked, beside the addresses' own places: free text, links, filled forms."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.desk import NOON
from tests.history.rows import settled
from tests.views.conftest import SignIn
from tests.views.pages import fields
from verification.models import Attempt, SetupCheck, Status

EMAIL = "holder@example.com"


@pytest.fixture
def attempt(people: dict[str, User]) -> Attempt:
    batch = settled(people["lena"], EMAIL, at=NOON, status=Status.REFUSED, ticket=EMAIL, reason=f"Mail of {EMAIL}")
    return batch.attempts.get()


@pytest.fixture
def sender(sign_in: SignIn, people: dict[str, User]) -> Client:
    """Somebody who may send, but sees addresses masked."""
    people["mei"].user_permissions.remove(Permission.objects.get(codename="see_addresses"))
    return sign_in("mei")


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode().replace("<wbr>", "").replace("%40", "@")


@pytest.mark.parametrize("who", ["aki", "mei"])
def test_no_page_about_an_attempt_holds_its_address(
    who: str, attempt: Attempt, sender: Client, sign_in: SignIn
) -> None:
    ref, client = attempt.batch.ref, sign_in(who)

    for path in (
        "/history/",
        f"/batches/{ref}/",
        f"/batches/{ref}/progress/",
        f"/addresses/{attempt.pk}/",
        f"/attempts/{attempt.pk}/meaning/",
    ):
        assert EMAIL not in page(client, path), path


def test_a_file_of_masked_addresses_holds_no_ticket_that_is_one(aki: Client, attempt: Attempt) -> None:
    for ending in ("csv", "jsonl"):
        response = aki.get(reverse("history-export"), {"format": ending})
        assert EMAIL not in b"".join(response.streaming_content).decode()


def test_a_failed_check_of_the_setup_names_no_address(aki: Client, people: dict[str, User]) -> None:
    SetupCheck.objects.create(
        requested_by=people["lena"], created_at=NOON, finished_at=NOON, code="Odd", message=f"About {EMAIL}"
    )

    assert EMAIL not in page(aki, reverse("setup"))


def test_the_form_is_not_filled_with_what_is_masked(sender: Client, attempt: Attempt) -> None:
    path = f"{reverse('resend')}?from={attempt.batch.ref}"

    assert EMAIL not in page(sender, path)
    assert fields(sender.get(path))["paste"] == ""
    assert "?from=" not in page(sender, f"/batches/{attempt.batch.ref}/")
