"""Nothing without an event: as many rows as the events tell of, and the first one that none of them tells of."""

from collections.abc import Mapping
from functools import partial

from django.db.models import Exists, OuterRef

from ...models import FINAL, Attempt, Batch, Call, CallState, Event, EventName, Lookup, LookupState, Ride, Status
from ..tally import ranges_of, told
from .differences import Ids, Ranges, first_difference
from .groups import Unit, some_at_a_time
from .report import Broken
from .trail import events_of


def check_totals(counts: Mapping[str, int]) -> None:
    """Raises Broken for the first row of which there should be an event and is none."""
    _check("batch", "batches", Batch.objects.all(), counts["batches"], "it was opened without an event")
    _check("attempt", "opened", Attempt.objects.all(), counts["attempts"], "it was opened without an event")
    ended = Attempt.objects.filter(status__in=FINAL)
    _check("attempt", "ended", ended, counts["ended"], "it was ended without an event")
    calls = Call.objects.exclude(state=CallState.OPEN)
    _check("call", "calls", calls, counts["calls"], "it was settled without an event")


def check_late_answers() -> None:
    """Raises Broken for the first call that lapsed, and was answered without an event."""
    settled = Event.objects.filter(
        name=EventName.CALL_SETTLED, call=OuterRef("call"), sequence__gt=OuterRef("sequence")
    )
    lapsed = Event.objects.filter(name=EventName.CALL_LAPSED, call__state=CallState.ANSWERED).filter(~Exists(settled))
    for number in lapsed.order_by("call").values_list("call", flat=True)[:1]:
        raise Broken("call", number, "it had lapsed, and was answered without an event")


def check_in_hand() -> None:
    """Raises Broken for the first attempt that is being sent, but in no open call: the call was taken away."""
    carried = Exists(
        Ride.objects.filter(attempt=OuterRef("pk"), call=OuterRef("last_call"), call__state=CallState.OPEN)
    )
    lost = Attempt.objects.filter(status=Status.SENDING).exclude(carried)
    for number in lost.order_by("pk").values_list("pk", flat=True)[:1]:
        raise Broken("attempt", number, "the call that carries it is missing")


def check_lookups() -> None:
    """Raises Broken for the first lookup that ended without an event, or isn't as one recorded it any more."""
    ended = Lookup.objects.filter(state__in=(LookupState.ANSWERED, LookupState.FAILED))
    telling = Event.objects.filter(name__in=(EventName.ATTEMPTS_JUDGED, EventName.LOOKUP_ENDED))
    adopted = Event.objects.filter(name=EventName.LOOKUPS_ADOPTED).values_list("details", flat=True)
    # All but those that were adopted have an event of their own: it takes no time to count them.
    said = telling.count() + sum(details["lookups"]["count"] for details in adopted)
    _check("lookup", "lookups", ended, said, "it ended without an event")


def check_evidence() -> None:
    """Raises Broken for the first lookup that gave a verdict, and names another address than it gave it on."""
    judged = Attempt.objects.filter(verdict_lookup=OuterRef("pk"))
    about_it = judged.exclude(key="").exclude(key=OuterRef("key"))
    # Of an address that was erased nobody can tell any more.
    strange = Lookup.objects.exclude(key="").filter(Exists(about_it)).order_by("pk")
    for number in strange.values_list("pk", flat=True)[:1]:
        raise Broken("lookup", number, "it asked about another address than the one it gave a verdict on")


def _check(table: str, group: str, there: Ids, said: int, what: str) -> None:
    if there.count() == said:
        return
    number = first_difference(there, partial(_said, group))
    if number is None:
        raise Broken(table, None, f"{said} are said, {there.count()} are there")
    gone = not there.filter(pk=number).exists()
    raise Broken(table, number, "it is not there any more, or not as an event recorded it" if gone else what)


def check_verdicts(as_recorded: int) -> None:
    """Raises Broken for the first verdict that isn't of an event, when not so many as there are had one."""
    there = Attempt.objects.exclude(verdict="", verdict_at=None, verdict_lookup=None)
    if there.count() != as_recorded:
        raise Broken("attempt", first_difference(there, _verdicts), "its verdict is not one that an event recorded")


def _verdicts() -> Ranges:
    judging = Event.objects.filter(name__in=(EventName.ATTEMPTS_JUDGED, EventName.BATCH_ADOPTED))
    for some in some_at_a_time(events_of(judging)):
        unit = Unit(some)
        for event, groups in some:
            for said in (said for name, said in groups if name == "judged"):
                yield from ((number, number) for number in unit.judged(event, said))


def _said(group: str) -> Ranges:
    for name, details in told(after=0):
        yield from ranges_of(group, name, details)
