"""Guards: triggers by which the database itself refuses to change the record, for whoever asks it.

They go with the tables as the models have them now, so a migration of these tables runs without: it couldn't rebuild a
table (SQLite) or alter a column (PostgreSQL) that a trigger speaks of, and SQLite's rebuilding loses triggers anyway.
"""

from django.apps.registry import Apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .tables import TABLES
from .triggers import PREFIX, Trigger, triggers

# The name, the table and the text of each guard, and on PostgreSQL the body of its function; no text: switched off.
_STANDING = {
    "sqlite": f"SELECT name, tbl_name, sql, '' FROM sqlite_master WHERE type = 'trigger' AND name GLOB '{PREFIX}*'",
    "postgresql": f"""
        SELECT tgname, relname, CASE WHEN tgenabled IN ('O', 'A') THEN obj_description(t.oid, 'pg_trigger') END, prosrc
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid
        WHERE starts_with(tgname, '{PREFIX}') AND relnamespace = current_schema()::regnamespace
    """,
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every guard stand as it should. A table whose guards all do is not touched."""
    faulty = missing(connection)
    standing = _standing(connection)
    wanted = triggers(connection, TABLES)
    stale = [name for name in standing if name in faulty or name not in wanted]
    drops = [_drop(connection, name, standing[name][0]) for name in stale]
    _run(connection, drops + [line for name in faulty for line in _create(wanted[name])])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take every guard away, until `install`."""
    _run(connection, [_drop(connection, name, table) for name, (table, _) in _standing(connection).items()])


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the guards that are gone, switched off, or not as they should be."""
    standing = _standing(connection)
    wanted = triggers(connection, TABLES)
    return [name for name, trigger in wanted.items() if standing.get(name) != (trigger.table, _text(trigger))]


def fit(apps: Apps) -> bool:
    """Whether the guards are made for these models, which may be those of an older migration."""
    for table in TABLES:
        try:
            model = apps.get_model(table.model._meta.label)
        except LookupError:
            return False
        if not table.columns <= {field.column for field in model._meta.local_fields}:
            return False
    return True


def _standing(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING[connection.vendor])
        return {name: (table, text and text + body) for name, table, text, body in cursor.fetchall()}


def _text(trigger: Trigger) -> str:
    return trigger.statement + trigger.body


def _create(trigger: Trigger) -> list[str]:
    if not trigger.function:
        return [trigger.statement]
    # The comment keeps the text as it was written; the server gives it back in words of its own.
    quoted = trigger.statement.replace("'", "''")
    return [
        f'CREATE OR REPLACE FUNCTION "{trigger.function}"() RETURNS trigger LANGUAGE plpgsql AS $${trigger.body}$$',
        trigger.statement,
        f'COMMENT ON TRIGGER "{trigger.name}" ON "{trigger.table}" IS \'{quoted}\'',
    ]


def _drop(connection: BaseDatabaseWrapper, name: str, table: str) -> str:
    # SQLite's triggers have no table in their name.
    return f'DROP TRIGGER "{name}"' if connection.vendor == "sqlite" else f'DROP TRIGGER "{name}" ON "{table}"'


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
