"""Home: today's figures, what runs, and what needs a person."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.desk import addresses, open_for
from tests.history.rows import settled
from tests.views.pages import words
from verification.models import OwnCode, Status, Worker, database_now
from verification.services import batches

pytestmark = pytest.mark.django_db


def home(client: Client) -> str:
    response = client.get(reverse("home"))
    assert response.status_code == 200
    return words(response)


@pytest.fixture
def worker(db: None) -> Worker:
    now = database_now()
    return Worker.objects.create(name="w", started_at=now, seen_at=now)


def test_a_quiet_day(mei: Client, worker: Worker) -> None:
    said = home(mei)

    assert "0 addresses asked for since midnight UTC" in said
    assert "Nothing. Every outcome is known and nothing is paused." in said
    assert "No batch is running." in said
    assert "1 worker sends what is queued." in said


def test_it_counts_today_by_status(mei: Client, people: dict[str, User], worker: Worker) -> None:
    settled(people["mei"], *addresses(3), at=database_now())
    settled(people["mei"], "no@example.com", at=database_now(), status=Status.REFUSED)
    settled(people["mei"], "old@example.com", at=database_now() - timedelta(days=2))

    said = home(mei)

    assert "4 addresses asked for since midnight" in said
    assert "3 accepted 1 refused 0 not sent 0 unknown" in said


def test_it_names_what_runs(mei: Client, people: dict[str, User], worker: Worker) -> None:
    batch = open_for(people["lena"], *addresses(3))

    assert f"Running {batch.ref} · lena 3 addresses" in home(mei)


def test_it_says_what_a_paused_batch_needs(mei: Client, people: dict[str, User], worker: Worker) -> None:
    batch = open_for(people["lena"], *addresses(3))
    batches.pause(batch, "InvalidAccessKeyId.NotFound")
    batch.save()

    said = home(mei)

    assert f"Batch {batch.ref} of lena is paused" in said
    assert "Operators: compare the key id" in said
    assert "Nothing. Every outcome is known" not in said


def test_a_pause_is_not_said_to_end_by_itself(mei: Client, people: dict[str, User], worker: Worker) -> None:
    batch = open_for(people["lena"], "one@example.com")
    batches.pause(batch, OwnCode.NO_CONNECTION)
    batch.save()

    said = home(mei)

    assert "The provider could not be reached" in said
    assert "by itself" not in said


def test_unknown_outcomes_need_a_person(mei: Client, people: dict[str, User], worker: Worker) -> None:
    at = database_now() - timedelta(days=3)
    settled(people["mei"], *addresses(2), at=at, status=Status.UNKNOWN, code=OwnCode.NO_ANSWER)

    assert "2 unknown outcomes of the last 7 days" in home(mei)


def test_a_missing_worker_needs_a_person(mei: Client) -> None:
    said = home(mei)

    assert "No worker is alive." in said
    assert "Nothing. Every outcome is known" not in said


def test_who_may_only_read_is_not_asked_to_send(aki: Client) -> None:
    assert "Resend to addresses" not in home(aki)
