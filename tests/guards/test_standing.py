"""The guards stand after every `migrate`, and a missing one is named."""

from collections.abc import Iterator

import pytest
from django.apps import apps as present_apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection
from django.db.migrations import AlterField, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.models import CharField, IntegerField, PositiveIntegerField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from verification import guards
from verification.guards.rules import Table
from verification.guards.tables import TABLES
from verification.guards.triggers import triggers
from verification.models import Attempt, Event, Lookup

pytestmark = pytest.mark.django_db
by_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.model.__name__)


class Wider(Migration):
    """A column of each table, in another width: SQLite makes the table anew for that."""

    operations = [
        AlterField("batch", "requested_by_name", CharField(max_length=300)),
        AlterField("attempt", "domain", CharField(max_length=300)),
        AlterField("call", "worker", CharField(max_length=300)),
        AlterField("ride", "position", PositiveIntegerField()),
        AlterField("lookup", "token_sent", CharField(max_length=300, blank=True)),
        AlterField("zoneevidence", "offset_minutes", IntegerField()),
        AlterField("event", "actor_name", CharField(max_length=300)),
        AlterField("head", "hash", CharField(max_length=300)),
        AlterField("checkpoint", "made_by", CharField(max_length=300)),
    ]


STANDING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' AND tgrelid = %s::regclass",
}


def standing(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(STANDING[connection.vendor], [table])
        return {name for (name,) in cursor.fetchall()}


def execute(statement: str) -> None:
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(statement)


def drop(name: str, table: str) -> None:
    execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


# What is unique while a condition holds, which SQLite's own index doesn't defend from REPLACE.
PLACES = {
    Attempt: {"guard_attempt_one_in_flight", "guard_attempt_once_per_batch"},
    Lookup: {"guard_lookup_one_open"},
}


def expected(table: Table) -> set[str]:
    always = ["kept", "place" if connection.vendor == "sqlite" else "whole"]
    rules = [rule.name for rule in table.rules] or ["frozen"]
    places = PLACES.get(table.model, set()) if connection.vendor == "sqlite" else set()
    return places | {f"guard_{table.model._meta.model_name}_{rule}" for rule in (*always, *rules)}


@by_table
def test_every_table_has_its_guards_after_migrate(table: Table) -> None:
    assert standing(table.name) == expected(table)
    assert guards.missing(connection) == []


@pytest.fixture
def altered(transactional_db: None) -> Iterator[None]:
    """One column of every table altered, as `migrate` does it, and back again afterwards."""
    migration = Wider("9999_wider", "verification")
    state = MigrationLoader(connection).project_state()
    emit_pre_migrate_signal(0, False, "default", plan=[(migration, False)], apps=state.apps)
    assert not standing("verification_attempt")
    with connection.schema_editor() as editor:
        migration.apply(state.clone(), editor)
    emit_post_migrate_signal(0, False, "default", plan=[(migration, False)], apps=state.apps)
    yield
    guards.remove(connection)
    with connection.schema_editor() as editor:
        migration.unapply(state.clone(), editor)
    guards.install(connection)


def test_they_stand_again_after_tables_were_altered(altered: None) -> None:
    assert {table.model._meta.model_name for table in TABLES} == {
        operation.model_name for operation in Wider.operations
    }
    assert [table.name for table in TABLES if standing(table.name) != expected(table)] == []


def test_migrations_of_other_apps_leave_them_standing() -> None:
    emit_pre_migrate_signal(0, False, "default", plan=[(Migration("0099_other", "auth"), False)])

    assert guards.missing(connection) == []


def test_a_missing_guard_is_named(client: Client) -> None:
    drop("guard_event_frozen", "verification_event")

    response = client.get(reverse("readyz"))

    assert response.status_code == 503
    assert response.content == b"guards missing, `migrate` puts them up: guard_event_frozen\n"


def test_migrate_puts_up_what_is_missing() -> None:
    drop("guard_event_frozen", "verification_event")
    connection.check_constraints()

    call_command("migrate", verbosity=0)

    assert guards.missing(connection) == []


def test_migrating_again_touches_none_of_them() -> None:
    with CaptureQueriesContext(connection) as queries:
        call_command("migrate", verbosity=0)

    assert not [query for query in queries if "TRIGGER" in query["sql"]]


HOLLOW = "RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$"
CREATE = "CREATE TRIGGER guard_event_kept BEFORE DELETE ON verification_event"
WEAKENED: dict[str, list[tuple[str, ...]]] = {
    "sqlite": [("DROP TRIGGER guard_event_kept", f"{CREATE} BEGIN SELECT 1; END")],
    "postgresql": [
        ("ALTER TABLE verification_event DISABLE TRIGGER guard_event_kept",),
        (f"CREATE OR REPLACE FUNCTION guard_refuse() {HOLLOW}",),
        ("DROP TRIGGER guard_event_kept ON verification_event", f"{CREATE} EXECUTE FUNCTION guard_refuse('x')"),
    ],
}


@pytest.mark.parametrize("statements", WEAKENED[connection.vendor])
def test_a_guard_that_lets_all_pass_is_as_good_as_missing(statements: tuple[str, ...]) -> None:
    for statement in statements:
        execute(statement)
    assert "guard_event_kept" in guards.missing(connection)

    guards.install(connection)

    assert guards.missing(connection) == []


def test_a_guard_of_an_earlier_version_goes() -> None:
    other = triggers(connection, [Table(Event)])["guard_event_frozen"]
    execute(other.statement.replace("guard_event_frozen", "guard_event_former", 1))
    drop("guard_event_kept", "verification_event")

    guards.install(connection)

    assert standing("verification_event") == expected(Table(Event))


def test_they_are_made_for_the_models_of_today() -> None:
    former = MigrationLoader(connection).project_state([("verification", "0002_groups")]).apps

    assert guards.fit(present_apps)
    assert not guards.fit(former)
