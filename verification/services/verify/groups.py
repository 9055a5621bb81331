"""What events say of rows, held against the rows: some events at a time, whose rows are fetched together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

from ...evidence import chain
from ...models import Attempt, CallState, Event, EventName
from ..former import lapsed_call, lost_attempt
from .report import Broken
from .rows import Row, rows_by_id, rows_of, these
from .texts import check_texts
from .trail import Told

# So many rows, and those of one more event, are in memory at once.
ROWS_AT_ONCE = 25_000
EVENTS_AT_ONCE = 2_000

Some = list[tuple[Told, list[tuple[str, chain.Group]]]]
# What is read for the groups of one name alone.
_SIMPLE = {"batch": "batches", "call": "calls", "lookup": "lookups", "verdict": "judged"}
Leaf = Callable[[Row], bytes]
_WORDS = {
    "missing": "it is missing; event {} speaks of it",
    "unexpected": "no event opened it; event {} opened the batch without it",
    "changed": "it is not as event {} recorded it",
}


def some_at_a_time(events: Iterator[Told]) -> Iterator[Some]:
    """Events whose rows fit into memory together. If a link is Broken, those that stand before it come first."""
    some: Some = []
    weight = 0
    try:
        for event in events:
            groups = _groups_of(event)
            some.append((event, groups))
            weight += sum(said["count"] for _, said in groups)
            if weight >= ROWS_AT_ONCE or len(some) == EVENTS_AT_ONCE:
                yield some
                some, weight = [], 0
    except Broken:
        yield some
        raise
    yield some


def _groups_of(event: Told) -> list[tuple[str, chain.Group]]:
    """The groups of an event by their names. Raises Broken for one that contradicts itself."""
    found = [(name, event.details[name]) for name in chain.GROUPS if name in event.details]
    for name, said in found:
        if chain.short_leaves(said) is None:
            raise Broken("event", event.sequence, f"its group {name} contradicts itself")
    if "opened" in event.details and "batches" not in event.details:
        raise Broken("event", event.sequence, "it opens attempts without a batch")
    return found


class Unit:
    """Some events and the rows of which they speak."""

    def __init__(self, events: Some) -> None:
        self.events = events
        self.rows = {table: rows_by_id(table, self._ids(name)) for table, name in _SIMPLE.items()}
        self.in_batch = self._in_batch()
        attempts = {row["id"]: row for rows in self.in_batch.values() for row in rows}
        self.rows["attempt"] = attempts | rows_by_id("attempt", self._ids("opened", "ended") - attempts.keys())

    def _ids(self, *names: str) -> set[int]:
        said = (said for _, groups in self.events for name, said in groups if name in names)
        return {number for group in said for number in chain.ids_of(group)}

    def _in_batch(self) -> dict[int, list[Row]]:
        """All attempts of the batches that are opened here, so that one more than was opened is seen too."""
        batches = {number for event, _ in self.events if "opened" in event.details for number in _batches(event)}
        rows = rows_of("attempt", Attempt.objects.filter(batch_id__in=these(batches))) if batches else ()
        found: dict[int, list[Row]] = {number: [] for number in batches}
        for row in rows:
            found[row["batch_id"]].append(row)
        return found

    def check(self) -> int:
        """Raises Broken for the first row that isn't as it was recorded. Returns how many verdicts are as recorded."""
        verdicts = 0
        for event, groups in self.events:
            for name, said in groups:
                if name == "judged":
                    verdicts += len(list(self.judged(event, said)))
                elif event.name == EventName.CALL_LAPSED and self._is_answered(event.call):
                    self._check_former(event, name, said)
                else:
                    self._check_rows(event, name, said)
        return verdicts

    def _check_rows(self, event: Told, name: str, said: chain.Group) -> None:
        table, leaf = chain.GROUPS[name]
        rows = self._opened(event) if name == "opened" else self._of(table, said)
        _hold(event, name, said, leaf, rows)
        check_texts(name, rows)
        if name == "opened":
            self._check_persons(rows)

    def _is_answered(self, call: int | None) -> bool:
        row = self.rows["call"].get(call or 0)
        return row is not None and row["state"] == CallState.ANSWERED

    def _check_former(self, event: Told, name: str, said: chain.Group) -> None:
        """What a late answer has changed since is held against its own event; here it is as it was before."""
        table, leaf = chain.GROUPS[name]
        if name == "calls":
            rows = [lapsed_call(row) for row in self._of(table, said)]
        else:
            rows = [lost_attempt(number, event.call, event.payload["at"]) for number in chain.ids_of(said)]
        _hold(event, name, said, leaf, rows)

    def judged(self, event: Told, said: chain.Group) -> Iterator[int]:
        """The attempts whose verdict is the one of this event; others have a later one, or a late answer instead."""
        short, size = chain.short_leaves(said) or b"", chain.SHORT_LEAF_BYTES
        for place, number in enumerate(chain.ids_of(said)):
            row = self.rows["verdict"].get(number)
            if row is None:
                raise _broken(chain.Fault(number, "missing"), "attempt", event)
            if _safe(chain.judged_leaf, row)[:size] == short[place * size : (place + 1) * size]:
                yield number
            elif not row["verdict"] and not _answered_after(event, row["last_call_id"]):
                raise _broken(chain.Fault(number, "changed"), "attempt", event)

    def _of(self, table: str, said: chain.Group) -> list[Row]:
        rows = self.rows[table]
        return [rows[number] for number in chain.ids_of(said) if number in rows]

    def _opened(self, event: Told) -> list[Row]:
        rows = [row for number in _batches(event) for row in self.in_batch[number]]
        return sorted(rows, key=itemgetter("id"))

    def _check_persons(self, rows: Iterable[Row]) -> None:
        """The batch's person stands in each attempt once more, where the trail doesn't speak of it."""
        for row in rows:
            if row["requested_by_id"] != self.rows["batch"][row["batch_id"]]["requested_by"]:
                raise Broken("attempt", row["id"], "it names another person than its batch")


def _batches(event: Told) -> Iterable[int]:
    return chain.ids_of(event.details["batches"])


def _answered_after(event: Told, call: int) -> bool:
    later = Event.objects.filter(call_id=call, name=EventName.CALL_SETTLED, sequence__gt=event.sequence)
    return later.exists()


def _safe(leaf: Leaf, row: Row) -> bytes:
    """A leaf that nothing equals for a row with a value that the chain can't have."""
    try:
        return leaf(row)
    except (TypeError, ValueError):
        return b""


def _hold(event: Told, name: str, said: chain.Group, leaf: Leaf, rows: Sequence[Row]) -> None:
    try:
        leaves = [(row["id"], leaf(row)) for row in rows]
    except (TypeError, ValueError):
        leaves = [(row["id"], _safe(leaf, row)) for row in rows]
    if fault := chain.check_group(said, leaves):
        raise _broken(fault, chain.GROUPS[name][0], event)


def _broken(fault: chain.Fault, table: str, event: Told) -> Broken:
    if fault.id is None:
        return Broken("event", event.sequence, f"its digest over {table} rows fits none")
    return Broken(table, fault.id, _WORDS[fault.what].format(event.sequence))
