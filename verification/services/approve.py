"""Four eyes: a large batch waits until another person approves or rejects it.

    waiting ─► approve ─► released for the workers, but what can't be sent any more ends unsent
           └─► reject  ─► nothing of it is sent

Attempts that wait hold nobody back, so the rules are looked at once more at the release.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from ..evidence import chain
from ..models import Attempt, Batch, BatchState, EventName, Reason, Status
from .batches import close_if_done, end_unsent, told_of
from .holding import hold_back, hold_back_resting
from .ledger import Actor, Line, record
from .partition import held_back

ONE_IN_FLIGHT = "attempt_one_in_flight"


@dataclass
class OwnBatch(Exception):
    """Nobody decides on a batch of their own, superusers included; nothing was changed."""

    batch: Batch = field(repr=False)


@dataclass
class NotWaiting(Exception):
    """The batch doesn't wait for approval, or not any more; nothing was changed."""

    batch: Batch = field(repr=False)


@dataclass(frozen=True)
class Outlook:
    """What approving a batch would do at one moment: how many would be sent, and how many held back and why."""

    to_send: int
    held: Mapping[Reason, int]


def outlook(batch: Batch, person: User, now: datetime) -> Outlook:
    """Look ahead for somebody who may come to decide; changes nothing. Raises OwnBatch and NotWaiting."""
    _check(batch, person)
    keys = list(batch.attempts.queued().values_list("key", flat=True))
    held = held_back(keys, now=now, override=bool(batch.override_reason))
    return Outlook(len(keys) - len(held), Counter(Reason(str(line.fate)) for line in held.values()))


def approve(batch_id: int, actor: Actor, *, note: str = "", now: datetime) -> int:
    """Release a batch for sending, and return how many of its addresses are.

    What another batch or an earlier mail holds back by now ends unsent. Raises OwnBatch and NotWaiting.
    """
    with transaction.atomic(durable=True):
        batch = _waiting(batch_id, actor)
        waiting = set(batch.attempts.queued().values_list("pk", flat=True))
        _release(batch, now)
        _decide(batch, BatchState.RUNNING, actor, note, now)
        unsent = batch.attempts.filter(status=Status.NOT_SENT).defer("email", "message")
        ended = [row for row in unsent if row.pk in waiting]
        released = len(waiting) - len(ended)
        told = {"released": released} | _said(batch) | told_of(ended)
        record(actor, now, Line(EventName.BATCH_APPROVED, told, batch))
    return released


def reject(batch_id: int, actor: Actor, *, note: str, now: datetime) -> int:
    """End a batch unsent, for a reason that is shown to its author; returns how many addresses that are.

    Raises OwnBatch and NotWaiting.
    """
    with transaction.atomic(durable=True):
        batch = _waiting(batch_id, actor)
        ended = end_unsent(batch.attempts.queued(), Reason.REJECTED, now)
        _decide(batch, BatchState.STOPPED, actor, note, now)
        record(actor, now, Line(EventName.BATCH_REJECTED, _said(batch) | told_of(ended), batch))
    return len(ended)


def _waiting(batch_id: int, actor: Actor) -> Batch:
    """The batch to be decided on, its row held."""
    assert actor.person
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
    _check(batch, actor.person)
    return batch


def _check(batch: Batch, person: User) -> None:
    if batch.requested_by_id == person.pk:
        raise OwnBatch(batch)
    if batch.state != BatchState.WAITING:
        raise NotWaiting(batch)


def _decide(batch: Batch, state: BatchState, actor: Actor, note: str, now: datetime) -> None:
    assert actor.person
    batch.state = state
    batch.decided_by, batch.decided_by_name = actor.person, actor.person.get_username()
    batch.decided_at, batch.decision_note = now, note
    batch.save(update_fields=["state", "decided_by", "decided_by_name", "decided_at", "decision_note"])
    close_if_done(batch, now)


def _said(batch: Batch) -> dict[str, str]:
    note = batch.decision_note
    return {"note": chain.commitment(batch.salt, note)} if note else {}


def _release(batch: Batch, now: datetime) -> None:
    hold_back(batch, now)
    while not _all_released(batch):
        # Who took a key before us has committed it by now, and so holds it back.
        hold_back(batch, now)
    hold_back_resting(batch, now)


def _all_released(batch: Batch) -> bool:
    """Take the keys of all that is queued; False, and none is taken, if another batch has one of them in flight.

    One row at a time in the order of keys, as the opening of a batch takes them: so no two batches wait for each other.
    """
    numbers = dict(batch.attempts.queued().values_list("key", "pk"))
    release = f"UPDATE {connection.ops.quote_name(Attempt._meta.db_table)} SET released = %s WHERE id = %s"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(release, [(True, numbers[key]) for key in sorted(numbers)])
    except IntegrityError as error:
        if ONE_IN_FLIGHT not in str(error):
            raise
        return False
    return True
