"""Recovery: what a lost worker left behind becomes `unknown`, never queued again, for a mail may have gone out."""

from datetime import datetime

from django.db import transaction

from ..models import Attempt, Batch, Call, CallState, OwnCode, Status
from .batches import close_if_done


def lapse_expired(now: datetime) -> int:
    """Make the attempts of lost workers' calls `unknown`; returns how many calls lapsed."""
    return sum(_lapse(pk, now) for pk in Call.objects.expired(now).values_list("pk", flat=True)[:100])


def _lapse(call_id: int, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update(of=("self",)).get(calls=call_id)
        call = Call.objects.select_for_update().get(pk=call_id)
        if call.state != CallState.OPEN:
            return False
        call.state = CallState.LAPSED
        call.save(update_fields=["state"])
        lost = Attempt.objects.filter(last_call=call, status=Status.SENDING)
        lost.update(
            status=Status.UNKNOWN, code=OwnCode.WORKER_LOST, message="", request_id="", finished_at=now, ask_at=now
        )
        close_if_done(batch, now)
    return True
