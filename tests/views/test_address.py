"""The page of one address: all that ever happened to it, and asking the provider about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from tests.desk import NOON, open_for
from tests.history.rows import settled
from tests.views.pages import fields, words
from verification.models import (
    Attempt,
    Call,
    Event,
    EventName,
    Lookup,
    LookupState,
    Ride,
    Status,
    Verdict,
    Worker,
    database_now,
)
from verification.services.masking import masked

EMAIL = "One@Example.com"


@pytest.fixture
def first(people: dict[str, User]) -> Attempt:
    return settled(people["mei"], EMAIL, at=NOON, reason="Never came", ticket="T-1").attempts.get()


def page_of(client: Client, attempt: Attempt) -> Any:
    response = client.get(reverse("address", args=[attempt.pk]))
    assert response.status_code == 200
    return response


def lookup_of(attempt: Attempt, state: str, **fields: Any) -> Lookup:
    return Lookup.objects.create(
        email=attempt.email, key=attempt.key, state=state, created_at=NOON, due_at=NOON, **fields
    )


def test_it_tells_everything_that_happened_newest_first(mei: Client, people: dict[str, User], first: Attempt) -> None:
    settled(people["lena"], EMAIL.lower(), at=NOON + timedelta(days=1), reason="Again", status=Status.REFUSED, code="x")
    settled(people["lena"], "other@example.com")

    page = page_of(mei, first)

    assert [row.status for row in page.context["page"].rows] == ["refused", "accepted"]
    said = words(page)
    assert said.index("Again") < said.index("Never came")
    assert "other@example.com" not in said


def test_later_attempts_lead_to_the_same_page(mei: Client, people: dict[str, User], first: Attempt) -> None:
    later = settled(people["lena"], EMAIL.lower(), at=NOON + timedelta(days=1)).attempts.get()

    response = mei.get(reverse("address", args=[later.pk]))

    assert response.url == reverse("address", args=[first.pk])


def test_it_tells_every_call(mei: Client, first: Attempt) -> None:
    call = Call.objects.create(
        batch=first.batch,
        nonce="n",
        size=3,
        worker="host:1",
        endpoint="https://domain.aliyuncs.com",
        opened_at=NOON,
        lease_until=NOON,
        state="answered",
        answered_at=NOON,
        outcome="lists",
        http_status=200,
        request_id="REQ-5",
    )
    Ride.objects.create(call=call, attempt=first, position=0)

    said = words(page_of(mei, first))

    told = ("1 call to the provider", "with 3 addresses", "answered address by address, HTTP 200", "REQ-5", "host:1")
    assert all(word in said for word in told)


def test_asking_records_one_question_and_sends_nothing(mei: Client, people: dict[str, User], first: Attempt) -> None:
    for _ in range(2):
        response = mei.post(reverse("address-lookup", args=[first.pk]))

    asked = Lookup.objects.get()
    assert response.url == reverse("address", args=[first.pk])
    assert (asked.email, asked.key, asked.requested_by) == (first.email, first.key, people["mei"])
    assert Attempt.objects.count() == 1


def test_an_open_question_is_followed(mei: Client, first: Attempt) -> None:
    lookup_of(first, LookupState.QUEUED)

    page = page_of(mei, first)

    assert 'hx-select="#advice"' in page.content.decode()
    assert "the answer appears here" in words(page)
    assert "No worker is alive" in words(page)
    assert "Ask the provider now" not in words(page)


def test_without_script_an_open_question_is_followed_and_keeps_no_sign_in_alive(mei: Client, first: Attempt) -> None:
    lookup_of(first, LookupState.QUEUED)
    now = database_now()
    Worker.objects.create(name="host:1:abc", started_at=now, seen_at=now)

    newest, older = page_of(mei, first), mei.get(reverse("address", args=[first.pk]), {"cursor": "x"})

    assert 'content="5; url=?background=1"></noscript>' in newest.content.decode()
    assert 'content="5; url=?cursor=x&amp;background=1"></noscript>' in older.content.decode()


@pytest.mark.parametrize(
    ("verified", "sentence"), [(True, "verified as of"), (False, "not verified yet as of"), (None, "not known")]
)
def test_an_answer_is_told_with_its_time(verified: bool | None, sentence: str, mei: Client, first: Attempt) -> None:
    lookup_of(first, LookupState.ANSWERED, answered_at=NOON, verified=verified, token_sent="2026-03-01 08:00:00")

    said = words(page_of(mei, first))

    assert sentence in said
    assert "2 Mar 2026, 12:00:00 UTC" in said and "2026-03-01 08:00:00" in said
    assert "hx-get" not in said and "Ask the provider now" in said


def test_a_question_without_answer_says_why_and_keeps_what_was_known(mei: Client, first: Attempt) -> None:
    lookup_of(first, LookupState.ANSWERED, answered_at=NOON, verified=True)
    lookup_of(first, LookupState.FAILED, answered_at=database_now(), code="Forbidden.RAM", message="Their words")

    said = words(page_of(mei, first))

    assert "verified as of 2 Mar 2026, 12:00:00 UTC" in said
    assert "got no answer" in said and "The access key may not do this" in said and "Their words" in said


def failing(*_: object) -> None:
    raise OperationalError("the disk is full")


def test_an_auditor_sees_it_and_can_ask_nothing(aki: Client, first: Attempt) -> None:
    said = words(page_of(aki, first))

    assert masked(EMAIL) in said
    assert EMAIL not in page_of(aki, first).content.decode()
    assert "Ask the provider now" not in said and "Resend to it" not in said


def test_an_auditor_reveals_it_and_the_trail_says_so(aki: Client, first: Attempt) -> None:
    response = aki.post(reverse("address-reveal", args=[first.pk]))

    assert EMAIL in words(response)
    event = Event.objects.latest("sequence")
    assert (event.name, event.actor_name, event.batch) == (EventName.ADDRESS_REVEALED, "aki", first.batch)
    assert event.details == {"attempt": first.pk}
    assert EMAIL not in page_of(aki, first).content.decode()


def test_nothing_is_revealed_that_the_trail_does_not_take(
    aki: Client, first: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verification.services.doors.record", failing)
    aki.raise_request_exception = False

    response = aki.post(reverse("address-reveal", args=[first.pk]))

    assert response.status_code == 503
    assert EMAIL not in response.content.decode()


def test_resending_from_here_only_fills_the_form(mei: Client, first: Attempt) -> None:
    form = mei.post(reverse("resend"), {"paste": fields(page_of(mei, first))["paste"], "step": "edit"})

    assert fields(form)["paste"] == first.email
    assert Attempt.objects.count() == 1


def test_an_address_in_flight_is_told_so(mei: Client, people: dict[str, User]) -> None:
    attempt = open_for(people["mei"], EMAIL).attempts.get()

    assert "queued" in words(page_of(mei, attempt))


@pytest.fixture
def unsent(people: dict[str, User]) -> Attempt:
    attempt = settled(people["lena"], EMAIL, at=NOON, status=Status.UNKNOWN).attempts.get()
    attempt.verdict, attempt.verdict_at = Verdict.CONFIRMED_NOT_SENT, NOON
    attempt.save()
    return attempt


def test_one_click_sends_again_what_never_went_out_and_names_it(mei: Client, unsent: Attempt) -> None:
    assert reverse("attempt-again", args=[unsent.pk]) in page_of(mei, unsent).content.decode()

    for _click in range(3):
        response = mei.post(reverse("attempt-again", args=[unsent.pk]))

    later = Attempt.objects.get(resend_of=unsent)
    assert response.url == reverse("batch", args=[later.batch.ref])
    assert (later.email, later.status, later.batch.requested_by_name) == (EMAIL, Status.QUEUED, "mei")
    assert reverse("attempt-again", args=[unsent.pk]) not in page_of(mei, unsent).content.decode()


def test_a_further_click_in_another_language_leads_to_the_same_batch(mei: Client, unsent: Attempt) -> None:
    clicks = [
        mei.post(reverse("attempt-again", args=[unsent.pk]), headers={"accept-language": language})
        for language in ("en", "zh-hans")
    ]

    assert clicks[0].url == clicks[1].url
    assert Attempt.objects.filter(resend_of=unsent).count() == 1


def test_what_may_have_gone_out_is_not_sent_again_by_one_click(mei: Client, people: dict[str, User]) -> None:
    unknown = settled(people["lena"], EMAIL, at=NOON, status=Status.UNKNOWN).attempts.get()

    assert reverse("attempt-again", args=[unknown.pk]) not in page_of(mei, unknown).content.decode()
    assert mei.post(reverse("attempt-again", args=[unknown.pk])).status_code == 404
    assert Attempt.objects.count() == 1
