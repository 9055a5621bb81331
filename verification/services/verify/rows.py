"""The record's rows as the chain speaks of them, read quickly: plain columns, with times as the chain writes them."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import CharField, Expression, F, Func, Model, QuerySet
from django.db.models.expressions import RawSQL

from ...evidence import chain
from ...models import Attempt, Batch, Call, Lookup, Ride

Row = dict[str, Any]

SLICE = 200
MODELS: dict[str, type[Model]] = {"batch": Batch, "attempt": Attempt, "call": Call, "lookup": Lookup}
# What is read of each table: what the chain covers, what a row is committed to, and what is checked beside. Verdicts
# are rare, and read by themselves.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "batch": (*chain.BATCH, "reason", "ticket", "override_reason", "salt", "erased_at"),
    "attempt": (
        *dict.fromkeys((*chain.OPENED, *chain.ENDED)),
        *("email", "key", "message", "salt", "erased_at", "domain", "requested_by_id"),
    ),
    "call": (
        *(name for name in chain.CALL if name != "carried"),
        *("message", "recommend", "salt", "erased_at", "size"),
    ),
    "lookup": (*chain.LOOKUP, "erased_at"),
    "verdict": (*chain.JUDGED, "last_call_id"),
}
# The last one to the end, whatever stands there: it is what was kept, or it shows.
UUID_PARTS = ("1, 8", "9, 4", "13, 4", "17, 4", "21")
_TIMES = {"created_at", "finished_at", "verdict_at", "opened_at", "lease_until", "answered_at", "erased_at"}


class Written(Func):
    """A time as the chain writes it, made by the database: much quicker than a datetime on the way."""

    output_field = CharField()
    template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # SQLite keeps the text of a datetime in UTC, which has no fraction where that is zero. Nothing is cut off: a
        # zone behind it would make another time of it on the pages.
        fraction = "CASE length(%(expressions)s) WHEN 19 THEN '.000000' ELSE '' END"
        template = f"replace(%(expressions)s, ' ', 'T') || {fraction} || 'Z'"
        return self.as_sql(compiler, connection, template=template, **context)


class WrittenUUID(Func):
    """A UUID as the chain writes it, made by the database."""

    output_field = CharField()
    template = "(%(expressions)s)::text"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # SQLite keeps the hexadecimal digits alone.
        parts = (f"substr(%(expressions)s, {part})" for part in UUID_PARTS)
        return self.as_sql(compiler, connection, template=" || '-' || ".join(parts), **context)


def rows_of(table: str, found: QuerySet[Any]) -> Iterator[Row]:
    """The rows of a query set, a call's without what it carried; in any order, for databases sort slowly."""
    names = _COLUMNS[table]
    taken: list[Expression | str] = [Written(F(name)) if name in _TIMES else name for name in names]
    for values in found.order_by().values_list(*taken):
        yield dict(zip(names, values, strict=True))


def rows_by_id(table: str, ids: Collection[int]) -> dict[int, Row]:
    """Rows by their ids, `verdict` being the attempts' verdicts; a call's with what it carried."""
    if not ids:
        return {}
    model = MODELS.get(table, Attempt)
    rows = {row["id"]: row for row in rows_of(table, model._default_manager.filter(pk__in=these(ids)))}
    if table == "call":
        _add_carried(rows)
    return rows


def _add_carried(calls: dict[int, Row]) -> None:
    carried: defaultdict[int, list[int]] = defaultdict(list)
    rides = Ride.objects.filter(call_id__in=these(calls)).order_by("call_id", "position")
    for call, attempt in rides.values_list("call_id", "attempt_id"):
        carried[call].append(attempt)
    for number, row in calls.items():
        row["carried"] = carried[number]


def these(ids: Iterable[int]) -> RawSQL:
    """Any number of ids as one parameter of a query."""
    listed = list(ids)
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [listed])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(listed)])


def in_slices(values: QuerySet[Any, Any], key: str) -> Iterator[Any]:
    """The tuples of a values list in ascending order of `key`, their first column, from 1 on.

    Each slice is a query of its own: none is left open when whoever reads breaks off.
    """
    last = 0
    while some := list(values.filter(**{f"{key}__gt": last}).order_by(key)[:SLICE]):
        yield from some
        last = some[-1][0]
