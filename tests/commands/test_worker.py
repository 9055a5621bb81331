"""`manage.py worker` as a process of its own: how it ends, and two of them at one big batch."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.crash.processes import (
    GENEROUS_SECONDS,
    ROOT,
    Environment,
    environment,
    sandbox,
    wait_until,
    worker,
    worker_of,
)
from tests.desk import addresses, open_for, outcomes, serving
from verification.aliyun.sandbox import Behaviour
from verification.models import Attempt, Batch, BatchState, Call, Status, Worker, database_now

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """Where the sandbox stands still in the middle of a call, until it may go on."""

    def __init__(self) -> None:
        self.in_hand, self.may_go = threading.Event(), threading.Event()

    def __call__(self, email: str) -> Behaviour:
        self.in_hand.set()
        self.may_go.wait(GENEROUS_SECONDS)
        return Behaviour.NORMAL


@pytest.fixture
def held(settings: Settings) -> Iterator[Held]:
    held = Held()
    with serving(settings, behaviour_of=held):
        yield held
        held.may_go.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_finishes_the_call_in_hand(
    mei: User, held: Held, settings: Settings, database_url: str, number: signal.Signals
) -> None:
    one_by_one = {"RESEND_PARALLEL_CALLS": 1, "RESEND_ADDRESSES_PER_CALL": 1}
    batch = open_for(mei, "first@example.com", "second@example.com")
    with worker_of(database_url, settings, **one_by_one) as running:
        assert held.in_hand.wait(GENEROUS_SECONDS)
        running.process.send_signal(number)
        held.may_go.set()
        code = running.process.wait(GENEROUS_SECONDS)
    [row] = Worker.objects.all()

    assert code == 0
    assert outcomes(batch) == {"first@example.com": "accepted", "second@example.com": "queued"}
    assert row.stopped_at is not None
    assert not Worker.objects.alive(database_now()).exists()


def test_idle_it_ends_when_it_is_asked_to(mei: User, database_url: str) -> None:
    with worker(environment(database_url, DOMAIN_API_ENDPOINT="http://127.0.0.1:9")) as running:
        wait_until(Worker.objects.alive(database_now()).exists)
        running.end()

    assert not Call.objects.exists()


def start(given: Environment) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "worker"]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=GENEROUS_SECONDS)


@pytest.mark.parametrize(
    "name", ["DOMAIN_API_ENDPOINT", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
)
def test_without_a_setting_that_it_needs_it_does_not_start_and_names_it(database_url: str, name: str) -> None:
    ended = start(environment(database_url) | {name: ""})

    assert ended.returncode == 3
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not Worker.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DOMAIN_API_ENDPOINT", "http://domain.aliyuncs.com", "The endpoint must use https"),
        ("RESEND_PARALLEL_CALLS", "0", "RESEND_PARALLEL_CALLS must be 1 or more"),
    ],
)
def test_with_a_wrong_setting_it_does_not_start_and_says_what_is_wrong(
    database_url: str, name: str, value: str, words: str
) -> None:
    ended = start(environment(database_url, DOMAIN_API_ENDPOINT="http://127.0.0.1:9") | {name: value})

    assert ended.returncode == 3
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def sent_from(state: Path) -> list[str]:
    """The sandbox's own log of what it "sent"."""
    with closing(sqlite3.connect(state)) as log:
        return [email for (email,) in log.execute("SELECT email FROM sends ORDER BY id")]


def test_two_workers_send_two_thousand_addresses_once_each(mei: User, database_url: str, tmp_path: Path) -> None:
    state, texts = tmp_path / "sandbox.sqlite3", addresses(2_000)
    given = environment(database_url, RESEND_CALLS_PER_SECOND=0)
    with sandbox(given, state) as url:
        given["DOMAIN_API_ENDPOINT"] = url
        with worker(given) as first, worker(given) as second:
            batch = open_for(mei, *texts)
            wait_until(Batch.objects.filter(state=BatchState.FINISHED).exists)
            first.end()
            second.end()

    assert sorted(sent_from(state)) == texts
    assert Counter(outcomes(batch).values()) == {"accepted": 2_000}
    assert Attempt.objects.filter(status=Status.ACCEPTED, finished_at__isnull=False).count() == 2_000
    assert sum(Call.objects.values_list("size", flat=True)) == 2_000
    assert set(Call.objects.values_list("worker", flat=True)) == set(Worker.objects.values_list("name", flat=True))
