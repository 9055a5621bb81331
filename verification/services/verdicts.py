"""Verdicts: what the provider's record of an address shows about an `unknown` attempt.

A verdict stands beside the status and names its evidence. Where the evidence is not enough there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from ..models import MAY_HAVE_GONE_OUT, Attempt, Call, EventName, Lookup, LookupState, Status, Verdict
from ..models.attempt import AttemptQuerySet
from .leaves import judged_group, lookup_group
from .ledger import Actor, Line, record
from .zone import TOLERANCE, learn, learned_offset, read_time

# Before that, a send that the provider still had in hand could be missed.
SETTLED_AFTER = timedelta(minutes=5)
# When to ask, counted from the end of the lease; the first question is put at once.
ASK_AFTER = (timedelta(0), timedelta(minutes=6), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))


@dataclass(frozen=True)
class Window:
    """The time in which a call may have been executed, aware, with tolerance for two clocks."""

    begins: datetime
    ends: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.begins <= moment <= self.ends


def window_of(call: Call) -> Window:
    return Window(call.opened_at - TOLERANCE, call.lease_until + TOLERANCE)


@dataclass(frozen=True)
class Evidence:
    """What is known when one attempt is judged.

    `token_sent` is the provider's text; `sent_at` the same as a moment, once its zone is learned. `before` is the text
    read before the call, None where none was. `settled` tells that the record was read late enough after the lease.
    `others` are the windows of other calls of ours that may have mailed this address.
    """

    verified: bool
    token_sent: str
    sent_at: datetime | None
    before: str | None
    settled: bool
    window: Window
    others: Sequence[Window]


def judge(evidence: Evidence) -> Verdict | None:
    """The verdict that the evidence bears, or None."""
    if evidence.verified:
        return Verdict.ALREADY_VERIFIED
    if evidence.sent_at is not None:
        return _by_time(evidence, evidence.sent_at)
    if evidence.token_sent and evidence.before is not None:
        return _by_change(evidence)
    return None


def _by_time(evidence: Evidence, sent_at: datetime) -> Verdict | None:
    if sent_at in evidence.window:
        explained = any(sent_at in other for other in evidence.others)
        return None if explained else Verdict.CONFIRMED_SENT
    if sent_at < evidence.window.begins and evidence.settled:
        return Verdict.CONFIRMED_NOT_SENT
    return None


def _by_change(evidence: Evidence) -> Verdict | None:
    after, before = read_time(evidence.token_sent), read_time(evidence.before or "")
    if evidence.token_sent == evidence.before or (after and after == before):
        return Verdict.CONFIRMED_NOT_SENT if evidence.settled else None
    changed = after is not None and before is not None and after > before
    return Verdict.CONFIRMED_SENT if changed and not evidence.others else None


def apply(lookup: Lookup, actor: Actor, now: datetime, *, asked_at: datetime) -> None:
    """Judge the undecided attempts on the address of a lookup that has ended; the caller's transaction holds it.

    What the provider said is as old as the question: `asked_at` is when it was put. Each lookup leaves one event, with
    the verdicts if there are any.
    """
    answered = lookup.state == LookupState.ANSWERED
    if answered:
        learn(lookup, now)
    judged = []
    undecided = Attempt.objects.of_keys([lookup.key]).undecided().select_for_update(of=("self",), no_key=True)
    for attempt in undecided.select_related("last_call"):
        verdict = judge(_evidence(attempt, lookup, now, asked_at)) if answered else None
        if verdict is None and attempt.ask_at is None and not attempt.verdict:
            verdict = Verdict.STILL_UNKNOWN
        if verdict is not None:
            _keep(attempt, verdict, lookup, now)
            judged.append(attempt)
    told = {"lookups": lookup_group(lookup)}
    if judged:
        record(actor, now, Line(EventName.ATTEMPTS_JUDGED, told | {"judged": judged_group(judged)}))
    else:
        said = {"state": lookup.state, "verified": lookup.verified, "code": lookup.code}
        record(actor, now, Line(EventName.LOOKUP_ENDED, told | said))


def _keep(attempt: Attempt, verdict: Verdict, lookup: Lookup, now: datetime) -> None:
    attempt.verdict, attempt.verdict_at, attempt.verdict_lookup = verdict, now, lookup
    attempt.ask_at = None
    attempt.save(update_fields=["verdict", "verdict_at", "verdict_lookup", "ask_at"])


def _evidence(attempt: Attempt, lookup: Lookup, now: datetime, asked_at: datetime) -> Evidence:
    call = attempt.last_call
    assert call
    theirs, offset = read_time(lookup.token_sent), learned_offset(now)
    return Evidence(
        verified=bool(lookup.verified),
        token_sent=lookup.token_sent,
        sent_at=(theirs - offset).replace(tzinfo=UTC) if theirs and offset is not None else None,
        before=_read_before(attempt, call),
        settled=asked_at >= call.lease_until + SETTLED_AFTER,
        window=window_of(call),
        others=_other_windows(attempt, call),
    )


def _read_before(attempt: Attempt, call: Call) -> str | None:
    """The last send that the provider named before this call, if no other call of ours may have mailed since."""
    earlier = Lookup.objects.filter(key=attempt.key, state=LookupState.ANSWERED, answered_at__lt=call.opened_at)
    last = earlier.order_by("-answered_at").first()
    if last is None:
        return None
    # What was accepted had its effect before the answer; of the rest nobody knows until the lease is over.
    accepted = Q(status=Status.ACCEPTED, last_call__answered_at__gt=last.answered_at)
    unclear = ~Q(status=Status.ACCEPTED) & Q(last_call__lease_until__gt=last.answered_at)
    since = _may_have_mailed(attempt).filter(accepted | unclear, last_call__opened_at__lt=call.opened_at)
    return None if since.exists() else last.token_sent


def _may_have_mailed(attempt: Attempt) -> AttemptQuerySet:
    """The other attempts on the address whose last call may have sent a mail."""
    statuses = (*MAY_HAVE_GONE_OUT, Status.SENDING)
    return Attempt.objects.of_keys([attempt.key]).filter(status__in=statuses).exclude(pk=attempt.pk)


def _other_windows(attempt: Attempt, call: Call) -> list[Window]:
    """Windows of the other calls that may have mailed this address since a day before the call."""
    since = call.opened_at - timedelta(days=1)
    others = _may_have_mailed(attempt).filter(last_call__lease_until__gt=since).select_related("last_call")
    return [window_of(other.last_call) for other in others if other.last_call]


def next_question(attempt: Attempt) -> datetime | None:
    """When to ask about an unknown attempt after `times_asked` questions; None when it was asked often enough."""
    if attempt.times_asked >= len(ASK_AFTER) or attempt.last_call is None:
        return None
    return attempt.last_call.lease_until + ASK_AFTER[attempt.times_asked]
