"""`manage.py resend` as a shell runs it: standard input, exit codes, what it prints, and a worker beside it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.commands.shell import WHY
from tests.crash.processes import GENEROUS_SECONDS, ROOT, Environment, environment, worker
from tests.desk import addresses
from verification.aliyun.sandbox import Sandbox
from verification.models import Attempt, Batch, Status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mei")]


@pytest.fixture
def given(database_url: str, sandbox: Sandbox, settings: Settings) -> Environment:
    return environment(database_url, DOMAIN_API_ENDPOINT=settings.DOMAIN_API_ENDPOINT, RESEND_CALLS_PER_SECOND=0)


def resend(given: Environment, *arguments: str | bytes, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "manage.py", "resend", *arguments]
    return subprocess.run(command, cwd=ROOT, env=given, input=stdin, capture_output=True, timeout=GENEROUS_SECONDS)


def test_it_reads_standard_input_and_prints_one_json_array(given: Environment, sandbox: Sandbox) -> None:
    ended = resend(given, "--file", "-", *WHY, "--json", stdin="ann@example.com, bo@例子.中国".encode())

    assert ended.returncode == 0
    assert [row["email"] for row in json.loads(ended.stdout)] == ["ann@example.com", "bo@例子.中国"]
    assert [send.email for send in sandbox.sends()] == ["ann@example.com", "bo@例子.中国"]


def test_beside_a_running_worker_each_address_is_sent_once(given: Environment, sandbox: Sandbox) -> None:
    given["RESEND_ADDRESSES_PER_CALL"] = "2"
    with worker(given) as running:
        ended = resend(given, *addresses(60), *WHY, "--json")
        running.end()

    assert ended.returncode == 0
    assert [row["status"] for row in json.loads(ended.stdout)] == ["accepted"] * 60
    assert sorted(send.email for send in sandbox.sends()) == addresses(60)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("ann@example.com",),
        ("ann@example.com", "--user", "mei"),
        ("ann@example.com", *WHY, "--lang", "de"),
        ("ann@example.com", *WHY, "--fast"),
        ("ann@example.com", "--user", "nemo", "--reason", "x"),
    ],
)
def test_wrong_usage_ends_with_2(given: Environment, sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    ended = resend(given, *arguments)

    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr
    assert b"Traceback" not in ended.stderr
    assert not Batch.objects.exists()


def test_what_is_not_accepted_makes_it_end_with_1(given: Environment) -> None:
    assert resend(given, "refused@example.com", *WHY).returncode == 1


@pytest.mark.parametrize("json_or_not", [(), ("--json",)])
def test_bytes_that_are_no_text_are_an_invalid_address_and_spoil_nothing(
    given: Environment, json_or_not: tuple[str, ...]
) -> None:
    ended = resend(given, b"\xff\xfe@example.com", "ann@example.com", *WHY, *json_or_not)

    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr
    assert ended.stdout.count(b"not_sent") == 1 and ended.stdout.count(b"accepted") == 1


@pytest.mark.parametrize("json_or_not", [(), ("--json",)])
def test_a_terminal_that_knows_ascii_only_gets_all_outcomes(given: Environment, json_or_not: tuple[str, ...]) -> None:
    ended = resend(given | {"PYTHONIOENCODING": "ascii"}, "bo@例子.中国", "ann@example.com", *WHY, *json_or_not)

    assert ended.returncode == 0
    assert ended.stdout.count(b"accepted") == 2


def test_without_a_database_nothing_is_recorded_and_it_ends_with_3(
    given: Environment, sandbox: Sandbox, tmp_path: Path
) -> None:
    ended = resend(given | {"DATABASE_URL": f"sqlite:///{tmp_path}/no/such/folder.sqlite3"}, "ann@example.com", *WHY)

    assert (ended.returncode, ended.stdout) == (3, b"")
    assert b"nothing was sent" in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert sandbox.requests() == []


def test_in_an_empty_database_nothing_is_recorded_and_it_ends_with_3(
    given: Environment, sandbox: Sandbox, tmp_path: Path
) -> None:
    ended = resend(given | {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}, "ann@example.com", *WHY)

    assert (ended.returncode, ended.stdout) == (3, b"")
    assert b"Traceback" not in ended.stderr
    assert sandbox.requests() == []


@pytest.mark.parametrize("name", ["SECRET_KEY", "DOMAIN_API_ENDPOINT"])
def test_without_configuration_it_ends_with_3(given: Environment, name: str) -> None:
    del given[name]
    ended = resend(given, "ann@example.com", *WHY)

    assert (ended.returncode, ended.stdout) == (3, b"")
    assert name.encode() in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert not Batch.objects.exists()


def test_a_setting_that_makes_no_sense_ends_it_with_3(given: Environment) -> None:
    ended = resend(given | {"RESEND_ADDRESSES_PER_CALL": "0"}, "ann@example.com", *WHY)

    assert (ended.returncode, ended.stdout) == (3, b"")
    assert b"RESEND_ADDRESSES_PER_CALL must be 1 or more" in ended.stderr
    assert not Batch.objects.exists()


def test_its_log_holds_no_address(given: Environment) -> None:
    ended = resend(given, "busy@example.com", "refused@example.com", *WHY, "--json")

    assert b"example.com" not in ended.stderr
    assert set(Attempt.objects.values_list("status", flat=True)) == {Status.ACCEPTED, Status.REFUSED}
    assert os.fsencode("sandbox-key-secret") not in ended.stdout + ended.stderr
