"""Rows of the record as the history finds them: settled, at a time of the test's choosing."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from tests.desk import NOON, open_for, rewrite
from verification.models import Attempt, Batch, BatchState, Status


def settled(who: User, *texts: str, at: datetime = NOON, **given: Any) -> Batch:
    """A batch of these addresses; `given` may hold fields of its attempts, and fields of the order."""
    fields = {name: given.pop(name) for name in ("status", "code", "message", "verdict", "verdict_at") if name in given}
    batch = open_for(who, *texts, now=at, **given)
    rewrite(batch.attempts.all(), **{"status": Status.ACCEPTED, "reason": "", "finished_at": at} | fields)
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.FINISHED, finished_at=at)
    return batch


def emails(rows: Any) -> list[str]:
    return [row.email for row in rows]


def the_only(email: str) -> Attempt:
    return Attempt.objects.get(email=email)
