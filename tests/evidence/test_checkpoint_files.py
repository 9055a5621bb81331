"""The directory of checkpoints: durable, exclusive, without a gap."""

import os
import threading
from pathlib import Path
from unittest import mock

import pytest

from verification.evidence.checkpoint_files import NumberTaken, read, write
from verification.evidence.checkpoints import Checkpoint, CheckpointError, make, name_of

from .test_checkpoints import NOON, OURS, series, stand


def filled(directory: Path, count: int) -> list[Checkpoint]:
    made = series(count)
    for checkpoint in made:
        write(directory, checkpoint)
    return made


def test_each_is_a_file_of_its_own_and_nothing_else_is_left_behind(tmp_path: Path) -> None:
    made = filled(tmp_path, 3)

    assert sorted(os.listdir(tmp_path)) == [name_of(1), name_of(2), name_of(3)]
    assert list(read(tmp_path)) == made


def test_an_empty_directory_has_none(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == []


def test_a_directory_that_is_away_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "away", series(1)[0])

    assert not (tmp_path / "away").exists()


def test_a_file_that_was_taken_away_is_named(tmp_path: Path) -> None:
    filled(tmp_path, 4)
    (tmp_path / name_of(2)).unlink()

    with pytest.raises(CheckpointError, match=rf"{name_of(2)}: it is missing"):
        list(read(tmp_path))


def test_files_that_are_swapped_are_named(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    (tmp_path / name_of(1)).rename(tmp_path / "aside")
    (tmp_path / name_of(2)).rename(tmp_path / name_of(1))
    (tmp_path / "aside").rename(tmp_path / name_of(2))

    with pytest.raises(CheckpointError, match=rf"{name_of(1)}: it holds number 2"):
        list(read(tmp_path))


def test_none_is_ever_written_over(tmp_path: Path) -> None:
    first = filled(tmp_path, 1)

    with pytest.raises(NumberTaken, match=rf"{name_of(1)}: it is there already"):
        write(tmp_path, make(OURS, None, stand(20), made_at=NOON))

    assert list(read(tmp_path)) == first
    assert os.listdir(tmp_path) == [name_of(1)]


def test_of_many_writers_at_once_one_gets_the_number(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    won: list[int] = []
    lost: list[int] = []

    def contend(sequence: int) -> None:
        checkpoint = make(OURS, None, stand(sequence), made_at=NOON)
        start.wait()
        try:
            write(tmp_path, checkpoint)
            won.append(sequence)
        except NumberTaken:
            lost.append(sequence)

    writers = [threading.Thread(target=contend, args=(sequence,)) for sequence in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert (len(won), len(lost)) == (1, 7)
    assert [one.stand.sequence for one in read(tmp_path)] == won
    assert os.listdir(tmp_path) == [name_of(1)]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with (
        mock.patch.object(os, "link", side_effect=OSError(28, "No space left on device")),
        pytest.raises(OSError, match="No space left"),
    ):
        write(tmp_path, series(1)[0])

    assert os.listdir(tmp_path) == []


def test_other_files_of_the_directory_are_left_alone(tmp_path: Path) -> None:
    made = filled(tmp_path, 1)
    for name in ("checkpoint-1.json", "checkpoint-0000002.json", "note.txt", f".{name_of(2)}.0123"):
        (tmp_path / name).write_text("not ours")

    assert list(read(tmp_path)) == made
