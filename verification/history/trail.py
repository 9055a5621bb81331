"""The audit trail for people: what they look for in it, and its pages, newest first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet

from ..models import Batch, Event, EventName
from .files import iso

WRITTEN = re.compile(r"([on])([0-9]{1,18})")
CHUNK = 2_000
# One preview may ask about a thousand addresses: what people did is then easier to see without the answers.
BUT_LOOKUPS = "but-lookups"


@dataclass(frozen=True)
class TrailFilters:
    """Empty fields don't filter. `until` is exclusive; `person` finds what somebody did at pages and at a shell."""

    person: str = ""
    action: str = ""
    batch: str = ""
    ticket: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def query(self) -> dict[str, str]:
        """What was looked for, by the fields' names, moments in ISO 8601 and UTC."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: iso(value) if isinstance(value, datetime) else value for name, value in said.items() if value}


@dataclass(frozen=True)
class TrailNames:
    """What people and groups of whom events speak are called now, by their ids; without those that are gone."""

    people: dict[int, str]
    groups: dict[int, str]


@dataclass(frozen=True)
class TrailPage:
    """Events, newest first, those of one act together. The cursors are "" where there is no page beside it."""

    acts: tuple[tuple[Event, ...], ...]
    names: TrailNames
    newer: str = ""
    older: str = ""


def events_matching(wanted: TrailFilters) -> QuerySet[Event]:
    return Event.objects.filter(*_conditions(wanted)).select_related("batch")


def trail_page(wanted: TrailFilters, cursor: str = "", size: int = 100) -> TrailPage:
    """A page of the events that match; a cursor that isn't one of ours gives the newest."""
    rows = events_matching(wanted)
    edge = WRITTEN.fullmatch(cursor)
    if edge and edge[1] == "n":
        newer = list(rows.filter(sequence__gt=int(edge[2])).order_by("sequence")[: size + 1])
        if len(newer) > size:
            return _page(newer[:size][::-1], newer=True, older=True)
    if edge and edge[1] == "o":
        older = list(rows.filter(sequence__lt=int(edge[2])).order_by("-sequence")[: size + 1])
        if older:
            return _page(older[:size], newer=True, older=len(older) > size)
    newest = list(rows.order_by("-sequence")[: size + 1])
    return _page(newest[:size], newer=False, older=len(newest) > size)


def _page(events: list[Event], *, newer: bool, older: bool) -> TrailPage:
    acts = tuple(tuple(lines) for _, lines in groupby(events, key=lambda event: event.act))
    return TrailPage(
        acts,
        _names(events),
        newer=f"n{events[0].sequence}" if newer else "",
        older=f"o{events[-1].sequence}" if older else "",
    )


def _names(events: list[Event]) -> TrailNames:
    rights = [event.details for event in events if event.name == EventName.RIGHTS_CHANGED]
    people = User.objects.filter(pk__in={said["person"] for said in rights if "person" in said})
    groups = {number for said in rights for number in (*said.get("groups", ()), *filter(None, [said.get("group")]))}
    return TrailNames(
        dict(people.values_list("pk", "username")),
        dict(Group.objects.filter(pk__in=groups).values_list("pk", "name")),
    )


def _conditions(wanted: TrailFilters) -> Iterator[Q]:
    if wanted.person:
        name = wanted.person.strip()
        yield Q(actor_name__in=(name, f"shell:{name}"))
    if wanted.action == BUT_LOOKUPS:
        yield ~Q(name=EventName.LOOKUP_ENDED)
    elif wanted.action:
        yield Q(name=wanted.action)
    if wanted.batch:
        yield Q(batch__in=list(Batch.objects.filter(ref=wanted.batch.strip()).values_list("pk", flat=True)))
    if wanted.ticket:
        found = Batch.objects.filter(ticket=wanted.ticket.strip()).exclude(ticket="")
        yield Q(batch__in=found.values("pk"))
    if wanted.source:
        yield Q(source_address=wanted.source)
    if wanted.since:
        yield Q(at__gte=wanted.since)
    if wanted.until:
        yield Q(at__lt=wanted.until)


@dataclass(frozen=True)
class TrailRow:
    """One event. The fields' names and order are the columns of the file."""

    sequence: int
    name: str
    at: datetime
    act: str
    actor: str
    source_address: str
    batch: str
    details: Any
    payload_hash: str
    hash: str


def trail_rows(wanted: TrailFilters) -> Iterator[TrailRow]:
    """The events that match, oldest first; each chunk is a query of its own."""
    rows, last = events_matching(wanted).order_by("sequence"), 0
    while chunk := list(rows.filter(sequence__gt=last)[:CHUNK]):
        yield from map(_row, chunk)
        last = chunk[-1].sequence


def _row(event: Event) -> TrailRow:
    return TrailRow(
        event.sequence,
        event.name,
        event.at,
        str(event.act),
        event.actor_name,
        event.source_address or "",
        event.batch.ref if event.batch else "",
        event.details,
        event.payload_hash,
        event.hash,
    )
