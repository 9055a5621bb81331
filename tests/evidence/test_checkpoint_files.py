"""The directory of checkpoints: durable, exclusive, without a gap; and a change of key that survives breakdowns."""

import os
import threading
from pathlib import Path
from unittest import mock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.evidence.checkpoint_files import NumberTaken, add, change_key, newest, read, write
from verification.evidence.checkpoints import Checkpoint, CheckpointError, Stand, make, name_of
from verification.evidence.keys import fingerprint, load_key, new_key, public_of

from .test_checkpoints import NOON, OURS, after, stand


def filled(directory: Path, count: int) -> list[Checkpoint]:
    return [add(directory, OURS, stand(number * 10), made_at=NOON) for number in range(1, count + 1)]


def test_each_is_a_file_of_its_own_and_nothing_else_is_left_behind(tmp_path: Path) -> None:
    made = filled(tmp_path, 3)

    assert sorted(os.listdir(tmp_path)) == [name_of(1), name_of(2), name_of(3)]
    assert list(read(tmp_path)) == made
    assert newest(tmp_path) == made[-1]


def test_an_empty_directory_has_none(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == []
    assert newest(tmp_path) is None


def test_a_directory_that_is_away_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        add(tmp_path / "away", OURS, stand(10), made_at=NOON)

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
    first = add(tmp_path, OURS, stand(10), made_at=NOON)
    other = make(OURS, None, stand(20), made_at=NOON)

    with pytest.raises(NumberTaken):
        write(tmp_path, other)

    assert list(read(tmp_path)) == [first]
    assert os.listdir(tmp_path) == [name_of(1)]


def test_of_many_writers_at_once_each_number_goes_to_one(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    won: list[int] = []
    lost: list[str] = []

    def contend() -> None:
        start.wait()
        for _ in range(10):
            try:
                won.append(add(tmp_path, OURS, stand(10), made_at=NOON).number)
            except NumberTaken as taken:
                lost.append(taken.name)

    writers = [threading.Thread(target=contend) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(won) == [one.number for one in read(tmp_path)]
    assert len(won) + len(lost) == 80
    assert sorted(os.listdir(tmp_path)) == [name_of(number) for number in sorted(won)]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with (
        mock.patch.object(os, "link", side_effect=OSError(28, "No space left on device")),
        pytest.raises(OSError, match="No space left"),
    ):
        add(tmp_path, OURS, stand(10), made_at=NOON)

    assert os.listdir(tmp_path) == []


def test_a_wrong_newest_checkpoint_is_not_built_upon(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    (tmp_path / name_of(2)).write_bytes(b"{}")

    with pytest.raises(CheckpointError, match=rf"{name_of(2)}: it is not a checkpoint"):
        add(tmp_path, OURS, stand(30), made_at=NOON)


def shelf_with_key(tmp_path: Path) -> tuple[Path, Path, Ed25519PrivateKey]:
    shelf, key_file = tmp_path / "shelf", tmp_path / "key.pem"
    shelf.mkdir()
    key = new_key(key_file)
    add(shelf, key, stand(10), made_at=NOON)
    return shelf, key_file, key


def test_a_change_of_key_is_announced_by_the_old_one_and_taken_up_by_the_new(tmp_path: Path) -> None:
    shelf, key_file, old = shelf_with_key(tmp_path)

    last = change_key(shelf, key_file, stand(20), made_at=NOON)
    new = load_key(key_file)
    add(shelf, new, stand(30), made_at=NOON)

    assert public_of(new) != public_of(old)
    assert last.public_key == public_of(new)
    assert [one.public_key for one in read(shelf)] == [public_of(old)] * 2 + [public_of(new)] * 2
    assert sorted(os.listdir(tmp_path)) == ["key.pem", "shelf"]
    assert key_file.stat().st_mode & 0o777 == 0o600
    for key in (old, new):
        assert len(list(read(shelf, trusted=fingerprint(public_of(key))))) == 4
    with pytest.raises(CheckpointError, match="but in force was"):
        add(shelf, old, stand(30), made_at=NOON)


def test_even_the_first_checkpoint_may_change_the_key(tmp_path: Path) -> None:
    new_key(tmp_path / "key.pem")
    shelf = tmp_path / "shelf"
    shelf.mkdir()

    change_key(shelf, tmp_path / "key.pem", stand(10), made_at=NOON)

    assert [one.public_key == public_of(load_key(tmp_path / "key.pem")) for one in read(shelf)] == [False, True]


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_change_of_key_that_broke_down_goes_on_where_it_stopped(tmp_path: Path, step: int) -> None:
    shelf, key_file, old = shelf_with_key(tmp_path)
    links = [*[mock.DEFAULT] * (step - 1), OSError("gone"), mock.DEFAULT]

    with (
        mock.patch.object(os, "link", side_effect=links, wraps=os.link),
        mock.patch.object(os, "replace", side_effect=OSError("gone")),
        pytest.raises(OSError, match="gone"),
    ):
        change_key(shelf, key_file, stand(20), made_at=NOON)
    coming = public_of(load_key(tmp_path / "key.pem.next"))
    assert public_of(load_key(key_file)) == public_of(old)

    change_key(shelf, key_file, stand(20), made_at=NOON)

    assert public_of(load_key(key_file)) == coming
    assert [one.public_key for one in read(shelf)] == [public_of(old)] * 2 + [coming]
    assert not (tmp_path / "key.pem.next").exists()


def test_other_files_of_the_directory_are_left_alone(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    for name in ("checkpoint-1.json", "checkpoint-0000002.json", "note.txt"):
        (tmp_path / name).write_text("not ours")

    assert len(list(read(tmp_path))) == 1
    assert add(tmp_path, OURS, Stand(20, "0" * 64, {}), made_at=NOON).number == 2


def test_one_that_stands_alone_tells_its_own_name() -> None:
    assert after(None).name == "checkpoint-000001.json"
