"""One pace for all workers: a row of its own, in transactions of its own. The waiting happens outside.

Throttling teaches the rate: a cut by a tenth per episode, and about two per cent more after each clean second.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min

from ..models import Call, Pace
from .outcomes import Answer

CUT = 0.9
GROWTH = 1.02
CLEAN = timedelta(seconds=1)
SHORTEST_SPAN = timedelta(milliseconds=100)
# Without the provider's own figure the pause doubles from here, up to the cap, and is spread by chance.
FIRST_HOLD = timedelta(milliseconds=250)
LONGEST_HOLD = timedelta(seconds=60)
# In seconds; a provider that asks for more is asked again then.
LONGEST_WISH = 900.0
SLOWEST = 0.05


def take_turn(now: datetime) -> datetime:
    """Reserve the next turn and return the moment from which its call may go."""
    with transaction.atomic(durable=True):
        pace = _locked()
        pace.rate = _grown(pace, now)
        turn = max(filter(None, (now, pace.next_at, pace.hold_until)))
        pace.next_at = turn + timedelta(seconds=1 / pace.rate) if pace.rate else None
        pace.save()
    return turn


def throttled(
    now: datetime,
    *,
    opened_at: datetime,
    retry_after: float | None,
    jitter: Callable[[], float] = random.random,
) -> datetime:
    """Learn from a throttled call, and return the moment until which nothing goes out.

    The rate is cut once per episode, which lasts until a call goes through again. `opened_at` is when the throttled
    call was opened: calls that were in hand together are throttled together, and only the first of them makes the
    next pause longer. `retry_after` is the provider's own wait in seconds.
    """
    with transaction.atomic(durable=True):
        pace = _locked()
        if pace.throttled_at is None or opened_at > pace.throttled_at:
            if not pace.throttles_in_row:
                pace.rate = max(SLOWEST, pace.rate * CUT if pace.rate else _measured(now))
            pace.throttled_at = pace.grown_at = now
            pace.throttles_in_row += 1
        hold = now + _hold(pace.throttles_in_row, retry_after, jitter)
        pace.hold_until = max(filter(None, (hold, pace.hold_until)))
        pace.next_at = max(filter(None, (pace.next_at, pace.hold_until)))
        pace.save()
        return pace.hold_until


def went_through() -> None:
    """Note that the provider took a call again, so that the next pause starts small."""
    Pace.objects.filter(pk=1, throttles_in_row__gt=0).update(throttles_in_row=0)


def _locked() -> Pace:
    locked = Pace.objects.select_for_update()
    if not locked.filter(pk=1).exists():
        Pace.objects.bulk_create([Pace(pk=1)], ignore_conflicts=True)
    return locked.get(pk=1)


def _grown(pace: Pace, now: datetime) -> float | None:
    ceiling = settings.RESEND_CALLS_PER_SECOND or None
    if pace.rate is None or pace.grown_at is None:
        return ceiling
    # One step however long ago the last was: an idle hour teaches nothing about the limit.
    if now - pace.grown_at >= CLEAN:
        pace.rate, pace.grown_at = pace.rate * GROWTH, now
    return min(pace.rate, ceiling) if ceiling else pace.rate


def _measured(now: datetime) -> float:
    """The rate at which calls went through in the last second, from the first of them on.

    When sending has only just begun, a whole second would make it far too small, and it grows back slowly.
    """
    lately = Call.objects.filter(opened_at__gt=now - CLEAN).exclude(outcome=Answer.THROTTLED)
    found = lately.aggregate(calls=Count("pk"), first=Min("opened_at"))
    span = max(SHORTEST_SPAN, now - (found["first"] or now))
    return float(max(1, found["calls"]) / span.total_seconds())


def _hold(in_row: int, retry_after: float | None, jitter: Callable[[], float]) -> timedelta:
    if retry_after is not None:
        return timedelta(seconds=min(retry_after, LONGEST_WISH))
    doubled = min(FIRST_HOLD * (1 << min(in_row, 10)) / 2, LONGEST_HOLD)
    return doubled * (0.5 + jitter() / 2)
