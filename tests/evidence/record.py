"""A record that never was: batches, calls and their events, in memory, as the desk would have written them."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.evidence import chain
from verification.evidence.bundle import Evidence, FullLeaves, OwnEvent, Stub, write_bundle
from verification.evidence.checkpoints import Checkpoint, Stand, make
from verification.evidence.keys import public_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3)]
TABLE_OF = {"batches": "batches", "opened": "attempts", "calls": "calls", "ended": "attempts", "judged": "attempts"}
TABLE_OF |= {"lookups": "lookups"}
FILE_OF = {"batch": "batches", "attempt": "attempts", "call": "calls"}
TEXTS = {FILE_OF[table]: {"salt"}.union(*texts.values()) for table, texts in chain.COMMITTED.items()}
Row = dict[str, Any]
Wanted = Callable[[str, Row], bool]


class Record:
    """Rows by table and id, events in order with the leaves that their groups had then, and checkpoints."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.now = NOON
        self.tables: dict[str, dict[int, Row]] = {"batches": {}, "attempts": {}, "calls": {}, "lookups": {}}
        self.events: list[Row] = []
        self.leaves: dict[tuple[int, str], list[tuple[int, bytes]]] = {}
        self.erased: dict[int, tuple[str, int]] = {}
        self.checkpoints: list[Checkpoint] = []
        self.key = KEYS[0]

    @property
    def head(self) -> str:
        return self.events[-1]["hash"] if self.events else chain.GENESIS

    def tell(self, name: str, batch: int | None = None, also: Row | None = None, **groups: list[Row]) -> int:
        """One more event, which speaks of the given rows as they are now."""
        sequence = len(self.events) + 1
        details: dict[str, Any] = {"counted": {group: len(rows) for group, rows in groups.items()}} | (also or {})
        for group, rows in groups.items():
            leaves = [(row["id"], chain.GROUPS[group][1](row)) for row in sorted(rows, key=lambda row: row["id"])]
            self.leaves[sequence, group] = leaves
            details[group] = chain.group(leaves)
        payload = dict(
            zip(chain.PAYLOAD, (name, self.now, 7, "mei", "192.0.2.4", self._act(), batch, details), strict=True)
        )
        hashed = chain.payload_hash(payload)
        event = {"sequence": sequence, "payload": payload, "payload_hash": hashed}
        self.events.append(event | {"hash": chain.chained(self.head, sequence, hashed)})
        self.now += timedelta(seconds=1, microseconds=self.random.randrange(1_000_000))
        return sequence

    def _act(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128)))

    def _salt(self) -> str:
        return f"{self.random.getrandbits(128):032x}"

    def _keep(self, table: str, row: Row) -> Row:
        row["id"] = len(self.tables[table]) * 2 + 1
        self.tables[table][row["id"]] = row
        return row

    def open_batch(self, size: int) -> list[Row]:
        """The attempts of a new batch."""
        batch: Row = dict.fromkeys(chain.BATCH, "") | {"salt": self._salt(), "size": size}
        batch |= {"created_at": self.now, "erased_at": None}
        batch |= {"requested_by": 7, "requested_by_name": "mei", "source": "page", "source_address": None}
        batch |= {
            "reason": "链接已过期",
            "ticket": "T-1",
            "override_reason": "",
            "resend_of": None,
            "ref": self._salt()[:10],
        }
        batch["text_commitment"] = chain.committed("batch", "text_commitment", batch)
        self._keep("batches", batch)
        attempts = [self._attempt(batch["id"], place) for place in range(size)]
        self.tell("batch:opened", batch["id"], batches=[batch], opened=attempts)
        return attempts

    def _attempt(self, batch: int, place: int) -> Row:
        attempt: Row = {"batch_id": batch, "position": place, "created_at": self.now, "salt": self._salt()}
        attempt |= {"email": f"Holder{batch}.{place}@例子.中国", "key": f"holder{batch}.{place}@xn--fsqu00a.xn--fiqs8s"}
        attempt |= {"status": "queued", "reason": "", "code": "", "message": "", "message_commitment": ""}
        attempt |= {"request_id": "", "last_call_id": None, "finished_at": None, "erased_at": None}
        attempt |= {"verdict": "", "verdict_at": None, "verdict_lookup_id": None}
        attempt["address_commitment"] = chain.committed("attempt", "address_commitment", attempt)
        return self._keep("attempts", attempt)

    def open_call(self, attempts: list[Row]) -> Row:
        call = dict.fromkeys(chain.CALL, "") | {"batch": attempts[0]["batch_id"], "nonce": self._act(), "state": "open"}
        call |= {"carried": [row["id"] for row in attempts], "answered_at": None, "http_status": None}
        call |= {"opened_at": self.now, "lease_until": self.now + timedelta(seconds=50), "salt": self._salt()}
        call |= {"worker": "desk-1", "message": "", "recommend": "", "erased_at": None}
        self._keep("calls", call)
        for row in attempts:
            row.update(status="sending", last_call_id=call["id"])
        return call

    def carried(self, call: Row) -> list[Row]:
        return [self.tables["attempts"][number] for number in call["carried"]]

    def lapse(self, call: Row) -> int:
        call["state"] = "lapsed"
        return self._end(call, "call:lapsed", "unknown", "WorkerLost", "", "")

    def settle(self, call: Row, status: str = "accepted", message: str = "") -> int:
        request = self._salt()
        call |= {
            "state": "answered",
            "answered_at": self.now,
            "outcome": status,
            "http_status": 200,
            "message": message,
        }
        call |= {"request_id": request, "message_commitment": chain.committed("call", "message_commitment", call)}
        return self._end(call, "call:settled", status, "", message, request)

    def _end(self, call: Row, name: str, status: str, code: str, message: str, request: str) -> int:
        for row in self.carried(call):
            row |= {"status": status, "code": code, "message": message, "request_id": request, "finished_at": self.now}
            row |= {"verdict": "", "verdict_at": None, "verdict_lookup_id": None}
            row["message_commitment"] = chain.committed("attempt", "message_commitment", row)
        return self.tell(name, call["batch"], calls=[call], ended=self.carried(call))

    def judge(self, attempt: Row, verdict: str = "still_unknown") -> int:
        lookup = dict.fromkeys(chain.LOOKUP, "") | {"state": "answered", "verified": False, "answered_at": self.now}
        self._keep("lookups", lookup)
        attempt |= {"verdict": verdict, "verdict_at": self.now, "verdict_lookup_id": lookup["id"]}
        return self.tell("attempts:judged", lookups=[lookup], judged=[attempt])

    def erase(self, attempt: Row) -> int:
        attempt |= {"email": "", "key": "", "message": "", "salt": "", "erased_at": self.now}
        return self._tell_erased("attempts", attempt)

    def erase_message(self, attempt: Row) -> int:
        """The provider's words named another address, which was erased."""
        attempt |= {"message": "", "erased_at": self.now}
        return self._tell_erased("messages", attempt)

    def erase_texts(self, table: str, row: Row) -> int:
        texts = {"batches": ("reason", "ticket", "override_reason"), "calls": ("message", "recommend")}[table]
        row |= dict.fromkeys((*texts, "salt"), "") | {"erased_at": self.now}
        return self._tell_erased(table, row)

    def _tell_erased(self, kind: str, row: Row) -> int:
        self.erased[len(self.events) + 1] = (kind.replace("messages", "attempts"), row["id"])
        return self.tell("address:erased", also={"erased": {kind: [[row["id"], row["id"]]]}})

    def checkpoint(self, next_key: Ed25519PrivateKey | None = None) -> Checkpoint:
        stand = Stand(len(self.events), self.head, {"events": len(self.events)})
        before = self.checkpoints[-1] if self.checkpoints else None
        announced = public_of(next_key) if next_key else b""
        self.checkpoints.append(make(self.key, before, stand, made_at=self.now, next_key=announced))
        self.key = next_key or self.key
        return self.checkpoints[-1]

    def evidence(
        self, wanted: Wanted = lambda table, row: True, *, first: int = 1, complete: bool = True, in_full: bool = True
    ) -> Evidence:
        """What goes into a bundle of the wanted rows."""
        shown = {table: {n for n, row in rows.items() if wanted(table, row)} for table, rows in self.tables.items()}
        tables = {table: [self.tables[table][number] for number in sorted(ids)] for table, ids in shown.items()}
        if not in_full:
            tables = {
                table: [row | dict.fromkeys(TEXTS.get(table, ()), "") for row in rows] for table, rows in tables.items()
            }
        return Evidence(
            made_at=self.now,
            selection={"batch": "例"},
            complete=complete,
            shown=tables if in_full else (),
            **tables,
            leaves=list(self._full_leaves(shown, first)),
            events=list(self._events(shown, first)),
            checkpoints=self.checkpoints,
            first=first,
            before=self.events[first - 2]["hash"] if first > 1 else chain.GENESIS,
        )

    def _groups(self, event: int, shown: dict[str, set[int]]) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
        for group, table in TABLE_OF.items():
            leaves = self.leaves.get((event, group), [])
            if any(number in shown[table] for number, _ in leaves):
                yield group, leaves

    def _events(self, shown: dict[str, set[int]], first: int) -> Iterable[OwnEvent | Stub]:
        for event in self.events[first - 1 :]:
            table, number = self.erased.get(event["sequence"], ("attempts", 0))
            if any(self._groups(event["sequence"], shown)) or number in shown[table]:
                yield OwnEvent(event["sequence"], event["payload"], event["hash"])
            else:
                yield Stub(event["sequence"], event["payload_hash"], event["hash"])

    def _full_leaves(self, shown: dict[str, set[int]], first: int) -> Iterable[FullLeaves]:
        for event in self.events[first - 1 :]:
            own = any(self._groups(event["sequence"], shown))
            for group, table in TABLE_OF.items():
                leaves = self.leaves.get((event["sequence"], group), [])
                leaf_of = chain.GROUPS[group][1]
                as_it_is = [
                    number in shown[table] and leaf_of(self.tables[table][number]) == leaf for number, leaf in leaves
                ]
                if own and not all(as_it_is):
                    yield FullLeaves(event["sequence"], group, [leaf for _, leaf in leaves])

    def write(self, path: Path, **chosen: Any) -> Path:
        write_bundle(path, self.evidence(**chosen), self.key)
        return path


def lively(seed: int = 1) -> Record:
    """A record in which everything has happened that can, with three checkpoints and a change of key."""
    record = Record(seed)
    record.tell("person:signed_in")
    first, second = record.open_batch(6), record.open_batch(3)
    record.settle(record.open_call(first[:2]), message="Gesendet an Ümläüt")
    record.checkpoint()
    lost = record.open_call(first[2:4])
    record.lapse(lost)
    record.judge(first[2])
    record.judge(first[2], "confirmed_sent")
    record.judge(first[3])
    record.checkpoint(next_key=KEYS[1])
    gone = record.open_call(second[:2])
    record.lapse(gone)
    record.judge(second[0], "confirmed_not_sent")
    record.settle(gone, "refused", "SendTokenQuotaExceeded")
    record.erase(first[1])
    for row in second[2:]:
        row |= {"status": "not_sent", "reason": "cancelled", "finished_at": record.now}
    record.tell("batch:stopped", second[0]["batch_id"], ended=second[2:])
    record.open_call(first[4:5])
    record.open_batch(2)
    record.tell("person:signed_out")
    record.checkpoint()
    return record
