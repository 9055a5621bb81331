"""What can happen to a database between two commits of a worker, made by whoever runs it: not by the worker."""

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psycopg
from django.db import connection

from tests.crash.processes import Running

Outage = Callable[[Running], AbstractContextManager[None]]


@contextmanager
def away(_worker: Running) -> Iterator[None]:
    """Nobody can write: the file is locked, or the server ends every connection and takes no new one."""
    connection.close()
    with _locked_file() if connection.vendor == "sqlite" else _closed_server():
        yield


@contextmanager
def _locked_file() -> Iterator[None]:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def _closed_server() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        try:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')


@contextmanager
def full(worker: Running) -> Iterator[None]:
    """What the worker has to write down finds no room; reading works."""
    with _no_file_grows(worker) if connection.vendor == "sqlite" else _no_call_is_written():
        yield


@contextmanager
def _no_file_grows(worker: Running) -> Iterator[None]:
    """The kernel refuses the worker every write to a file, as it does on a full disk."""
    pid, kind = worker.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (0, before[1]))
    yield
    resource.prlimit(pid, kind, before)


@contextmanager
def _no_call_is_written() -> Iterator[None]:
    """The server refuses to write an answer with the very error of a full disk; new calls would find room."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute("CREATE TRIGGER full_disk BEFORE UPDATE ON verification_call EXECUTE FUNCTION disk_full()")
        yield
        cursor.execute("DROP FUNCTION disk_full() CASCADE")
