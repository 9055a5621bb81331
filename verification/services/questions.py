"""Which questions the workers put by themselves: about unknown outcomes, and to learn the provider's zone."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from ..models import Attempt, Lookup, Status
from .lookups import ask
from .verdicts import next_question
from .zone import ENOUGH, FRESH, learned_offset

# Few enough that the worker's pulse isn't held up.
AT_ONCE = 20
LATELY = 100


def raise_due(now: datetime) -> int:
    """Record the lookups that are due at `now`; returns how many attempts they are about."""
    due = Attempt.objects.undecided().filter(ask_at__lte=now).order_by("ask_at")[:AT_ONCE]
    raised = sum(_raise(pk, now) for pk in due.values_list("pk", flat=True))
    if raised and learned_offset(now) is None:
        _ask_to_learn(now)
    return raised


def _raise(attempt_id: int, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        due = Attempt.objects.undecided().filter(pk=attempt_id, ask_at__lte=now)
        about = due.first()
        if about is None:
            return False
        # The lookup first, then the attempt: in this order an answer is recorded too, so neither waits for the other.
        ask(email=about.email, key=about.key, person=None, now=now)
        attempt = due.select_for_update(of=("self",), no_key=True).select_related("last_call").first()
        if attempt is None:
            return False
        attempt.times_asked += 1
        attempt.ask_at = next_question(attempt)
        attempt.save(update_fields=["times_asked", "ask_at"])
    return True


def _ask_to_learn(now: datetime) -> None:
    """Ask about a few accepted sends of the last day, one per call, that nobody has asked about since."""
    asked_since = Lookup.objects.filter(key=OuterRef("key"), created_at__gte=OuterRef("finished_at"))
    sent = Attempt.objects.filter(~Exists(asked_since), status=Status.ACCEPTED, created_at__gt=now - FRESH)
    by_call: dict[int | None, Attempt] = {}
    for attempt in sent.order_by("-created_at")[:LATELY]:
        by_call.setdefault(attempt.last_call_id, attempt)
    for attempt in list(by_call.values())[:ENOUGH]:
        ask(email=attempt.email, key=attempt.key, person=None, now=now)
