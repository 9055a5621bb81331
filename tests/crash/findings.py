"""After the crashes: the record beside the sandbox's own log, and everything that must not be."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, F

from verification.aliyun.sandbox import Options, Sandbox, Send
from verification.models import MAY_HAVE_GONE_OUT, Attempt, Batch, Call, CallState, Ride, Status

LAPSED = "lapsed with its worker"


@dataclass(frozen=True)
class Findings:
    """What a run left behind. `problems` are broken promises, in words; there must be none."""

    addresses: int
    calls: int
    outcomes: dict[str, int]
    statuses: dict[str, int]
    mails: int
    unknown_with_mail: int
    problems: tuple[str, ...]


def compare(asked: Sequence[str], state: Path) -> Findings:
    """Hold what was asked for, what is on record, and what the sandbox sent against each other."""
    sends = Sandbox(Options(state=state)).sends()
    sent = {send.key for send in sends}
    status_of = dict(Attempt.objects.values_list("key", "status"))
    return Findings(
        addresses=len(asked),
        calls=Call.objects.count(),
        outcomes=dict(Counter(outcome or LAPSED for outcome in Call.objects.values_list("outcome", flat=True))),
        statuses=dict(Counter(status_of.values())),
        mails=len(sends),
        unknown_with_mail=sum(status_of.get(key) == Status.UNKNOWN for key in sent),
        problems=(
            *_outcomes_missing(asked),
            *_sent_twice(sends),
            *_sent_but_denied(sent, status_of),
            *_claimed_but_not_sent(sent, status_of),
            *_sent_beside_the_record(sends),
            *_left_open(),
            *_half_written(),
        ),
    )


def _outcomes_missing(asked: Sequence[str]) -> Iterator[str]:
    """Every address has one attempt, and that one is final."""
    attempts = Counter(Attempt.objects.values_list("key", flat=True))
    for key in {*asked, *attempts}:
        if attempts[key] != 1:
            yield f"{key} has {attempts[key]} attempts"
    for attempt in Attempt.objects.in_flight():
        yield f"{attempt.key} is still {attempt.status}"


def _sent_twice(sends: Sequence[Send]) -> Iterator[str]:
    for key, times in Counter(send.key for send in sends).items():
        if times > 1:
            yield f"{key} was sent {times} mails"


def _sent_but_denied(sent: set[str], status_of: dict[str, str]) -> Iterator[str]:
    for key in sent:
        if status_of.get(key) not in MAY_HAVE_GONE_OUT:
            yield f"{key} was sent a mail and is {status_of.get(key)}"


def _claimed_but_not_sent(sent: set[str], status_of: dict[str, str]) -> Iterator[str]:
    for key, status in status_of.items():
        if status == Status.ACCEPTED and key not in sent:
            yield f"{key} is accepted and was sent no mail"


def _sent_beside_the_record(sends: Sequence[Send]) -> Iterator[str]:
    """Every mail belongs to a call that is on record with this very address."""
    recorded = set(Ride.objects.values_list("call__nonce", "attempt__key"))
    for send in sends:
        if (send.nonce, send.key) not in recorded:
            yield f"{send.key} was sent a mail by a call that is not on record"


def _left_open() -> Iterator[str]:
    for batch in Batch.objects.open():
        yield f"batch {batch.pk} is not finished"
    for call in Call.objects.filter(state=CallState.OPEN):
        yield f"call {call.pk} is still open"


def _half_written() -> Iterator[str]:
    """A call is opened with its attempts or not at all, and settled with them or not at all."""
    for call in Call.objects.annotate(rode=Count("rides")).exclude(rode=F("size")):
        yield f"call {call.pk} carried other attempts than it was opened for"
    answered = Attempt.objects.filter(status__in=(Status.ACCEPTED, Status.REFUSED))
    for attempt in answered.exclude(last_call__state=CallState.ANSWERED):
        yield f"{attempt.key} is {attempt.status}, and its call has no answer"
