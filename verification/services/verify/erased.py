"""What was erased: just the rows that an event says were, and nothing is left in them."""

from collections.abc import Callable
from functools import partial, reduce
from operator import or_

from django.db.models import Q

from ...models import Attempt, Batch, Call, Event, EventName, Lookup
from ..keeping import TEXTS
from .differences import Ids, Ranges, first_difference, first_unsaid
from .report import Broken


def _marked(table: type[Batch] | type[Call]) -> Ids:
    """Without its salt a row's texts can't be held against anything, whether it is marked as erased or not."""
    return table._default_manager.filter(Q(erased_at__isnull=False) | Q(salt=""))


def _without_address() -> Ids:
    return Lookup.objects.filter(Q(erased_at__isnull=False) | Q(email="") | Q(key=""))


def _without_salt() -> Ids:
    """Of some attempts only the provider's words were erased, for they named another address; not the salt."""
    return Attempt.objects.filter(salt="")


# By the name in an event's details: the table, and which of its rows have nothing left.
_ERASED: dict[str, tuple[str, Callable[[], Ids]]] = {
    "batches": ("batch", partial(_marked, Batch)),
    "attempts": ("attempt", _without_salt),
    "calls": ("call", partial(_marked, Call)),
    "lookups": ("lookup", _without_address),
}


def check_erased() -> None:
    """Raises Broken for the first row that was erased without an event, or not although one says so, or not wholly."""
    for name, (table, rows) in _ERASED.items():
        number = first_difference(rows(), partial(_said, name))
        if number and rows().filter(pk=number).exists():
            raise Broken(table, number, "it was erased without an event")
        if number:
            raise Broken(table, number, "it is not erased, although an event says so")
        left = reduce(or_, (~Q(**{column: ""}) for column in TEXTS[rows().model]), Q(erased_at=None))
        for number in rows().filter(left).order_by("pk").values_list("pk", flat=True)[:1]:
            raise Broken(table, number, "it is erased, and not all of it is gone")
    in_part = Attempt.objects.exclude(salt="").exclude(erased_at=None)
    if number := first_unsaid(in_part, partial(_said, "messages")):
        raise Broken("attempt", number, "it was erased without an event")


def _said(name: str) -> Ranges:
    erasing = Event.objects.filter(name__in=(EventName.ADDRESS_ERASED, EventName.HISTORY_PRUNED))
    for details in erasing.order_by("sequence").values_list("details", flat=True).iterator(chunk_size=100):
        yield from details["erased"].get(name, ())
