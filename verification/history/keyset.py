"""Pages by keyset: newest first, forward and back, each as quick as the first, however deep.

A page begins behind a row, not after a count of rows. The bound says the same thing twice: both databases make the
plain comparison a range on an index, and would scan the table for the alternative alone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from ..models import Attempt
from ..models.attempt import AttemptQuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Sixteen digits of microseconds reach the year 2286, eighteen digits fit both databases' integers.
WRITTEN = re.compile(r"([on])([0-9]{1,16})-([0-9]{1,18})")


def older_than(rows: AttemptQuerySet, moment: datetime, pk: int) -> AttemptQuerySet:
    return rows.filter(Q(created_at__lt=moment) | Q(id__lt=pk), created_at__lte=moment)


def newer_than(rows: AttemptQuerySet, moment: datetime, pk: int) -> AttemptQuerySet:
    return rows.filter(Q(created_at__gt=moment) | Q(id__gt=pk), created_at__gte=moment)


@dataclass(frozen=True)
class Page:
    """Some rows, newest first. `newer` and `older` are the cursors of the pages beside it, "" where there is none."""

    rows: tuple[Attempt, ...]
    newer: str = ""
    older: str = ""


def page_of(rows: AttemptQuerySet, cursor: str, size: int) -> Page:
    """The page of `rows` that a cursor names.

    The newest page when the cursor is empty or not one of ours, and wherever a page would be cut short by the
    beginning: nobody is shown half a page or an error for an old link.
    """
    edge = WRITTEN.fullmatch(cursor)
    if edge is None:
        return _newest(rows, size)
    moment, pk = EPOCH + int(edge[2]) * MICROSECOND, int(edge[3])
    return _older(rows, moment, pk, size) if edge[1] == "o" else _newer(rows, moment, pk, size)


def _newest(rows: AttemptQuerySet, size: int) -> Page:
    found = tuple(rows.newest_first()[: size + 1])
    return Page(found[:size], older=_behind("o", found[size - 1]) if len(found) > size else "")


def _older(rows: AttemptQuerySet, moment: datetime, pk: int, size: int) -> Page:
    found = tuple(older_than(rows, moment, pk).newest_first()[: size + 1])
    if not found:
        return _newest(rows, size)
    return Page(found[:size], _behind("n", found[0]), _behind("o", found[size - 1]) if len(found) > size else "")


def _newer(rows: AttemptQuerySet, moment: datetime, pk: int, size: int) -> Page:
    found = tuple(newer_than(rows, moment, pk).order_by("created_at", "id")[: size + 1])
    if len(found) <= size:
        return _newest(rows, size)
    shown = found[:size][::-1]
    return Page(shown, _behind("n", shown[0]), _behind("o", shown[-1]))


def _behind(direction: str, row: Attempt) -> str:
    return f"{direction}{(row.created_at - EPOCH) // MICROSECOND}-{row.pk}"
