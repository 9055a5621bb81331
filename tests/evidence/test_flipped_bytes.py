"""One changed byte anywhere, in the zip file or in an unpacked file: always found, always in words."""

import hashlib
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from .checking import faults_of, run, unpacked
from .record import lively

UNPACKED = [
    "README.txt", "check_evidence.py", "batches.jsonl", "attempts.jsonl", "calls.jsonl", "lookups.jsonl",
    "leaves.jsonl", "events.jsonl", "checkpoints/checkpoint-000001.json", "checkpoints/checkpoint-000003.json",
    "public_key.pem", "manifest.json", "manifest.sig",
]  # fmt: skip


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lively().write(tmp_path_factory.mktemp("genuine") / "evidence.zip")


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :]


@pytest.mark.parametrize("name", UNPACKED)
def test_a_flipped_byte_of_an_unpacked_file_is_found_and_the_file_is_named(
    genuine: Path, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(unpacked(genuine), tmp_path / "evidence"))
    content = (folder / name).read_bytes()
    places = random.Random(name).sample(range(len(content)), 12)

    for place in [0, len(content) - 1, *places]:
        (folder / name).write_bytes(flipped(content, place))
        found = faults_of(folder)
        assert any(fault.startswith((name, "manifest.json")) and name in fault for fault in found), (place, found)


def test_a_flipped_byte_of_the_zip_file_is_found_wherever_it_is(genuine: Path, tmp_path: Path) -> None:
    content, path = genuine.read_bytes(), tmp_path / "evidence.zip"
    headers = [*range(60), *range(len(content) - 200, len(content))]

    for place in [*headers[::3], *random.Random(1).sample(range(len(content)), 60)]:
        path.write_bytes(flipped(content, place))
        assert faults_of(path)[0] == (
            "evidence.zip: a byte of the zip file was changed, or it was packed anew (then check the folder)"
        )


def test_a_broken_archive_ends_in_words_even_where_its_own_hash_was_mended(genuine: Path, tmp_path: Path) -> None:
    content, path = genuine.read_bytes()[:-64], tmp_path / "evidence.zip"
    ends = zipfile.ZipFile(genuine).start_dir
    places = [*range(0, 40), *range(ends, ends + 120), *range(len(content) - 22, len(content)), *range(40, ends, 311)]

    for place in places:
        changed = flipped(content, place)
        path.write_bytes(changed + hashlib.sha256(changed).hexdigest().encode())
        assert all(": " in fault for fault in faults_of(path))


@pytest.mark.parametrize("length", [0, 1, 63, 64, 100, 5000, -1, -64, -65])
def test_a_file_that_was_cut_off_ends_in_words(genuine: Path, tmp_path: Path, length: int) -> None:
    (tmp_path / "evidence.zip").write_bytes(genuine.read_bytes()[:length])
    told = run(tmp_path / "evidence.zip")

    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.startswith("NOT GENUINE\nevidence.zip: ")


@pytest.mark.parametrize("place", [0, 4, 30, 9000, -1, -70, -100])
def test_a_flipped_byte_ends_the_program_with_1_and_no_traceback(genuine: Path, tmp_path: Path, place: int) -> None:
    content = genuine.read_bytes()
    (tmp_path / "evidence.zip").write_bytes(flipped(content, place % len(content)))
    told = run(tmp_path / "evidence.zip")

    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.startswith("NOT GENUINE\nevidence.zip: ")


def test_a_bundle_that_was_packed_anew_is_genuine_once_it_is_unpacked(genuine: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(genuine) as old, zipfile.ZipFile(tmp_path / "anew.zip", "w") as anew:
        for name in old.namelist():
            anew.writestr(name, old.read(name))

    assert faults_of(tmp_path / "anew.zip") == [
        "anew.zip: a byte of the zip file was changed, or it was packed anew (then check the folder)"
    ]
    assert faults_of(unpacked(tmp_path / "anew.zip")) == []


def test_an_empty_folder_is_no_bundle(tmp_path: Path) -> None:
    told = run(tmp_path)

    assert (told.returncode, told.stderr) == (1, "")
    assert "checkpoints: there is none" in told.stdout
