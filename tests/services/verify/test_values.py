"""Of a row or an event in which a value was changed, the table and the id are named."""

from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from tests.services.administrator import TABLES, change, rebuild, unhindered
from tests.services.story import Story
from verification.models import Event, EventName, Status

from .finding import LATER, broken, call_of, event, first, second

pytestmark = pytest.mark.django_db(transaction=True)

ATTEMPT: list[tuple[str, Any]] = [
    ("status", "refused"),
    ("code", "Other"),
    ("message", "Other words"),
    ("request_id", "R-2"),
    ("finished_at", LATER),
    ("position", 9),
    ("created_at", LATER),
    ("email", "eve@example.com"),
    ("key", "eve@example.com"),
    ("domain", "example.org"),
    ("salt", "0" * 32),
    ("address_commitment", "0" * 64),
    ("message_commitment", "0" * 64),
]
BATCH: list[tuple[str, Any]] = [
    ("requested_by_name", "otto"),
    ("reason", "Another reason"),
    ("ticket", "T-2"),
    ("size", 3),
    ("source", "shell"),
    ("source_address", "192.0.2.9"),
    ("lang", "zh"),
    ("user_client_ip", "192.0.2.9"),
    ("created_at", LATER),
    ("ref", "bbbbbbbbbb"),
    ("state", "running"),
    ("decided_by_name", "otto"),
]
CALL: list[tuple[str, Any]] = [
    ("worker", "another worker"),
    ("nonce", "0" * 32),
    ("endpoint", "https://example.com"),
    ("opened_at", LATER),
    ("lease_until", LATER),
    ("answered_at", LATER),
    ("outcome", "throttled"),
    ("http_status", 500),
    ("code", "Other"),
    ("message", "Other words"),
    ("recommend", "Other words"),
    ("request_id", "R-2"),
    ("size", 4),
]
EVENT: list[tuple[str, Any]] = [
    ("name", EventName.BATCH_RESUMED),
    ("at", LATER),
    ("actor_name", "worker:another"),
    ("source_address", "192.0.2.9"),
    ("act", "11111111-2222-3333-4444-555555555555"),
    ("batch_id", 1),
    ("call_id", 1),
    ("details", {}),
    ("payload_hash", "0" * 64),
    ("hash", "0" * 64),
]


def is_kept(table: str, number: int, assignment: str) -> bool:
    """Whether the database takes it: PostgreSQL keeps nothing in a column but the column's own kind."""
    model = TABLES[table]
    statement = f"UPDATE {model._meta.db_table} SET {assignment} WHERE {model._meta.pk.column} = {number}"
    with unhindered(), connection.cursor() as cursor, suppress(DatabaseError):
        cursor.execute(statement)
        return cursor.rowcount == 1
    assert connection.vendor == "postgresql"
    return False


@pytest.mark.parametrize(("column", "value"), ATTEMPT)
def test_a_changed_attempt_is_named(story: Story, column: str, value: Any) -> None:
    number = first(story.answered).pk
    change("attempt", number, **{column: value})

    assert broken() == ("attempt", number)


@pytest.mark.parametrize(("column", "value"), BATCH)
def test_a_changed_batch_is_named(story: Story, column: str, value: Any) -> None:
    change("batch", story.stopped.pk, **{column: value})

    assert broken() == ("batch", story.stopped.pk)


@pytest.mark.parametrize(("column", "value"), CALL)
def test_a_changed_call_is_named(story: Story, column: str, value: Any) -> None:
    number = call_of(story.answered).pk
    change("call", number, **{column: value})

    assert broken() == ("call", number)


@pytest.mark.parametrize(("column", "value"), EVENT)
def test_a_changed_event_is_named(story: Story, column: str, value: Any) -> None:
    number = event(EventName.CALL_SETTLED, 2)
    change("event", number, **{column: value})

    assert broken() == ("event", number)


def test_a_person_put_in_the_place_of_another_is_named(story: Story, lena: User) -> None:
    batch = story.stopped
    change("batch", batch.pk, requested_by=lena)
    assert broken() == ("batch", batch.pk)

    change("batch", batch.pk, requested_by=User.objects.get(username="mei"))
    change("attempt", first(batch).pk, requested_by=lena)
    assert broken() == ("attempt", first(batch).pk)


@pytest.mark.parametrize(
    ("table", "column"),
    [("attempt", "email"), ("attempt", "salt"), ("attempt", "message"), ("batch", "reason"), ("call", "message")],
)
def test_a_text_of_a_kind_that_the_record_never_has_is_named(story: Story, table: str, column: str) -> None:
    rows = {"attempt": first(story.answered), "batch": story.answered, "call": call_of(story.answered)}
    number = rows[table].pk
    if is_kept(table, number, f"{column} = x'00ff'"):
        assert broken() == (table, number)


def test_a_value_of_a_kind_that_the_record_never_has_is_named(story: Story) -> None:
    number = first(story.answered).pk
    if connection.vendor == "sqlite":
        with unhindered(), connection.cursor() as cursor:
            cursor.execute("UPDATE verification_attempt SET code = x'00' WHERE id = %s", [number])
    else:
        change("attempt", number, code="\x01")

    assert broken() == ("attempt", number)


@pytest.mark.parametrize(("table", "column"), [("attempt", "finished_at"), ("event", "at"), ("event", "act")])
@pytest.mark.parametrize("added", ["+05:00", ".000000+05:00", "0"])
def test_nothing_can_be_added_to_what_the_chain_has(story: Story, table: str, column: str, added: str) -> None:
    """With a zone behind it, a time is another one to whoever reads it."""
    number = first(story.answered).pk if table == "attempt" else event(EventName.CALL_SETTLED)
    if is_kept(table, number, f"{column} = {column} || '{added}'"):
        assert broken() == (table, number)


def test_what_a_lapsed_call_left_behind_cannot_be_called_sent(story: Story) -> None:
    number = second(story.lapsed).pk
    change("attempt", number, status=Status.ACCEPTED, code="Success")

    assert broken() == ("attempt", number)


def test_a_lapsed_call_cannot_be_called_answered(story: Story) -> None:
    number = call_of(story.lapsed).pk
    change("call", number, state="answered", answered_at=LATER)

    assert broken() == ("call", number)


def test_a_late_answer_cannot_be_taken_back(story: Story) -> None:
    number = story.late.calls.order_by("pk")[1].pk
    change("call", number, state="lapsed", answered_at=None)

    assert broken() == ("call", number)


def test_an_event_whose_hashes_were_made_anew_breaks_the_next_link(story: Story) -> None:
    number = event(EventName.CALL_SETTLED)
    changed = Event.objects.get(sequence=number)
    changed.actor_name = "worker:another"
    with unhindered():
        changed.save()
    rebuild()
    last = Event.objects.get(sequence=number + 1)
    change("event", last.sequence, hash="0" * 64)

    assert broken() == ("event", number + 1)


@pytest.mark.parametrize(
    ("column", "value", "named"), [("hash", "0" * 64, ("head", 1)), ("sequence", 22, ("event", 22))]
)
def test_a_changed_head_is_noticed(story: Story, column: str, value: Any, named: tuple[str, int]) -> None:
    change("head", 1, **{column: value})

    assert broken() == named
