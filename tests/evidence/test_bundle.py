"""Writing a bundle: its layout, that it is streamed, and what its writer refuses."""

import dataclasses
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verification.evidence.bundle import COLUMNS, write_bundle

from .record import KEYS, Record, lively


def test_it_has_the_files_that_the_readme_tells(tmp_path: Path) -> None:
    with zipfile.ZipFile(lively().write(tmp_path / "evidence.zip")) as archive:
        assert archive.namelist() == [
            "README.txt", "check_evidence.py", "batches.jsonl", "attempts.jsonl", "calls.jsonl", "lookups.jsonl",
            "leaves.jsonl", "events.jsonl", *(f"checkpoints/checkpoint-00000{number}.json" for number in (1, 2, 3)),
            "public_key.pem", "manifest.json", "manifest.sig",
        ]  # fmt: skip
        manifest = json.loads(archive.read("manifest.json"))
        readme = archive.read("README.txt").decode()

        assert set(manifest["files"]) == set(archive.namelist()) - {"manifest.json", "manifest.sig"}
        assert all(name.partition("/")[0] in readme for name in archive.namelist())
    assert manifest["rows"]["batches.jsonl"] == [[1, 1], [3, 3], [5, 5]]
    assert (manifest["first"], manifest["before"], manifest["complete"]) == (1, "0" * 64, True)


def test_a_row_holds_the_columns_of_its_table_and_no_others(tmp_path: Path) -> None:
    record = lively()
    record.tables["attempts"][1]["fingerprint"] = "not for strangers"
    with zipfile.ZipFile(record.write(tmp_path / "evidence.zip")) as archive:
        rows = {name: [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()] for name in COLUMNS}

    assert all(set(row) == set(COLUMNS[name]) for name in COLUMNS for row in rows[name])
    assert {"salt", "email", "key", "message"} <= set(COLUMNS["attempts"])


def test_everything_is_read_once_and_as_it_is_written(tmp_path: Path) -> None:
    record, order = lively(), []

    def noted(name: str, items: Any) -> Iterator[Any]:
        order.append(name)
        yield from items

    evidence = record.evidence()
    streams = ("batches", "attempts", "calls", "lookups", "leaves", "events", "checkpoints")
    watched: dict[str, Any] = {name: noted(name, getattr(evidence, name)) for name in streams}
    write_bundle(tmp_path / "evidence.zip", dataclasses.replace(evidence, **watched), record.key)

    assert order == list(streams)


def refused(path: Path, record: Record, key: Any = None, **changes: Any) -> str:
    with pytest.raises(ValueError, match=r"\w") as raised:
        write_bundle(path, dataclasses.replace(record.evidence(), **changes), key or record.key)
    assert not path.exists()
    return str(raised.value)


def test_it_refuses_what_would_not_be_genuine_and_leaves_no_file(tmp_path: Path) -> None:
    record, path = lively(), tmp_path / "evidence.zip"
    events, attempts = record.evidence().events, record.evidence().attempts

    assert refused(path, record, events=[*events][:-1]) == "the events end with 14, where the last checkpoint does not"
    assert refused(path, record, events=[*events][1:]) == "event 2 comes after event 0"
    assert refused(path, record, attempts=[*attempts][::-1]) == "id 19 comes after id 21"
    assert refused(path, record, checkpoints=[]) == "the events end with 15, where the last checkpoint does not"
    assert refused(path, record, key=KEYS[0]).startswith("another key is in force")


def test_a_reader_s_own_failure_leaves_no_file(tmp_path: Path) -> None:
    def away() -> Iterator[Any]:
        yield from ()
        raise ConnectionError("the database has gone away")

    with pytest.raises(ConnectionError):
        write_bundle(tmp_path / "evidence.zip", dataclasses.replace(lively().evidence(), events=away()), KEYS[1])

    assert list(tmp_path.iterdir()) == []
