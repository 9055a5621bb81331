"""`manage.py verify_ledger`, `make_checkpoint` and `change_checkpoint_key`."""

import json
import os
import pty
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from pytest_django import Settings

from tests.commands.shell import Run
from tests.crash.processes import GENEROUS_SECONDS, ROOT, environment
from tests.desk import NOON, open_for, person, rewrite
from tests.services.administrator import cut, unhindered
from verification.evidence.checkpoints import name_of
from verification.models import Attempt, Checkpoint, Event, EventName, Head

WORDS = ["table", "id", "what"]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    return tmp_path


@pytest.fixture
def attempt(mei: User) -> Attempt:
    return open_for(mei, "ann@example.com", "bob@example.com", now=NOON).attempts.order_by("position")[0]


def run(command: str, *arguments: str) -> Run:
    out = StringIO()
    try:
        call_command(command, *arguments, stdout=out)
    except CommandError as error:
        return Run(error.returncode, out.getvalue(), str(error))
    except SystemExit as end:
        return Run(int(str(end.code)), out.getvalue())
    return Run(0, out.getvalue())


def verify(*arguments: str) -> tuple[int, dict[str, object]]:
    ended = run("verify_ledger", "--json", *arguments)
    return ended.code, json.loads(ended.out)


def test_a_whole_record_ends_it_with_0_and_the_window_is_told(attempt: Attempt) -> None:
    run("make_checkpoint")
    open_for(person("lena"), "cho@example.com", now=NOON)
    ended = run("verify_ledger")

    assert ended.code == 0
    assert ended.out.splitlines() == [
        "WHOLE: 2 events, 1 checkpoints.",
        "1 events lie past the last checkpoint; were they cut off, it would not be seen.",
    ]


def test_as_json_it_tells_all_that_it_found(attempt: Attempt) -> None:
    run("make_checkpoint")
    code, said = verify()

    assert code == 0
    assert said == {
        "whole": True,
        "events": 1,
        "since": 0,
        "checkpoints": 1,
        "without_file": 0,
        "past_last_checkpoint": 0,
        "counts": {"batches": 1, "attempts": 2, "ended": 0, "calls": 0},
    }


def test_a_fault_ends_it_with_1_and_is_named_by_table_and_id(attempt: Attempt) -> None:
    rewrite(Attempt.objects.filter(pk=attempt.pk), position=7)
    code, said = verify()
    words = run("verify_ledger").out

    assert code == 1
    assert said["whole"] is False
    assert (said["table"], said["id"]) == ("attempt", attempt.pk)
    assert words == f"BROKEN: attempt {attempt.pk}: it is not as event 1 recorded it\n"
    assert "ann@example.com" not in words


def test_who_verified_is_on_record_with_what_was_found(attempt: Attempt) -> None:
    person("aki")
    verify("--user", "aki")
    verify()
    events = list(Event.objects.filter(name=EventName.LEDGER_VERIFIED).order_by("sequence"))

    assert events[0].actor_name == "shell:aki" and events[0].actor
    assert events[1].actor_name.startswith("shell:(") and events[1].actor is None
    assert [event.details for event in events] == [
        {"since": 0, "events": 1, "checkpoints": 0},
        {"since": 0, "events": 2, "checkpoints": 0},
    ]
    assert verify()[0] == 0

    rewrite(Attempt.objects.filter(pk=attempt.pk), position=7)
    assert verify("--user", "aki")[0] == 1
    found = Event.objects.latest("sequence")
    assert (found.name, found.actor_name) == (EventName.LEDGER_VERIFIED, "shell:aki")
    assert found.details == {"whole": False, "table": "attempt", "id": attempt.pk}


def test_what_was_found_broken_is_on_record_even_behind_a_tail_that_was_cut(attempt: Attempt) -> None:
    for name in ("lena", "otto"):
        open_for(person(name), f"{name}@example.com", now=NOON)
    cut(1, adjust_head=False)

    assert verify()[1]["id"] == 2
    assert Event.objects.latest("sequence").details == {"whole": False, "table": "event", "id": 2}
    assert verify()[1]["id"] == 2


def test_where_no_event_can_be_written_any_more_that_is_said_and_the_finding_stays(
    attempt: Attempt, capsys: pytest.CaptureFixture[str]
) -> None:
    open_for(person("lena"), "cho@example.com", now=NOON)
    first = Event.objects.earliest("sequence")
    with unhindered():
        Head.objects.update(sequence=1, hash=first.hash)
    code, said = verify()

    assert (code, said["table"], said["id"]) == (1, "event", 2)
    assert capsys.readouterr().err.startswith("What was found could not be recorded: ")
    assert not Event.objects.filter(name=EventName.LEDGER_VERIFIED).exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE verification_head SET hash = 'Ω'", ("head", 1)),
        ("UPDATE verification_head SET sequence = 'x'", ("head", 1)),
        ("UPDATE verification_event SET details = '{' WHERE sequence = 2", ("event", 2)),
        ("UPDATE verification_event SET act = x'00ff' WHERE sequence = 2", ("event", 2)),
        ("UPDATE verification_checkpoint SET document = x'00ff'", ("checkpoint", 1)),
    ],
)
def test_whatever_was_put_into_the_tables_it_ends_with_a_finding(
    attempt: Attempt, change: str, named: tuple[str, int]
) -> None:
    open_for(person("lena"), "cho@example.com", now=NOON)
    run("make_checkpoint")
    with unhindered(), connection.cursor() as cursor:
        try:
            cursor.execute(change)
        except DatabaseError:  # PostgreSQL keeps nothing in a column but the column's own kind.
            assert connection.vendor == "postgresql"
            return
    code, said = verify()

    assert (code, said["table"], said["id"]) == (1, *named)


@pytest.mark.parametrize("table", ["verification_ride", "verification_event"])
def test_a_table_that_is_not_there_is_a_finding(attempt: Attempt, table: str) -> None:
    with unhindered(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
        try:
            code, said = verify()
        finally:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")

    assert (code, said["table"]) == (1, "database")
    assert table in str(said["what"])


def test_a_directory_that_is_given_has_to_hold_all(attempt: Attempt, folder: Path) -> None:
    run("make_checkpoint")
    (folder / "checkpoints" / name_of(1)).unlink()

    assert verify()[1]["without_file"] == 1
    code, said = verify("--checkpoints", str(folder / "checkpoints"))
    assert (code, said["table"], said["id"]) == (1, "checkpoint", 1)
    assert verify("--checkpoints", str(folder / "nowhere"))[0] == 1


def test_it_can_begin_at_a_checkpoint(attempt: Attempt) -> None:
    run("make_checkpoint")
    open_for(person("lena"), "cho@example.com", now=NOON)

    assert verify("--from", "1")[1]["since"] == 1
    assert run("verify_ledger", "--from", "1").out.splitlines()[:2] == [
        "WHOLE AFTER EVENT 1: the last 2 of 3 events, 1 checkpoints.",
        "Events 1 to 1, and the rows of which they speak, were not checked again.",
    ]
    unknown = run("verify_ledger", "--from", "2")
    assert (unknown.code, unknown.error) == (2, "There is no checkpoint 2.")


def test_without_the_key_it_says_that_it_cannot_verify(attempt: Attempt, folder: Path) -> None:
    run("make_checkpoint")
    (folder / "key.pem").unlink()
    code, said = verify()

    assert code == 1
    assert said["whole"] is False and "it can't be verified" in str(said["what"])
    assert Event.objects.latest("sequence").details == {"whole": None}


def test_an_unknown_person_verifies_nothing(attempt: Attempt) -> None:
    assert run("verify_ledger", "--user", "nobody").code == 2
    assert not Event.objects.filter(name=EventName.LEDGER_VERIFIED).exists()


def test_a_checkpoint_is_made_and_kept_as_a_file(attempt: Attempt, folder: Path) -> None:
    made, again = run("make_checkpoint", "--user", "mei"), run("make_checkpoint")

    assert (made.code, made.out) == (0, "Checkpoint 1, up to event 1.\n")
    assert (again.code, again.out) == (0, "Nothing new since the last one.\n")
    assert Checkpoint.objects.get().made_by == "shell:mei"
    assert (folder / "checkpoints" / name_of(1)).read_text() == Checkpoint.objects.get().document


def test_a_checkpoint_that_cannot_be_kept_ends_it_with_1_and_is_made_up_for(attempt: Attempt, folder: Path) -> None:
    (folder / "checkpoints").touch()
    failed = run("make_checkpoint")
    (folder / "checkpoints").unlink()
    (folder / "checkpoints").mkdir()

    assert failed.code == 1 and str(folder / "checkpoints") in failed.error
    assert Checkpoint.objects.count() == 1
    assert run("make_checkpoint").code == 0
    assert (folder / "checkpoints" / name_of(1)).exists()


def test_no_checkpoint_is_made_of_a_trail_that_was_cut(attempt: Attempt) -> None:
    open_for(person("lena"), "cho@example.com", now=NOON)
    run("make_checkpoint")
    cut(1, adjust_head=True)

    assert run("make_checkpoint").code == 1
    assert Checkpoint.objects.count() == 1


def test_the_key_is_changed_and_the_record_stays_whole(attempt: Attempt, folder: Path) -> None:
    run("make_checkpoint")
    before = (folder / "key.pem").read_bytes()
    changed = run("change_checkpoint_key", "--user", "mei")

    assert (changed.code, changed.out) == (0, f"{folder / 'key.pem'} holds the new key; checkpoint 3 is its first.\n")
    assert (folder / "key.pem").read_bytes() != before
    assert Event.objects.latest("sequence").actor_name == "shell:mei"
    assert verify("--checkpoints", str(folder / "checkpoints"))[0] == 0


def test_a_changed_key_whose_checkpoints_cannot_be_kept_is_said_to_be_changed(attempt: Attempt, folder: Path) -> None:
    run("make_checkpoint")
    (folder / "checkpoints").rename(folder / "away")
    (folder / "checkpoints").touch()
    changed = run("change_checkpoint_key")
    (folder / "checkpoints").unlink()
    (folder / "away").rename(folder / "checkpoints")

    assert changed.code == 1 and str(folder / "checkpoints") in changed.error
    assert changed.out == f"{folder / 'key.pem'} holds the new key; checkpoint 3 is its first.\n"
    assert run("make_checkpoint").code == 0
    assert (folder / "checkpoints" / name_of(3)).exists()


def test_without_the_old_key_it_is_not_changed(attempt: Attempt, folder: Path) -> None:
    run("make_checkpoint")
    (folder / "key.pem").unlink()

    assert run("change_checkpoint_key").code == 1
    assert not Event.objects.filter(name=EventName.KEY_CHANGED).exists()


def test_on_a_terminal_it_shows_how_far_it_is(attempt: Attempt, database_url: str, folder: Path) -> None:
    places = {"CHECKPOINT_DIR": folder / "checkpoints", "CHECKPOINT_KEY_FILE": folder / "key.pem"}
    terminal, theirs = pty.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, "manage.py", "verify_ledger"],
            cwd=ROOT,
            env=environment(database_url, **places),
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=GENEROUS_SECONDS,
            check=False,
        )
        os.close(theirs)
        shown = os.read(terminal, 10_000).decode()
    finally:
        os.close(terminal)

    assert ended.returncode == 0
    assert "[########################################] 100 %" in shown
    assert b"%" not in ended.stdout
