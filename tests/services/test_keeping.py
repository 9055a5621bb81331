"""Keeping: what is erased is nowhere any more, and the record still tells what it may."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.desk import ACTOR, NOON, Clock, open_for, person
from verification.aliyun.errors import AddressRefused
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import Attempt, Batch, Call, Event, EventName, Lookup, LookupState, Status
from verification.services import batches, keeping, lookups
from verification.services.opening import open_call
from verification.services.settle import settle

pytestmark = pytest.mark.django_db
TYPED, KEY = "Zoe.Wong@例子.中国", "zoe.wong@xn--fsqu00a.xn--fiqs8s"
OTHER = "bob@example.com"
LATER = NOON + timedelta(days=1)


@pytest.fixture
def mei() -> User:
    return person("mei")


def dump() -> str:
    """Every value of every table as text."""
    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            said += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(said).lower()


def send(batch: Batch, answer: ResendAnswer | AddressRefused) -> Call:
    errand = open_call(worker="w", clock=Clock(), batch=batch)
    assert errand
    settle(errand.call.pk, answer, ACTOR, now=NOON)
    return errand.call


def accepted(*emails: str) -> ResendAnswer:
    return ResendAnswer("R-1", 200, tuple(AddressResult(email, "OK", "") for email in emails), ())


def erase() -> dict[str, int]:
    found = keeping.find_address(KEY, TYPED)
    keeping.erase(found, ACTOR, LATER)
    return found.counts


def test_an_erased_address_is_nowhere_in_any_spelling(mei: User) -> None:
    send(open_for(mei, TYPED, OTHER, now=NOON, reason=f"Call of {TYPED.upper()}"), accepted(TYPED, OTHER))
    refused = open_for(mei, TYPED, now=NOON, ticket="T-1", override_reason="The owner waits")
    send(refused, AddressRefused("ParameterIllegal", f"email {KEY} is illegal", "R-2", 400))
    lookup = lookups.ask(email=TYPED, key=KEY, person=mei, now=NOON)
    Lookup.objects.filter(pk=lookup.pk).update(state=LookupState.ASKING)
    Lookup.objects.filter(pk=lookup.pk).update(state=LookupState.FAILED, answered_at=NOON, message=f"no {TYPED}")

    assert erase() == {"batches": 2, "attempts": 2, "messages": 0, "calls": 1, "lookups": 1}

    everything = dump()
    for spelling in (TYPED, KEY, "wong", "例子", "fsqu00a"):
        assert spelling.lower() not in everything
    assert OTHER in everything


def test_the_other_addresses_and_all_outcomes_stay(mei: User) -> None:
    batch = open_for(mei, TYPED, OTHER, now=NOON, reason="Never came")
    send(batch, accepted(TYPED, OTHER))

    erase()

    gone, stays = batch.attempts.order_by("position")
    assert (gone.email, gone.key, gone.domain, gone.salt, gone.fingerprint) == ("", "", "", "", "")
    assert (gone.status, gone.code, gone.request_id, gone.erased_at) == (Status.ACCEPTED, "OK", "R-1", LATER)
    assert (stays.email, stays.erased_at, bool(stays.salt)) == (OTHER, None, True)
    batch.refresh_from_db()
    assert (batch.reason, batch.erased_at) == ("Never came", None)


def test_the_providers_words_about_it_go_from_other_attempts_too(mei: User) -> None:
    batch = open_for(mei, OTHER, now=NOON)
    send(batch, AddressRefused("ParameterIllegal", f"{TYPED} is illegal", "R-2", 400))
    open_for(mei, "third@example.com", now=NOON)

    assert erase()["messages"] == 1

    attempt = batch.attempts.get()
    assert (attempt.email, attempt.message, attempt.erased_at) == (OTHER, "", LATER)
    keeping.erase(keeping.find_address(OTHER, OTHER), ACTOR, LATER + timedelta(days=1))
    attempt.refresh_from_db()
    assert (attempt.email, attempt.salt, attempt.erased_at) == ("", "", LATER)


def test_the_event_holds_the_rows_and_nothing_of_the_address(mei: User) -> None:
    batch = open_for(mei, TYPED, now=NOON)
    send(batch, accepted(TYPED))

    erase()

    event = Event.objects.latest("sequence")
    row = [batch.attempts.get().pk] * 2
    assert (event.name, event.actor_name) == (EventName.ADDRESS_ERASED, ACTOR.name)
    assert event.details == {
        "counts": {"batches": 1, "attempts": 1, "messages": 0, "calls": 0, "lookups": 0},
        "erased": {"batches": [[batch.pk, batch.pk]], "attempts": [row]},
    }


def test_what_is_still_open_is_not_erased(mei: User) -> None:
    batch = open_for(mei, TYPED, now=NOON)
    with pytest.raises(keeping.StillInFlight):
        keeping.find_address(KEY, TYPED)

    batches.stop(batch.pk, ACTOR, now=NOON)
    lookups.ask(email=TYPED, key=KEY, person=mei, now=NOON)
    with pytest.raises(keeping.StillInFlight):
        keeping.find_address(KEY, TYPED)


def test_what_names_it_and_is_still_open_is_not_touched(mei: User) -> None:
    waiting = open_for(mei, OTHER, now=NOON, reason=f"As for {TYPED}")
    with pytest.raises(keeping.StillInFlight):
        keeping.find_address(KEY, TYPED)

    batches.stop(waiting.pk, ACTOR, now=NOON)
    assert keeping.find_address(KEY, TYPED).batches == [waiting.pk]
    lookup = lookups.ask(email=OTHER, key=OTHER, person=mei, now=NOON)
    Lookup.objects.filter(pk=lookup.pk).update(message=f"{KEY} came before")
    with pytest.raises(keeping.StillInFlight):
        keeping.find_address(KEY, TYPED)


@pytest.mark.parametrize("written", ["JORG@BÜCHER.DE", "jorg＠bücher.de", "jorg%40xn--bcher-kva.de"])
@pytest.mark.parametrize("asked", ["jorg@xn--bcher-kva.de", "jorg@bücher.de"])
def test_it_is_found_in_free_text_however_it_is_written(asked: str, written: str, mei: User) -> None:
    batch = open_for(mei, OTHER, now=NOON, reason=f"Call of {written}.")
    batches.stop(batch.pk, ACTOR, now=NOON)

    assert keeping.find_address("jorg@xn--bcher-kva.de", asked).batches == [batch.pk]


def test_erasing_twice_finds_nothing_more(mei: User) -> None:
    send(open_for(mei, TYPED, now=NOON, reason=TYPED), accepted(TYPED))
    erase()

    assert not any(erase().values())


def test_pruning_takes_what_has_ended_before_the_day(mei: User) -> None:
    old, waiting = open_for(mei, TYPED, now=NOON, ticket="T-1"), open_for(mei, OTHER, now=NOON)
    send(old, accepted(TYPED))
    young = open_for(mei, "young@example.com", now=LATER)
    send(young, accepted("young@example.com"))

    portions = list(keeping.find_older(NOON + timedelta(hours=1)))
    for found in portions:
        keeping.prune(found, ACTOR, LATER)

    assert [found.batches for found in portions] == [[old.pk]]
    old.refresh_from_db()
    assert (old.reason, old.ticket, old.size, old.requested_by_name) == ("", "", 1, "mei")
    assert [row.email for row in Attempt.objects.order_by("pk")] == ["", OTHER, "young@example.com"]
    assert Call.objects.get(batch=old).salt == ""
    assert Batch.objects.get(pk=waiting.pk).reason
    assert Event.objects.latest("sequence").name == EventName.HISTORY_PRUNED
    assert list(keeping.find_older(NOON + timedelta(hours=1))) == []


def test_pruning_takes_the_other_addresses_of_a_batch_whose_words_named_an_erased_one(mei: User) -> None:
    batch = open_for(mei, OTHER, now=NOON, reason=f"Not {TYPED}")
    send(batch, accepted(OTHER))
    erase()
    assert batch.attempts.get().email == OTHER

    for found in keeping.find_older(LATER):
        keeping.prune(found, ACTOR, LATER)

    assert batch.attempts.get().email == ""
    assert list(keeping.find_older(LATER)) == []


def test_pruning_goes_in_slices(mei: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SLICE", 2)
    sizes = (1, 1, 1, 3)
    for place, size in enumerate(sizes):
        batch = open_for(mei, *[f"a{place}-{n}@example.com" for n in range(size)], now=NOON)
        batches.stop(batch.pk, ACTOR, now=NOON)

    portions = list(keeping.find_older(LATER))

    assert [len(found.batches) for found in portions] == [2, 1, 1]
    assert sum(len(found.attempts) for found in portions) == sum(sizes)
