"""The history as rows for a file, in constant memory however many they are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ..models.attempt import AttemptQuerySet
from ..services import masking
from .filters import Filters, matching
from .keyset import newer_than

CHUNK = 2_000


@dataclass(frozen=True)
class ExportRow:
    """One attempt with its batch's words. The fields' names and order are the columns of the file."""

    id: int
    batch: str
    email: str
    status: str
    reason: str
    code: str
    message: str
    request_id: str
    requested_by: str
    ticket: str
    created_at: datetime
    finished_at: datetime | None
    verdict: str
    verdict_at: datetime | None


# Where the columns come from, in their order.
SOURCES = (
    "pk",
    "batch__ref",
    "email",
    "status",
    "reason",
    "code",
    "message",
    "request_id",
    "batch__requested_by_name",
    "batch__ticket",
    "created_at",
    "finished_at",
    "verdict",
    "verdict_at",
)


def export_rows(wanted: Filters, *, masked: bool = False) -> Iterator[ExportRow]:
    """The attempts that match, oldest first; each chunk is a query of its own. `masked` hides addresses."""
    rows = _rows(wanted)
    return map(_masked, rows) if masked else rows


def _rows(wanted: Filters) -> Iterator[ExportRow]:
    rows = matching(wanted).order_by("created_at", "id")
    chunk = _chunk(rows)
    while chunk:
        yield from chunk
        if len(chunk) < CHUNK:
            return
        chunk = _chunk(newer_than(rows, chunk[-1].created_at, chunk[-1].id))


def _masked(row: ExportRow) -> ExportRow:
    said = masking.masked_text
    return replace(row, email=masking.masked(row.email), message=said(row.message), ticket=said(row.ticket))


def _chunk(rows: AttemptQuerySet) -> list[ExportRow]:
    return [ExportRow(*values) for values in rows.values_list(*SOURCES)[:CHUNK]]
