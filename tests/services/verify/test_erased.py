"""What was erased lawfully is no fault; what was erased beside the trail is named."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from tests.desk import ACTOR, Clock, open_for
from tests.services.administrator import change
from tests.services.story import Story, answer, carry
from verification.aliyun.errors import AddressRefused
from verification.models import Attempt, Batch, Lookup
from verification.services import keeping
from verification.services.verify import verify

from .finding import LATER, broken, call_of, first

pytestmark = pytest.mark.django_db(transaction=True)
EMPTIED = {"email": "", "key": "", "domain": "", "message": "", "salt": "", "fingerprint": "", "erased_at": LATER}


def erase(address: str) -> keeping.Found:
    found = keeping.find_address(address, address)
    keeping.erase(found, ACTOR, LATER)
    return found


def test_after_an_address_is_erased_the_record_is_whole(story: Story) -> None:
    found = erase("gil@example.com")

    assert len(found.attempts) == 1
    assert verify(None).events == 22


def test_words_that_named_an_erased_address_may_go_from_the_attempt_of_another(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=clock())
    carry(batch, clock, AddressRefused("ParameterIllegal", "not ann@example.com", "R-1", 400))
    carry(batch, clock, AddressRefused("ParameterIllegal", "not ann@example.com", "R-2", 400))
    carry(batch, clock, AddressRefused("ParameterIllegal", "not ann@example.com", "R-3", 400))
    found = erase("ann@example.com")
    assert found.messages and found.calls
    verify(None)

    erase("bob@example.com")
    verify(None)


def test_after_all_is_pruned_the_record_is_whole(story: Story) -> None:
    for found in keeping.find_older(LATER):
        keeping.prune(found, ACTOR, LATER)
    verify(None)

    assert Attempt.objects.filter(salt="").count() > 5


def test_an_attempt_that_was_emptied_without_an_event_is_named(story: Story) -> None:
    number = first(story.answered).pk
    change("attempt", number, **EMPTIED)

    assert broken() == ("attempt", number)


def test_an_attempt_without_its_salt_is_named(story: Story) -> None:
    number = first(story.answered).pk
    change("attempt", number, salt="", erased_at=LATER)

    assert broken() == ("attempt", number)


def test_words_that_were_taken_out_without_an_event_are_noticed(story: Story) -> None:
    number = first(story.answered).pk
    change("attempt", number, message="", erased_at=LATER)

    assert broken() == ("attempt", number)


def test_words_that_were_taken_out_without_a_mark_are_noticed(story: Story) -> None:
    number = first(story.answered).pk
    change("attempt", number, message="")

    assert broken() == ("attempt", number)


@pytest.mark.parametrize(("table", "words"), [("batch", "Other words"), ("call", "Other words"), ("call", "")])
def test_a_row_whose_salt_was_taken_out_without_a_mark_is_named(story: Story, table: str, words: str) -> None:
    """Without its salt nothing binds it to what its texts were."""
    number = story.stopped.pk if table == "batch" else call_of(story.answered).pk
    emptied = {"batch": ("reason", "ticket", "override_reason"), "call": ("message", "recommend")}[table]
    change(table, number, **dict.fromkeys(emptied, words), salt="")

    assert broken() == (table, number)


@pytest.mark.parametrize("column", ["email", "key"])
def test_a_lookup_that_lost_its_address_without_an_event_is_named(story: Story, column: str) -> None:
    lookup = Lookup.objects.order_by("-pk")[0]
    change("lookup", lookup.pk, **{column: ""})

    assert broken() == ("lookup", lookup.pk)


@pytest.mark.parametrize("table", ["batch", "call"])
def test_a_row_that_is_marked_as_erased_without_an_event_is_named(story: Story, table: str) -> None:
    number = story.stopped.pk if table == "batch" else call_of(story.answered).pk
    emptied = {"batch": ("reason", "ticket", "override_reason"), "call": ("message", "recommend")}[table]
    change(table, number, **dict.fromkeys(emptied, ""), salt="", erased_at=LATER)

    assert broken() == (table, number)


def test_an_address_that_was_put_back_is_noticed(story: Story) -> None:
    [number] = erase("gil@example.com").attempts
    change("attempt", number, email="gil@example.com", key="gil@example.com", domain="example.com")

    assert broken() == ("attempt", number)


def test_an_erased_row_with_a_salt_is_noticed(story: Story) -> None:
    [number] = erase("gil@example.com").attempts
    change("attempt", number, salt="0" * 32)

    assert broken() == ("attempt", number)


def test_the_outcome_of_an_erased_attempt_is_still_proven(story: Story) -> None:
    [number] = erase("gil@example.com").attempts
    change("attempt", number, status="accepted")

    assert broken() == ("attempt", number)


def test_a_batch_s_reason_is_proven_until_it_is_erased(mei: User, clock: Clock) -> None:
    batch = open_for(mei, "ann@example.com", now=clock())
    carry(batch, clock, answer("ann@example.com"))
    Batch.objects.filter(pk=batch.pk).update(created_at=batch.created_at)
    [found] = keeping.find_older(clock() + timedelta(days=1))
    keeping.prune(found, ACTOR, LATER)
    verify(None)
    change("batch", batch.pk, reason="Another reason")

    assert broken() == ("batch", batch.pk)
