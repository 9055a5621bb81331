"""The checker on genuine bundles: what it accepts, what it tells, and how it is called."""

import ast
import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.evidence import bundle, chain, checker
from verification.evidence.bundle import write_bundle
from verification.evidence.keys import fingerprint, public_of, public_pem

from .checking import faults_of, run, unpacked
from .record import KEYS, Record, lively

OLD, NEW, FOREIGN = (fingerprint(public_of(key)) for key in KEYS)


@pytest.fixture
def genuine(tmp_path: Path) -> Path:
    return lively().write(tmp_path / "evidence.zip")


def test_a_genuine_bundle_is_genuine(genuine: Path) -> None:
    told = run(genuine)

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("GENUINE\n")
    assert "Events 1 to 15: 13 whole, 2 by hash alone" in told.stdout
    assert "Rows: 3 batches, 11 attempts, 4 calls, 4 lookups; every row of which its events speak" in told.stdout


def test_an_unpacked_bundle_checks_itself(genuine: Path) -> None:
    folder = unpacked(genuine)
    told = run(program=folder / "check_evidence.py")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == run(genuine).stdout


def test_without_a_key_it_says_that_it_could_not_tell_whose_signature_it_is(genuine: Path) -> None:
    told = run(genuine).stdout

    assert "NOT CHECKED: whose key that is." in told
    assert f"The key that signed: {NEW}" in told


@pytest.mark.parametrize("key", [OLD, NEW.upper()])
def test_either_key_of_a_change_can_be_the_trusted_one(genuine: Path, key: str) -> None:
    told = run(genuine, "--key", key)

    assert told.returncode == 0
    assert "NOT CHECKED" not in told.stdout


def test_a_key_that_signed_nothing_is_not_satisfied(genuine: Path) -> None:
    told = run(genuine, "--key", FOREIGN)

    assert told.returncode == 1
    assert told.stdout == f"NOT GENUINE\nthe key: {FOREIGN} signed nothing here; {NEW} did\n"


def test_the_trusted_key_may_be_given_in_every_form(genuine: Path) -> None:
    public = public_of(KEYS[1])
    (genuine.parent / "theirs.pem").write_bytes(public_pem(public))

    for given_as in (NEW, base64.b64encode(public).decode(), str(genuine.parent / "theirs.pem")):
        assert run(genuine, "--key", given_as).returncode == 0


@pytest.mark.parametrize("key", ["", "abc", "a" * 63, "ä", base64.b64encode(bytes(31)).decode(), __file__])
def test_a_key_that_is_none_is_wrong_usage(genuine: Path, key: str) -> None:
    told = run(genuine, "--key", key)

    assert told.returncode == 2
    assert "argument --key: neither a fingerprint nor an Ed25519 public key nor its PEM file" in told.stderr


@pytest.mark.parametrize("arguments", [("absent.zip",), ("--unknown",), ("one", "two")])
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2


def test_the_public_tools_that_it_names_say_the_same(genuine: Path) -> None:
    folder = unpacked(genuine)
    fingerprint_line, signature_line = (line for line in checker.WHOSE.splitlines() if line.startswith("    openssl"))

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=False)

    assert shell(fingerprint_line).stdout.split()[0] == NEW
    assert shell(signature_line).returncode == 0
    assert all(line.strip() in (folder / "README.txt").read_text() for line in (fingerprint_line, signature_line))
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b" ")
    assert shell(signature_line).returncode == 1


def test_an_address_s_bundle_shows_nothing_of_others(tmp_path: Path) -> None:
    """One attempt of six, which lapsed and was judged twice; the others of its batch and call stay away."""
    record = lively()
    wanted = {"batches": {1}, "attempts": {5}, "calls": {3}, "lookups": {1, 3}}
    path = record.write(tmp_path / "one.zip", wanted=lambda table, row: row["id"] in wanted[table], complete=False)

    told = run(path)
    assert told.returncode == 0, told.stdout
    assert "Rows: 1 batches, 1 attempts, 1 calls, 2 lookups; a selection of the rows" in told.stdout
    files = [file.read_bytes() for file in unpacked(path).rglob("*") if file.is_file()]
    assert any(b"holder1.2@" in content for content in files)
    assert not any(other in content for content in files for other in (b"holder1.0@", b"holder1.3@", b"holder3.0@"))


def test_an_erased_address_leaves_its_row_checkable(genuine: Path) -> None:
    rows = (unpacked(genuine) / "attempts.jsonl").read_text().splitlines()

    assert '"email":"","erased_at":"2026-' in rows[1] and '"salt":"","status":"accepted"' in rows[1]
    assert faults_of(genuine) == []


def test_where_nothing_is_shown_the_commitments_alone_are_genuine_and_that_is_said(tmp_path: Path) -> None:
    path = lively().write(tmp_path / "masked.zip", in_full=False)
    told = run(path)

    assert told.returncode == 0, told.stdout
    assert "Addresses and texts, unless erased: nowhere, only their commitments" in told.stdout
    files = [file.read_bytes() for file in unpacked(path).rglob("*.jsonl")]
    assert not any(text in content for content in files for text in (b"holder", "链接已过期".encode(), b"Gesendet"))


@pytest.mark.parametrize("in_full", [True, False])
def test_whatever_was_erased_lawfully_leaves_a_bundle_genuine(tmp_path: Path, in_full: bool) -> None:
    record = lively()
    record.erase_message(record.tables["attempts"][1])
    record.erase_texts("batches", record.tables["batches"][3])
    record.erase_texts("calls", record.tables["calls"][1])
    record.checkpoint()
    assert faults_of(record.write(tmp_path / "one.zip", in_full=in_full)) == []

    record.erase(record.tables["attempts"][1])
    record.checkpoint()
    assert faults_of(record.write(tmp_path / "two.zip", in_full=in_full)) == []


def test_a_bundle_may_begin_after_any_checkpoint(tmp_path: Path) -> None:
    record = lively()
    first = len(record.events) + 1
    attempts = record.open_batch(2)
    record.settle(record.open_call(attempts))
    record.checkpoint()
    late = {table: max(rows, default=0) for table, rows in lively().tables.items()}
    path = record.write(tmp_path / "late.zip", wanted=lambda table, row: row["id"] > late[table], first=first)

    told = run(path, "--key", NEW)
    assert told.returncode == 0, told.stdout
    assert f"Events {first} to {first + 1}: 2 whole" in told.stdout


def test_a_bundle_may_not_begin_where_no_checkpoint_vouches(tmp_path: Path) -> None:
    record = lively()
    path = record.write(tmp_path / "late.zip", wanted=lambda table, row: False, first=4)

    assert faults_of(path) == ["manifest.json: no checkpoint vouches for the chain before event 4"]


def test_a_record_without_events_has_a_bundle_too(tmp_path: Path) -> None:
    record = Record()
    record.checkpoint()

    assert run(record.write(tmp_path / "empty.zip")).returncode == 0


def happen(record: Record, steps: list[int]) -> None:
    """Acts by their numbers, each on whatever there is by then."""
    queued: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for step in steps:
        if step % 6 == 0:
            queued += record.open_batch(step // 6 + 1)
        elif step % 6 == 1 and queued:
            batch = queued[0]["batch_id"]
            calls.append(record.open_call([row for row in queued if row["batch_id"] == batch]))
            queued = [row for row in queued if row["batch_id"] != batch]
        elif step % 6 == 2 and calls:
            record.settle(calls.pop(), message="nein" * (step // 6))
        elif step % 6 == 3 and calls and calls[0]["state"] == "open":
            record.lapse(calls[0])
        elif step % 6 == 4 and calls and calls[0]["state"] == "lapsed":
            record.judge(record.carried(calls[0])[0], "confirmed_sent")
        else:
            record.tell("person:signed_in")
        if step > 30:
            record.checkpoint()
    record.checkpoint()


@settings(max_examples=30)
@given(steps=st.lists(st.integers(0, 35), max_size=25), complete=st.booleans(), pick=st.integers(1, 4))
def test_whatever_happened_its_bundle_is_genuine(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], complete: bool, pick: int
) -> None:
    record = Record()
    happen(record, steps)
    chosen = {row["id"] for row in record.tables["batches"].values() if complete or row["id"] % pick == 0}

    def wanted(table: str, row: dict[str, Any]) -> bool:
        if table == "lookups":
            return any(
                one["verdict_lookup_id"] == row["id"] and wanted("", one) for one in record.tables["attempts"].values()
            )
        return bool({row.get("batch_id"), row.get("batch"), row["id"] if "ref" in row else None} & chosen)

    path = record.write(tmp_path_factory.mktemp("any") / "any.zip", wanted=wanted, complete=False)
    assert faults_of(path) == []


def test_the_checker_knows_the_same_columns_as_the_chain() -> None:
    ours = {"batches": chain.BATCH, "opened": chain.OPENED, "calls": chain.CALL, "ended": chain.ENDED}
    ours |= {"judged": chain.JUDGED, "lookups": chain.LOOKUP}

    assert {group: tuple(names.split()) for group, (_, _, names) in checker.GROUPS.items()} == ours
    assert {group: table for group, (table, _, _) in checker.GROUPS.items()} == {
        group: table for group, (table, _) in chain.GROUPS.items()
    }
    plural = {"batch": "batches.jsonl", "attempt": "attempts.jsonl", "call": "calls.jsonl"}
    texts = {plural[table]: texts for table, texts in chain.COMMITTED.items()}
    assert texts | {"lookups.jsonl": {}} == checker.COMMITTED
    assert set(chain.PAYLOAD) == checker.PAYLOAD
    assert set(checker.COMMITTED) == {f"{table}.jsonl" for table in bundle.COLUMNS}


def test_the_checker_needs_nothing_but_an_old_python_s_own_library() -> None:
    tree = ast.parse(Path(checker.__file__).read_text(), feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_bundle_is_never_written_over(genuine: Path) -> None:
    before = genuine.read_bytes()

    with pytest.raises(FileExistsError):
        write_bundle(genuine, lively().evidence(), KEYS[1])

    assert genuine.read_bytes() == before
