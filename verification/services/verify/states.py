"""The states of batches, their ends and pauses, and who decided about them, against the last events about that."""

from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, Subquery

from ...evidence.chain import commitment
from ...models import IN_FLIGHT, Attempt, Batch, BatchState, Event, EventName
from .report import Broken
from .rows import in_slices

_AT_WORK = (BatchState.RUNNING, BatchState.FINISHED)
# What a batch can be after an event. One that was taken into the trail later may have been anything before.
_AFTER: dict[str, tuple[BatchState, ...]] = {
    EventName.BATCH_OPENED: (*_AT_WORK, BatchState.WAITING),
    EventName.BATCH_ADOPTED: tuple(BatchState),
    EventName.BATCH_APPROVED: _AT_WORK,
    EventName.BATCH_RESUMED: _AT_WORK,
    EventName.BATCH_PAUSED: (BatchState.PAUSED, BatchState.FINISHED),
    EventName.BATCH_STOPPED: (BatchState.STOPPED,),
    EventName.BATCH_REJECTED: (BatchState.STOPPED,),
}
_PAUSING = (EventName.BATCH_PAUSED, EventName.BATCH_RESUMED)
_DECIDING = (EventName.BATCH_APPROVED, EventName.BATCH_REJECTED)


def check_states() -> None:
    """Raises Broken for the first batch that is in another state than its last event about that leaves it in."""
    told = Event.objects.filter(batch=OuterRef("pk"), name__in=_AFTER).order_by("-sequence")
    waits = Exists(Event.objects.filter(batch=OuterRef("pk"), name=EventName.BATCH_OPENED, details__waits=True))
    wrong = reduce(or_, (Q(last=name) & ~Q(state__in=states) for name, states in _AFTER.items()))
    # One that was to wait for another person does, until that person's event.
    wrong |= Q(last=EventName.BATCH_OPENED) & (Q(waits) ^ Q(state=BatchState.WAITING))
    batches = Batch.objects.annotate(last=Subquery(told.values("name")[:1])).filter(wrong).order_by("pk")
    for number, state, last in batches.values_list("pk", "state", "last")[:1]:
        raise Broken("batch", number, f"it is {state}, although its last event about that is {last}")


def check_ends() -> None:
    """Raises Broken for the first batch that has ended otherwise than with its last attempt, or not by an act."""
    unended = Exists(Attempt.objects.filter(batch=OuterRef("pk"), status__in=IN_FLIGHT))
    acts = Event.objects.filter(batch=OuterRef("pk"))
    adopted = Exists(acts.filter(name=EventName.BATCH_ADOPTED))
    ended_then = Q(finished_at=None) | Q(adopted) | Exists(acts.filter(at=OuterRef("finished_at")))
    wrong = Batch.objects.filter((Q(finished_at=None) ^ Q(unended)) | ~ended_then)
    for number in wrong.order_by("pk").values_list("pk", flat=True)[:1]:
        raise Broken("batch", number, "it has not ended when its last attempt did")


def check_releases() -> None:
    """Raises Broken for the first attempt that is free to be sent before its batch is, or is not although its batch is.

    One that isn't would let another batch send to the same address meanwhile.
    """
    wrong = Attempt.objects.filter(status__in=IN_FLIGHT).filter(Q(released=True) ^ ~Q(batch__state=BatchState.WAITING))
    for number in wrong.order_by("pk").values_list("pk", flat=True)[:1]:
        raise Broken("attempt", number, "it is released otherwise than its batch")


def check_pauses() -> None:
    """Raises Broken for the first batch that gives another cause of its pause than the trail does."""
    told = Event.objects.filter(name__in=_PAUSING)
    for number, batch_id in in_slices(told.values_list("sequence", "batch"), "sequence"):
        if told.filter(batch=batch_id, sequence__gt=number).exists():
            continue
        event = told.select_related("batch").get(sequence=number)
        if event.batch and not _is_paused_by(event.batch, event):
            raise Broken("batch", event.batch.pk, f"its pause is not the one that event {number} tells of")
    explained = Exists(Event.objects.filter(batch=OuterRef("pk"), name__in=(*_PAUSING, EventName.BATCH_ADOPTED)))
    caused = Batch.objects.exclude(pause_code="", pause_message="", pause_request_id="")
    for number in caused.exclude(explained).order_by("pk").values_list("pk", flat=True)[:1]:
        raise Broken("batch", number, "it was paused without an event")


def _is_paused_by(batch: Batch, event: Event) -> bool:
    """The cause stands in the event; its words are those of the call that was settled in the same act."""
    told = (event.details.get("code", ""), event.details.get("request_id", ""))
    if (batch.pause_code, batch.pause_request_id) != told:
        return False
    settled = Event.objects.filter(act=event.act, batch=batch, name=EventName.CALL_SETTLED, sequence__lt=event.sequence)
    last = settled.select_related("call").order_by("-sequence").first()
    call = last.call if last else None
    if batch.pause_message and call:
        return not call.salt or batch.pause_message == call.message
    return not batch.pause_message


def check_decisions() -> None:
    """Raises Broken for the first batch that was decided by somebody else, or at another time, than the trail says."""
    deciding = Event.objects.filter(name__in=_DECIDING)
    for (number,) in in_slices(deciding.values_list("sequence"), "sequence"):
        event = deciding.select_related("batch").get(sequence=number)
        batch = event.batch
        if batch and not _is_decided_by(batch, event):
            raise Broken("batch", batch.pk, f"it was decided otherwise than event {event.sequence} says")
    decided = Batch.objects.exclude(decided_by=None, decided_by_name="", decided_at=None, decision_note="")
    untold = decided.filter(~Exists(deciding.filter(batch=OuterRef("pk")))).order_by("pk").first()
    if untold:
        raise Broken("batch", untold.pk, "it was decided without an event")


def _is_decided_by(batch: Batch, event: Event) -> bool:
    told = (event.actor_id, event.actor_name.removeprefix("shell:"), event.at)
    note = commitment(str(batch.salt), str(batch.decision_note)) if batch.decision_note else ""
    same_note = not batch.salt or note == event.details.get("note", "")
    return same_note and (batch.decided_by_id, batch.decided_by_name, batch.decided_at) == told
