"""Bundles that were changed: the checker ends with 1 and names the place, whoever changed them.

Each change is made twice: as by a stranger, who can't sign; and as by the holder of the key, who signs the changed
files anew. The second shows that the chain itself finds the change, not only the list of files.
"""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from verification.evidence import chain
from verification.evidence.bundle import write_bundle
from verification.evidence.keys import fingerprint, public_of

from .checking import Lines, edit, edit_row, faults_of, run, sign_again, unpacked
from .record import KEYS, Record, lively

Change = Callable[[Path], object]
SIGNED = "manifest.json: manifest.sig isn't its signature"


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = unpacked(lively().write(tmp_path_factory.mktemp("genuine") / "evidence.zip"))
    assert faults_of(folder) == []
    return folder


@pytest.fixture
def folder(genuine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(genuine, tmp_path / "evidence"))


def row(file: str, line: int, **changes: object) -> Change:
    return lambda folder: edit_row(folder / file, line, **changes)


def lines(file: str, change: Callable[[Lines], Lines]) -> Change:
    return lambda folder: edit(folder / file, change)


def swapped(first: int) -> Callable[[Lines], Lines]:
    return lambda all_: [*all_[: first - 1], all_[first], all_[first - 1], *all_[first + 1 :]]


def without(*numbers: int) -> Callable[[Lines], Lines]:
    return lambda all_: [line for number, line in enumerate(all_, 1) if number not in numbers]


def doubled(number: int) -> Callable[[Lines], Lines]:
    return lambda all_: [*all_[:number], *all_[number - 1 :]]


def event(number: int, **changes: object) -> Change:
    """Other words in an event, with the hashes as they were."""

    def change(folder: Path) -> None:
        payload = json.loads((folder / "events.jsonl").read_bytes().splitlines()[number - 1])["payload"]
        edit_row(folder / "events.jsonl", number, payload=payload | changes)

    return change


def new_row(folder: Path) -> None:
    last = json.loads((folder / "attempts.jsonl").read_bytes().splitlines()[-1])
    edit(folder / "attempts.jsonl", lambda all_: [*all_, chain.canonical(last | {"id": 99}) + b"\n"])


def checkpoint(number: int, change: Callable[[Path, Path], object]) -> Change:
    def changed(folder: Path) -> None:
        name = "checkpoints/checkpoint-00000{}.json".format
        change(folder / name(number), folder / name(number + 1))

    return changed


def swap(one: Path, other: Path) -> None:
    one_s = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(one_s)


CHANGES: dict[str, tuple[Change, str]] = {
    "an outcome": (
        row("attempts.jsonl", 5, status="accepted"),
        "attempts.jsonl line 5 (id 9): no event of this bundle has it among its ended",
    ),
    "a final outcome": (
        row("attempts.jsonl", 3, status="refused"),
        "attempts.jsonl line 3 (id 5): it isn't as event 5 recorded it",
    ),
    "an outcome taken back": (
        row("attempts.jsonl", 1, status="queued"),
        "attempts.jsonl line 1 (id 1): it isn't as event 4 recorded it",
    ),
    "an address": (
        row("attempts.jsonl", 1, email="other@example.com"),
        "attempts.jsonl line 1 (id 1): its address_commitment isn't that of its email, key",
    ),
    "an erased address": (
        row("attempts.jsonl", 2, email="other@example.com"),
        "attempts.jsonl line 2 (id 3): its address_commitment isn't that of its email, key",
    ),
    "a commitment": (
        row("attempts.jsonl", 2, address_commitment="0" * 64),
        "attempts.jsonl line 2 (id 3): it isn't as event 2 recorded it",
    ),
    "the provider's words": (
        row("attempts.jsonl", 1, message="something else"),
        "attempts.jsonl line 1 (id 1): its message_commitment isn't that of its message",
    ),
    "a message taken out": (
        row("attempts.jsonl", 1, message=""),
        "attempts.jsonl line 1 (id 1): its message can't be seen, and no event has erased it",
    ),
    "a message taken out as if it had been erased": (
        row("attempts.jsonl", 1, message="", erased_at="2026-03-02T13:00:00.000000Z"),
        "attempts.jsonl line 1 (id 1): its message can't be seen, and no event has erased it",
    ),
    "an address taken out with its salt": (
        row("attempts.jsonl", 1, email="", key="", message="", salt=""),
        "attempts.jsonl line 1 (id 1): its texts can't be seen, and no event has erased it",
    ),
    "an address taken out as if it had been erased": (
        row("attempts.jsonl", 1, email="", key="", message="", salt="", erased_at="2026-03-02T13:00:00.000000Z"),
        "attempts.jsonl line 1 (id 1): its texts can't be seen, and no event has erased it",
    ),
    "the salt of a row": (
        row("attempts.jsonl", 1, salt=""),
        "attempts.jsonl line 1 (id 1): its address_commitment isn't that of its email, key",
    ),
    "a batch's texts taken out": (
        row("batches.jsonl", 1, reason="", ticket="", override_reason="", salt=""),
        "batches.jsonl line 1 (id 1): its texts can't be seen, and no event has erased it",
    ),
    "a batch's texts taken out but for the salt": (
        row("batches.jsonl", 1, reason="", ticket="", override_reason=""),
        "batches.jsonl line 1 (id 1): its text_commitment isn't that of its reason, ticket, override_reason",
    ),
    "a call's texts taken out": (
        row("calls.jsonl", 1, message="", recommend="", salt=""),
        "calls.jsonl line 1 (id 1): its texts can't be seen, and no event has erased it",
    ),
    "a call's message taken out": (
        row("calls.jsonl", 1, message=""),
        "calls.jsonl line 1 (id 1): its message_commitment isn't that of its message, recommend",
    ),
    "a row marked as erased": (
        row("attempts.jsonl", 1, erased_at="2026-03-02T13:00:00.000000Z"),
        "attempts.jsonl line 1 (id 1): it says that it was erased, and no event does",
    ),
    "an erasure hidden": (
        row("attempts.jsonl", 2, erased_at=None),
        "attempts.jsonl line 2 (id 3): it hides that it was erased",
    ),
    "a verdict": (
        row("attempts.jsonl", 3, verdict="already_verified"),
        "attempts.jsonl line 3 (id 5): it isn't as event 7 recorded it",
    ),
    "a verdict where there was none": (
        row("attempts.jsonl", 1, verdict="confirmed_sent"),
        "attempts.jsonl line 1 (id 1): it isn't as event 4 recorded it",
    ),
    "a verdict that a late answer had overtaken": (
        row("attempts.jsonl", 7, verdict="confirmed_not_sent"),
        "attempts.jsonl line 7 (id 13): it isn't as event 11 recorded it",
    ),
    "an answer": (
        row("calls.jsonl", 3, http_status=500),
        "calls.jsonl line 3 (id 5): it isn't as event 11 recorded it",
    ),
    "what a call carried": (
        row("calls.jsonl", 1, carried=[1]),
        "calls.jsonl line 1 (id 1): it isn't as event 4 recorded it",
    ),
    "a call's state": (
        row("calls.jsonl", 3, state="open"),
        "calls.jsonl line 3 (id 5): it isn't as event 11 recorded it",
    ),
    "who asked": (
        row("batches.jsonl", 1, requested_by_name="otto"),
        "batches.jsonl line 1 (id 1): it isn't as event 2",
    ),
    "the reason": (
        row("batches.jsonl", 2, reason="because"),
        "batches.jsonl line 2 (id 3): its text_commitment isn't that of its reason, ticket, override_reason",
    ),
    "a lookup's answer": (row("lookups.jsonl", 4, verified=True), "lookups.jsonl line 4 (id 7): it isn't as event 10"),
    "a column more": (row("attempts.jsonl", 1, note="hello"), "attempts.jsonl line 1 (id 1): it can't be read"),
    "a row removed": (lines("attempts.jsonl", without(3)), "attempts.jsonl: id 5 is missing"),
    "the last row removed": (lines("calls.jsonl", without(4)), "calls.jsonl: id 7 is missing"),
    "all rows removed": (lines("lookups.jsonl", without(1, 2, 3, 4)), "lookups.jsonl: id 1 is missing"),
    "two rows swapped": (lines("attempts.jsonl", swapped(3)), "attempts.jsonl line 4 (id 5): it stands after id 7"),
    "a row twice": (lines("attempts.jsonl", doubled(3)), "attempts.jsonl line 4 (id 5): it stands after id 5"),
    "a row inserted": (new_row, "attempts.jsonl line 12 (id 99): no event of this bundle has it among its opened"),
    "a line in another form": (
        lines("calls.jsonl", lambda all_: [all_[0].replace(b",", b", ", 1), *all_[1:]]),
        "calls.jsonl line 1: it isn't written as a line should be",
    ),
    "the last line's end": (
        lines("events.jsonl", lambda all_: [*all_[:-1], all_[-1].rstrip(b"\n")]),
        "events.jsonl line 15: it isn't written as a line should be",
    ),
    "who acted": (
        event(2, actor="otto"),
        "events.jsonl line 2 (event 2): its hash doesn't follow from its content and the event before it",
    ),
    "when it was": (event(4, at="2026-03-02T12:00:00.000000Z"), "events.jsonl line 4 (event 4): its hash doesn't"),
    "an event removed": (
        lines("events.jsonl", without(6)),
        "events.jsonl line 6 (event 7): it stands where event 6 belongs",
    ),
    "the first event removed": (
        lines("events.jsonl", without(1)),
        "events.jsonl line 1 (event 2): it stands where event 1 belongs",
    ),
    "two events swapped": (
        lines("events.jsonl", swapped(6)),
        "events.jsonl line 6 (event 7): it stands where event 6 belongs",
    ),
    "an event twice": (
        lines("events.jsonl", doubled(6)),
        "events.jsonl line 7 (event 6): it stands where event 7 belongs",
    ),
    "the tail cut": (
        lines("events.jsonl", without(14, 15)),
        "events.jsonl: it ends with event 13, but checkpoints/checkpoint-000003.json with event 15",
    ),
    "all events cut": (
        lines("events.jsonl", lambda _: []),
        "events.jsonl: it ends with event 0, but checkpoints/checkpoint-000003.json with event 15",
    ),
    "a stub": (row("events.jsonl", 1, payload_hash="0" * 64), "events.jsonl line 1 (event 1): its hash doesn't follow"),
    "a leaf": (row("leaves.jsonl", 1, leaves=["0" * 64]), "leaves.jsonl line 1: it isn't as event 6 recorded it"),
    "leaves removed": (
        lines("leaves.jsonl", without(1)),
        "attempts.jsonl line 3 (id 5): it isn't as event 6 recorded it",
    ),
    "leaves of nothing": (row("leaves.jsonl", 1, event=1), "leaves.jsonl line 1: it belongs to no event"),
    "a checkpoint removed": (
        checkpoint(2, lambda one, _: one.unlink()),
        "checkpoints/checkpoint-000002.json: it is missing",
    ),
    "the last checkpoint removed": (
        checkpoint(3, lambda one, _: one.unlink()),
        "checkpoints/checkpoint-000003.json: it is missing",
    ),
    "two checkpoints swapped": (checkpoint(1, swap), "checkpoints/checkpoint-000001.json: it holds another number"),
    "a checkpoint's words": (
        lambda folder: edit(
            folder / "checkpoints/checkpoint-000001.json", lambda all_: [all_[0].replace(b"12:00", b"13:00")]
        ),
        "checkpoints/checkpoint-000001.json: its signature is wrong",
    ),
    "the checker": (
        lambda folder: (folder / "check_evidence.py").write_text("print('GENUINE')"),
        "check_evidence.py: it isn't the file that was signed",
    ),
    "a file more": (lambda folder: (folder / "more.txt").write_text(""), "more.txt: it isn't in the manifest"),
    "a file less": (lambda folder: (folder / "README.txt").unlink(), "README.txt: it is missing"),
    "another public key": (
        lambda folder: edit(folder / "public_key.pem", lambda all_: [all_[0], all_[1].lower(), all_[2]]),
        "public_key.pem: it isn't the key",
    ),
}
# Of these the holder of the key can make a bundle of its own, as it could have from the start.
ONLY_BY_THE_LIST = {"the checker", "a file more", "a file less", "the last checkpoint removed"}


@pytest.mark.parametrize(("change", "place"), CHANGES.values(), ids=CHANGES)
def test_what_a_stranger_changes_is_named(folder: Path, change: Change, place: str) -> None:
    change(folder)
    told = run(folder)

    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.startswith("NOT GENUINE\n")
    assert f"\n{place}" in told.stdout


@pytest.mark.parametrize(
    ("change", "place"),
    [pytest.param(*pair, id=name) for name, pair in CHANGES.items() if name not in ONLY_BY_THE_LIST],
)
def test_what_the_holder_of_the_key_changes_is_named_too(folder: Path, change: Change, place: str) -> None:
    change(folder)
    sign_again(folder, KEYS[1])
    found = faults_of(folder)

    assert any(fault.startswith(place) for fault in found), found
    assert not any("isn't the file that was signed" in fault for fault in found)


def test_the_first_place_that_is_named_is_the_one_that_was_changed(folder: Path) -> None:
    edit_row(folder / "attempts.jsonl", 3, status="refused")

    assert run(folder).stdout == (
        "NOT GENUINE\n"
        "attempts.jsonl line 3 (id 5): it isn't as event 5 recorded it\n"
        "attempts.jsonl: it isn't the file that was signed\n"
    )


@pytest.mark.parametrize("changes", [{"complete": False}, {"first": 2}, {"before": "f" * 64}, {"selection": {}}])
def test_the_manifest_can_say_nothing_else(folder: Path, changes: dict[str, object]) -> None:
    edit_row(folder / "manifest.json", 1, **changes)

    assert any(fault.startswith(SIGNED) for fault in faults_of(folder))


def test_what_is_not_shown_is_named_where_it_is_there_after_all(folder: Path) -> None:
    sign_again(folder, KEYS[1], shown=["batches.jsonl", "calls.jsonl", "lookups.jsonl"])
    place = "attempts.jsonl line 1 (id 1): "

    assert faults_of(folder)[0] == f"{place}it has texts, which the manifest says aren't shown"


def test_an_erasure_that_left_something_is_named(tmp_path: Path) -> None:
    record = lively()
    attempt = record.tables["attempts"][1]
    kept = {name: attempt[name] for name in ("email", "key", "message", "salt")}
    record.erase(attempt)
    attempt.update(kept)
    record.checkpoint()
    left = "attempts.jsonl line 1 (id 1): an event has erased its texts, which isn't gone"
    assert faults_of(record.write(tmp_path / "kept.zip")) == [left]

    attempt["message"] = ""
    assert faults_of(record.write(tmp_path / "address.zip")) == [left]


def rebuilt(record: Record, since: int) -> None:
    """Hash the chain anew from an event on, as whoever rules the database can."""
    for number in range(since, len(record.events) + 1):
        event, before = record.events[number - 1], record.events[number - 2]["hash"] if number > 1 else chain.GENESIS
        event["payload_hash"] = chain.payload_hash(event["payload"])
        event["hash"] = chain.chained(before, number, event["payload_hash"])


def test_a_chain_that_was_rebuilt_contradicts_the_checkpoints(tmp_path: Path) -> None:
    record = lively()
    record.events[5]["payload"]["actor"] = "otto"
    rebuilt(record, 6)
    last = record.checkpoints[-1]
    lying = dataclasses.replace(last, stand=dataclasses.replace(last.stand, hash=record.head))
    evidence = dataclasses.replace(record.evidence(), checkpoints=[*record.checkpoints[:-1], lying])
    write_bundle(tmp_path / "rebuilt.zip", evidence, record.key)

    assert faults_of(tmp_path / "rebuilt.zip")[0] == (
        "events.jsonl line 8 (event 8): checkpoints/checkpoint-000002.json gives it another hash"
    )


def test_a_record_made_anew_with_another_key_is_genuine_only_for_who_trusts_that_key(tmp_path: Path) -> None:
    forged = Record()
    forged.key = KEYS[2]
    forged.settle(forged.open_call(forged.open_batch(2)), "refused")
    forged.checkpoint()
    path = forged.write(tmp_path / "forged.zip")

    assert "NOT CHECKED: whose key that is" in run(path).stdout
    told = run(path, "--key", fingerprint(public_of(KEYS[0])))
    assert told.returncode == 1
    assert "the key: " in told.stdout


def test_another_key_cannot_take_over_in_the_middle(folder: Path) -> None:
    record = Record()
    record.checkpoints = lively().checkpoints[:2]
    record.events, record.key = lively().events, KEYS[2]
    before = dataclasses.replace(record.checkpoints[-1], next_key=public_of(KEYS[2]))
    record.checkpoints[-1] = before
    (folder / "checkpoints/checkpoint-000003.json").write_bytes(record.checkpoint().document)
    sign_again(folder, KEYS[2])

    assert any(fault.startswith("checkpoints/checkpoint-000003.json: it is signed by") for fault in faults_of(folder))


def test_an_outcome_for_good_cannot_be_followed_by_another(tmp_path: Path) -> None:
    """Not even by an event that is properly chained and signed: only a lapsed call may be answered later."""
    record = lively()
    call = record.tables["calls"][1]
    again = record.settle(call, "refused")
    record.checkpoint()
    found = faults_of(record.write(tmp_path / "again.zip"))

    assert f"events.jsonl line {again} (event {again}): it speaks again of attempt 1, as event 4 had for good" in found
    assert f"events.jsonl line {again} (event {again}): it speaks again of call 1, as event 4 had for good" in found


def test_a_claim_of_completeness_is_checked(tmp_path: Path) -> None:
    path = lively().write(tmp_path / "some.zip", wanted=lambda table, row: (table, row["id"]) != ("attempts", 11))

    assert faults_of(path) == ["attempts.jsonl: attempt 11 is missing, of which event 2 speaks"]


@pytest.mark.parametrize("said", [{}, {"count": 1, "ids": [[1, 10**15]], "leaves": "", "digest": ""}, [], None, "x"])
def test_a_group_that_contradicts_itself_is_named(tmp_path: Path, said: object) -> None:
    record = lively()
    record.events[-1]["payload"]["details"] = {"ended": said, "judged": {"ids": [], "count": 0, "leaves": ""}}
    record.leaves[len(record.events), "ended"] = record.leaves[4, "ended"]
    rebuilt(record, len(record.events))
    record.checkpoints.pop()
    record.checkpoint()
    evidence = dataclasses.replace(record.evidence(), leaves=lively().evidence().leaves)
    write_bundle(tmp_path / "odd.zip", evidence, record.key)

    assert faults_of(tmp_path / "odd.zip")[0].startswith("events.jsonl line 15 (event 15): it can't be read")
