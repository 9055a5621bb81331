"""The newest row for each address: of attempts, of questions, and of the provider's answers."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from ..models import Attempt, Lookup, LookupState

Row = TypeVar("Row", Attempt, Lookup)


def newest(rows: "QuerySet[Row]", moment: str) -> dict[str, Row]:
    """The newest of the rows for each key, by a column of moments."""
    place = Window(RowNumber(), partition_by="key", order_by=(F(moment).desc(), F("pk").desc()))
    return {row.key: row for row in rows.order_by().annotate(place=place).filter(place=1)}


def newest_answers(keys: Sequence[str]) -> dict[str, Lookup]:
    """The newest question about each key that the provider has answered, whatever was asked in vain since."""
    return newest(Lookup.objects.filter(key__in=keys, state=LookupState.ANSWERED), "answered_at")
