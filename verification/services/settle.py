"""Settling: write down what a call's answer means, for the call, each attempt and the batch, in one commit."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Value, When

from ..models import FINAL, IN_FLIGHT, Attempt, Batch, BatchState, Call, CallState, EventName, OwnCode, Status
from .batches import COURSE, close_if_done, pause, told_of
from .leaves import call_group, commit_call, message_commitment
from .ledger import Actor, Line, record
from .outcomes import (
    Attempts,
    Goes,
    Result,
    Verdict,
    final_instead,
    http_status_of,
    plain,
    row_of,
    verdicts,
    words_of,
)

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=60)
UNCLEAR_LIMIT = 3
# The width of the record's column for the provider's advice.
RECOMMEND_LENGTH = 500
# What an answer changes about its call.
ANSWER = (
    "state",
    "answered_at",
    "outcome",
    "http_status",
    "code",
    "message",
    "recommend",
    "request_id",
    "message_commitment",
)


def settle(call_id: int, result: Result, actor: Actor, *, now: datetime) -> None:
    """Record the answer to a call. A lapsed call may still be settled by its own late answer, once."""
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update(of=("self",), no_key=True).get(calls=call_id)
        call = Call.objects.select_for_update(no_key=True).get(pk=call_id)
        if call.state == CallState.ANSWERED:
            return
        late = call.state == CallState.LAPSED
        carried = _carried(call, Status.UNKNOWN if late else Status.SENDING)
        # The provider's words may name an address that was erased before they came.
        mute = late and call.rides.filter(attempt__key="").exists()
        _record_attempts(carried, result, now, late=late, stopped=batch.state == BatchState.STOPPED, mute=mute)
        _record_answer(call, result, now, mute=mute)
        ran = batch.state == BatchState.RUNNING
        _carry_on(batch, call, result, now, mute=mute)
        lines = [_settled(batch, call, carried, late=late)]
        if ran and batch.state == BatchState.PAUSED:
            lines.append(_paused(batch))
        record(actor, now, *lines)


def _settled(batch: Batch, call: Call, carried: Sequence[Attempt], *, late: bool) -> Line:
    wire_order = call.rides.order_by("position").values_list("attempt_id", flat=True)
    ended = [attempt for attempt in carried if attempt.status in FINAL]
    told = {"calls": call_group(call, wire_order), "outcome": call.outcome, "late": late}
    return Line(EventName.CALL_SETTLED, told | told_of(ended), batch, call)


def _paused(batch: Batch) -> Line:
    return Line(EventName.BATCH_PAUSED, {"code": batch.pause_code, "request_id": batch.pause_request_id}, batch)


def _carried(call: Call, status: Status) -> list[Attempt]:
    riding = Attempt.objects.filter(pk__in=call.rides.values("attempt"), last_call=call, status=status)
    # Of an address that was erased nobody can tell what the answer says: its outcome stays unknown.
    riding = riding.exclude(key="")
    return list(riding.select_for_update(no_key=True).only("key", "salt", "last_call").order_by("position"))


def _record_attempts(
    carried: Sequence[Attempt], result: Result, now: datetime, *, late: bool, stopped: bool, mute: bool
) -> None:
    """One statement for all attempts of the same outcome, which is mostly one for all."""
    told = verdicts(result, [attempt.key for attempt in carried])
    alike: defaultdict[Verdict, list[Attempt]] = defaultdict(list)
    for attempt in carried:
        alike[final_instead(told[attempt.key], late=late, stopped=stopped)].append(attempt)
    halved = row_of(result).attempts is Attempts.SMALLER
    limit = {"group_limit": max(1, (len(carried) + 1) // 2)} if halved else {}
    for verdict, attempts in alike.items():
        columns = _columns(verdict, now) | limit | ({"message": ""} if mute else {})
        for attempt in attempts:
            vars(attempt).update(columns)
            attempt.message_commitment = message_commitment(attempt.salt, attempt.message)
        rows = Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts])
        rows.update(**columns, message_commitment=_commitments(attempts))


def _commitments(attempts: Sequence[Attempt]) -> Case | str:
    each = [When(pk=one.pk, then=Value(one.message_commitment)) for one in attempts if one.message_commitment]
    return Case(*each) if each else ""


def _columns(verdict: Verdict, now: datetime) -> dict[str, object]:
    return {
        "status": verdict.status,
        "reason": verdict.reason,
        "code": verdict.code,
        "message": verdict.message,
        "request_id": verdict.request_id,
        "finished_at": None if verdict.status in IN_FLIGHT else now,
        "ask_at": now if verdict.status == Status.UNKNOWN else None,
        # What asking had shown about an unknown outcome is overtaken by the call's own answer.
        "verdict": "",
        "verdict_at": None,
        "verdict_lookup_id": None,
    }


def _record_answer(call: Call, result: Result, now: datetime, *, mute: bool) -> None:
    call.code, call.message, call.request_id = words_of(result)
    call.recommend = plain(getattr(result, "recommend", ""), RECOMMEND_LENGTH)
    if mute or not call.salt:
        call.message = call.recommend = ""
    commit_call(call)
    call.state, call.answered_at = CallState.ANSWERED, now
    call.outcome = row_of(result).answer
    call.http_status = http_status_of(result)
    call.save(update_fields=ANSWER)


def _carry_on(batch: Batch, call: Call, result: Result, now: datetime, *, mute: bool) -> None:
    goes = row_of(result).batch
    batch.unclear_in_row = batch.unclear_in_row + 1 if goes is Goes.COUNTING_UNCLEAR else 0
    if goes is Goes.RECONNECTING:
        _reconnect_later(batch, call, result, now, mute=mute)
    else:
        batch.setbacks, batch.setback_since, batch.wait_until = 0, None, None
    if goes is Goes.PAUSED:
        _pause(batch, result, mute=mute)
    elif batch.unclear_in_row >= UNCLEAR_LIMIT:
        pause(batch, OwnCode.THREE_UNCLEAR)
    batch.save(update_fields=COURSE)
    close_if_done(batch, now)


def _pause(batch: Batch, result: Result, *, mute: bool) -> None:
    code, message, request_id = words_of(result)
    pause(batch, code, "" if mute else message, request_id)


def _reconnect_later(batch: Batch, call: Call, result: Result, now: datetime, *, mute: bool) -> None:
    if batch.wait_until and call.opened_at < batch.wait_until:
        return  # Calls that were in hand together fail together: one setback.
    batch.setbacks += 1
    batch.setback_since = batch.setback_since or now
    if now - batch.setback_since >= timedelta(minutes=settings.RESEND_GIVE_UP_MINUTES):
        _pause(batch, result, mute=mute)
        return
    doubled = min(FIRST_PAUSE * (1 << min(batch.setbacks - 1, 10)), LONGEST_PAUSE)
    batch.wait_until = now + doubled * (0.75 + random.random() / 4)
