#!/usr/bin/env python3
"""Checks an evidence bundle of Resend Desk. It needs Python 3.9 or newer and nothing else.

    python3 check_evidence.py [BUNDLE.zip or folder] [--key KEY]

Without a name it checks the folder in which it lies. KEY is the fingerprint of the key that you trust, the public key
itself in Base64, or its PEM file. It ends with 0 if the bundle is genuine; with 1 if not, after naming every place that
is wrong; with 2 if it was called wrongly. It shares no code with the program that wrote the bundle.

What it checks: the checkpoints are numbered without a gap, linked, and signed by the key in force; the manifest is
signed by that key and lists every file; the hashes of the events follow from one another and end at the last
checkpoint; the rows are as the events recorded them; addresses and texts are those that were committed to, and in the
files that show them only those are missing that an event has erased.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import functools
import hashlib
import io
import itertools
import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

GENESIS = "0" * 64
SHORT = 6
SEAL = 64
SHOWN = 20
DER_START = bytes.fromhex("302a300506032b6570032100")
PAYLOAD = {"name", "at", "actor_id", "actor", "from", "act", "batch", "details"}
CHECKPOINT = re.compile(r"checkpoints/checkpoint-([0-9]{6,})\.json")
# By group: the table, its file, and the columns in the order in which they are hashed.
GROUPS = {
    "batches": (
        "batch",
        "batches.jsonl",
        "id ref requested_by requested_by_name source source_address text_commitment lang user_client_ip resend_of"
        " size created_at",
    ),
    "opened": ("attempt", "attempts.jsonl", "id batch_id position address_commitment created_at"),
    "calls": (
        "call",
        "calls.jsonl",
        "id batch nonce worker endpoint opened_at lease_until carried state answered_at outcome http_status code"
        " message_commitment request_id",
    ),
    "ended": (
        "attempt",
        "attempts.jsonl",
        "id status reason code message_commitment request_id last_call_id finished_at",
    ),
    "judged": ("attempt", "attempts.jsonl", "id verdict verdict_at verdict_lookup_id"),
    "lookups": ("lookup", "lookups.jsonl", "id state verified token_sent verified_time code request_id answered_at"),
}
# By file: the texts that each commitment binds to, with the row's salt.
COMMITTED: dict[str, dict[str, tuple[str, ...]]] = {
    "batches.jsonl": {"text_commitment": ("reason", "ticket", "override_reason")},
    "attempts.jsonl": {"address_commitment": ("email", "key"), "message_commitment": ("message",)},
    "calls.jsonl": {"message_commitment": ("message", "recommend")},
    "lookups.jsonl": {},
}
# Which event erases; under which name it holds the ids of a file's rows; and what of a row may be gone then.
ERASING = {"address:erased", "history:pruned"}
ERASED = {
    "batches": ("batches.jsonl", "texts"),
    "attempts": ("attempts.jsonl", "texts"),
    "messages": ("attempts.jsonl", "message"),
    "calls": ("calls.jsonl", "texts"),
}
# What may lawfully be recorded again, by the event that recorded it before: a lapsed call that is answered late.
MAY_CHANGE = {"call:lapsed", "batch:adopted"}
# Rows that no event needs to have among a group yet.
NOT_YET = {("ended", "queued"), ("ended", "sending"), ("calls", "open")}
PEM = b"-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n"


# --- Ed25519 (RFC 8032) ----------------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]  # x = X/Z, y = Y/Z, xy = T/Z
NEUTRAL = (0, 1, 1, 0)


def added(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_of(data: bytes) -> Point | None:
    """The point that 32 bytes stand for, None if they stand for none."""
    y = int.from_bytes(data, "little") & ((1 << 255) - 1)
    odd = data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and odd):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


def bytes_of(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


@functools.lru_cache(maxsize=64)
def multiples(point: Point) -> list[list[Point]]:
    """0 to 15 times the point, then times 16, and so on: a product then takes one addition for each hex digit."""
    table = []
    for _ in range(64):
        row: list[Point] = [NEUTRAL]
        for _ in range(16):
            row.append(added(row[-1], point))
        point = row.pop()
        table.append(row)
    return table


def product(number: int, point: Point) -> Point:
    total: Point = NEUTRAL
    for place, row in enumerate(multiples(point)):
        total = added(total, row[number >> 4 * place & 15])
    return total


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, signature: bytes, content: bytes) -> bool:
    point = point_of(public) if len(public) == 32 and len(signature) == 64 else None
    number = int.from_bytes(signature[32:], "little")
    if point is None or BASE is None or number >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + content).digest(), "little") % ORDER
    minus = (P - point[0], point[1], 1, P - point[3])
    return bytes_of(added(product(number, BASE), product(challenge, minus))) == signature[:32]


# --- What is read, and what is found ----------------------------------------------------------------------------------


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def ids_of(ranges: list[list[int]]) -> Iterator[int]:
    """The ids of ranges, each given by its first and its last."""
    return (number for first, last in ranges for number in range(first, last + 1))


class Report:
    """The faults that were found, each once, in the order in which they were met."""

    def __init__(self) -> None:
        self.faults: dict[str, None] = {}

    def add(self, place: str, what: str) -> None:
        self.faults[f"{place}: {what}"] = None

    @contextlib.contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Whatever a broken archive or a wrong line makes Python say, it is a fault of this place, never a crash."""
        try:
            yield
        except Exception as problem:
            self.add(place, f"it can't be read ({type(problem).__name__}: {ascii(str(problem))[1:-1]})")


class Source(Protocol):
    """A bundle: a zip file, or the folder into which it was unpacked."""

    def namelist(self) -> list[str]: ...
    def open(self, name: str) -> IO[bytes]: ...


class Folder:
    """An unpacked bundle, read as the zip is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def namelist(self) -> list[str]:
        return [file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if not file.is_dir()]

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


def content_of(source: Source, name: str) -> bytes:
    with source.open(name) as file:
        return bytes(file.read())


def digest_of(file: IO[bytes], length: int = sys.maxsize) -> str:
    """The SHA-256 of a file, or of its first bytes."""
    digest = hashlib.sha256()
    while length > 0 and (block := file.read(min(length, 1 << 20))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()


def groups_of(file: str) -> list[str]:
    """The groups that may speak of the rows of a file."""
    return [group for group in GROUPS if GROUPS[group][1] == file]


def leaf_of(values: list[Any]) -> bytes:
    return hashlib.sha256(canonical(values)).digest()


def lines(source: Source, name: str, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and value of each line of a file; a line that isn't written in the one right way is a fault."""
    with source.open(name) as file:
        for number, raw in enumerate(file, 1):
            try:
                value = json.loads(raw)
                if isinstance(value, dict) and canonical(value) + b"\n" == raw:
                    yield number, value
                    continue
            except (ValueError, RecursionError):
                pass
            report.add(f"{name} line {number}", "it isn't written as a line should be")


# --- Checkpoints and manifest -----------------------------------------------------------------------------------------


class Checkpoints:
    """The checkpoints as far as they were read. `key` is the public key in force after the last one."""

    def __init__(self) -> None:
        self.number = self.sequence = 0
        self.before = GENESIS
        self.made_at = self.name = ""
        self.key = b""
        self.signers: set[str] = set()
        self.heads: dict[int, list[tuple[str, str]]] = {}

    def read(self, source: Source, report: Report) -> None:
        matches = (CHECKPOINT.fullmatch(name) for name in source.namelist())
        for number in sorted({int(match[1]) for match in matches if match}):
            self.name = f"checkpoints/checkpoint-{number:06}.json"
            if number != self.number + 1:
                report.add(f"checkpoints/checkpoint-{self.number + 1:06}.json", "it is missing")
            with report.at(self.name):
                self.take(number, content_of(source, self.name), report)
            self.number = number
        if not self.number:
            report.add("checkpoints", "there is none")

    def take(self, number: int, document: bytes, report: Report) -> None:
        whole = json.loads(document)
        said, public, signature = whole["statement"], *map(base64.b64decode, (whole["public_key"], whole["signature"]))
        texts = {"public_key": base64.b64encode(public).decode(), "signature": base64.b64encode(signature).decode()}
        signed = is_signed(public, signature, canonical(said)) and said["key"] == sha256(public)
        linked = said["previous"] == self.before or number != self.number + 1
        for right, fault in (
            (canonical({"statement": said, **texts}) + b"\n" == document, "it isn't written as a checkpoint should be"),
            (said["number"] == number, "it holds another number"),
            (linked, "it doesn't follow the checkpoint before it"),
            (signed, "its signature is wrong"),
            (public == self.key or not self.key, f"it is signed by {sha256(public)}, in force was {sha256(self.key)}"),
            (said["sequence"] >= self.sequence, "its last event lies before that of the checkpoint before it"),
        ):
            if not right:
                report.add(self.name, fault)
        self.signers |= {sha256(public)} if signed else set()
        self.key = base64.b64decode(said.get("next_key", "")) or public
        self.before, self.sequence, self.made_at = sha256(canonical(said)), said["sequence"], said["made_at"]
        self.heads.setdefault(self.sequence, []).append((said["hash"], self.name))


def read_manifest(source: Source, checkpoints: Checkpoints, report: Report) -> dict[str, Any]:
    """The manifest, empty if there is none; its signature and the file of the public key are checked too."""
    key = sha256(checkpoints.key)
    with report.at("public_key.pem"):
        if content_of(source, "public_key.pem") != PEM % base64.b64encode(DER_START + checkpoints.key):
            report.add("public_key.pem", f"it isn't the key {key}, which the last checkpoint leaves in force")
    with report.at("manifest.json"):
        document, signature = content_of(source, "manifest.json"), content_of(source, "manifest.sig")
        if is_signed(checkpoints.key, signature, document):
            checkpoints.signers.add(key)
        else:
            report.add("manifest.json", f"manifest.sig isn't its signature by the key {key}")
        manifest = json.loads(document)
        if isinstance(manifest, dict):
            return manifest
        report.add("manifest.json", "it isn't a manifest")
    return {}


def check_files(source: Source, files: dict[str, str], report: Report) -> None:
    """Every file is one that was signed, and every file that was signed is there."""
    there = Counter(source.namelist())
    listed = {*files, "manifest.json", "manifest.sig"}
    for name in sorted(name for name in there if name not in listed or there[name] > 1):
        report.add(ascii(name)[1:-1], "it isn't in the manifest, or it is there twice")
    for name in sorted(listed - set(there)):
        report.add(ascii(name)[1:-1], "it is missing")
    for name in sorted(set(files) & set(there)):
        with report.at(name), source.open(name) as file:
            if digest_of(file) != files[name]:
                report.add(name, "it isn't the file that was signed")


# --- Rows -------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """The line of a row, its leaves for the groups that may speak of it, and how far it says that it has come.

    `gone` is what of it isn't there, "texts" or "message", None where there are no texts to be shown; `erased`
    tells whether it says that it was erased.
    """

    line: int
    leaves: tuple[bytes, ...]
    stage: str
    gone: str | None
    erased: bool


def read_rows(source: Source, name: str, shown: bool, rows: dict[int, Row], report: Report) -> None:
    """Fill `rows` with those of a table, by id; `shown` tells whether it has their texts."""
    columns = [GROUPS[group][2].split() for group in groups_of(name)]
    texts = {text for parts in COMMITTED[name].values() for text in parts}
    expected = {*texts, *(["salt", "erased_at"] if texts else []), *itertools.chain(*columns)}
    last = 0
    for line, row in lines(source, name, report):
        place = f"{name} line {line} (id {row.get('id')!a})"
        with report.at(place):
            if set(row) != expected or type(row["id"]) is not int:
                raise ValueError("other columns than a row has")
            if row["id"] <= last:
                report.add(place, f"it stands after id {last}")
            last = row["id"]
            if texts and not shown and (row["salt"] or any(row[text] for text in texts)):
                report.add(place, "it has texts, which the manifest says aren't shown")
            gone = check_texts(place, row, COMMITTED[name], report) if texts and shown else None
            leaves = tuple(leaf_of([row[column] for column in names]) for names in columns)
            stage, erased = sys.intern(row.get("status", row.get("state", ""))), row.get("erased_at") is not None
            rows[last] = Row(line, leaves, stage, gone, erased)


def check_texts(place: str, row: dict[str, Any], commitments: dict[str, tuple[str, ...]], report: Report) -> str:
    """Texts are those that were committed to; where the salt is gone, the texts must be gone too.

    An attempt's message may be gone alone: it named another address, which was erased. Returns what is gone.
    """
    gone = "" if row["salt"] else "texts"
    for column, names in commitments.items():
        texts = [row[name] for name in names]
        if row["salt"] and names == ("message",) and row[column] and not any(texts):
            gone, right = "message", True
        elif row["salt"]:
            right = row[column] == (sha256(canonical([row["salt"], *texts])) if any(texts) else "")
        else:
            right = not any(texts)
        if not right:
            report.add(place, f"its {column} isn't that of its {', '.join(names)}")
    return gone


def check_listed(name: str, rows: dict[int, Row], ranges: list[list[int]], report: Report) -> None:
    """The rows are those that the manifest lists."""
    missing = (number for number in ids_of(ranges) if number not in rows)
    for number in itertools.islice(missing, SHOWN):
        report.add(name, f"id {number} is missing")
    if len(rows) > sum(last + 1 - first for first, last in ranges):
        report.add(name, "it has more rows than the manifest lists")


# --- Events -----------------------------------------------------------------------------------------------------------


class Full(NamedTuple):
    """The whole leaves of a group, and where they stand."""

    place: str
    leaves: list[bytes]


class FullLeaves:
    """The whole leaves of groups that can't be worked out from the bundle's rows, by event."""

    def __init__(self, entries: Iterator[tuple[int, dict[str, Any]]]) -> None:
        self.entries = entries
        self.ahead = next(entries, None)

    def of(self, event: int) -> dict[str, Full]:
        found = {}
        while self.ahead and self.ahead[1]["event"] == event:
            line, entry = self.ahead
            self.ahead = next(self.entries, None)
            found[entry["group"]] = Full(f"leaves.jsonl line {line}", [bytes.fromhex(leaf) for leaf in entry["leaves"]])
        return found


def parts_of(said: dict[str, Any]) -> tuple[list[int], list[bytes]]:
    """The ids and the short leaves of a group. Raises ValueError if it contradicts itself."""
    short = base64.b64decode(said["leaves"])
    if not sum(last + 1 - first for first, last in said["ids"]) == said["count"] == len(short) / SHORT:
        raise ValueError("a group that contradicts itself")
    return list(ids_of(said["ids"])), [short[at : at + SHORT] for at in range(0, len(short), SHORT)]


class Said(NamedTuple):
    """The last event that spoke of a row, and whether the row is as that recorded it."""

    event: int
    name: str
    right: bool


class Trail:
    """The events, each linked to the one before, and what they say about the rows."""

    def __init__(
        self, tables: dict[str, dict[int, Row]], complete: bool, full_leaves: FullLeaves, report: Report
    ) -> None:
        self.tables, self.complete, self.full_leaves, self.report = tables, complete, full_leaves, report
        self.said: dict[str, dict[int, Said]] = {group: {} for group in GROUPS}
        self.erased: dict[str, dict[int, set[str]]] = {file: {} for file in tables}
        self.whole = self.stubs = 0

    def read(self, source: Source, manifest: dict[str, Any], checkpoints: Checkpoints) -> None:
        before, expected = manifest["before"], manifest["first"]
        anchors = [(GENESIS, "")] if expected == 1 else checkpoints.heads.get(expected - 1, [])
        if before not in [head for head, _ in anchors]:
            self.report.add("manifest.json", f"no checkpoint vouches for the chain before event {expected}")
        for line, event in lines(source, "events.jsonl", self.report):
            place = f"events.jsonl line {line} (event {event.get('sequence')!a})"
            with self.report.at(place):
                number, own = event["sequence"], "payload" in event
                payload = sha256(canonical(event["payload"])) if own else event["payload_hash"]
                if number != expected:
                    self.report.add(place, f"it stands where event {expected} belongs")
                elif event["hash"] != sha256(f"{before}:{number}:{payload}".encode()):
                    self.report.add(place, "its hash doesn't follow from its content and the event before it")
                before, expected = event["hash"], number + 1
                for _, name in (head for head in checkpoints.heads.get(number, []) if head[0] != before):
                    self.report.add(place, f"{name} gives it another hash")
                self.take(place, event, own)
        if self.full_leaves.ahead:
            left = f"leaves.jsonl line {self.full_leaves.ahead[0]}"
            self.report.add(left, "it belongs to no event that is shown whole, or to an earlier one")
        if expected - 1 != checkpoints.sequence:
            ends = f"it ends with event {expected - 1}, but {checkpoints.name} with event {checkpoints.sequence}"
            self.report.add("events.jsonl", ends)

    def take(self, place: str, event: dict[str, Any], own: bool) -> None:
        if len(event) != 3 or (own and set(event["payload"]) != PAYLOAD):
            raise ValueError("other parts than an event has")
        self.whole, self.stubs = self.whole + own, self.stubs + (not own)
        if own:
            recorded = self.full_leaves.of(event["sequence"])
            for group in GROUPS:
                if group in event["payload"]["details"]:
                    self.take_group(place, event, group, recorded.pop(group, None))
            for group in recorded:
                self.report.add(recorded[group].place, "the event has no such group")
            if event["payload"]["name"] in ERASING:
                self.take_erased(event["payload"]["details"]["erased"])

    def take_erased(self, said: dict[str, list[list[int]]]) -> None:
        """Remember which of the bundle's rows the event has erased, and what of them."""
        for name, ranges in said.items():
            if name in ERASED:
                file, what = ERASED[name]
                rows, erased = self.tables[file], self.erased[file]
                highest = max(rows, default=0)
                for one in ids_of([[first, min(last, highest)] for first, last in ranges]):
                    if one in rows:
                        erased.setdefault(one, set()).add(what)

    def take_group(self, place: str, event: dict[str, Any], group: str, full: Full | None) -> None:
        """Hold the rows of one group against the event; where rows are elsewhere or came on since, their leaves."""
        table, file, _ = GROUPS[group]
        number, said = event["sequence"], event["payload"]["details"][group]
        ids, short = parts_of(said)
        own = self.own_leaves(group, ids)
        for nth, one in enumerate(ids):
            if not own[nth] and (self.complete or not full):
                self.report.add(file, f"{table} {one} is missing, of which event {number} speaks")
        leaves = full.leaves if full else own
        if len(leaves) != len(ids):
            raise ValueError(f"the group {group} has {len(ids)} rows, but {len(leaves)} leaves")
        wrong = [nth for nth, leaf in enumerate(leaves) if leaf[:SHORT] != short[nth]]
        for nth in (nth for nth in wrong if leaves[nth]):
            where = full.place if full else self.place_of(file, ids[nth])
            self.report.add(where, f"it isn't as event {number} recorded it")
        if not wrong and hashlib.sha256(b"".join(leaves)).hexdigest() != said["digest"]:
            self.report.add(place, f"the digest of its {group} fits no rows")
        as_said = {right: Said(number, event["payload"]["name"], right) for right in (True, False)}
        for nth in (nth for nth, leaf in enumerate(own) if leaf):
            self.remember(place, group, ids[nth], as_said[leaves[nth] == own[nth]])

    def own_leaves(self, group: str, ids: list[int]) -> list[bytes]:
        """The leaves of rows as they are in the bundle, b"" for those that aren't."""
        rows, at = self.tables[GROUPS[group][1]], groups_of(GROUPS[group][1]).index(group)
        return [rows[one].leaves[at] if one in rows else b"" for one in ids]

    def remember(self, place: str, group: str, number: int, said: Said) -> None:
        earlier = self.said[group].get(number)
        again = group == "judged" or (group in ("ended", "calls") and earlier and earlier.name in MAY_CHANGE)
        if earlier and not again:
            again_of = f"it speaks again of {GROUPS[group][0]} {number}"
            self.report.add(place, f"{again_of}, as event {earlier.event} had for good")
        self.said[group][number] = said

    def place_of(self, file: str, number: int) -> str:
        return f"{file} line {self.tables[file][number].line} (id {number})"

    def check_rows(self) -> None:
        """Every row is as the last event that spoke of it says, and of none did no event speak."""
        for file, rows in self.tables.items():
            for at, group in enumerate(groups_of(file)):
                for number, row in rows.items():
                    self.check_row(file, number, row.stage, group, row.leaves[at])
            for number, row in rows.items():
                self.check_erased(file, number, row)

    def check_erased(self, file: str, number: int, row: Row) -> None:
        """What an event has erased is gone, and nothing else; the row says of itself that it was erased."""
        said = self.erased[file].get(number, set())
        # The words stand in this order: nothing, the message alone, all texts.
        erased = max(said, default="")
        if row.gone and row.gone > erased:
            self.report.add(self.place_of(file, number), f"its {row.gone} can't be seen, and no event has erased it")
        elif row.gone is not None and row.gone < erased:
            self.report.add(self.place_of(file, number), f"an event has erased its {erased}, which isn't gone")
        if row.erased != bool(said):
            fault = "it says that it was erased, and no event does" if row.erased else "it hides that it was erased"
            self.report.add(self.place_of(file, number), fault)

    def check_row(self, file: str, number: int, stage: str, group: str, leaf: bytes) -> None:
        said = self.said[group].get(number)
        if group == "judged":
            # Without a verdict, and where an outcome came after the verdict, its columns are empty.
            ended = self.said["ended"].get(number)
            if said is None or (ended and ended.event > said.event):
                said = Said(ended.event if ended else 0, "", leaf == leaf_of([number, "", None, None]))
        if said is None and (group, stage) not in NOT_YET:
            self.report.add(self.place_of(file, number), f"no event of this bundle has it among its {group}")
        if said and not said.right:
            self.report.add(self.place_of(file, number), f"it isn't as event {said.event} recorded it")


# --- The whole --------------------------------------------------------------------------------------------------------


def check(source: Source, trusted: str, report: Report) -> list[str]:
    """Check everything; returns what to tell about a bundle that is genuine."""
    checkpoints = Checkpoints()
    checkpoints.read(source, report)
    manifest = read_manifest(source, checkpoints, report)
    if not manifest:
        return []
    tables: dict[str, dict[int, Row]] = {name: {} for name in COMMITTED}
    for name, rows in tables.items():
        with report.at(name):
            read_rows(source, name, name in manifest["shown"], rows, report)
            check_listed(name, rows, manifest["rows"][name], report)
    with report.at("events.jsonl"):
        trail = Trail(tables, manifest["complete"], FullLeaves(lines(source, "leaves.jsonl", report)), report)
        trail.read(source, manifest, checkpoints)
        trail.check_rows()
    with report.at("manifest.json"):
        check_files(source, manifest["files"], report)
    if trusted and trusted not in checkpoints.signers:
        report.add("the key", f"{trusted} signed nothing here; {sha256(checkpoints.key)} did")
    if report.faults:
        return []
    return summary(manifest, tables, trail, checkpoints)


def summary(
    manifest: dict[str, Any], tables: dict[str, dict[int, Row]], trail: Trail, checkpoints: Checkpoints
) -> list[str]:
    counts = ", ".join(f"{len(rows)} {name.partition('.')[0]}" for name, rows in tables.items())
    shown = "every row of which its events speak" if manifest["complete"] else "a selection of the rows"
    return [
        f"Made {manifest['made_at']} for: {canonical(manifest['selection']).decode()}",
        f"Events {manifest['first']} to {checkpoints.sequence}: {trail.whole} whole, {trail.stubs} by hash alone",
        f"Rows: {counts}; {shown}",
        f"Addresses and texts, unless erased: {' '.join(manifest['shown']) or 'nowhere, only their commitments'}",
        f"{checkpoints.number} checkpoints, the last of {checkpoints.made_at}; of what came later nothing is told here",
        f"The key that signed: {sha256(checkpoints.key)}",
    ]


WHOSE = """
NOT CHECKED: whose key that is. Anybody can make a key and sign with it. Ask those who run the desk for the fingerprint
of theirs, by another way than this bundle came, and add it: --key FINGERPRINT
The same can be checked with public tools, in the folder of the unpacked bundle. The fingerprint, and the signature:
    openssl pkey -pubin -in public_key.pem -outform DER | tail -c 32 | sha256sum
    openssl pkeyutl -verify -pubin -inkey public_key.pem -rawin -in manifest.json -sigfile manifest.sig"""


def check_path(path: Path, trusted: str, report: Report) -> list[str]:
    told: list[str] = []
    with report.at(path.name):
        if path.is_dir():
            return check(Folder(path), trusted, report)
        check_seal(path, report)
        with zipfile.ZipFile(path) as archive:
            told = check(archive, trusted, report)
    return told


def check_seal(path: Path, report: Report) -> None:
    """The zip file ends with the SHA-256 of all that stands before: a changed byte shows wherever it is."""
    with path.open("rb") as file:
        right = digest_of(file, path.stat().st_size - SEAL)
        if file.read() != right.encode():
            report.add(path.name, "a byte of the zip file was changed, or it was packed anew (then check the folder)")


def fingerprint_of(text: str) -> str:
    """The fingerprint of a key that is given as such, in Base64, or by its PEM file."""
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        return text.lower()
    with contextlib.suppress(ValueError):
        if Path(text).is_file():
            text = "".join(line for line in Path(text).read_text().splitlines() if not line.startswith("-"))
        key = base64.b64decode(text, validate=True)
        if len(key) == 32 or (len(key) == 44 and key.startswith(DER_START)):
            return sha256(key[-32:])
    raise argparse.ArgumentTypeError("neither a fingerprint nor an Ed25519 public key nor its PEM file")


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an evidence bundle.")
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=fingerprint_of, help="the key you trust: fingerprint, public key or its PEM file")
    given = parser.parse_args()
    if not given.bundle.exists():
        parser.error(f"{given.bundle} isn't there")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    report = Report()
    told = check_path(given.bundle, given.key or "", report)
    if not report.faults:
        print("GENUINE", *told, *([] if given.key else [WHOSE]), sep="\n")
        return 0
    print("NOT GENUINE", *itertools.islice(report.faults, SHOWN), sep="\n")
    if len(report.faults) > SHOWN:
        print(f"and {len(report.faults) - SHOWN} more")
    return 1


if __name__ == "__main__":
    sys.exit(main())
