"""Addresses and free text against what the rows are committed to; and rows whose texts were erased."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_

from django.db.models import Q

from ...evidence import chain
from ..addresses import domain_of
from ..tally import ERASED, ERASING, ranges_of
from .report import Broken
from .rows import MODELS, Row, these
from .trail import Told

IDS_AT_ONCE = 10_000
# What must be empty in a row that is erased.
_GONE = {
    "batch": ("salt", "reason", "ticket", "override_reason"),
    "attempt": ("salt", "email", "key", "message", "fingerprint"),
    "call": ("salt", "message", "recommend"),
    "lookup": ("email", "key", "message"),
}
# Which commitment is due once an event has a row in a group of this name.
_DUE = {
    "batches": "text_commitment",
    "opened": "address_commitment",
    "ended": "message_commitment",
    "calls": "message_commitment",
}


def check_texts(group: str, rows: Sequence[Row]) -> None:
    """Raises Broken for the first row of the group whose texts aren't those that it is committed to."""
    if group not in _DUE:
        return
    table, column = chain.GROUPS[group][0], _DUE[group]
    for row in rows:
        if row["erased_at"] is None:
            if not row["salt"]:
                raise Broken(table, row["id"], "its salt is gone, and it isn't marked as erased")
            if chain.committed(table, column, row) != row[column]:
                raise Broken(table, row["id"], "its text is not the one that was committed to")
            if group == "opened" and row["domain"] != domain_of(row["key"]):
                raise Broken(table, row["id"], "its domain is not that of its address")
        if group == "calls" and row["size"] != len(row["carried"]):
            raise Broken(table, row["id"], "its size is not the number of attempts that it carried")


def check_erased(event: Told) -> None:
    """Raises Broken for a row that isn't erased although this event says so."""
    for table in ERASED if event.name in ERASING else ():
        ranges = ranges_of(f"erased:{table}", event.name, event.details)
        left = reduce(or_, (~Q(**{name: ""}) for name in _GONE[table]), Q(erased_at=None))
        for some in _slices(number for first, last in ranges for number in range(first, last + 1)):
            rows = MODELS[table]._default_manager.filter(left, pk__in=these(some)).order_by("pk")
            if number := rows.values_list("pk", flat=True).first():
                raise Broken(table, number, f"it is not erased, although event {event.sequence} says so")


def _slices(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, IDS_AT_ONCE)):
        yield some
