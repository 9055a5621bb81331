"""Several people in the same instant: acts in threads, each with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

Value = TypeVar("Value")
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def at_once(*acts: Callable[[], Value]) -> list[Value]:
    """Do all acts at the same time, each in a thread with a connection of its own."""
    start = threading.Barrier(len(acts))

    def do(act: Callable[[], Value]) -> Value:
        start.wait()
        return alone(act)

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(do, acts))


def alone(act: Callable[[], Value]) -> Value:
    """An act in a thread of its own, whose connection is closed after it."""
    try:
        return act()
    finally:
        connection.close()


def wait_until_blocked(act: Future[Any]) -> None:
    """Return when an act waits for what this thread's transaction holds, or is done.

    On SQLite a transaction lets nobody else write from its beginning: there every act waits.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            while not act.done() and cursor.execute(BLOCKED).fetchone() == (0,):
                pass
