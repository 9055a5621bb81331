"""A batch's life after it was opened: paused, resumed, stopped, finished.

Whoever changes a batch or its attempts takes the batch's row first; so no two writers wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from ..models import IN_FLIGHT, Attempt, Batch, BatchState, EventName, Reason, Status
from ..models.attempt import AttemptQuerySet
from .leaves import ended_group
from .ledger import Actor, Line, record

# What changes while a batch is worked on. Saved without its keys: a statement that names them, even unchanged, keeps
# everybody who refers to the batch waiting.
COURSE = (
    "state",
    "pause_code",
    "pause_message",
    "pause_request_id",
    "wait_until",
    "setbacks",
    "setback_since",
    "unclear_in_row",
)


def close_if_done(batch: Batch, now: datetime) -> None:
    """Finish a batch none of whose attempts is in flight; the caller holds its row."""
    if batch.finished_at or batch.attempts.filter(status__in=IN_FLIGHT).exists():
        return
    batch.finished_at = now
    if batch.state != BatchState.STOPPED:
        batch.state = BatchState.FINISHED
    batch.save(update_fields=["finished_at", "state"])


def pause(batch: Batch, code: str, message: str = "", request_id: str = "") -> None:
    """Pause a running batch until a person resumes it; the caller saves its course."""
    if batch.state != BatchState.RUNNING:
        return
    batch.state = BatchState.PAUSED
    batch.pause_code, batch.pause_message, batch.pause_request_id = code, message, request_id


def stop(batch_id: int, actor: Actor, *, now: datetime) -> int | None:
    """Cancel what a batch still has queued; calls in hand settle as usual.

    Returns how many were cancelled; None for a batch that had already finished.
    """
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
        if batch.finished_at:
            return None
        batch.state = BatchState.STOPPED
        batch.save(update_fields=["state"])
        cancelled = end_unsent(batch.attempts.queued(), Reason.CANCELLED, now)
        close_if_done(batch, now)
        record(actor, now, Line(EventName.BATCH_STOPPED, told_of(cancelled), batch))
    return len(cancelled)


def resume(batch_id: int, actor: Actor, *, now: datetime) -> bool:
    """Let a paused batch go on where it stopped; False when it isn't paused."""
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
        if batch.state != BatchState.PAUSED:
            return False
        batch.state = BatchState.RUNNING
        batch.pause_code = batch.pause_message = batch.pause_request_id = ""
        batch.unclear_in_row = batch.setbacks = 0
        batch.setback_since = batch.wait_until = None
        batch.save(update_fields=COURSE)
        record(actor, now, Line(EventName.BATCH_RESUMED, batch=batch))
    return True


def end_unsent(queued: AttemptQuerySet, reason: Reason, now: datetime) -> list[Attempt]:
    """End queued attempts in one statement; returns them as they then stand. The caller holds their batch's row."""
    rows = list(queued)
    ending = {"status": Status.NOT_SENT, "reason": reason, "finished_at": now}
    queued.update(**ending)
    for row in rows:
        vars(row).update(ending)
    return rows


def told_of(ended: Sequence[Attempt]) -> dict[str, Any]:
    """What an event says about the attempts that it ended."""
    return {"ended": ended_group(ended)} if ended else {}
