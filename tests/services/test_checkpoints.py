"""Checkpoints: made when there is something new, kept as files, and their key."""

import logging
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from pytest_django import Settings

from tests.desk import ACTOR, NOON, open_for
from tests.services.administrator import cut
from verification.evidence import checkpoint_files
from verification.evidence.checkpoints import CheckpointError, name_of
from verification.evidence.keys import KeyUnusable, fingerprint, load_key, new_key, public_of
from verification.models import Checkpoint, Event, EventName, Head
from verification.services import checkpoints, ledger, signing_key
from verification.services.checkpoints import PERIOD, change_key, keep_up, make_checkpoint, parsed, write_files

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.CHECKPOINT_DIR = tmp_path / "var" / "checkpoints"
    settings.CHECKPOINT_KEY_FILE = tmp_path / "var" / "key.pem"
    return tmp_path / "var"


def tell(*names: EventName) -> None:
    with transaction.atomic():
        ledger.record(ACTOR, NOON, *(ledger.Line(name) for name in names or (EventName.PERSON_SIGNED_IN,)))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def made(now=NOON) -> Checkpoint:
    row = make_checkpoint("worker:tests", now)
    assert row
    return row


def test_it_states_the_head_and_what_the_events_say_of_the_rows(mei: User) -> None:
    open_for(mei, "ann@example.com", "bob@example.com", now=NOON)
    row = made()
    signed, head = parsed(row), Head.objects.get()

    assert (row.number, row.made_by, row.made_at, row.sequence) == (1, "worker:tests", NOON, 1)
    assert (signed.stand.sequence, signed.stand.hash) == (head.sequence, head.hash)
    assert signed.stand.counts == {"batches": 1, "attempts": 2, "ended": 0, "calls": 0}


def test_the_next_goes_on_from_the_one_before(mei: User) -> None:
    open_for(mei, "ann@example.com", now=NOON)
    first = made()
    open_for(mei, "bob@example.com", "cho@example.com", now=NOON)
    second = made(NOON + PERIOD)

    assert [first.number, second.number] == [1, 2]
    assert parsed(second).previous == parsed(first).digest
    assert parsed(second).stand.counts == {"batches": 2, "attempts": 3, "ended": 0, "calls": 0}


def test_without_anything_new_none_is_made(mei: User, folder: Path) -> None:
    assert make_checkpoint("worker:tests", NOON) is None
    assert not folder.exists()

    tell()
    made()
    assert make_checkpoint("worker:tests", NOON + PERIOD) is None
    assert Checkpoint.objects.count() == 1


def test_a_chain_that_is_behind_its_last_checkpoint_gets_no_other(db: None) -> None:
    for _ in range(3):
        tell()
    made()
    cut(2, adjust_head=True)

    with pytest.raises(CheckpointError, match="its last event is 2, before it 3"):
        make_checkpoint("worker:tests", NOON)
    tell(EventName.PERSON_SIGNED_OUT)
    with pytest.raises(CheckpointError, match="it gives event 3 another hash"):
        make_checkpoint("worker:tests", NOON)
    assert Checkpoint.objects.count() == 1


def test_of_many_who_make_one_at_once_one_does(db: None) -> None:
    tell()
    start = threading.Barrier(6)

    def make() -> Checkpoint | None:
        try:
            start.wait()
            return make_checkpoint("worker:tests", NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        rows = [found.result() for found in [threads.submit(make) for _ in range(6)]]

    assert len([row for row in rows if row]) == 1
    assert list(Checkpoint.objects.values_list("number", flat=True)) == [1]
    assert parsed(Checkpoint.objects.get()).public_key == public_of(signing_key.key_in_force(None))


# --- Files ------------------------------------------------------------------------------------------------


def test_the_files_hold_what_the_rows_hold(db: None, folder: Path) -> None:
    for _ in range(2):
        tell()
        made()

    assert write_files() == 2
    assert write_files() == 0
    assert [one.document.decode() for one in checkpoint_files.read(folder / "checkpoints")] == [
        row.document for row in Checkpoint.objects.order_by("number")
    ]


def test_after_a_breakdown_the_next_run_writes_the_file(db: None, folder: Path) -> None:
    for _ in range(2):
        tell()
        made()
        write_files()
    (folder / "checkpoints" / name_of(2)).unlink()
    tell()
    made()

    assert write_files() == 2
    assert files(folder) == [name_of(1), name_of(2), name_of(3)]


def test_a_file_that_is_there_is_never_written_over(db: None, folder: Path) -> None:
    tell()
    made()
    (folder / "checkpoints" / name_of(1)).write_text("other")

    assert write_files() == 0
    assert (folder / "checkpoints" / name_of(1)).read_text() == "other"


def test_a_directory_that_has_gone_is_not_made_anew(db: None, folder: Path) -> None:
    for _ in range(2):
        tell()
        made()
        write_files()
    shutil.rmtree(folder / "checkpoints")
    tell()
    made()

    with pytest.raises(FileNotFoundError):
        write_files()
    assert not (folder / "checkpoints").exists()

    (folder / "checkpoints").mkdir()
    assert write_files() == 3


# --- What a worker does -----------------------------------------------------------------------------------


def test_a_worker_makes_one_when_a_period_has_gone_by(db: None, folder: Path) -> None:
    tell()
    assert keep_up("worker:one", NOON)
    tell()
    assert not keep_up("worker:two", NOON + PERIOD - timedelta(seconds=1))
    assert keep_up("worker:two", NOON + PERIOD)

    assert list(Checkpoint.objects.order_by("number").values_list("made_by", flat=True)) == ["worker:one", "worker:two"]
    assert files(folder) == [name_of(1), name_of(2)]


def test_an_idle_desk_makes_no_checkpoints(db: None) -> None:
    tell()
    keep_up("worker:one", NOON)

    assert not keep_up("worker:one", NOON + 5 * PERIOD)
    assert Checkpoint.objects.count() == 1


def test_a_directory_that_cannot_be_written_is_logged_and_made_up_for(
    db: None, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    (folder / "checkpoints").touch()
    tell()
    assert keep_up("worker:one", NOON)
    assert not keep_up("worker:one", NOON + timedelta(minutes=1))
    logged = [record for record in caplog.records if record.name == checkpoints.logger.name]
    (folder / "checkpoints").unlink()
    (folder / "checkpoints").mkdir()

    assert len(logged) == 2 and {record.levelno for record in logged} == {logging.ERROR}
    assert "checkpoints not written" in logged[0].getMessage()
    assert keep_up("worker:one", NOON + timedelta(minutes=2))
    assert files(folder) == [name_of(1)]


def test_without_a_usable_key_nothing_is_made_and_the_fault_is_logged(
    db: None, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    (folder / "key.pem").write_text("no key")
    tell()

    assert not keep_up("worker:one", NOON)
    assert not Checkpoint.objects.exists()
    assert "no checkpoint made" in caplog.text
    assert "no key" not in caplog.text


# --- The key ----------------------------------------------------------------------------------------------


def test_the_key_is_made_at_first_use_for_its_owner_alone(db: None, folder: Path) -> None:
    tell()
    made()

    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoints", "key.pem"]


def test_processes_that_start_at_once_agree_on_one_key(folder: Path) -> None:
    start = threading.Barrier(8)

    def first_use() -> bytes:
        start.wait()
        return public_of(signing_key.key_in_force(None))

    with ThreadPoolExecutor(8) as threads:
        keys = {found.result() for found in [threads.submit(first_use) for _ in range(8)]}

    assert len(keys) == 1
    assert [path.name for path in folder.iterdir()] == ["key.pem"]


def test_a_key_that_is_lost_is_not_replaced_by_another(db: None, folder: Path) -> None:
    tell()
    made()
    (folder / "key.pem").unlink()
    tell()

    with pytest.raises(KeyUnusable):
        make_checkpoint("worker:tests", NOON)
    assert not (folder / "key.pem").exists()


def test_a_change_of_key_is_announced_by_the_old_one(db: None, folder: Path) -> None:
    tell()
    first = parsed(made())
    row = change_key(ACTOR, NOON)
    announcing, signed = (parsed(Checkpoint.objects.get(number=number)) for number in (2, 3))
    event = Event.objects.latest("sequence")

    assert row.number == 3 and Checkpoint.objects.count() == 3
    assert announcing.public_key == first.public_key
    assert announcing.next_key == signed.public_key == public_of(load_key(folder / "key.pem")) != first.public_key
    assert announcing.stand == signed.stand
    assert event.name == EventName.KEY_CHANGED and event.sequence == signed.stand.sequence
    assert event.details == {
        "from": fingerprint(first.public_key),
        "to": fingerprint(signed.public_key),
        "checkpoint": 2,
    }
    assert not (folder / "key.pem.next").exists()

    tell()
    assert parsed(made()).public_key == signed.public_key


def test_a_desk_without_any_event_can_change_its_key(db: None, folder: Path) -> None:
    assert change_key(ACTOR, NOON).number == 2
    assert write_files() == 2


def test_a_change_of_key_states_first_what_had_not_been_stated(db: None) -> None:
    tell()
    made()
    tell()

    assert change_key(ACTOR, NOON).number == 4


def test_a_change_that_broke_off_before_it_was_on_record_is_made_by_the_next_call(db: None, folder: Path) -> None:
    tell()
    made()
    waiting = new_key(folder / "key.pem.next")
    tell()
    old = parsed(made()).public_key
    change_key(ACTOR, NOON)

    assert public_of(load_key(folder / "key.pem")) == public_of(waiting) != old


def test_the_key_that_waits_is_for_its_owner_alone(folder: Path) -> None:
    waiting = signing_key.next_key()

    assert [path.name for path in folder.iterdir()] == ["key.pem.next"]
    assert stat.S_IMODE((folder / "key.pem.next").stat().st_mode) == 0o600
    assert public_of(signing_key.next_key()) == public_of(waiting)


def change_broken_off(folder: Path) -> bytes:
    """Change the key, but for the last step; returns the content of its file, which still waits for its place."""
    before = (folder / "key.pem").read_bytes()
    change_key(ACTOR, NOON)
    after = (folder / "key.pem").read_bytes()
    (folder / "key.pem").write_bytes(before)
    (folder / "key.pem.next").write_bytes(after)
    return after


def assert_ended(folder: Path, after: bytes) -> None:
    assert (folder / "key.pem").read_bytes() == after
    assert not (folder / "key.pem.next").exists()


def test_a_change_that_broke_off_after_it_was_on_record_is_ended_by_the_next_checkpoint(db: None, folder: Path) -> None:
    tell()
    made()
    after = change_broken_off(folder)
    assert public_of(load_key(folder / "key.pem.next")) in signing_key.held_keys()
    tell()
    row = made()

    assert parsed(row).public_key == public_of(load_key(folder / "key.pem"))
    assert_ended(folder, after)


def test_it_is_ended_even_if_there_is_nothing_new_to_state(db: None, folder: Path) -> None:
    tell()
    made()
    after = change_broken_off(folder)

    assert make_checkpoint("worker:tests", NOON) is None
    assert_ended(folder, after)


@pytest.mark.parametrize("news", [0, 1])
def test_to_change_the_key_again_ends_what_broke_off_and_changes_it_no_second_time(
    news: int, db: None, folder: Path
) -> None:
    tell()
    made()
    after = change_broken_off(folder)
    for _ in range(news):
        tell()

    assert change_key(ACTOR, NOON).number == 3
    assert Checkpoint.objects.count() == 3
    assert Event.objects.filter(name=EventName.KEY_CHANGED).count() == 1
    assert_ended(folder, after)


def test_a_change_after_that_is_another_one(db: None, folder: Path) -> None:
    tell()
    made()
    after = change_broken_off(folder)
    change_key(ACTOR, NOON)

    assert change_key(ACTOR, NOON).number == 5
    assert (folder / "key.pem").read_bytes() != after
