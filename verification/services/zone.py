"""The provider's clock: its times carry no zone, so the zone is learned from what it says about our own sends."""

from datetime import UTC, datetime, timedelta

from django.db.models import F

from ..models import Attempt, Lookup, Status, ZoneEvidence

# The two ways in which the documentation's examples write a time.
FORMATS = ("%Y-%m-%d %H:%M:%S", "%b %d,%Y %H:%M:%S")
STEP = timedelta(minutes=15)
# How far the provider's clock and ours may differ, and how long its send may take.
TOLERANCE = timedelta(minutes=2)
# Zones reach from twelve hours behind UTC to fourteen ahead.
EARLIEST, LATEST = timedelta(hours=-12), timedelta(hours=14)
ENOUGH = 3
# A clock that changes for summer must not be trusted by last season's evidence.
FRESH = timedelta(days=1)


def read_time(text: str) -> datetime | None:
    """The provider's time, naive, in its own zone; None where it isn't written in a known way."""
    for form in FORMATS:
        try:
            return datetime.strptime(text.strip(), form)
        except ValueError:
            continue
    return None


def moment_of(text: str, offset: timedelta) -> datetime | None:
    """The moment that the provider's time means if its clock is so far ahead of UTC; None where it can't be read."""
    theirs = read_time(text)
    return (theirs - offset).replace(tzinfo=UTC) if theirs else None


def offset_between(theirs: datetime, begins: datetime, ends: datetime) -> timedelta | None:
    """The zone in which `theirs` (naive) falls between two of our moments (aware); None where no zone fits."""
    steps = round((theirs.replace(tzinfo=UTC) - begins) / STEP)
    offset = steps * STEP
    shifted = theirs.replace(tzinfo=UTC) - offset
    fits = begins - TOLERANCE <= shifted <= ends + TOLERANCE
    return offset if fits and EARLIEST <= offset <= LATEST else None


def learn(lookup: Lookup, now: datetime) -> None:
    """Keep a lookup as evidence if the address's newest send is an accepted one of ours."""
    theirs = read_time(lookup.token_sent)
    called = Attempt.objects.of_keys([lookup.key]).exclude(last_call=None)
    newest = called.order_by(F("finished_at").desc(nulls_first=True)).first()
    if theirs is None or newest is None or newest.status != Status.ACCEPTED:
        return
    call = newest.last_call
    assert call and call.answered_at
    offset = offset_between(theirs, call.opened_at, call.answered_at)
    if offset is not None:
        minutes = offset // timedelta(minutes=1)
        ZoneEvidence.objects.create(lookup=lookup, call=call, offset_minutes=minutes, created_at=now)


def learned_offset(now: datetime) -> timedelta | None:
    """The provider's offset from UTC, once the newest evidence from three calls agrees; None before.

    Somebody may resend outside this tool just after us, so one observation alone can be wrong by any step.
    """
    by_call: dict[int, int] = {}
    for evidence in ZoneEvidence.objects.filter(created_at__gt=now - FRESH)[:50]:
        by_call.setdefault(evidence.call_id, evidence.offset_minutes)
    newest = list(by_call.values())[:ENOUGH]
    if len(newest) < ENOUGH or len(set(newest)) > 1:
        return None
    return timedelta(minutes=newest[0])
