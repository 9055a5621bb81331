"""Rows and events that were deleted, put in, swapped or cut off are named."""

import pytest
from django.contrib.auth.models import User

from tests.desk import ACTOR, Clock, open_for
from tests.services.administrator import change, copy, cut, delete, swap, unhindered
from tests.services.story import Story, answer, carry, look_up
from verification.aliyun.errors import Throttled
from verification.models import Event, EventName, Lookup, LookupState, Ride, Status
from verification.services import batches
from verification.services.verify import verify

from .finding import LATER, broken, call_of, event, first, second

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_deleted_event_is_named(story: Story) -> None:
    number = event(EventName.CALL_LAPSED)
    delete("event", number)

    assert broken() == ("event", number)


def test_an_event_whose_number_another_took_is_named(story: Story) -> None:
    number = event(EventName.CALL_LAPSED)
    delete("event", number)
    for later in range(number + 1, 22):
        change("event", later, sequence=later - 1)
    change("head", 1, sequence=20)

    assert broken() == ("event", number)


def test_a_deleted_attempt_is_named(story: Story) -> None:
    number = second(story.answered).pk
    delete("attempt", number)

    assert broken() == ("attempt", number)


def test_a_deleted_call_is_named(story: Story) -> None:
    number = call_of(story.late).pk
    delete("call", number)

    assert broken() == ("call", number)


def test_a_deleted_batch_is_named(story: Story) -> None:
    delete("batch", story.late.pk)

    assert broken() == ("batch", story.late.pk)


def test_a_deleted_lookup_is_named(story: Story) -> None:
    lookup = Lookup.objects.order_by("-pk")[0]
    delete("lookup", lookup.pk)

    assert broken() == ("lookup", lookup.pk)


def test_a_lookup_that_gave_no_verdict_is_known_too(story: Story, clock: Clock) -> None:
    lookup = look_up(first(story.answered), clock, verified=True)
    assert verify(None).events == 22
    change("lookup", lookup.pk, verified=False)

    assert broken() == ("lookup", lookup.pk)


def test_a_deleted_lookup_that_gave_no_verdict_is_named(story: Story, clock: Clock) -> None:
    lookup = look_up(first(story.answered), clock, verified=True)
    delete("lookup", lookup.pk)

    assert broken() == ("lookup", lookup.pk)


@pytest.mark.parametrize("state", [LookupState.ANSWERED, LookupState.FAILED])
def test_a_lookup_that_ended_without_an_event_is_named(story: Story, state: LookupState) -> None:
    number = copy("lookup", Lookup.objects.order_by("-pk")[0].pk, state=state)

    assert broken() == ("lookup", number)


def test_a_lookup_that_is_still_open_needs_no_event(story: Story) -> None:
    copy("lookup", Lookup.objects.order_by("-pk")[0].pk, state=LookupState.QUEUED)

    assert verify(None).events == 21


def test_an_attempt_taken_out_of_its_call_is_noticed_in_the_call(story: Story) -> None:
    call = call_of(story.answered)
    delete("ride", Ride.objects.filter(call=call).order_by("position")[1].pk)

    assert broken() == ("call", call.pk)


def test_an_attempt_that_was_put_in_is_named(story: Story) -> None:
    number = copy("attempt", first(story.answered).pk, position=7, email="new@example.com", key="new@example.com")

    assert broken() == ("attempt", number)


def test_a_whole_batch_that_was_put_in_is_named(story: Story) -> None:
    batch = copy("batch", story.answered.pk, ref="bbbbbbbbbb")
    copy("attempt", first(story.answered).pk, batch_id=batch)

    assert broken() == ("batch", batch)


def test_a_call_that_was_put_in_is_named(story: Story) -> None:
    number = copy("call", call_of(story.answered).pk, nonce="0" * 32)

    assert broken() == ("call", number)


def test_an_event_that_was_put_in_is_named(story: Story) -> None:
    copied = Event.objects.get(sequence=event(EventName.BATCH_STOPPED))
    copied.sequence = 22
    with unhindered():
        copied.save(force_insert=True)
    assert broken() == ("event", 22)

    change("head", 1, sequence=22, hash=copied.hash)
    assert broken() == ("event", 22)


def test_an_attempt_that_was_ended_without_an_event_is_named(story: Story) -> None:
    number = first(story.paused).pk
    change("attempt", number, status=Status.ACCEPTED, finished_at=LATER)

    assert broken() == ("attempt", number)


def test_a_call_that_was_settled_without_an_event_is_named(mei: User, story: Story, clock: Clock) -> None:
    call = carry(open_for(mei, "new@example.com", now=clock()), clock)
    verify(None)
    change("call", call.pk, state="answered", answered_at=LATER, outcome="lists")

    assert broken() == ("call", call.pk)


def test_two_swapped_events_are_noticed_at_the_first(story: Story) -> None:
    one, two = event(EventName.BATCH_OPENED, 1), event(EventName.BATCH_OPENED, 3)
    columns = [field.attname for field in Event._meta.fields if field.attname != "sequence"]
    swap("event", one, two, *columns)

    assert broken() == ("event", one)


def test_two_swapped_outcomes_are_noticed_at_the_first(story: Story) -> None:
    one, two = story.answered.attempts.order_by("position")[:2]
    swap("attempt", one.pk, two.pk, "status", "code", "message", "message_commitment", "salt", "email", "key")

    assert broken() == ("attempt", one.pk)


def test_two_swapped_addresses_are_noticed_at_the_first(story: Story) -> None:
    one, two = story.answered.attempts.order_by("position")[:2]
    swap("attempt", one.pk, two.pk, "email", "key")

    assert broken() == ("attempt", one.pk)


def test_of_two_faults_the_one_that_comes_first_in_the_trail_is_named(story: Story) -> None:
    delete("event", event(EventName.BATCH_STOPPED))
    number = first(story.answered).pk
    change("attempt", number, status=Status.REFUSED)

    assert broken() == ("attempt", number)


def test_a_cut_tail_is_named_by_its_first_event(story: Story) -> None:
    cut(19, adjust_head=False)

    assert broken() == ("event", 20)


def test_a_batch_whose_events_were_cut_off_is_named(story: Story) -> None:
    cut(19, adjust_head=True)

    assert broken() == ("batch", story.overriding.pk)


def test_an_outcome_whose_event_was_cut_off_is_named(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    carry(batch, clock, answer("ann@example.com"))
    cut(1, adjust_head=True)

    assert broken() == ("attempt", first(batch).pk)


def test_a_stop_whose_event_was_cut_off_is_noticed_in_what_it_ended(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", now=clock())
    batches.stop(batch.pk, ACTOR, now=clock.move(seconds=1))
    cut(1, adjust_head=True)

    assert broken() == ("attempt", first(batch).pk)


def test_a_call_whose_event_was_cut_off_is_named(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", now=clock())
    call = carry(batch, clock, Throttled("Throttling.User"))
    cut(1, adjust_head=True)

    assert broken() == ("call", call.pk)
