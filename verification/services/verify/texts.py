"""Addresses and free text against what the rows are committed to."""

from collections.abc import Sequence

from ...evidence import chain
from ..addresses import domain_of
from .report import Broken
from .rows import Row

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
        # Without its salt nothing can be held against it; that it was erased lawfully is looked at by itself.
        if row["salt"] and not _is_committed(table, column, row) and not _erased_in_part(group, row):
            raise Broken(table, row["id"], "its text is not the one that was committed to")
        if group == "opened" and row["salt"] and row["domain"] != domain_of(row["key"]):
            raise Broken(table, row["id"], "its domain is not that of its address")
        if group == "calls" and row["size"] != len(row["carried"]):
            raise Broken(table, row["id"], "its size is not the number of attempts that it carried")


def _is_committed(table: str, column: str, row: Row) -> bool:
    try:
        return bool(chain.committed(table, column, row) == row[column])
    except TypeError:
        return False  # Not a text at all.


def _erased_in_part(group: str, row: Row) -> bool:
    return group == "ended" and row["erased_at"] is not None and not row["message"]
