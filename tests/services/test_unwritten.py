"""An answer that the database doesn't take is kept, and written as soon as it can be."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.desk import open_for, outcomes
from verification.aliyun.sandbox import Behaviour, Sandbox, by_local_part
from verification.services.send import Sender

pytestmark = pytest.mark.django_db(transaction=True)


class Outage:
    """From `begin` to `end` the test's database takes no writes. Any thread may call both."""

    def __init__(self, other: BaseDatabaseWrapper) -> None:
        self._other = other
        self._running = False
        if connection.vendor == "sqlite":
            # Another process holds the lock.
            self._begin, self._end = ["BEGIN IMMEDIATE"], ["ROLLBACK"]
        else:
            # As after a failover: the connection breaks, and new ones find a server that can only be read.
            change = f'ALTER DATABASE "{connection.settings_dict["NAME"]}" {{}} default_transaction_read_only'
            pid = run(connection, "SELECT pg_backend_pid()")
            self._begin = [change.format("SET") + " = on", f"SELECT pg_terminate_backend({pid}, 10000)"]
            self._end = [change.format("RESET")]

    def begin(self) -> None:
        if not self._running:
            self._running = True
            run(self._other, *self._begin)

    def end(self) -> None:
        if self._running:
            self._running = False
            run(self._other, *self._end)


def run(database: BaseDatabaseWrapper, *statements: str) -> object:
    """Execute some statements; the value is the first one of the last result."""
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


@pytest.fixture
def outage(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    if connection.vendor == "sqlite":
        # A writer fails at once instead of waiting 20 seconds for its turn.
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0)
    connection.close()
    with closing(connection.copy()) as other:
        other.inc_thread_sharing()
        outage = Outage(other)
        try:
            yield outage
        finally:
            outage.end()
            connection.close()


@contextmanager
def on_line(number: int, act: Callable[[], None]) -> Iterator[list[str]]:
    """Do something when so many lines were logged; the value is all of them."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())
            if len(lines) == number:
                act()

    logger, handler = logging.getLogger("verification.services.send"), Handler()
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox], outage: Outage) -> Sandbox:
    """While it answers a call to `lost…` the desk's database goes away."""

    def lose(email: str) -> Behaviour:
        if email.startswith("lost"):
            outage.begin()
        return by_local_part(email)

    return start_sandbox(behaviour_of=lose)


def test_it_is_written_when_the_database_takes_writes_again(
    mei: User, sandbox: Sandbox, sender: Sender, outage: Outage
) -> None:
    batch = open_for(mei, "lost@example.com")
    with on_line(2, outage.end) as lines:
        assert sender.work_once()

    assert outcomes(batch) == {"lost@example.com": "accepted"}
    assert [send.email for send in sandbox.sends()] == ["lost@example.com"]
    assert len(lines) == 2
    assert "example.com" not in "".join(lines)


def test_meanwhile_no_sender_of_the_process_opens_a_call(
    mei: User, sandbox: Sandbox, sender: Sender, new_sender: Callable[[], Sender], outage: Outage
) -> None:
    batch = open_for(mei, "lost@example.com")
    other = new_sender()
    other.unwritten = sender.unwritten
    worked: list[bool] = []

    def end_outage() -> None:
        outage.end()
        connection.close()
        open_for(mei, "next@example.com")
        worked.append(other.work_once())

    with on_line(2, end_outage):
        sender.work_once()

    assert worked == [False]
    assert len(sandbox.requests()) == 1
    assert outcomes(batch) == {"lost@example.com": "accepted"}
    assert other.work_once()
    assert [send.email for send in sandbox.sends()] == ["lost@example.com", "next@example.com"]


@pytest.mark.parametrize("setback", ["busy@example.com", "illegal@example.com"])
def test_an_answer_that_says_no_is_kept_too(
    mei: User, sandbox: Sandbox, sender: Sender, outage: Outage, setback: str
) -> None:
    batch = open_for(mei, setback, "lost@example.com")
    with on_line(2, outage.end):
        sender.work_once()

    assert outcomes(batch) == {setback: "queued", "lost@example.com": "queued"}
    assert sandbox.sends() == []
