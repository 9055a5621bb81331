"""One worker in this process: its hands, its pulse, and what doesn't end it. `tests/commands` has whole processes."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from tests.crash.processes import GENEROUS_SECONDS, wait_until
from tests.desk import addresses, open_for, outcomes, person, serving
from verification.aliyun.client import DomainClient
from verification.aliyun.results import ResendAnswer
from verification.aliyun.sandbox import Behaviour, Sandbox, by_local_part
from verification.evidence.checkpoints import name_of
from verification.models import Attempt, Batch, Call, Checkpoint, Status, Worker, database_now
from verification.providers import domain_client
from verification.services import lookups, setup
from verification.services.opening import open_call
from verification.services.send import Sender
from verification.worker import House, work_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mei(transactional_db: None, settings: Settings) -> User:
    settings.RESEND_CALLS_PER_SECOND = 0
    return person("mei")


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    with serving(settings) as sandbox:
        yield sandbox


@contextmanager
def at_work(make_client: Callable[[], DomainClient] = domain_client) -> Iterator[House]:
    """A worker that is asked to stop at the end, and waited for."""
    house = House(make_client)

    def run() -> None:
        try:
            house.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield house
    finally:
        house.stop()
        thread.join()


def finished(batch: Batch) -> Callable[[], bool]:
    return lambda: Batch.objects.filter(pk=batch.pk, finished_at__isnull=False).exists()


def test_an_idle_worker_takes_up_what_is_recorded(mei: User, sandbox: Sandbox) -> None:
    with at_work():
        wait_until(Worker.objects.exists)
        batch = open_for(mei, *addresses(45))
        wait_until(finished(batch))

    assert outcomes(batch) == dict.fromkeys(addresses(45), "accepted")
    assert sorted(send.email for send in sandbox.sends()) == addresses(45)


def test_it_shows_that_it_is_alive_and_when_it_stopped(mei: User, sandbox: Sandbox) -> None:
    with at_work() as house:
        wait_until(Worker.objects.exists)
        assert [row.name for row in Worker.objects.alive(database_now())] == [house.name]
    [row] = Worker.objects.all()

    assert row.stopped_at is not None
    assert row.started_at <= row.seen_at == row.stopped_at
    assert not Worker.objects.alive(database_now()).exists()


def test_it_goes_on_showing_that_it_is_alive(mei: User, sandbox: Sandbox) -> None:
    with at_work():
        wait_until(Worker.objects.exists)
        long_ago = database_now() - timedelta(hours=1)
        Worker.objects.update(seen_at=long_ago)
        wait_until(Worker.objects.filter(seen_at__gt=long_ago).exists)


def test_its_hands_carry_several_calls_at_a_time(mei: User, settings: Settings) -> None:
    settings.RESEND_PARALLEL_CALLS, settings.RESEND_ADDRESSES_PER_CALL = 3, 1
    together, met = threading.Barrier(3), set[str]()

    def meet(email: str) -> Behaviour:
        if email not in met:
            met.add(email)
            together.wait(GENEROUS_SECONDS)
        return Behaviour.NORMAL

    with serving(settings, behaviour_of=meet) as sandbox, at_work():
        batch = open_for(mei, *addresses(3))
        wait_until(finished(batch))

    assert len(sandbox.sends()) == 3


@contextmanager
def held_sandbox(settings: Settings) -> Iterator[tuple[Sandbox, threading.Event, threading.Event]]:
    """A sandbox that says when a call is in hand, and answers it when it may."""
    in_hand, may_go = threading.Event(), threading.Event()

    def hold(email: str) -> Behaviour:
        in_hand.set()
        may_go.wait(GENEROUS_SECONDS)
        return by_local_part(email)

    with serving(settings, behaviour_of=hold) as sandbox:
        try:
            yield sandbox, in_hand, may_go
        finally:
            may_go.set()


def test_asked_to_stop_it_finishes_the_call_in_hand_and_begins_no_other(mei: User, settings: Settings) -> None:
    settings.RESEND_PARALLEL_CALLS, settings.RESEND_ADDRESSES_PER_CALL = 1, 1
    with held_sandbox(settings) as (sandbox, in_hand, may_go):
        batch = open_for(mei, "first@example.com", "second@example.com")
        with at_work() as house:
            assert in_hand.wait(GENEROUS_SECONDS)
            house.stop()
            may_go.set()

    assert outcomes(batch) == {"first@example.com": "accepted", "second@example.com": "queued"}
    assert [send.email for send in sandbox.sends()] == ["first@example.com"]


def test_it_makes_what_a_lost_worker_left_behind_unknown(mei: User, sandbox: Sandbox) -> None:
    batch = open_for(mei, "lost@example.com")
    open_call(worker="a lost worker", clock=lambda: database_now() - timedelta(hours=1))
    with at_work():
        wait_until(finished(batch))

    assert outcomes(batch) == {"lost@example.com": "unknown"}
    assert sandbox.sends() == []


@contextmanager
def table_away(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE away RENAME TO {name}")


def logged(caplog: pytest.LogCaptureFixture, words: str) -> Callable[[], bool]:
    return lambda: any(words in record.getMessage() for record in caplog.records)


def test_a_database_fault_does_not_end_it(mei: User, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    with at_work(), caplog.at_level(logging.ERROR):
        wait_until(Worker.objects.exists)
        with table_away("verification_batch"):
            wait_until(lambda: bool(caplog.records))
        batch = open_for(mei, "ann@example.com")
        wait_until(finished(batch))

    assert outcomes(batch) == {"ann@example.com": "accepted"}


def test_a_lost_connection_does_not_end_it(mei: User, sandbox: Sandbox) -> None:
    with at_work():
        wait_until(Worker.objects.exists)
        if connection.vendor == "postgresql":
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_terminate_backend(pid, 10000) {others}")
        batch = open_for(mei, "ann@example.com")
        wait_until(finished(batch))

    assert outcomes(batch) == {"ann@example.com": "accepted"}


class Faulty(DomainClient):
    """Fails once as a fault of our own would, with an address in its text."""

    failed = False

    def resend_email_verification(self, emails: Sequence[str], **given: Any) -> ResendAnswer:
        if not Faulty.failed:
            Faulty.failed = True
            raise LookupError(f"{emails[0]} is not in the dictionary")
        return super().resend_email_verification(emails, **given)


def test_a_fault_of_ours_does_not_end_it_and_leaves_no_address_in_the_log(
    mei: User, sandbox: Sandbox, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Faulty, "failed", False)
    settings.RESEND_PARALLEL_CALLS, settings.RESEND_ADDRESSES_PER_CALL = 1, 1
    key = {"endpoint": settings.DOMAIN_API_ENDPOINT, "credentials": domain_client()._credentials}
    batch = open_for(mei, "first@example.com", "second@example.com")
    with at_work(lambda: Faulty(**key)):
        wait_until(Attempt.objects.filter(status=Status.ACCEPTED).exists)

    # What the failed call carried stays in hand until its lease ends, for nobody knows whether it left.
    assert outcomes(batch) == {"first@example.com": "sending", "second@example.com": "accepted"}
    assert logged(caplog, "unexpected LookupError at")()
    assert "example.com" not in caplog.text


def test_sends_go_before_questions(mei: User, sandbox: Sandbox) -> None:
    lookups.ask(email="ann@example.com", key="ann@example.com", person=mei, now=database_now())
    setup.ask_check(person=mei, now=database_now())
    open_for(mei, "bob@example.com")
    sender = Sender(domain_client(), "a worker", lambda seconds: False)
    while work_once(sender):
        pass
    sender.client.close()

    assert [request.action for request in sandbox.requests()] == [
        "ResendEmailVerification",
        "ListEmailVerification",
        "QueryEmailVerification",
    ]


def test_without_a_configuration_it_does_not_start(mei: User, settings: Settings) -> None:
    settings.DOMAIN_API_ENDPOINT = ""
    with pytest.raises(ImproperlyConfigured, match="DOMAIN_API_ENDPOINT"):
        House()

    assert not Worker.objects.exists()


def test_with_nobody_at_the_endpoint_it_keeps_everything_queued(mei: User, settings: Settings) -> None:
    settings.DOMAIN_API_ENDPOINT = "http://127.0.0.1:9"
    batch = open_for(mei, "ann@example.com")
    with at_work():
        wait_until(Call.objects.filter(outcome="no_connection").exists)

    assert outcomes(batch) == {"ann@example.com": "queued"}


def test_it_makes_a_checkpoint_of_what_is_new(mei: User, sandbox: Sandbox, settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    open_for(mei, "ann@example.com")
    with at_work() as house:
        wait_until((tmp_path / "checkpoints" / name_of(1)).exists)

    assert Checkpoint.objects.get().made_by == f"worker:{house.name}"


def test_checkpoints_that_cannot_be_written_never_stop_it(
    mei: User, sandbox: Sandbox, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    (tmp_path / "checkpoints").touch()
    (tmp_path / "key.pem").write_text("no key")
    batch = open_for(mei, "ann@example.com")
    with at_work():
        wait_until(logged(caplog, "no checkpoint made"))
        wait_until(finished(batch))

    assert outcomes(batch) == {"ann@example.com": "accepted"}
    assert not Checkpoint.objects.exists()
