"""The chain itself: every event linked to the one before, up to the head, with the checkpoints on the way."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import OperationalError
from django.db.models import F, QuerySet

from ...evidence.chain import PAYLOAD, chained, payload_hash
from ...evidence.checkpoints import Checkpoint
from ...models import Event, Head
from ..ledger import PAYLOAD_COLUMNS
from ..tally import Tally
from .report import Broken
from .rows import SLICE, Written, WrittenUUID, in_slices

Progress = Callable[[int, int], None]

_WRITTEN = {"at": Written(F("at")), "act": WrittenUUID(F("act"))}
_PAYLOAD_COLUMNS = [_WRITTEN.get(name, PAYLOAD_COLUMNS[name]) for name in PAYLOAD]


class Told(NamedTuple):
    """One event, as plain values: the model's instances would take more time than all else."""

    sequence: int
    payload_hash: str
    hash: str
    call: int | None
    payload: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.payload["name"])

    @property
    def details(self) -> dict[str, Any]:
        details: dict[str, Any] = self.payload["details"]
        return details


def events_of(found: QuerySet[Event]) -> Iterator[Told]:
    """Events in their order."""
    values = found.values_list("sequence", "payload_hash", "hash", "call_id", *_PAYLOAD_COLUMNS)
    for sequence, payload, own, call, *rest in in_slices(values, "sequence"):
        yield Told(sequence, payload, own, call, dict(zip(PAYLOAD, rest, strict=True)))


class Trail:
    """Walks along the events behind a number; `before` is the hash of the event of that number."""

    def __init__(self, head: Head, sequence: int, before: str, tally: Tally) -> None:
        self.head, self.sequence, self.before, self.tally = head, sequence, before, tally

    def walk(self, checkpoints: Iterator[Checkpoint], progress: Progress) -> Iterator[Told]:
        """The events, each once its link holds. Raises Broken, and what `checkpoints` raises."""
        if type(self.head.sequence) is not int:
            raise Broken("head", 1, "it holds no number")
        coming = next(checkpoints, None)
        for event in self._events():
            self._take(event)
            progress(self.sequence, self.head.sequence)
            while coming and coming.stand.sequence == self.sequence:
                self._compare(coming)
                coming = next(checkpoints, None)
            yield event
        self._end(coming)

    def _events(self) -> Iterator[Told]:
        try:
            yield from events_of(Event.objects.filter(sequence__gt=self.sequence))
        except (ValueError, OperationalError) as error:
            raise Broken("event", _first_unreadable(self.sequence), "it can't be read") from error

    def _take(self, event: Told) -> None:
        number = self.sequence + 1
        if event.sequence != number:
            raise Broken("event", number, f"it is missing; event {event.sequence} is there")
        if number > self.head.sequence:
            raise Broken("event", number, f"it comes after the head, which is at {self.head.sequence}")
        if _payload_hash(event) != event.payload_hash:
            raise Broken("event", number, "its content is not the one that was hashed")
        if chained(self.before, number, event.payload_hash) != event.hash:
            raise Broken("event", number, "its hash doesn't follow from the event before it")
        if event.call != event.details.get("call"):
            raise Broken("event", number, "it refers to another call than it names")
        self.sequence, self.before = number, event.hash
        self.tally.add(event.name, event.details)

    def _compare(self, checkpoint: Checkpoint) -> None:
        if checkpoint.stand.hash != self.before:
            what = f"it states another hash of event {self.sequence}: what lies before was written anew"
            raise Broken("checkpoint", checkpoint.number, what)
        if checkpoint.stand.counts != self.tally.counts:
            raise Broken("checkpoint", checkpoint.number, f"it states other counts than events 1 to {self.sequence}")

    def _end(self, coming: Checkpoint | None) -> None:
        if self.sequence != self.head.sequence:
            raise Broken("event", self.sequence + 1, f"it is missing; the head is at {self.head.sequence}")
        if coming:
            what = f"it is missing; checkpoint {coming.number} states {coming.stand.sequence} events"
            raise Broken("event", self.sequence + 1, what)
        if self.before != self.head.hash:
            raise Broken("head", 1, f"it holds another hash than event {self.sequence}")
        # Events are read by their names too; one that is in no place of the chain must not speak for the record.
        for number in Event.objects.filter(sequence__lt=1).values_list("sequence", flat=True)[:1]:
            raise Broken("event", number, "it is not in the chain, which begins with event 1")
        for number in Head.objects.exclude(pk=1).values_list("pk", flat=True)[:1]:
            raise Broken("head", number, "the chain has one end only")


def _first_unreadable(after: int) -> int:
    """Events are read in slices, in which only one may be at fault."""
    later = Event.objects.filter(sequence__gt=after).order_by("sequence").values_list("sequence", flat=True)
    for number in later[:SLICE]:
        try:
            list(events_of(Event.objects.filter(sequence=number)))
        except (ValueError, OperationalError):
            return number
    return after + 1


def _payload_hash(event: Told) -> str:
    try:
        return payload_hash(event.payload)
    except (TypeError, ValueError):
        return ""
