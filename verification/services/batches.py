"""A batch's life after it was opened: paused, resumed, stopped, finished.

Whoever changes a batch or its attempts takes the batch's row first; so no two writers wait for each other.
"""

from datetime import datetime

from django.db import transaction

from ..models import IN_FLIGHT, Batch, BatchState, Reason, Status


def close_if_done(batch: Batch, now: datetime) -> None:
    """Finish a batch none of whose attempts is in flight; the caller holds its row."""
    if batch.finished_at or batch.attempts.filter(status__in=IN_FLIGHT).exists():
        return
    batch.finished_at = now
    if batch.state != BatchState.STOPPED:
        batch.state = BatchState.FINISHED
    batch.save(update_fields=["finished_at", "state"])


def pause(batch: Batch, code: str, message: str = "", request_id: str = "") -> None:
    """Pause a running batch until a person resumes it; the caller saves it."""
    if batch.state != BatchState.RUNNING:
        return
    batch.state = BatchState.PAUSED
    batch.pause_code, batch.pause_message, batch.pause_request_id = code, message, request_id


def stop(batch_id: int, *, now: datetime) -> int | None:
    """Cancel what a batch still has queued; calls in hand settle as usual.

    Returns how many were cancelled; None for a batch that had already finished.
    """
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.finished_at:
            return None
        batch.state = BatchState.STOPPED
        batch.save(update_fields=["state"])
        cancelled = batch.attempts.queued().update(status=Status.NOT_SENT, reason=Reason.CANCELLED, finished_at=now)
        close_if_done(batch, now)
    return cancelled


def resume(batch_id: int, *, now: datetime) -> bool:
    """Let a paused batch go on where it stopped; False when it isn't paused."""
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state != BatchState.PAUSED:
            return False
        batch.state = BatchState.RUNNING
        batch.pause_code = batch.pause_message = batch.pause_request_id = ""
        batch.unclear_in_row = batch.setbacks = 0
        batch.setback_since = batch.wait_until = None
        batch.save()
    return True
