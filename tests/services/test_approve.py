"""Four eyes: what becomes of a large batch when another person approves or rejects it."""

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import ACTOR, NOON, addresses, entries, mailed, open_for, outcomes, rewrite, work_off
from tests.history.rows import settled
from verification.aliyun.sandbox import Sandbox
from verification.evidence import chain
from verification.models import Batch, BatchState, Event, Lookup, LookupState, Reason, Status
from verification.services import batches
from verification.services.approve import NotWaiting, Outlook, OwnBatch, approve, outlook, reject
from verification.services.ledger import Actor, at_page
from verification.services.opening import open_call
from verification.services.partition import QUOTA_CODE, partition
from verification.services.send import Sender
from verification.services.verify import Broken, verify

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
TEXTS = addresses(4)


@pytest.fixture(autouse=True)
def _four_is_many(settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 3


@pytest.fixture
def batch(mei: User) -> Batch:
    """Mei's, of four addresses, asked for at noon; it waits."""
    return open_for(mei, *TEXTS, now=NOON)


@pytest.fixture
def lead(lena: User) -> Actor:
    return at_page(lena, "192.0.2.7")


def kept(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def last_event(batch: Batch) -> Event:
    return batch.events.order_by("-sequence")[0]


def is_untouched(batch: Batch) -> bool:
    as_it_was = (kept(batch).state, kept(batch).decided_at) == (BatchState.WAITING, None)
    rows = set(batch.attempts.values_list("status", "released"))
    return as_it_was and rows == {("queued", False)} and batch.events.count() == 1


def test_only_so_many_that_would_be_sent_wait(mei: User) -> None:
    assert open_for(mei, *addresses(3, "few")).state == BatchState.RUNNING
    assert open_for(mei, *addresses(3, "few"), *addresses(3, "more")).state == BatchState.RUNNING
    assert open_for(mei, *addresses(4, "many")).state == BatchState.WAITING


def test_without_a_limit_none_waits(mei: User, settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 0

    assert open_for(mei, *addresses(300)).state == BatchState.RUNNING


def test_what_waits_is_taken_up_by_no_worker(batch: Batch) -> None:
    assert open_call(worker="a worker", clock=lambda: LATER) is None
    assert is_untouched(batch)


def test_what_waits_holds_nobody_back(batch: Batch, lena: User) -> None:
    assert [line.fate for line in partition(entries(*TEXTS), now=LATER).lines] == [None] * 4

    other = open_for(lena, TEXTS[0], now=LATER)

    assert outcomes(other) == {TEXTS[0]: "queued"}
    assert is_untouched(batch)


def test_an_approved_batch_is_released(batch: Batch, lead: Actor) -> None:
    assert approve(batch.pk, lead, note="Seen the list", now=LATER) == 4

    approved = kept(batch)
    assert (approved.state, approved.finished_at) == (BatchState.RUNNING, None)
    assert (approved.requested_by_name, approved.decided_by_name) == ("mei", "lena")
    assert (approved.decided_by, approved.decided_at) == (lead.person, LATER)
    assert approved.decision_note == "Seen the list"
    assert set(batch.attempts.values_list("status", "released")) == {("queued", True)}


@pytest.mark.django_db(transaction=True)
def test_an_approved_batch_is_sent_in_the_order_of_the_paste(
    mei: User, lead: Actor, sandbox: Sandbox, sender: Sender
) -> None:
    batch = open_for(mei, *reversed(TEXTS), now=NOON)
    work_off(sender)
    assert mailed(sandbox) == []

    approve(batch.pk, lead, now=NOON)
    work_off(sender)

    assert mailed(sandbox) == TEXTS[::-1]
    assert kept(batch).state == BatchState.FINISHED


def test_both_names_are_in_the_trail(batch: Batch, lead: Actor) -> None:
    approve(batch.pk, lead, note="Seen", now=LATER)

    opened, approved = batch.events.order_by("sequence")
    assert (opened.name, opened.actor_name) == ("batch:opened", "mei")
    assert (approved.name, approved.actor_name, approved.source_address) == ("batch:approved", "lena", "192.0.2.7")
    assert approved.details == {"released": 4, "note": chain.commitment(batch.salt, "Seen")}


def test_a_rejected_batch_sends_nothing(batch: Batch, lead: Actor) -> None:
    assert reject(batch.pk, lead, note="Wrong list", now=LATER) == 4

    rejected = kept(batch)
    assert (rejected.state, rejected.finished_at) == (BatchState.STOPPED, LATER)
    assert (rejected.decided_by_name, rejected.decision_note) == ("lena", "Wrong list")
    assert outcomes(batch) == dict.fromkeys(TEXTS, "not_sent rejected")
    assert not batch.attempts.filter(released=True).exists()
    assert open_call(worker="a worker", clock=lambda: LATER) is None


def test_the_trail_says_what_a_rejection_ended(batch: Batch, lead: Actor) -> None:
    reject(batch.pk, lead, note="Wrong list", now=LATER)

    event = last_event(batch)
    assert (event.name, event.actor_name) == ("batch:rejected", "lena")
    assert event.details["note"] == chain.commitment(batch.salt, "Wrong list")
    assert "Wrong list" not in str(event.details)
    assert proven(event, batch)


def proven(event: Event, batch: Batch) -> bool:
    """Whether the event's digest is that of the batch's unsent attempts as the record has them."""
    rows = batch.attempts.filter(status=Status.NOT_SENT).order_by("pk")
    return chain.check_group(event.details["ended"], [(row.pk, chain.ended_leaf(vars(row))) for row in rows]) is None


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_decides_on_a_batch_of_their_own(lena: User, superuser: bool) -> None:
    lena.is_superuser = superuser
    lena.save()
    batch = open_for(lena, *TEXTS, now=NOON)

    with pytest.raises(OwnBatch):
        outlook(batch, lena, LATER)
    with pytest.raises(OwnBatch):
        approve(batch.pk, at_page(lena, None), now=LATER)
    with pytest.raises(OwnBatch):
        reject(batch.pk, at_page(User.objects.get(pk=lena.pk), None), note="x", now=LATER)
    assert is_untouched(batch)


def test_a_renamed_author_is_still_the_author(batch: Batch, mei: User) -> None:
    mei.username = "somebody else"
    mei.save()

    with pytest.raises(OwnBatch):
        approve(batch.pk, at_page(mei, None), now=LATER)


@pytest.mark.parametrize("earlier", ["approve", "reject", "stop"])
def test_it_is_decided_on_once(earlier: str, batch: Batch, lead: Actor) -> None:
    if earlier == "stop":
        batches.stop(batch.pk, ACTOR, now=NOON)
    else:
        {"approve": approve, "reject": reject}[earlier](batch.pk, lead, note="The first", now=NOON)
    before, events = kept(batch), Event.objects.count()

    with pytest.raises(NotWaiting):
        approve(batch.pk, lead, note="The second", now=LATER)
    with pytest.raises(NotWaiting):
        reject(batch.pk, lead, note="The second", now=LATER)

    after = kept(batch)
    assert (after.state, after.decided_at, after.decision_note) == (
        before.state,
        before.decided_at,
        before.decision_note,
    )
    assert Event.objects.count() == events


def test_a_batch_that_never_waited_is_not_to_be_decided_on(mei: User, lena: User, lead: Actor) -> None:
    running = open_for(mei, "one@example.com")

    with pytest.raises(NotWaiting):
        outlook(running, lena, LATER)
    with pytest.raises(NotWaiting):
        approve(running.pk, lead, now=LATER)
    with pytest.raises(NotWaiting):
        reject(running.pk, lead, note="x", now=LATER)
    assert outcomes(running) == {"one@example.com": "queued"}


def test_what_became_of_an_address_while_the_batch_waited_is_looked_at_again(
    batch: Batch, lena: User, lead: Actor
) -> None:
    mailed = settled(lena, TEXTS[0], at=LATER)
    full = settled(lena, TEXTS[1], at=LATER, status=Status.REFUSED, code=QUOTA_CODE)
    flying = open_for(lena, TEXTS[2], now=LATER)
    held = Counter([Reason.COOLDOWN, Reason.QUOTA_CLOCK, Reason.IN_FLIGHT])
    assert outlook(batch, lena, LATER) == Outlook(1, held)

    assert approve(batch.pk, lead, now=LATER) == 1

    assert list(outcomes(batch).values()) == [
        "not_sent cooldown",
        "not_sent quota_clock",
        "not_sent in_flight",
        "queued",
    ]
    holders = batch.attempts.order_by("position").values_list("held_by__batch", flat=True)
    assert list(holders) == [mailed.pk, full.pk, flying.pk, None]
    assert list(batch.attempts.filter(released=True).values_list("email", flat=True)) == TEXTS[3:]
    assert last_event(batch).details["released"] == 1
    assert proven(last_event(batch), batch)


def test_what_the_provider_calls_verified_by_now_is_not_sent(batch: Batch, lead: Actor) -> None:
    asked = {"created_at": LATER, "due_at": LATER, "state": LookupState.ANSWERED, "answered_at": LATER}
    Lookup.objects.create(email=TEXTS[0], key=TEXTS[0], verified=True, **asked)

    assert approve(batch.pk, lead, now=LATER) == 3

    assert outcomes(batch)[TEXTS[0]] == "not_sent already_verified"
    assert batch.attempts.get(position=0).held_by is None


def test_what_was_held_back_at_the_opening_is_not_told_again(mei: User, lena: User, lead: Actor) -> None:
    flying = open_for(lena, "flying@example.com", now=NOON)
    batch = open_for(mei, *TEXTS, "flying@example.com", now=NOON)
    batches.stop(flying.pk, ACTOR, now=NOON)

    approve(batch.pk, lead, now=LATER)

    assert last_event(batch).details == {"released": 4}
    assert outcomes(batch)["flying@example.com"] == "not_sent in_flight"


def test_an_override_lifts_cooldown_and_quota_clock_but_not_what_is_in_flight(lena: User, mei: User) -> None:
    batch = open_for(lena, *TEXTS, now=NOON, override_reason="The registry asks for it")
    settled(mei, TEXTS[0], at=LATER)
    settled(mei, TEXTS[1], at=LATER, status=Status.REFUSED, code=QUOTA_CODE)
    open_for(mei, TEXTS[2], now=LATER)

    approve(batch.pk, at_page(mei, None), now=LATER)

    assert list(outcomes(batch).values()) == ["queued", "queued", "not_sent in_flight", "queued"]


def test_with_nothing_left_to_send_an_approved_batch_is_finished(batch: Batch, lena: User, lead: Actor) -> None:
    for text in TEXTS:
        settled(lena, text, at=LATER)

    assert approve(batch.pk, lead, now=LATER) == 0

    assert (kept(batch).state, kept(batch).finished_at) == (BatchState.FINISHED, LATER)
    assert outcomes(batch) == dict.fromkeys(TEXTS, "not_sent cooldown")
    assert kept(batch).decided_by_name == "lena"


@pytest.mark.django_db(transaction=True)
def test_the_trail_proves_what_was_decided(mei: User, lena: User, lead: Actor) -> None:
    approved, rejected = open_for(mei, *addresses(4, "yes"), now=NOON), open_for(mei, *addresses(4, "no"), now=NOON)
    open_for(lena, "yes00000@example.com", now=LATER)
    approve(approved.pk, lead, note="Seen the list", now=LATER)
    reject(rejected.pk, lead, note="Wrong list", now=LATER)

    assert verify(None).events == Event.objects.count()

    rewrite(Batch.objects.filter(pk=approved.pk), decided_by_name="mei")
    with pytest.raises(Broken):
        verify(None)


def test_a_released_batch_holds_others_back(batch: Batch, lena: User, lead: Actor) -> None:
    approve(batch.pk, lead, now=LATER)

    assert outcomes(open_for(lena, TEXTS[0], now=LATER)) == {TEXTS[0]: "not_sent in_flight"}


def test_of_two_waiting_batches_with_the_same_addresses_the_first_approved_sends(
    batch: Batch, mei: User, lead: Actor
) -> None:
    other = open_for(mei, *TEXTS, now=NOON)

    assert approve(other.pk, lead, now=LATER) == 4
    assert approve(batch.pk, lead, now=LATER) == 0

    assert outcomes(batch) == dict.fromkeys(TEXTS, "not_sent in_flight")
    assert set(batch.attempts.values_list("held_by__batch", flat=True)) == {other.pk}


def test_a_waiting_batch_can_be_stopped(batch: Batch) -> None:
    assert batches.stop(batch.pk, ACTOR, now=LATER) == 4

    assert (kept(batch).state, kept(batch).finished_at) == (BatchState.STOPPED, LATER)
    assert outcomes(batch) == dict.fromkeys(TEXTS, "not_sent cancelled")


def test_a_waiting_batch_is_neither_resumed_nor_paused_nor_finished(batch: Batch) -> None:
    assert not batches.resume(batch.pk, ACTOR, now=LATER)
    batches.pause(batch, "Forbidden")
    batches.close_if_done(batch, LATER)

    assert batch.state == BatchState.WAITING
    assert is_untouched(batch)


def test_looking_ahead_changes_nothing(batch: Batch, lena: User) -> None:
    seen = outlook(batch, lena, LATER)

    assert (seen.to_send, seen.held) == (4, {})
    assert is_untouched(batch)
