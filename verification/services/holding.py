"""Holding back: queued attempts of a batch end unsent where the rules of the partition stand in their way by now.

The partition was made for a preview; the rules are looked at once more when a batch is opened, and when it is released.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Case, Value, When

from ..models import Attempt, Batch, Reason, Status
from .partition import Line, held_back, resting

# A statement names the holder of each of its rows; its cost grows with the square of their number.
ROWS_A_STATEMENT = 200


def hold_back(batch: Batch, now: datetime) -> None:
    """End what can't be sent now; a batch's override lifts what may be lifted. The caller holds its row."""
    _end(batch, held_back(_keys(batch), now=now, override=bool(batch.override_reason)), now)


def hold_back_resting(batch: Batch, now: datetime) -> None:
    """Look once more at all but what is in flight, now that the batch's own rows keep everybody else from their keys.

    A send that began and ended between an earlier look and that moment would otherwise be missed.
    """
    if not batch.override_reason:
        _end(batch, resting(_keys(batch), now=now), now)


def _keys(batch: Batch) -> list[str]:
    return list(batch.attempts.queued().values_list("key", flat=True))


def _end(batch: Batch, held: Mapping[str, Line], now: datetime) -> None:
    for reason in {str(line.fate) for line in held.values()}:
        alike = {key: line for key, line in held.items() if line.fate == reason}
        rows = [row for row in batch.attempts.queued().only("batch", "key") if row.key in alike]
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            _end_alike(rows[start : start + ROWS_A_STATEMENT], alike, Reason(reason), now)


def _end_alike(rows: Sequence[Attempt], held: Mapping[str, Line], reason: Reason, now: datetime) -> None:
    holders = [(row.pk, held[row.key].earlier) for row in rows]
    named = [When(pk=pk, then=Value(holder.pk)) for pk, holder in holders if holder]
    ending = {"status": Status.NOT_SENT, "reason": reason, "finished_at": now}
    Attempt.objects.filter(pk__in=[row.pk for row in rows]).update(**ending, held_by=Case(*named) if named else None)
