"""A record that the services made is whole, whatever happened in it."""

import importlib
import threading
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, transaction
from pytest_django import Settings

from tests.desk import ACTOR, Clock, open_for
from tests.services.administrator import change, delete, unhindered
from tests.services.story import Story, answer, carry, lapse, look_up
from verification.models import Event, Status
from verification.services import approve, batches
from verification.services.ledger import at_page
from verification.services.settle import settle
from verification.services.verify import verify

from .finding import broken, first, second

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_desk_is_whole(db: None) -> None:
    report = verify(None)

    assert (report.events, report.past_last_checkpoint, report.checkpoints) == (0, 0, 0)


def test_a_record_with_one_of_each_act_is_whole(story: Story) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(None, progress=lambda done, of: seen.append((done, of)))

    assert report.events == report.past_last_checkpoint == Event.objects.count() == 21
    assert report.counts == {"batches": 7, "attempts": 13, "ended": 10, "calls": 6}
    assert seen == [(number, 21) for number in range(1, 22)]
    assert Event.objects.count() == 21


def test_a_verdict_that_a_late_answer_overtook_is_no_fault(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    call = carry(batch, clock)
    lapse(clock)
    look_up(first(batch), clock, verified=True)
    settle(call.pk, answer("ann@example.com", "bob@example.com"), ACTOR, now=clock.move(minutes=1))

    assert set(batch.attempts.values_list("verdict", "status")) == {("", "accepted")}
    assert verify(None).counts["ended"] == 2


@pytest.mark.parametrize("approved", [True, False])
def test_what_another_person_decided_is_whole(
    mei: User, lena: User, clock: Clock, settings: Settings, approved: bool
) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    verify(None)
    decide = approve.approve if approved else approve.reject
    decide(batch.pk, at_page(lena, None), note="Seen with the customer", now=clock.move(minutes=1))

    assert verify(None).counts["ended"] == (0 if approved else 2)


def test_a_record_from_before_the_trail_is_taken_into_it_whole(story: Story, clock: Clock) -> None:
    for number in range(Event.objects.count(), 0, -1):
        delete("event", number)
    delete("head", 1)
    with unhindered():
        for name in ("0005_adopt", "0007_lookups"):
            migration = importlib.import_module(f"verification.migrations.{name}")
            with transaction.atomic():
                migration.adopt(apps, SimpleNamespace(connection=connection))
    adopted = verify(None)
    look_up(second(story.lapsed), clock, verified=True)
    batches.resume(story.paused.pk, ACTOR, now=clock.move(minutes=1))
    carry(story.paused, clock, answer("jon@example.com"))

    assert (adopted.events, adopted.counts) == (8, {"batches": 7, "attempts": 13, "ended": 10, "calls": 6})
    assert verify(None).counts == {"batches": 7, "attempts": 13, "ended": 11, "calls": 7}

    change("attempt", first(story.answered).pk, status=Status.REFUSED)
    assert broken() == ("attempt", first(story.answered).pk)


def test_it_reads_one_moment_while_others_write(story: Story, mei: User, clock: Clock) -> None:
    def write() -> None:
        try:
            open_for(mei, "new@example.com", now=clock.move(seconds=1))
        finally:
            connection.close()

    def progress(done: int, of: int) -> None:
        if done == 1:
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()

    assert verify(None, progress=progress).events == 21
    assert verify(None).events == 22
