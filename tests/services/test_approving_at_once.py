"""Approvals that meet each other, new batches and other decisions in the same instant, in a real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from tests.desk import ACTOR, addresses, open_for, outcomes
from tests.services.at_once import alone, at_once, wait_until_blocked
from verification.models import Attempt, Batch, BatchState, Call, Event, EventName, Source, Status, database_now
from verification.services import batches
from verification.services.approve import NotWaiting, approve, reject
from verification.services.ledger import Actor, Line, at_page, record

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = addresses(3)


@pytest.fixture(autouse=True)
def _two_are_many(settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1


@pytest.fixture
def lead(lena: User) -> Actor:
    return at_page(lena, None)


def word_of(act: Callable[[], Any]) -> str:
    """What came of an act of several that can't all succeed."""
    try:
        act()
    except NotWaiting:
        return "too late"
    return "done"


def whole_chain() -> bool:
    numbers = list(Event.objects.order_by("sequence").values_list("sequence", flat=True))
    return numbers == list(range(1, len(numbers) + 1))


def test_a_batch_approved_twenty_times_at_once_is_approved_once(mei: User, lead: Actor) -> None:
    batch = open_for(mei, *TEXTS)

    words = at_once(*[lambda: word_of(lambda: approve(batch.pk, lead, now=database_now()))] * 20)

    assert sorted(words) == ["done", *["too late"] * 19]
    assert batch.events.filter(name=EventName.BATCH_APPROVED).count() == 1
    assert outcomes(batch) == dict.fromkeys(TEXTS, "queued")


def test_of_approving_rejecting_and_stopping_at_once_one_happens(mei: User, lead: Actor) -> None:
    batch = open_for(mei, *TEXTS)

    words = at_once(
        lambda: word_of(lambda: approve(batch.pk, lead, now=database_now())),
        lambda: word_of(lambda: reject(batch.pk, lead, note="x", now=database_now())),
    )

    assert sorted(words) == ["done", "too late"]
    assert set(outcomes(batch).values()) in ({"queued"}, {"not_sent rejected"})
    batches.stop(batch.pk, ACTOR, now=database_now())
    assert set(outcomes(batch).values()) in ({"not_sent cancelled"}, {"not_sent rejected"})


@pytest.mark.parametrize("_round", range(3))
def test_approvals_and_new_batches_that_share_addresses_queue_each_once(
    _round: int, mei: User, lena: User, lead: Actor, settings: Settings
) -> None:
    texts = addresses(60)
    turns = [texts[start:] + texts[:start] for start in range(0, 60, 10)]
    waiting = [open_for(mei, *turn[:40]) for turn in turns]
    settings.RESEND_APPROVAL_ABOVE = 0
    approvals = [lambda pk=batch.pk: approve(pk, lead, now=database_now()) for batch in waiting]
    openings = [lambda turn=turn: open_for(lena, *reversed(turn[20:])).pk for turn in turns]

    at_once(*approvals, *openings)

    queued = list(Attempt.objects.filter(status=Status.QUEUED, released=True).values_list("email", flat=True))
    assert sorted(queued) == texts
    assert not Attempt.objects.filter(status=Status.QUEUED, released=False).exists()
    for loser in Attempt.objects.filter(status=Status.NOT_SENT).select_related("held_by"):
        assert (loser.reason, loser.held_by.key) == ("in_flight", loser.key)
        assert loser.held_by.status == Status.QUEUED and loser.held_by.batch_id != loser.batch_id
    for batch in Batch.objects.all():
        assert (batch.state == BatchState.RUNNING) == batch.attempts.filter(status=Status.QUEUED).exists()
    assert whole_chain()


def rival(who: User, text: str, repairs: Attempt | None = None) -> Attempt:
    """An attempt of a batch that is just being opened by somebody else."""
    now = database_now()
    about: dict[str, Any] = {"requested_by": who, "created_at": now}
    batch = Batch.objects.create(
        source=Source.PAGE,
        reason="x",
        user_client_ip="127.0.0.1",
        size=1,
        resend_of=repairs.batch if repairs else None,
        **about,
    )
    address = {"email": text, "key": text, "domain": "example.com"}
    return Attempt.objects.create(batch=batch, position=0, resend_of=repairs, **address, **about)


def send(attempt: Attempt) -> None:
    """What the workers do with it, all in one transaction."""
    now = database_now()
    times = {"opened_at": now, "lease_until": now}
    attempt.last_call = Call.objects.create(batch=attempt.batch, nonce="n", size=1, worker="w", endpoint="e", **times)
    attempt.status = Status.SENDING
    attempt.save()
    attempt.status, attempt.finished_at = Status.ACCEPTED, now
    attempt.save()


def test_a_key_that_another_batch_is_just_taking_is_left_to_it(mei: User, lena: User, lead: Actor) -> None:
    batch = open_for(mei, *TEXTS)

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            winner = rival(lena, TEXTS[1])
            approved = thread.submit(alone, lambda: approve(batch.pk, lead, now=database_now()))
            wait_until_blocked(approved)
        assert approved.result() == 2

    assert list(outcomes(batch).values()) == ["queued", "not_sent in_flight", "queued"]
    assert batch.attempts.get(position=1).held_by == winner


def test_a_mail_that_went_out_while_the_approval_waited_counts_for_the_cooldown(
    mei: User, lena: User, lead: Actor
) -> None:
    batch = open_for(mei, *TEXTS)

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            sent = rival(lena, TEXTS[1])
            approved = thread.submit(alone, lambda: approve(batch.pk, lead, now=database_now()))
            wait_until_blocked(approved)
            send(sent)
        assert approved.result() == 2

    assert list(outcomes(batch).values()) == ["queued", "not_sent cooldown", "queued"]
    assert batch.attempts.get(position=1).held_by == sent


@pytest.mark.parametrize("decide", [approve, reject])
def test_who_refers_to_a_waiting_batch_does_not_wait_for_its_approver(
    decide: Callable[..., int], mei: User, lena: User, lead: Actor
) -> None:
    batch = open_for(mei, *TEXTS)

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            record(ACTOR, database_now(), Line(EventName.BATCH_OPENED))
            decided = thread.submit(alone, lambda: decide(batch.pk, lead, note="x", now=database_now()))
            wait_until_blocked(decided)
            # That the rows referred to are there is seen to at the end of the transaction, with the head in hand.
            rival(lena, "other@example.com", repairs=batch.attempts.get(position=0))
        assert decided.result() == 3

    assert whole_chain()
