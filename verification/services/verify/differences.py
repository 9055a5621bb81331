"""Rows against ranges of ids that events say, with one byte of memory for each of a window of ids."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Max, QuerySet

# The events are read anew for each window.
WINDOW = 1_000_000

Ids = QuerySet[Any]
Ranges = Iterator[tuple[int, int]]
SAID, THERE = 1, 2


def first_difference(there: Ids, said: Callable[[], Ranges]) -> int | None:
    """The first id that is among the rows and not said, or said and not among the rows."""
    return _first(there, said, (SAID, THERE))


def first_unsaid(there: Ids, said: Callable[[], Ranges]) -> int | None:
    """The first id that is among the rows and not said."""
    return _first(there, said, (THERE,))


def _first(there: Ids, said: Callable[[], Ranges], wanted: tuple[int, ...]) -> int | None:
    top = max((there.aggregate(last=Max("pk"))["last"] or 0, *(last for _, last in said())))
    for start in range(1, top + 1, WINDOW):
        marks = _marked(there, said, start)
        found = [place for place in map(marks.find, wanted) if place >= 0]
        if found:
            return start + min(found)
    return None


def _marked(there: Ids, said: Callable[[], Ranges], start: int) -> bytearray:
    marks = bytearray(WINDOW)
    for first, last in said():
        begin, end = max(first - start, 0), min(last + 1 - start, WINDOW)
        if begin < end:
            marks[begin:end] = bytes([SAID]) * (end - begin)
    rows = there.filter(pk__gte=start, pk__lt=start + WINDOW).order_by()
    for number in rows.values_list("pk", flat=True).iterator():
        marks[number - start] |= THERE
    return marks
