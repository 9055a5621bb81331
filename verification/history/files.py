"""Rows (dataclasses) as the lines of a file, one at a time. Moments are ISO 8601, UTC."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from .export import ExportRow

Cell = Any
# A spreadsheet takes what begins so for a formula, in some languages the full-width signs too.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def json_lines(rows: Iterable[Any]) -> Iterator[str]:
    """An object per row, values unaltered."""
    for row in rows:
        yield json.dumps(_plain(row), ensure_ascii=False) + "\n"


def csv_lines(rows: Iterable[Any], of: type = ExportRow) -> Iterator[str]:
    """CSV for machines: a heading with the names of the rows' fields, then the values unaltered."""
    return _csv(map(_plain, rows), of, "\n")


def spreadsheet_lines(rows: Iterable[Any], of: type = ExportRow) -> Iterator[str]:
    """CSV to be opened in a spreadsheet: what would be taken for a formula gets an apostrophe in front.

    The first line begins with a byte order mark, without which Excel doesn't read UTF-8.
    """
    yield "\ufeff"
    yield from _csv(({name: _harmless(cell) for name, cell in _plain(row).items()} for row in rows), of, "\r\n")


def _csv(rows: Iterable[dict[str, Cell]], of: type, line_end: str) -> Iterator[str]:
    line: Callable[[Iterable[Cell]], str] = csv.writer(_Through(), lineterminator=line_end).writerow
    yield line(field.name for field in fields(of))
    for row in rows:
        yield line(_flat(cell) for cell in row.values())


def _flat(cell: Cell) -> Cell:
    return json.dumps(cell, ensure_ascii=False, sort_keys=True) if isinstance(cell, dict) else cell


class _Through:
    """A file that hands back what is written: `writerow` returns what the file's `write` does."""

    def write(self, line: str) -> str:
        return line


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_BEGINS) else cell


def _plain(row: Any) -> dict[str, Cell]:
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in vars(row).items()}


def iso(moment: datetime) -> str:
    """A moment as files and links hold it: ISO 8601, UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
