"""What somebody can do who administers the database: change, delete and put in anything, and make a chain anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

from tests.desk import unguarded
from verification.evidence.chain import GENESIS, chained, payload_hash
from verification.models import Attempt, Batch, Call, Checkpoint, Event, Head, Lookup, Ride
from verification.services.ledger import payload_of

TABLES: dict[str, type[Model]] = {
    "attempt": Attempt,
    "batch": Batch,
    "call": Call,
    "checkpoint": Checkpoint,
    "event": Event,
    "head": Head,
    "lookup": Lookup,
    "ride": Ride,
}
OFF_AND_ON = {
    "sqlite": (
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
        "PRAGMA foreign_keys = ON; PRAGMA ignore_check_constraints = OFF",
    ),
    "postgresql": ("SET session_replication_role = replica", "SET session_replication_role = origin"),
}


@contextmanager
def unhindered() -> Iterator[None]:
    """Without guards, foreign keys and, on SQLite, checks."""
    off, on = OFF_AND_ON[connection.vendor]
    with unguarded():
        _run(off)
        try:
            yield
        finally:
            _run(on)


def _run(statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements.split(";"):
            cursor.execute(statement)


def change(table: str, number: int, /, **values: Any) -> None:
    with unhindered():
        assert TABLES[table]._default_manager.filter(pk=number).update(**values) == 1


def delete(table: str, *numbers: int) -> None:
    model = TABLES[table]
    with unhindered(), connection.cursor() as cursor:
        for number in numbers:
            column = model._meta.pk.column
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE {column} = %s", [number])
            assert cursor.rowcount == 1


def copy(table: str, number: int, /, **values: Any) -> int:
    """Put in a row that is as another but for these values; returns its id."""
    row = TABLES[table]._default_manager.get(pk=number)
    row.pk = None
    for name, value in values.items():
        setattr(row, name, value)
    with unhindered():
        row.save(force_insert=True)
    return int(row.pk)


def swap(table: str, first: int, second: int, *columns: str) -> None:
    """Exchange the columns of two rows, by way of nothing that a unique constraint could mind."""
    found = TABLES[table]._default_manager.filter(pk__in=(first, second)).in_bulk()
    both = {number: {column: getattr(found[number], column) for column in columns} for number in (first, second)}
    delete(table, first, second)
    with unhindered():
        for number, other in ((first, second), (second, first)):
            row = found[number]
            vars(row).update(both[other])
            row.save(force_insert=True)


def cut(after: int, *, adjust_head: bool) -> None:
    """Delete all events after a number."""
    with unhindered():
        Event.objects.filter(sequence__gt=after)._raw_delete(using="default")
        if adjust_head:
            last = Event.objects.get(sequence=after)
            Head.objects.update(sequence=last.sequence, hash=last.hash)


def rebuild() -> None:
    """Make every hash anew, so that each link holds again."""
    before = GENESIS
    with unhindered():
        for event in Event.objects.order_by("sequence"):
            event.payload_hash = payload_hash(payload_of(event))
            event.hash = before = chained(before, event.sequence, event.payload_hash)
            event.save()
        Head.objects.update(hash=before)
