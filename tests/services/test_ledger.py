"""The ledger: every act leaves its event, in the transaction of the act, chained to the one before."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock, open_for
from tests.services.story import answer, carry, lapse, look_up, whole_story
from verification.aliyun.errors import AddressRefused, NotConnected, SetupRefused, Throttled
from verification.evidence import chain
from verification.models import BatchState, Event, EventName, Head, Source
from verification.services import batches
from verification.services.ledger import Actor, Line, at_page, at_shell, payload_of, record
from verification.services.outcomes import Result
from verification.services.recover import lapse_expired
from verification.services.settle import settle

pytestmark = pytest.mark.django_db
SIGNED_IN = Line(EventName.PERSON_SIGNED_IN)


def told(after: int = 0) -> list[tuple[str, set[str]]]:
    """Name and groups of the events after a number."""
    events = Event.objects.filter(sequence__gt=after).order_by("sequence")
    return [(event.name, chain.GROUPS.keys() & event.details.keys()) for event in events]


def ids_in(event: Event, group: str) -> list[int]:
    return list(chain.ids_of(event.details[group]))


def last() -> Event:
    return Event.objects.order_by("-sequence")[0]


# --- Writing ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its act"):
        record(ACTOR, NOON, SIGNED_IN)

    assert not Event.objects.exists() and not Head.objects.exists()


def test_each_event_is_chained_to_the_one_before(mei: User, lena: User, clock: Clock) -> None:
    whole_story(mei, lena, clock)
    before = chain.GENESIS
    for number, event in enumerate(Event.objects.order_by("sequence"), start=1):
        assert event.sequence == number
        assert event.payload_hash == chain.payload_hash(payload_of(event))
        assert event.hash == chain.chained(before, number, event.payload_hash)
        before = event.hash

    assert (Head.objects.get().sequence, Head.objects.get().hash) == (Event.objects.count(), before)


def test_all_lines_of_one_act_share_its_number(mei: User) -> None:
    actor = at_page(mei, "192.0.2.4")
    with transaction.atomic():
        events = record(actor, NOON, SIGNED_IN, Line(EventName.PERSON_SIGNED_OUT))
        [other] = record(at_page(mei, "192.0.2.4"), NOON, SIGNED_IN)

    assert {event.act for event in events} == {actor.act} != {other.act}
    assert isinstance(actor.act, uuid.UUID)


@pytest.mark.parametrize(
    ("actor_of", "name", "source"),
    [
        (lambda mei: at_page(mei, "2001:db8::1"), "mei", "2001:db8::1"),
        (at_shell, "shell:mei", None),
        (lambda mei: Actor("worker:one"), "worker:one", None),
    ],
)
def test_who_acted_is_kept_as_text_and_as_reference(
    mei: User, actor_of: Callable[[User], Actor], name: str, source: str | None
) -> None:
    with transaction.atomic():
        record(actor_of(mei), NOON, SIGNED_IN)

    assert (last().actor_name, last().source_address) == (name, source)
    assert last().actor == (None if name.startswith("worker") else mei)


@pytest.mark.django_db(transaction=True)
def test_the_first_two_writers_of_all_wait_for_each_other() -> None:
    start = threading.Barrier(4)

    def write() -> None:
        try:
            start.wait()
            with transaction.atomic():
                record(ACTOR, NOON, SIGNED_IN)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        for written in [threads.submit(write) for _ in range(4)]:
            written.result()

    assert list(Event.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4]
    assert Head.objects.get().sequence == 4


# --- What each act tells ----------------------------------------------------------------------------------


def test_opening_tells_of_the_batch_and_of_each_attempt(mei: User, lena: User, clock: Clock) -> None:
    carry(open_for(mei, "ann@example.com", now=clock()), clock, answer("ann@example.com"))
    batch = open_for(lena, "ann@example.com", "bob@example.com", now=clock(), source_address="192.0.2.4")
    event = last()
    held, queued = batch.attempts.order_by("position")

    assert (event.name, event.actor, event.actor_name) == (EventName.BATCH_OPENED, lena, "lena")
    assert (event.source_address, event.batch, event.at) == ("192.0.2.4", batch, clock())
    assert ids_in(event, "batches") == [batch.pk]
    assert ids_in(event, "opened") == sorted([held.pk, queued.pk])
    assert ids_in(event, "ended") == [held.pk]
    assert (event.details["queued"], event.details["waits"]) == (1, False)


def test_what_a_shell_opens_is_told_so(mei: User) -> None:
    open_for(mei, "ann@example.com", source=Source.SHELL)

    assert (last().actor_name, last().actor) == ("shell:mei", mei)


def test_a_batch_that_waits_is_told_so(mei: User, settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1
    batch = open_for(mei, "ann@example.com", "bob@example.com")

    assert batch.state == BatchState.WAITING
    assert last().details["waits"] is True


def test_overriding_is_told_with_a_commitment_to_the_reason(lena: User) -> None:
    batch = open_for(lena, "ann@example.com", override_reason="They asked by telephone")
    opened, overridden = Event.objects.order_by("sequence")

    assert (opened.name, overridden.name) == (EventName.BATCH_OPENED, EventName.RULES_OVERRIDDEN)
    assert opened.act == overridden.act
    assert overridden.details == {"text": batch.text_commitment}


@pytest.mark.parametrize(
    ("result", "groups", "ended"),
    [
        (answer("ann@example.com", refused=("bob@example.com",)), {"calls", "ended"}, 2),
        (answer("ann@example.com"), {"calls", "ended"}, 2),
        (Throttled("Throttling.User"), {"calls"}, 0),
        (NotConnected("refused port"), {"calls"}, 0),
        (AddressRefused("ParameterIllegal"), {"calls"}, 0),
    ],
    ids=["both", "one", "throttled", "not connected", "halved"],
)
def test_settling_tells_of_the_call_and_of_what_it_ended(
    mei: User, clock: Clock, result: Result, groups: set[str], ended: int
) -> None:
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    call = carry(batch, clock, result)
    event = last()

    assert told(after=1) == [(EventName.CALL_SETTLED, groups)]
    assert (event.actor_name, event.batch, event.call, event.details["call"]) == (ACTOR.name, batch, call, call.pk)
    assert ids_in(event, "calls") == [call.pk] and event.details["late"] is False
    assert event.details.get("ended", {"count": 0})["count"] == ended


def test_a_settling_that_pauses_its_batch_tells_both_as_one_act(mei: User, clock: Clock) -> None:
    carry(open_for(mei, "ann@example.com", now=clock()), clock, SetupRefused("Forbidden.RAM", "no right", "R-9", 403))
    settled, paused = Event.objects.order_by("sequence")[1:]

    assert (settled.name, paused.name) == (EventName.CALL_SETTLED, EventName.BATCH_PAUSED)
    assert settled.act == paused.act
    assert paused.details == {"code": "Forbidden.RAM", "request_id": "R-9"}


def test_a_lapse_and_its_late_answer_tell_of_the_same_rows(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    call = carry(batch, clock)
    lapse(clock)
    lapsed = last()
    settle(call.pk, answer("ann@example.com"), ACTOR, now=clock.move(seconds=1))
    late = last()

    assert told(after=1) == [
        (EventName.CALL_LAPSED, {"calls", "ended"}),
        (EventName.CALL_SETTLED, {"calls", "ended"}),
    ]
    assert late.details["late"] is True
    assert ids_in(lapsed, "ended") == ids_in(late, "ended")
    assert lapsed.details["ended"]["digest"] != late.details["ended"]["digest"]


def test_stopping_tells_what_it_cancelled_and_resuming_nothing_more(mei: User, clock: Clock) -> None:
    stopped = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    batches.stop(stopped.pk, at_page(mei, None), now=clock())
    paused = open_for(mei, "cho@example.com", now=clock())
    carry(paused, clock, SetupRefused("Forbidden.RAM"))
    batches.resume(paused.pk, at_page(mei, None), now=clock())
    stop, resume = Event.objects.get(name=EventName.BATCH_STOPPED), last()

    assert (stop.batch, stop.actor, ids_in(stop, "ended")) == (
        stopped,
        mei,
        sorted(stopped.attempts.values_list("pk", flat=True)),
    )
    assert (resume.name, resume.batch, resume.actor, resume.details) == (EventName.BATCH_RESUMED, paused, mei, {})


def test_a_verdict_is_told_with_its_evidence(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", now=clock())
    carry(batch, clock)
    lapse(clock)
    lookup = look_up(batch.attempts.get(), clock, verified=True)

    assert last().name == EventName.ATTEMPTS_JUDGED
    assert (ids_in(last(), "lookups"), ids_in(last(), "judged")) == ([lookup.pk], [batch.attempts.get().pk])
    assert not Event.objects.filter(name=EventName.LOOKUP_ENDED).exists()


def test_what_changes_nothing_leaves_no_event(mei: User, lena: User, clock: Clock) -> None:
    story = whole_story(mei, lena, clock)
    before = Event.objects.count()
    batches.stop(story.answered.pk, ACTOR, now=clock())
    batches.resume(story.answered.pk, ACTOR, now=clock())
    settle(story.answered.calls.get().pk, answer(), ACTOR, now=clock())
    lapse_expired(ACTOR, clock.move(hours=1))

    assert Event.objects.count() == before


def test_no_event_holds_an_address_or_free_text(mei: User, lena: User, clock: Clock) -> None:
    whole_story(mei, lena, clock)
    written = " ".join(str(event.details) for event in Event.objects.all())

    assert "example.com" not in written
    assert "too many" not in written and "telephone" not in written
