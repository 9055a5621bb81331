"""Whichever way somebody takes: row by row, in bulk, by an upsert, in the admin, by hand, through another program."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from tests.desk import NOON, open_for, person
from tests.guards.record import Row, another, one_of_each, refused, rows_of, sent
from verification.models import (
    Attempt,
    Batch,
    Call,
    Checkpoint,
    Event,
    Head,
    Lookup,
    LookupState,
    Ride,
    ZoneEvidence,
)
from verification.services import lookups

pytestmark = pytest.mark.django_db
# A column of each table that somebody might like to be otherwise.
TEMPTING: dict[type[Row], str] = {
    Batch: "requested_by_name",
    Attempt: "code",
    Call: "outcome",
    Ride: "position",
    Lookup: "code",
    ZoneEvidence: "offset_minutes",
    Event: "actor_name",
    Head: "hash",
    Checkpoint: "document",
}
on_every_table = pytest.mark.parametrize("model", TEMPTING, ids=lambda model: model.__name__)


@pytest.fixture
def mei(db: None) -> User:
    return person("mei")


@pytest.fixture
def record(mei: User) -> dict[type[Row], Any]:
    return one_of_each(mei)


def everything() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(rows_of(model).values()) for model in TEMPTING}


def by_hand(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def tampered(row: Row) -> Row:
    name = TEMPTING[type(row)]
    setattr(row, name, another(row, type(row)._meta.get_field(name)))
    return row


@on_every_table
def test_saving_a_changed_row_is_refused(model: type[Row], record: dict[type[Row], Any]) -> None:
    kept = everything()

    with refused():
        tampered(record[model]).save()
    with refused():
        ModelAdmin(model, AdminSite()).save_model(None, tampered(record[model]), None, True)  # type: ignore[arg-type]

    assert everything() == kept


@on_every_table
def test_changing_in_bulk_is_refused(model: type[Row], record: dict[type[Row], Any]) -> None:
    kept = everything()
    row, column = tampered(record[model]), TEMPTING[model]

    with refused():
        model._default_manager.bulk_update([row], [column])
    with refused():
        model._default_manager.bulk_create(
            [row], update_conflicts=True, update_fields=[column], unique_fields=[model._meta.pk.name]
        )

    assert everything() == kept


@on_every_table
def test_deleting_is_refused(model: type[Row], record: dict[type[Row], Any]) -> None:
    kept = everything()
    meta, row = model._meta, record[model]

    with refused():
        rows_of(model).filter(pk=row.pk)._raw_delete("default")
    with refused():
        by_hand(f"DELETE FROM {meta.db_table} WHERE {meta.pk.column} = %s", row.pk)

    assert everything() == kept


@on_every_table
@pytest.mark.parametrize("how", ["delete_model", "delete_queryset"])
def test_deleting_in_the_admin_is_refused(how: str, model: type[Row], record: dict[type[Row], Any]) -> None:
    kept = everything()
    what = record[model] if how == "delete_model" else rows_of(model)

    # Of rows that others refer to Django itself says no.
    with pytest.raises(IntegrityError, match=r"guard_|protected foreign keys"), transaction.atomic():
        getattr(ModelAdmin(model, AdminSite()), how)(None, what)

    assert everything() == kept


@pytest.mark.parametrize("state", LookupState)
def test_a_question_is_not_deleted_whatever_has_become_of_it(state: LookupState) -> None:
    lookup = Lookup.objects.create(
        email="a@example.com", key="a@example.com", created_at=NOON, due_at=NOON, state=state
    )

    with refused("lookup_kept"):
        lookup.delete()

    assert Lookup.objects.get() == lookup


# What this database has besides, for taking rows away or putting others in their place.
OWN = {
    "sqlite": (
        "REPLACE INTO {table} SELECT * FROM {table}",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        "UPDATE OR REPLACE {table} SET {key} = {key} + 1000",
        *(f"UPDATE {{table}} SET {name} = {name} + 1000" for name in ("rowid", "_rowid_", "OID")),
    ),
    "postgresql": (
        "TRUNCATE {table} CASCADE",
        "MERGE INTO {table} USING (SELECT 1) one ON TRUE WHEN MATCHED THEN DELETE",
        "MERGE INTO {table} USING (SELECT 1) one ON TRUE WHEN MATCHED THEN UPDATE SET {key} = {key} + 1000",
    ),
}[connection.vendor]


@pytest.mark.parametrize("statement", OWN)
@on_every_table
def test_what_else_this_database_can_do_is_refused(
    model: type[Row], statement: str, record: dict[type[Row], Any]
) -> None:
    connection.check_constraints()
    kept = everything()

    with refused():
        by_hand(statement.format(table=model._meta.db_table, key=model._meta.pk.column))

    assert everything() == kept


def copied(row: Row, place: str, **changes: str) -> str:
    """A statement that puts another row in the place of this one; `place` is the unique index, on PostgreSQL."""
    meta = row._meta
    columns = [str(field.column) for field in meta.local_fields if field.column != "id"]
    values = ", ".join(changes.get(column, column) for column in columns)
    copy = f"INTO {meta.db_table} ({', '.join(columns)}) SELECT {values} FROM {meta.db_table} WHERE id = {row.pk}"
    if connection.vendor == "sqlite":
        return f"REPLACE {copy}"
    return f"INSERT {copy} ON CONFLICT {place} DO UPDATE SET email = excluded.email"


def in_flight(who: User) -> str:
    flying = open_for(who, "flying@example.com").attempts.get()
    place = "(key) WHERE released AND status IN ('queued', 'sending')"
    other = open_for(who, "b@example.com")
    return copied(flying, place, email="'other@example.com'", batch_id=str(other.pk), position="1")


def in_its_batch(who: User) -> str:
    settled = sent(who)
    return copied(settled, "(batch_id, key) WHERE key <> ''", email="'other@example.com'", position="1")


def asked_already(who: User) -> str:
    question = lookups.ask(email="a@example.com", key="a@example.com", person=who, now=NOON)
    return copied(question, "(key) WHERE state IN ('queued', 'asking')", email="'other@example.com'")


def released_into_flight(who: User) -> str:
    flying = open_for(who, "flying@example.com").attempts.get()
    fields = {field.attname: getattr(flying, field.attname) for field in Attempt._meta.local_fields}
    batch = open_for(who, "b@example.com")
    waiting = Attempt.objects.create(**fields | {"id": None, "batch_id": batch.pk, "position": 1, "released": False})
    either = "UPDATE OR REPLACE" if connection.vendor == "sqlite" else "UPDATE"
    return f"{either} verification_attempt SET released = TRUE WHERE id = {waiting.pk}"


# PostgreSQL's own index says no to the last of them.
TAKEN = "guard_" if connection.vendor == "sqlite" else "guard_|attempt_one_in_flight"
# What one row holds of them all, as long as a condition holds.
by_place = pytest.mark.parametrize("take", [in_flight, in_its_batch, asked_already, released_into_flight])


@by_place
def test_no_other_takes_the_place_of_a_row(take: Callable[[User], str], mei: User) -> None:
    statement = take(mei)
    kept = everything()

    with pytest.raises(IntegrityError, match=TAKEN), transaction.atomic():
        by_hand(statement)

    assert everything() == kept


@contextmanager
def another_program(database_url: str) -> Iterator[Callable[[str], object]]:
    """A connection without anything that the desk's own ones are given."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as file:
            yield file.execute
    else:
        with psycopg.connect(database_url, autocommit=True) as server:
            yield server.execute


@pytest.mark.parametrize("statement", ("DELETE FROM {table}", *OWN))
def test_another_program_is_refused_too(statement: str, database_url: str, record: dict[type[Row], Any]) -> None:
    kept = everything()

    with another_program(database_url) as execute:
        for meta in (model._meta for model in TEMPTING):
            with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="guard_"):
                execute(statement.format(table=meta.db_table, key=meta.pk.column))

    assert everything() == kept


@by_place
def test_another_program_puts_no_row_in_the_place_of_another(
    take: Callable[[User], str], database_url: str, mei: User
) -> None:
    statement = take(mei)
    kept = everything()

    with (
        another_program(database_url) as execute,
        pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match=TAKEN),
    ):
        execute(statement)

    assert everything() == kept


@pytest.mark.django_db(transaction=True)
def test_the_desk_can_not_be_flushed(record: dict[type[Row], Any]) -> None:
    kept = everything()

    with pytest.raises(CommandError):
        call_command("flush", interactive=False, verbosity=0)

    assert everything() == kept
    assert User.objects.exists()
