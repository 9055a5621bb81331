"""The ledger: every act leaves an event, chained to the one before, in the transaction of the act. No event, no act.

The form of the chain, and of what an event says about rows, is `evidence.chain`'s.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from ..evidence.chain import GENESIS, chained, payload_hash
from ..models import Batch, Call, Event, EventName, Head


@dataclass(frozen=True)
class Actor:
    """Who acts: a person at a page, a person at a shell, or a worker. `act` joins all lines of one act."""

    name: str
    person: User | None = None
    source_address: str | None = None
    act: uuid.UUID = field(default_factory=uuid.uuid4)


def at_page(person: User, source_address: str | None) -> Actor:
    """Somebody at a page or in the admin."""
    return Actor(person.get_username(), person, source_address)


def at_shell(person: User) -> Actor:
    """Somebody in whose name a command runs."""
    return Actor(f"shell:{person.get_username()}", person)


def at_work(worker: str) -> Actor:
    """A worker process, by its name."""
    return Actor(f"worker:{worker}")


@dataclass(frozen=True)
class Line:
    """One event to be written. `details` hold ids, counts and digests, never an address or free text."""

    name: EventName
    details: Mapping[str, Any] = field(default_factory=dict)
    batch: Batch | None = None
    call: Call | None = None


def record(actor: Actor, now: datetime, *lines: Line) -> list[Event]:
    """Append events to the chain; the last thing that a transaction does.

    The head is taken last and once for all lines, so that writers wait for each other as briefly as can be. Who holds
    it may still have to look, when it commits, whether the rows that it refers to are there: so every lock on a row of
    the record leaves the row's keys alone (`no_key`), and so does every update. Raises RuntimeError outside a
    transaction: an event without its act would be a lie, and an act without its event too.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an event is written in the transaction of its act")
    head = _head()
    events = [_chained(_event(actor, now, line), head) for line in lines]
    Event.objects.bulk_create(events)
    head.save()
    return events


def _head() -> Head:
    locked = Head.objects.select_for_update()
    if head := locked.filter(pk=1).first():
        return head
    # Two first writers at once: one makes the row, and both wait for it.
    Head.objects.bulk_create([Head(pk=1, hash=GENESIS)], ignore_conflicts=True)
    return locked.get(pk=1)


def _chained(event: Event, head: Head) -> Event:
    head.sequence += 1
    event.sequence = head.sequence
    event.payload_hash = payload_hash(payload_of(event))
    event.hash = head.hash = chained(head.hash, event.sequence, event.payload_hash)
    return event


def _event(actor: Actor, now: datetime, line: Line) -> Event:
    return Event(
        name=line.name,
        at=now,
        actor=actor.person,
        actor_name=actor.name,
        source_address=actor.source_address,
        act=actor.act,
        batch=line.batch,
        call=line.call,
        details={**line.details, "call": line.call.pk} if line.call else dict(line.details),
    )


# The columns of an event that its hash covers, by the names of `chain.PAYLOAD`.
PAYLOAD_COLUMNS = {
    "name": "name",
    "at": "at",
    "actor_id": "actor_id",
    "actor": "actor_name",
    "from": "source_address",
    "act": "act",
    "batch": "batch_id",
    "details": "details",
}


def payload_of(event: Event) -> dict[str, Any]:
    """What the hash of an event covers."""
    return {name: getattr(event, column) for name, column in PAYLOAD_COLUMNS.items()}
