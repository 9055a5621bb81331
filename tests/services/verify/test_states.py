"""Verdicts, states of batches and decisions that no event tells of are named."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import Clock, open_for
from tests.services.administrator import change, delete
from tests.services.story import Story, carry
from verification.aliyun.errors import SetupRefused
from verification.models import Batch, BatchState, Lookup
from verification.services import approve
from verification.services.ledger import at_page
from verification.services.verify import verify

from .finding import LATER, broken, first, second

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_changed_verdict_is_named(story: Story) -> None:
    number = first(story.lapsed).pk
    change("attempt", number, verdict="confirmed_sent")

    assert broken() == ("attempt", number)


def test_a_verdict_that_was_taken_away_is_named(story: Story) -> None:
    number = first(story.lapsed).pk
    change("attempt", number, verdict="", verdict_at=None, verdict_lookup=None)

    assert broken() == ("attempt", number)


def test_a_verdict_without_an_event_is_named(story: Story) -> None:
    number = second(story.lapsed).pk
    change("attempt", number, verdict="already_verified", verdict_at=LATER, verdict_lookup=Lookup.objects.first())

    assert broken() == ("attempt", number)


def test_a_changed_lookup_is_named(story: Story) -> None:
    lookup = Lookup.objects.order_by("-pk")[0]
    change("lookup", lookup.pk, verified=False)

    assert broken() == ("lookup", lookup.pk)


@pytest.mark.parametrize(
    ("name", "state"),
    [("paused", "running"), ("resumed", "stopped"), ("stopped", "finished"), ("answered", "waiting")],
)
def test_a_batch_in_a_state_that_no_event_tells_of_is_named(story: Story, name: str, state: str) -> None:
    batch: Batch = getattr(story, name)
    change("batch", batch.pk, state=state, finished_at=LATER)

    assert broken() == ("batch", batch.pk)


def test_a_batch_that_was_to_wait_cannot_be_released_unseen(mei: User, clock: Clock, settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    change("batch", batch.pk, state=BatchState.RUNNING)

    assert broken() == ("batch", batch.pk)


@pytest.mark.parametrize("column", ["decided_by_name", "decided_at", "decision_note", "decided_by_id"])
def test_another_decision_than_the_one_on_record_is_named(
    mei: User, lena: User, clock: Clock, settings: Settings, column: str
) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    approve.approve(batch.pk, at_page(lena, None), note="Seen with the customer", now=clock.move(minutes=1))
    change("batch", batch.pk, **{column: {"decided_at": LATER, "decided_by_id": mei.pk}.get(column, "other")})

    assert broken() == ("batch", batch.pk)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("answered", {"finished_at": LATER}),
        ("answered", {"state": "running", "finished_at": None}),
        ("paused", {"state": "finished", "finished_at": LATER}),
        ("stopped", {"finished_at": None}),
        ("stopped", {"decision_note": "They have agreed"}),
        ("paused", {"pause_code": "Throttling"}),
        ("paused", {"pause_request_id": "R-9"}),
        ("paused", {"pause_message": "Their fault"}),
        ("resumed", {"pause_code": "Throttling"}),
        ("answered", {"pause_message": "Their fault"}),
    ],
)
def test_an_end_a_pause_or_a_note_that_no_event_tells_of_is_named(
    story: Story, name: str, columns: dict[str, Any]
) -> None:
    number = getattr(story, name).pk
    change("batch", number, **columns)

    assert broken() == ("batch", number)


def test_the_words_of_a_pause_are_those_of_its_call(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", now=clock())
    carry(batch, clock, SetupRefused("Forbidden.RAM", "Ask your administrator", "R-4"))
    verify(None)
    change("batch", batch.pk, pause_message="Ask nobody")

    assert broken() == ("batch", batch.pk)


def test_a_verdict_s_time_without_a_verdict_is_named(story: Story) -> None:
    number = first(story.answered).pk
    change("attempt", number, verdict_at=LATER)

    assert broken() == ("attempt", number)


def test_a_lookup_that_gave_a_verdict_on_one_address_cannot_be_about_another(story: Story) -> None:
    lookup = Lookup.objects.latest("pk")
    change("lookup", lookup.pk, key="eve@example.com")

    assert broken() == ("lookup", lookup.pk)


def test_an_attempt_is_released_with_its_batch(mei: User, clock: Clock, settings: Settings) -> None:
    running = open_for(mei, "ann@example.com", now=clock())
    settings.RESEND_APPROVAL_ABOVE = 1
    waiting = open_for(mei, "bob@example.com", "cy@example.com", now=clock())
    verify(None)
    change("attempt", first(waiting).pk, released=True)
    assert broken() == ("attempt", first(waiting).pk)

    change("attempt", first(running).pk, released=False)
    assert broken() == ("attempt", first(running).pk)


def test_a_call_in_hand_cannot_be_taken_away_unseen(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", now=clock())
    call = carry(batch, clock)
    verify(None)
    delete("ride", call.rides.get().pk)
    assert broken() == ("attempt", first(batch).pk)

    delete("call", call.pk)
    assert broken() == ("attempt", first(batch).pk)
