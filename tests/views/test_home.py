"""Home: today against the last weeks, what runs, what needs a person, and the last 90 days."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.desk import addresses, open_for
from tests.history.rows import settled
from tests.views.pages import words
from verification.models import OwnCode, SetupCheck, Status, Verdict, Worker, database_now
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


def test_it_says_what_is_usual_by_this_time_of_the_weekday(
    mei: Client, people: dict[str, User], worker: Worker
) -> None:
    midnight = database_now().replace(hour=0, minute=0, second=0, microsecond=0)
    settled(people["mei"], *addresses(30), at=midnight - timedelta(weeks=2))
    settled(people["mei"], "no@example.com", at=midnight - timedelta(weeks=2), status=Status.REFUSED)

    said = home(mei)

    assert "On the same weekday of the last 2 weeks it was 16 on average by this time." in said
    assert "0 queued 0 sending 0 accepted usually 15 0 refused usually 0.5 0 not sent usually 0" in said


def test_on_the_first_day_nothing_is_compared(mei: Client, people: dict[str, User], worker: Worker) -> None:
    settled(people["mei"], "one@example.com", at=database_now())

    said = home(mei)

    assert "by this time" not in said
    assert "usually" not in said


def test_it_names_what_runs(mei: Client, people: dict[str, User], worker: Worker) -> None:
    batch = open_for(people["lena"], *addresses(3))

    assert f"Running {batch.ref} · lena 0 of 3 done" in home(mei)


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


def test_a_batch_that_waits_for_approval_needs_a_person(
    mei: Client, people: dict[str, User], worker: Worker, settings: Any
) -> None:
    settings.RESEND_APPROVAL_ABOVE = 2
    batch = open_for(people["lena"], *addresses(3))

    said = home(mei)

    assert f"Batch {batch.ref} of lena waits for approval 3 addresses. Nothing is sent until" in said
    assert "No batch is running." in said
    assert "Nothing. Every outcome is known" not in said


def test_a_setup_that_fails_needs_a_person(mei: Client, people: dict[str, User], worker: Worker) -> None:
    at = database_now()
    SetupCheck.objects.create(
        requested_by=people["mei"],
        created_at=at,
        claimed_at=at,
        finished_at=at,
        outcome="setup_refused",
        code="InvalidAccessKeyId.NotFound",
    )

    response = mei.get(reverse("home"))

    assert "Check setup: Access key is to be fixed The provider does not know this access key." in words(response)
    assert f'<a href="{reverse("setup")}">Check setup: Access key' in response.content.decode()


def test_unknown_outcomes_need_a_person(mei: Client, people: dict[str, User], worker: Worker) -> None:
    at = database_now() - timedelta(days=3)
    settled(people["mei"], *addresses(2), at=at, status=Status.UNKNOWN, code=OwnCode.NO_ANSWER)

    said = home(mei)

    assert "2 unknown outcomes of the last 7 days" in said
    assert "Asking has decided nothing" not in said


def test_outcomes_that_asking_could_not_settle_are_said_to_need_the_customer(
    mei: Client, people: dict[str, User], worker: Worker
) -> None:
    at = database_now() - timedelta(days=3)
    unknown = {"status": Status.UNKNOWN, "code": OwnCode.NO_ANSWER}
    settled(people["mei"], "open@example.com", at=at, **unknown)
    settled(people["mei"], "asked@example.com", at=at, verdict=Verdict.STILL_UNKNOWN, verdict_at=at, **unknown)

    assert "Asking has decided nothing about 1 of them: ask the customer." in home(mei)


def test_a_missing_worker_needs_a_person(mei: Client) -> None:
    said = home(mei)

    assert "No worker is alive." in said
    assert "Nothing. Every outcome is known" not in said


def test_who_may_only_read_is_not_asked_to_send(aki: Client) -> None:
    assert "Resend to addresses" not in home(aki)


def test_before_the_first_send_it_says_so_and_draws_nothing(mei: Client) -> None:
    response = mei.get(reverse("home"))

    assert "Nothing was sent yet." in words(response)
    assert 'role="img"' not in response.content.decode()


def test_plots_have_a_name_and_a_table_behind_each(mei: Client, people: dict[str, User], worker: Worker) -> None:
    at = database_now() - timedelta(days=3)
    settled(people["mei"], "one@qq.com", at=at)
    settled(people["mei"], "two@example.com", at=at, status=Status.REFUSED, code="SendTokenQuotaExceeded")

    page = mei.get(reverse("home")).content.decode()

    assert re.findall(r'<svg[^>]* role="img" aria-labelledby="([^"]+)"', page) == ["by-day", "by-provider", "by-code"]
    for name in ("by-day", "by-provider", "by-code"):
        assert page.count(f'id="{name}"') == page.count(f'id="{name}-said"') == 1
    days, services, codes = re.findall(r'<table class="numbers">.*?</table>', page, re.DOTALL)
    assert days.count('<th scope="row">') == 90
    assert f"{reverse('history')}?since={at:%Y-%m-%d}&amp;until={at:%Y-%m-%d}" in days
    assert '<th scope="row">QQ Mail</th><td>1</td><td>0</td>' in services
    assert '<th scope="row">other domains</th><td>0</td><td>1</td>' in services
    assert f"{reverse('history')}?code=SendTokenQuotaExceeded&amp;since=" in codes


def test_each_pattern_of_a_plot_is_there(mei: Client, people: dict[str, User], worker: Worker) -> None:
    settled(people["mei"], "one@example.com", at=database_now(), status=Status.UNKNOWN, code=OwnCode.NO_ANSWER)

    page = mei.get(reverse("home")).content.decode()

    assert {"refused", "unknown", "not_sent", "in_flight"} == set(re.findall(r'<pattern id="plot-(\w+)"', page))
    assert '<rect class="unknown"' in page


def test_without_trouble_no_code_is_drawn(mei: Client, people: dict[str, User], worker: Worker) -> None:
    settled(people["mei"], "one@example.com", at=database_now())

    assert "By code No address ended refused or unknown in the last 90 days." in home(mei)


def test_numbers_and_days_are_written_as_the_language_does(
    mei: Client, people: dict[str, User], worker: Worker
) -> None:
    at = database_now()
    settled(people["mei"], *addresses(1_001), at=at)
    day = f"{at.year}年{at.month}月{at.day}日"

    assert "1,001 addresses asked for since midnight UTC." in home(mei)
    # A request leaves its language behind in the thread.
    with translation.override("en"):
        chinese = mei.get(reverse("home"), headers={"accept-language": "zh-hans"})
    assert f">{day}</a></th><td>1,001</td>" in chinese.content.decode()
