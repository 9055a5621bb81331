"""The history for machines, as files see it."""

import csv
import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.desk import NOON, addresses, person, rewrite
from tests.history.rows import settled

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
COLUMNS = "id,batch,email,status,reason,code,message,request_id,requested_by,ticket,created_at,finished_at"


def exported(*arguments: str) -> str:
    out = StringIO()
    call_command("export_attempts", *arguments, stdout=out)
    return out.getvalue()


def addresses_in(text: str) -> list[str]:
    return [json.loads(line)["email"] for line in text.splitlines()]


@pytest.mark.django_db
def test_json_lines_hold_one_attempt_each_oldest_first() -> None:
    mei = person("mei")
    settled(mei, "b@example.com", at=NOON + timedelta(hours=1))
    batch = settled(mei, "a@example.com", ticket="T-1", message='say "no"\n不')

    first, second = (json.loads(line) for line in exported().splitlines())

    assert first | {"id": 0} == {
        "id": 0,
        "batch": batch.ref,
        "email": "a@example.com",
        "status": "accepted",
        "reason": "",
        "code": "",
        "message": 'say "no"\n不',
        "request_id": "",
        "requested_by": "mei",
        "ticket": "T-1",
        "created_at": "2026-03-02T12:00:00.000000Z",
        "finished_at": "2026-03-02T12:00:00.000000Z",
        "verdict": "",
        "verdict_at": None,
    }
    assert second["email"] == "b@example.com"


@pytest.mark.django_db
def test_csv_has_a_heading_and_unaltered_values() -> None:
    settled(person("mei"), "a@example.com", message='=HYPERLINK("x"),\nsecond line', code="@SUM", ticket="-1")

    text = exported("--format", "csv")

    (row,) = csv.DictReader(StringIO(text, newline=""))
    assert text.startswith(COLUMNS)
    assert (row["message"], row["code"], row["ticket"]) == ('=HYPERLINK("x"),\nsecond line', "@SUM", "-1")
    assert row["verdict_at"] == ""


@pytest.mark.django_db
def test_an_unfinished_attempt_has_no_time_of_its_end() -> None:
    batch = settled(person("mei"), "a@example.com")
    rewrite(batch.attempts.all(), status="queued", finished_at=None)

    assert json.loads(exported())["finished_at"] is None


@pytest.mark.django_db
def test_an_empty_history_is_an_empty_file_or_a_heading() -> None:
    assert exported() == ""
    assert exported("--format", "csv").startswith(COLUMNS)
    assert exported("--format", "csv").count("\n") == 1


@pytest.mark.django_db
def test_days_are_local_and_the_last_one_is_included(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    mei = person("mei")
    for hours in (-21, -20, 3, 4):
        settled(mei, f"h{hours}@example.com", at=NOON + timedelta(hours=hours))

    of_the_day = exported("--since", "2026-03-02", "--until", "2026-03-02")

    assert addresses_in(of_the_day) == ["h-20@example.com", "h3@example.com"]


@pytest.mark.django_db
def test_a_moment_is_where_it_begins_and_where_it_ends_before() -> None:
    mei = person("mei")
    for hours in range(4):
        settled(mei, f"h{hours}@example.com", at=NOON + timedelta(hours=hours))

    between = exported("--since", "2026-03-02T21:00:00+08:00", "--until", "2026-03-02T15:00:00Z")

    assert addresses_in(between) == ["h1@example.com", "h2@example.com"]
    assert addresses_in(exported("--since", "2026-03-02T15:00")) == ["h3@example.com"]


@pytest.mark.parametrize("wrong", ["yesterday", "2026-02-30", "2026-13-01", "02.03.2026", "9999-12-31T23:00:00-12:00"])
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_wrong_date_is_named_and_is_wrong_usage(option: str, wrong: str) -> None:
    with pytest.raises(CommandError, match="not a date") as refused:
        exported(option, wrong)

    assert refused.value.returncode == 2


def test_an_interval_that_ends_before_it_begins_is_wrong_usage() -> None:
    with pytest.raises(CommandError, match="later than") as refused:
        exported("--since", "2026-03-03", "--until", "2026-03-01")

    assert refused.value.returncode == 2


def started(database_url: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(MANAGE), "export_attempts", *arguments],
        env=os.environ | {"DATABASE_URL": database_url} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_it_ends_quietly_when_the_reader_has_seen_enough(form: str, database_url: str) -> None:
    settled(person("mei"), *addresses(1_500))

    process = started(database_url, "--format", form)
    assert process.stdout and process.stderr
    with process, process.stderr:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


def test_it_writes_utf8_whatever_the_terminal_speaks(database_url: str) -> None:
    settled(person("mei"), "a@example.com", message="邮件")

    out, said = started(database_url, PYTHONIOENCODING="ascii").communicate()

    assert json.loads(out.decode())["message"] == "邮件"
    assert said == b""


def test_a_wrong_date_ends_the_process_with_2(database_url: str) -> None:
    process = started(database_url, "--since", "soon")
    out, said = process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert b"not a date: soon" in said
