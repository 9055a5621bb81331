"""Verdicts, states of batches and decisions that no event tells of are named."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import Clock, open_for
from tests.services.administrator import change
from tests.services.story import Story
from verification.models import Batch, BatchState, Lookup
from verification.services import approve
from verification.services.ledger import at_page

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
