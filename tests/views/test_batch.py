"""The page of one batch: how far it is, every outcome in words, stop and resume."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.desk import addresses, open_for, rewrite
from tests.history.rows import settled
from tests.views.pages import words
from verification.models import Batch, OwnCode, Pace, Reason, Status, Verdict, Worker, database_now
from verification.services import batches

RESUME = 'id="resume"'
STOP = 'id="stop"'


@pytest.fixture
def running(people: dict[str, User]) -> Batch:
    return open_for(people["mei"], *addresses(4), ticket="T-7", reason="Lost <mails>")


def page_of(client: Client, batch: Batch, **query: Any) -> Any:
    response = client.get(reverse("batch", args=[batch.ref]), query)
    assert response.status_code == 200
    return response


def source(response: Any) -> str:
    return response.content.decode()


def a_worker() -> None:
    now = database_now()
    Worker.objects.create(name="w", started_at=now, seen_at=now)


def pause(batch: Batch, code: str, message: str = "") -> None:
    batches.pause(batch, code, message, "REQ-1")
    batch.save()


def test_it_tells_who_asked_for_what_and_why(mei: Client, running: Batch) -> None:
    said = words(page_of(mei, running))

    assert all(word in said for word in (running.ref, "mei", "T-7", "Lost <mails>", "UTC", *addresses(4)))


def test_a_batch_in_flight_follows_itself(mei: Client, running: Batch) -> None:
    page = source(page_of(mei, running))

    assert f'hx-get="{reverse("batch-progress", args=[running.ref])}"' in page
    assert 'hx-trigger="every 2s, wake"' in page
    assert '<noscript><meta http-equiv="refresh" content="5; url=?background=1"></noscript>' in page


def test_a_finished_one_stands_still(mei: Client, people: dict[str, User]) -> None:
    page = source(page_of(mei, settled(people["mei"], "one@example.com")))

    assert "hx-get" not in page and "refresh" not in page
    assert STOP not in page


def test_the_progress_is_the_part_that_changes(mei: Client, running: Batch) -> None:
    rewrite(running.attempts.filter(position=0), status=Status.ACCEPTED, finished_at=database_now())

    part = mei.get(reverse("batch-progress", args=[running.ref]))

    assert 'aria-valuemax="4" aria-valuenow="1"' in source(part)
    assert "1 of 4 done" in words(part)
    assert "<html" not in source(part)


def test_it_keeps_the_filter_while_it_follows(mei: Client, running: Batch) -> None:
    page = source(page_of(mei, running, status="queued"))

    assert f'{reverse("batch-progress", args=[running.ref])}?status=queued"' in page


def test_a_signed_out_page_reloads_instead_of_showing_the_sign_in_in_its_middle(client: Client, running: Batch) -> None:
    part = client.get(reverse("batch-progress", args=[running.ref]), headers={"hx-request": "true"})

    assert part["HX-Refresh"] == "true"
    assert part.content == b""


def test_it_warns_when_no_worker_is_alive(mei: Client, running: Batch) -> None:
    assert "No worker is alive" in words(page_of(mei, running))
    a_worker()
    assert "No worker is alive" not in words(page_of(mei, running))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": Status.ACCEPTED}, "no promise that it arrives"),
        ({"status": Status.REFUSED, "code": "SendTokenQuotaExceeded"}, "Don't send again today."),
        ({"status": Status.REFUSED, "code": "ParameterIllegall", "message": "Parameter error"}, "letter by letter"),
        ({"status": Status.REFUSED, "code": "Brand.New", "message": "Their <words>"}, "Brand.New – Their <words>"),
        ({"status": Status.NOT_SENT, "reason": Reason.COOLDOWN}, "A mail went to this address a short time ago"),
        ({"status": Status.UNKNOWN, "code": OwnCode.NO_ANSWER}, "The mail may have gone out."),
        ({"status": Status.UNKNOWN, "code": "x", "verdict": Verdict.CONFIRMED_SENT}, "Asked since: confirmed sent"),
    ],
)
def test_every_outcome_is_told_in_plain_words(
    fields: dict[str, str], sentence: str, mei: Client, people: dict[str, User]
) -> None:
    batch = settled(people["mei"], "one@example.com")
    rewrite(batch.attempts.all(), **fields, verdict_at=database_now(), request_id="REQ-9")

    said = words(page_of(mei, batch))

    assert sentence in said
    assert str(Status(fields["status"]).label) in said


def test_a_long_batch_is_shown_a_part_at_a_time_in_its_order(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["mei"], *addresses(250))

    first, middle, last = (page_of(mei, batch, **{"from": start}) for start in (0, 100, 200))

    assert [row.email for page in (first, middle, last) for row in page.context["lines"].rows] == addresses(250)
    assert 'href="?from=100"' in source(first) and 'rel="prev"' not in source(first)
    assert 'href="?from=0"' in source(middle) and 'href="?from=200"' in source(middle)
    assert 'href="?from=100"' in source(last) and 'rel="next"' not in source(last)


def test_it_shows_one_status_alone(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["mei"], *addresses(120))
    rewrite(batch.attempts.filter(position__in=(7, 110)), status=Status.UNKNOWN)

    shown = page_of(mei, batch, status="unknown").context["lines"].rows

    assert [row.position for row in shown] == [7, 110]


@pytest.mark.parametrize("query", [{"status": "nonsense"}, {"from": "x"}, {"from": "-1"}, {"from": "9" * 40}])
def test_a_mistyped_link_shows_a_page(query: dict[str, str], mei: Client, running: Batch) -> None:
    page_of(mei, running, **query)


def test_its_author_stops_it(mei: Client, running: Batch) -> None:
    response = mei.post(reverse("batch-stop", args=[running.ref]), follow=True)

    assert "Stopped: 4 addresses will not be sent." in words(response)
    assert set(running.attempts.values_list("status", "reason")) == {("not_sent", "cancelled")}


def test_stopping_a_finished_batch_changes_nothing(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["mei"], "one@example.com")

    response = mei.post(reverse("batch-stop", args=[batch.ref]), follow=True)

    assert "The batch had already finished." in words(response)
    assert "Stopped:" not in words(response)
    assert batch.attempts.get().status == Status.ACCEPTED


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("Forbidden.RAM", "The access key may not do this"),
        ("InvalidAccessKeyId.NotFound", "The provider does not know this access key."),
        (OwnCode.NO_CONNECTION, "The provider could not be reached"),
        (OwnCode.THREE_UNCLEAR, "Three calls in a row came back without a clear answer."),
        ("Invalid.Brand.New", "The provider rejects how this desk calls it."),
    ],
)
def test_a_pause_tells_its_cause_in_words(code: str, sentence: str, mei: Client, running: Batch) -> None:
    pause(running, code, "Their words")

    page = page_of(mei, running)

    assert sentence in words(page) and f"{code} – Their words" in words(page) and "REQ-1" in words(page)
    assert "by itself" not in words(page)
    assert RESUME in source(page)


def test_its_author_resumes_it(mei: Client, running: Batch) -> None:
    pause(running, "Forbidden.RAM")

    response = mei.post(reverse("batch-resume", args=[running.ref]), follow=True)

    assert "The batch goes on." in words(response)
    running.refresh_from_db()
    assert running.state == "running"


def test_resuming_what_runs_says_so(mei: Client, running: Batch) -> None:
    response = mei.post(reverse("batch-resume", args=[running.ref]), follow=True)

    assert "The batch was not paused." in words(response)


def test_who_may_only_read_is_offered_no_act(aki: Client, running: Batch) -> None:
    rewrite(running.attempts.filter(position=0), status=Status.REFUSED, code="x", finished_at=database_now())
    pause(running, "Forbidden.RAM")

    page = source(page_of(aki, running))

    assert RESUME not in page and STOP not in page and "resend-failed" not in page


def test_the_failed_ones_are_offered_as_a_new_batch(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["mei"], *addresses(4))
    verified = batch.attempts.filter(position=0)
    rewrite(verified, status=Status.NOT_SENT, reason=Reason.ALREADY_VERIFIED, code="")
    assert "resend-failed" not in source(page_of(mei, batch))
    rewrite(batch.attempts.filter(position__gt=1), status=Status.REFUSED, code="x")

    page = page_of(mei, batch)

    assert "Resend the 2 failed ones" in words(page)
    assert f'href="{reverse("resend")}?from={batch.ref}"' in source(page)


def test_batches_that_repair_each_other_are_linked(mei: Client, people: dict[str, User]) -> None:
    first = settled(people["mei"], "one@example.com", status=Status.REFUSED, code="x")
    second = open_for(people["mei"], "one@example.com", resend_of=first)

    assert second.ref in words(page_of(mei, first))
    assert first.ref in words(page_of(mei, second))


def test_it_says_that_it_waits_for_the_providers_limit(mei: Client, running: Batch) -> None:
    until = database_now() + timedelta(seconds=50)
    Pace.objects.create(pk=1, hold_until=until)

    said = words(page_of(mei, running))

    assert f"Waiting for the provider's limit, next try at {until:%H:%M:%S} UTC ." in said
    assert "be reached" not in said


def test_it_says_that_the_provider_is_not_reached(mei: Client, running: Batch) -> None:
    until = database_now() + timedelta(seconds=50)
    Batch.objects.filter(pk=running.pk).update(wait_until=until)

    said = words(page_of(mei, running))

    assert f"The provider can't be reached; next try at {until:%H:%M:%S} UTC ." in said
    assert "limit" not in said


def test_it_says_nothing_of_waiting_while_it_goes_on(mei: Client, running: Batch) -> None:
    assert "next try" not in words(page_of(mei, running))


def test_it_says_who_sends_instead(mei: Client, people: dict[str, User]) -> None:
    other = open_for(people["lena"], "one@example.com")
    batch = open_for(people["mei"], "one@example.com")

    said = words(mei.get(reverse("batch", args=[batch.ref])))

    assert f"See batch {other.ref} of lena." in said
