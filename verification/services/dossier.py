"""Evidence to be taken out: what the trail and the record hold about a batch, an address or a period, as one bundle.

    event + checkpoint (commit) ─► one snapshot of the record ─► rows, leaves, events, checkpoints ─► zip

The bundle ends at its own checkpoint. A record that came on between the two is read anew, up to the next checkpoint.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from ..evidence import chain
from ..evidence.bundle import COLUMNS, Evidence, FullLeaves, OwnEvent, Stub, write_bundle
from ..models import Attempt, Batch, Call, Checkpoint, Event, EventName, Lookup, LookupState, Ride, Verdict
from .checkpoints import last_one, make_checkpoint, parsed, write_files
from .former import lapsed_call, lost_attempt
from .ledger import Actor, Line, payload_of, record
from .signing_key import key_in_force
from .verify.rows import Row, rows_by_id, these
from .verify.snapshot import snapshot

TRIES = 10
SLICE = 1_000
CALLS = (EventName.CALL_SETTLED, EventName.CALL_LAPSED)
ERASING = (EventName.ADDRESS_ERASED, EventName.HISTORY_PRUNED)
FILES = {"batch": "batches", "attempt": "attempts", "call": "calls", "lookup": "lookups"}
LOOKUP = (EventName.ATTEMPTS_JUDGED, EventName.LOOKUP_ENDED)
LOOKUPS = (*LOOKUP, EventName.LOOKUPS_ADOPTED)
ENDED = (LookupState.ANSWERED, LookupState.FAILED)


class StillMoving(Exception):
    """The batches in question went on while they were read; a paused or finished one stands still."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for: one batch, one address by its key, or a period, of which `until` is exclusive.

    `in_full` shows addresses and free text; otherwise they enter by their commitments alone. An address that was
    asked for is always shown, for who asks knows it.
    """

    batch: Batch | None = None
    key: str = ""
    since: datetime | None = None
    until: datetime | None = None
    in_full: bool = False

    @property
    def selection(self) -> dict[str, Any]:
        """For the event and the manifest: never the address itself."""
        kind = "batch" if self.batch else "address" if self.key else "period"
        named = {"batch": self.batch.ref} if self.batch else {}
        times = {name: moment for name, moment in (("since", self.since), ("until", self.until)) if moment}
        return {"kind": kind, "in_full": self.in_full} | named | {name: str(moment) for name, moment in times.items()}


def export(wanted: Wanted, path: Path, actor: Actor, now: datetime) -> None:
    """Write the bundle into a new file, on record before it is read.

    Raises StillMoving; KeyUnusable, CheckpointError and OSError as making and keeping a checkpoint do.
    """
    with transaction.atomic(durable=True):
        record(actor, now, Line(EventName.EVIDENCE_EXPORTED, wanted.selection, wanted.batch))
    for _ in range(TRIES):
        make_checkpoint(actor.name, now)
        with snapshot():
            extent = Extent.of(wanted)
            if extent.stands_still():
                write_bundle(path, _evidence(wanted, extent, now), key_in_force(last_one()))
                break
    else:
        raise StillMoving
    write_files()


@dataclass(frozen=True)
class Extent:
    """Which rows and events are meant, by their numbers, and the last event of the bundle."""

    batches: list[int]
    attempts: list[int]
    calls: list[int]
    lookups: list[int]
    events: list[int]
    end: int

    @classmethod
    def of(cls, wanted: Wanted) -> "Extent":
        last = Checkpoint.objects.first()
        end = last.sequence if last else 0
        batches = _batches(wanted)
        attempts = _ids(Attempt.objects.filter(Q(key=wanted.key) if wanted.key else Q(batch__in=these(batches))))
        rides = Ride.objects.filter(attempt__in=these(attempts))
        # One that is open has no event yet.
        calls = _ids(Call.objects.filter(pk__in=rides.values("call")).exclude(state="open"))
        asked = set(_ids(Lookup.objects.filter(key=wanted.key, state__in=ENDED))) if wanted.key else set()
        own = _about(batches, calls, whole=not wanted.key) | _judging(set(attempts)) | _asking(asked) | _within(wanted)
        own |= _erasing({"batches": batches, "attempts": attempts, "messages": attempts, "calls": calls})
        return cls(batches, attempts, calls, sorted(asked | _looked_up(own, whole=not wanted.key)), sorted(own), end)

    @property
    def rows(self) -> dict[str, list[int]]:
        """The ids by their tables, in the order of the bundle's files."""
        return {"batch": self.batches, "attempt": self.attempts, "call": self.calls, "lookup": self.lookups}

    def stands_still(self) -> bool:
        """Whether the bundle's last event comes after everything that happened to these rows."""
        return not self.events or self.events[-1] <= self.end


def _batches(wanted: Wanted) -> list[int]:
    if wanted.batch:
        return [wanted.batch.pk]
    if wanted.key:
        return sorted(set(Attempt.objects.filter(key=wanted.key).values_list("batch_id", flat=True)))
    within = Event.objects.filter(sequence__in=these(_within(wanted)))
    spoken_of = set(within.filter(batch__isnull=False).values_list("batch_id", flat=True))
    judged = [number for event in within.filter(name=EventName.ATTEMPTS_JUDGED) for number in _judged(event)]
    return sorted(spoken_of | set(Attempt.objects.filter(pk__in=these(judged)).values_list("batch_id", flat=True)))


def _within(wanted: Wanted) -> set[int]:
    """The events of the period; none for a batch or an address."""
    if wanted.batch or wanted.key:
        return set()
    times = {"at__gte": wanted.since, "at__lt": wanted.until}
    found = Event.objects.filter(**{lookup: moment for lookup, moment in times.items() if moment})
    return set(found.values_list("sequence", flat=True))


def _about(batches: Iterable[int], calls: Iterable[int], *, whole: bool) -> set[int]:
    """The events of the batches; of a call only if it is ours, for a batch may carry many strangers."""
    found = Event.objects.filter(batch__in=these(batches))
    if not whole:
        found = found.filter(~Q(name__in=CALLS) | Q(call__in=these(calls)))
    return set(found.values_list("sequence", flat=True))


def _judging(attempts: set[int]) -> set[int]:
    """The events that judge one of the attempts."""
    events = Event.objects.filter(name=EventName.ATTEMPTS_JUDGED).iterator(chunk_size=SLICE)
    return {event.sequence for event in events if not attempts.isdisjoint(_judged(event))}


def _asking(lookups: set[int]) -> set[int]:
    """The events that tell how one of the lookups ended."""
    events = Event.objects.filter(name__in=LOOKUPS).iterator(chunk_size=SLICE) if lookups else ()
    return {event.sequence for event in events if not lookups.isdisjoint(chain.ids_of(event.details["lookups"]))}


def _erasing(rows: Mapping[str, list[int]]) -> set[int]:
    """The events that tell of the erasure of one of the rows, by the names that such an event has for them."""
    erased = Event.objects.filter(name__in=ERASING).values_list("sequence", "details").iterator(chunk_size=SLICE)
    return {
        sequence for sequence, said in erased if any(_meet(said["erased"].get(name, ()), rows[name]) for name in rows)
    }


def _meet(ranges: Iterable[tuple[int, int]], ids: list[int]) -> bool:
    """Whether one of the ranges has one of the ascending ids in it."""
    return any(bisect_left(ids, first) < bisect_right(ids, last) for first, last in ranges)


def _looked_up(own: set[int], *, whole: bool) -> set[int]:
    """The lookups of which the events speak; those that were adopted only for the whole, for most are strangers."""
    names = LOOKUPS if whole else LOOKUP
    events = Event.objects.filter(name__in=names, sequence__in=these(own)).iterator(chunk_size=SLICE)
    return {number for event in events for number in chain.ids_of(event.details["lookups"])}


def _judged(event: Event) -> Iterator[int]:
    return chain.ids_of(event.details["judged"])


def _ids(rows: Any) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _evidence(wanted: Wanted, extent: Extent, now: datetime) -> Evidence:
    shown = [FILES[table] for table in chain.COMMITTED if wanted.in_full or (wanted.key and table == "attempt")]
    return Evidence(
        made_at=now,
        selection=wanted.selection,
        complete=not wanted.key,
        shown=shown,
        batches=_rows("batch", extent.batches, shown),
        attempts=_rows("attempt", extent.attempts, shown),
        calls=_rows("call", extent.calls, shown),
        lookups=_rows("lookup", extent.lookups, shown),
        leaves=_leaves(extent),
        events=_events(extent),
        checkpoints=map(parsed, Checkpoint.objects.order_by("number").iterator(chunk_size=SLICE)),
    )


def _rows(table: str, ids: list[int], shown: Collection[str]) -> Iterator[Row]:
    in_full = FILES[table] in shown
    hidden = {text for texts in chain.COMMITTED.get(table, {}).values() for text in texts} | {"salt"}
    for start in range(0, len(ids), SLICE):
        some = ids[start : start + SLICE]
        rows = rows_by_id(table, some)
        verdicts = rows_by_id("verdict", some) if table == "attempt" else {}
        for number in some:
            row = rows[number] | verdicts.get(number, {})
            yield {name: row[name] if in_full or name not in hidden else "" for name in COLUMNS[FILES[table]]}


def _leaves(extent: Extent) -> Iterator[FullLeaves]:
    """Whole leaves for the groups that the bundle's rows don't show: rows of strangers, or as they were before."""
    own = {table: set(ids) for table, ids in extent.rows.items()}
    for event in _own_events(extent):
        for name in (name for name in chain.GROUPS if name in event.details):
            said, table = event.details[name], chain.GROUPS[name][0]
            leaves, later = _whole(event, name, said)
            if later or not own[table].issuperset(chain.ids_of(said)):
                yield FullLeaves(event.sequence, name, leaves)


def _whole(event: Event, name: str, said: chain.Group) -> tuple[list[bytes], bool]:
    """The leaves of a group as they were, and whether one of them has come on since."""
    table, leaf = chain.GROUPS[name]
    rows = rows_by_id("verdict" if name == "judged" else table, list(chain.ids_of(said)))
    short, size = chain.short_leaves(said) or b"", chain.SHORT_LEAF_BYTES
    leaves, later = [], False
    for place, number in enumerate(chain.ids_of(said)):
        recorded = short[place * size : (place + 1) * size]
        found = leaf(rows[number])
        if found[:size] != recorded:
            later = True
            found = next(
                (was for was in map(leaf, _former(event, name, rows[number])) if was[:size] == recorded), found
            )
        leaves.append(found)
    return leaves, later


def _former(event: Event, name: str, row: Row) -> Iterator[Row]:
    """How a row may have stood when the event was written."""
    if name == "calls":
        yield lapsed_call(row)
    elif name == "ended":
        yield lost_attempt(row["id"], event.call_id, event.at)
    elif name == "judged":
        [lookup] = chain.ids_of(event.details["lookups"])
        for verdict in Verdict:
            yield {"id": row["id"], "verdict": verdict, "verdict_at": event.at, "verdict_lookup_id": lookup}


def _own_events(extent: Extent) -> Iterator[Event]:
    for start in range(0, len(extent.events), SLICE):
        some = extent.events[start : start + SLICE]
        yield from Event.objects.filter(sequence__in=these(some)).order_by("sequence")


def _events(extent: Extent) -> Iterator[OwnEvent | Stub]:
    """All events up to the bundle's last: own ones whole, others as links of the chain."""
    own = set(extent.events)
    links = Event.objects.filter(sequence__lte=extent.end).order_by("sequence")
    every = links.values_list("sequence", "payload_hash", "hash").iterator(chunk_size=SLICE)
    foreign = (Stub(*link) for link in every if link[0] not in own)
    ours = (OwnEvent(event.sequence, payload_of(event), event.hash) for event in _own_events(extent))
    return merge(foreign, ours, key=attrgetter("sequence"))
