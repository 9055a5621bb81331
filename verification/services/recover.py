"""Recovery: what a lost worker left behind becomes `unknown`, never queued again, for a mail may have gone out."""

from datetime import datetime

from django.db import transaction

from ..models import Attempt, Batch, Call, CallState, EventName, OwnCode, Status
from .batches import close_if_done, told_of
from .leaves import call_group
from .ledger import Actor, Line, record


def lapse_expired(actor: Actor, now: datetime) -> int:
    """Make the attempts of lost workers' calls `unknown`; returns how many calls lapsed."""
    return sum(_lapse(pk, actor, now) for pk in Call.objects.expired(now).values_list("pk", flat=True)[:100])


def _lapse(call_id: int, actor: Actor, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update(of=("self",), no_key=True).get(calls=call_id)
        call = Call.objects.select_for_update(no_key=True).get(pk=call_id)
        if call.state != CallState.OPEN:
            return False
        call.state = CallState.LAPSED
        call.save(update_fields=["state"])
        lost = _lose(call, now)
        close_if_done(batch, now)
        wire_order = call.rides.order_by("position").values_list("attempt_id", flat=True)
        told = {"calls": call_group(call, wire_order)} | told_of(lost)
        record(actor, now, Line(EventName.CALL_LAPSED, told, batch, call))
    return True


def _lose(call: Call, now: datetime) -> list[Attempt]:
    sending = Attempt.objects.filter(last_call=call, status=Status.SENDING)
    rows = list(sending)
    ending = {"status": Status.UNKNOWN, "code": OwnCode.WORKER_LOST, "finished_at": now, "ask_at": now}
    ending |= {"message": "", "message_commitment": "", "request_id": ""}
    sending.update(**ending)
    for row in rows:
        vars(row).update(ending)
    return rows
