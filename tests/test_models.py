"""The truth of each row is in the database's constraints: what must not stand in the record can't be written."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError

from tests.desk import NOON, open_for, person, unguarded
from verification.models import (
    ALIVE_WITHIN,
    FINAL,
    IN_FLIGHT,
    Attempt,
    Batch,
    BatchState,
    Call,
    CallState,
    Lookup,
    LookupState,
    Pace,
    Reason,
    Ride,
    Status,
    Verdict,
    Worker,
    database_now,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _constraints_alone(db: None) -> Iterator[None]:
    """The guards would refuse most of these changes before a constraint does."""
    with unguarded():
        yield


@pytest.fixture
def mei() -> User:
    return person("mei")


@pytest.fixture
def batch(mei: User) -> Batch:
    return open_for(mei, "ann@example.com", now=NOON)


@pytest.fixture
def attempt(batch: Batch) -> Attempt:
    return batch.attempts.get()


@pytest.fixture
def call(batch: Batch) -> Call:
    return call_of(batch)


def call_of(batch: Batch, **fields: Any) -> Call:
    usual = {"nonce": uuid4().hex, "size": 1, "opened_at": NOON, "lease_until": NOON}
    return Call.objects.create(batch=batch, **{**usual, **fields})


def change(row: Model, **fields: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**fields)


def refused(row: Model, constraint: str, **fields: Any) -> bool:
    """Whether the database refuses a change, and because of this constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        change(row, **fields)
    return True


@pytest.mark.parametrize("status", FINAL)
def test_a_final_status_needs_a_finish_time(attempt: Attempt, status: Status) -> None:
    reason = Reason.CANCELLED if status == Status.NOT_SENT else ""

    assert refused(attempt, "attempt_final_has_time", status=status, reason=reason)
    change(attempt, status=status, reason=reason, finished_at=NOON)


@pytest.mark.parametrize("status", IN_FLIGHT)
def test_what_is_in_flight_has_no_finish_time(attempt: Attempt, call: Call, status: Status) -> None:
    assert refused(attempt, "attempt_final_has_time", status=status, last_call=call, finished_at=NOON)
    change(attempt, status=status, last_call=call)


def test_what_is_sending_is_in_a_call(attempt: Attempt) -> None:
    assert refused(attempt, "attempt_sending_in_call", status=Status.SENDING)


def test_only_what_is_not_sent_has_a_reason_and_always_has_one(attempt: Attempt) -> None:
    assert refused(attempt, "attempt_not_sent_has_reason", status=Status.NOT_SENT, finished_at=NOON)
    assert refused(attempt, "attempt_not_sent_has_reason", reason=Reason.CANCELLED)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("attempt_reason_word", {"status": Status.NOT_SENT, "reason": "whim", "finished_at": NOON}),
        ("attempt_verdict_word", {"verdict": "perhaps", "verdict_at": NOON}),
        ("attempt_verdict_has_time", {"verdict": Verdict.CONFIRMED_SENT}),
    ],
)
def test_an_attempt_holds_our_own_words_only(attempt: Attempt, constraint: str, fields: dict[str, Any]) -> None:
    assert refused(attempt, constraint, **fields)


@pytest.mark.parametrize("finished", [None, NOON])
def test_an_attempt_has_no_other_status(attempt: Attempt, finished: datetime | None) -> None:
    assert refused(attempt, "attempt_", status="sent", finished_at=finished)


@pytest.mark.parametrize("first", IN_FLIGHT)
@pytest.mark.parametrize("second", IN_FLIGHT)
def test_an_address_is_in_flight_once(mei: User, batch: Batch, call: Call, first: Status, second: Status) -> None:
    change(batch.attempts.get(), status=first, last_call=call)
    other = open_for(mei, "bob@example.com", now=NOON)

    assert refused(other.attempts.get(), "attempt_one_in_flight|verification_attempt.key", status=second,
                   last_call=call_of(other), key="ann@example.com")  # fmt: skip


@pytest.mark.parametrize("status", FINAL)
def test_an_address_may_have_any_number_of_final_attempts(mei: User, attempt: Attempt, status: Status) -> None:
    ended = {"status": status, "reason": Reason.CANCELLED if status == Status.NOT_SENT else "", "finished_at": NOON}
    for _ in range(2):
        change(open_for(mei, "bob@example.com", now=NOON - timedelta(days=1)).attempts.get(), **ended)

    assert Attempt.objects.filter(key="bob@example.com", status=status).count() == 2


def test_an_address_is_in_a_batch_once(mei: User) -> None:
    batch = open_for(mei, "ann@example.com", "bob@example.com", now=NOON)
    batch.attempts.update(status=Status.ACCEPTED, finished_at=NOON)

    assert refused(batch.attempts.get(email="bob@example.com"), "attempt_once_per_batch|UNIQUE", key="ann@example.com")


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("batch_state_word", {"state": "sleeping"}),
        ("batch_lang_word", {"lang": "de"}),
        ("batch_source_word", {"source": "mail"}),
        ("batch_finished_has_time", {"state": BatchState.FINISHED}),
        ("batch_pause_has_cause", {"state": BatchState.PAUSED}),
    ],
)
def test_a_batch_holds_our_own_words_only(batch: Batch, constraint: str, fields: dict[str, Any]) -> None:
    assert refused(batch, constraint, **fields)


def test_a_form_of_a_person_makes_one_batch(mei: User, batch: Batch) -> None:
    form = uuid4()
    change(batch, form_key=form)
    second, hers = open_for(mei, "bob@example.com"), open_for(person("lena"), "eve@example.com")

    assert refused(second, "batch_one_per_form|UNIQUE", form_key=form)
    change(hers, form_key=form)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": CallState.ANSWERED},
        {"state": CallState.OPEN, "answered_at": NOON},
        {"state": CallState.LAPSED, "answered_at": NOON},
    ],
)
def test_a_call_has_an_answer_time_exactly_when_it_is_answered(call: Call, fields: dict[str, Any]) -> None:
    assert refused(call, "call_answered_has_time", **fields)


def test_a_call_holds_our_own_words_only(call: Call) -> None:
    assert refused(call, "call_state_word", state="lost")


def test_a_nonce_is_used_once(call: Call) -> None:
    assert refused(call_of(call.batch), "nonce", nonce=call.nonce)


def test_an_attempt_rides_in_a_call_once_and_at_a_place_of_its_own(mei: User, call: Call, attempt: Attempt) -> None:
    Ride.objects.create(call=call, attempt=attempt, position=0)
    bob = open_for(mei, "bob@example.com").attempts.get()
    ride = Ride.objects.create(call=call, attempt=bob, position=1)

    assert refused(ride, "ride_once|UNIQUE", attempt=attempt)
    assert refused(ride, "ride_place|UNIQUE", position=0)


@pytest.mark.parametrize("state", [LookupState.QUEUED, LookupState.ASKING])
def test_a_question_about_an_address_is_open_once(state: LookupState) -> None:
    about = {"email": "ann@example.com", "key": "ann@example.com", "created_at": NOON, "due_at": NOON}
    Lookup.objects.create(**about)
    answered = Lookup.objects.create(**about, state=LookupState.ANSWERED)

    assert refused(answered, "lookup_one_open|verification_lookup.key", state=state)
    assert refused(answered, "lookup_state_word", state="asked")


def test_there_is_one_pace() -> None:
    pace = Pace.objects.create(pk=1)
    with pytest.raises(IntegrityError, match="pace_single_row"), transaction.atomic():
        Pace.objects.create(pk=2)

    assert list(Pace.objects.all()) == [pace]


def test_the_record_can_not_lose_a_person_a_batch_or_a_call(mei: User, attempt: Attempt, call: Call) -> None:
    Ride.objects.create(call=call, attempt=attempt, position=0)

    for row in (mei, attempt.batch, call, attempt):
        with pytest.raises(ProtectedError):
            row.delete()
    assert Attempt.objects.filter(pk=attempt.pk).exists()


def test_a_reference_is_short_unguessable_and_easy_to_read_out(mei: User) -> None:
    refs = {open_for(mei, f"a{number}@example.com").ref for number in range(20)}

    assert len(refs) == 20
    assert all(len(ref) == 10 and not set(ref) & set("aeiou01ly") for ref in refs)


def test_a_worker_counts_as_gone_after_three_missed_pulses() -> None:
    times = {"started_at": NOON, "seen_at": NOON}
    beating = Worker.objects.create(name="beating", **times)
    Worker.objects.create(name="stopped", stopped_at=NOON, **times)

    assert list(Worker.objects.alive(NOON + ALIVE_WITHIN)) == [beating]
    assert not Worker.objects.alive(NOON + ALIVE_WITHIN + timedelta(seconds=1)).exists()


def test_the_clock_is_in_utc_and_goes_on_within_a_transaction() -> None:
    with transaction.atomic():
        first, second = database_now(), database_now()

    assert first < second
    assert first.utcoffset() == timedelta()


def test_the_migrations_are_in_step_with_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
