"""`make run` as it is: started in a folder of its own, used, and ended in each way that it can be ended."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.crash.processes import GENEROUS_SECONDS, ROOT, wait_until

OPEN = "Ctrl-C ends everything."
SEEDING = "weeks of history"
ROLES = ["Support", "Lead", "Auditor", "Administrator"]


class Demo:
    """One start of the desk, and all that it has said."""

    def __init__(self, folder: Path, port: object) -> None:
        self.folder, self.port = folder, port
        with (folder / "said").open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.demo"],
                cwd=folder,
                env=os.environ | {"PORT": str(port)},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.said or self.process.poll() is not None)
        assert words in self.said, self.said

    def code(self) -> int:
        return self.process.wait(GENEROUS_SECONDS)

    def sign_ins(self) -> list[list[str]]:
        """Role, name and password of each line."""
        return [line.split() for line in self.said.splitlines() if line.strip().startswith(tuple(ROLES))]


Start = Callable[..., Demo]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dashboard", "verification", "templates", "static"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    demos: list[Demo] = []

    def started(port: object = None) -> Demo:
        demos.append(Demo(folder, port or free_port()))
        return demos[-1]

    yield started
    for demo in demos:
        demo.process.kill()
        demo.process.wait()
    wait_until(lambda: not processes_of(folder))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: object) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(str(port)))) != 0


def processes_of(folder: Path) -> list[str]:
    """Whoever works in the folder, by the number of the process."""

    def works_there(process: Path) -> bool:
        try:
            return (process / "cwd").readlink() == folder
        except OSError:
            return False

    return [process.name for process in Path("/proc").glob("[0-9]*") if works_there(process)]


def home_of(name: str, password: str, address: str) -> str:
    """What somebody sees who signs in."""
    with closing(requests.Session()) as browser:
        page = browser.get(f"{address}/sign-in/", timeout=GENEROUS_SECONDS)
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
        typed = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        return browser.post(f"{address}/sign-in/", typed, timeout=GENEROUS_SECONDS).text


def managed(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command as somebody gives it at a shell beside the running desk."""
    return subprocess.run(
        ["sh", "-c", f"set -a; . var/demo/env; set +a; exec {sys.executable} manage.py {command}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_it_opens_a_whole_desk_and_ends_it(start: Start, folder: Path) -> None:
    first = start()
    first.wait_for(OPEN)
    address = re.findall(r"http://127\.0\.0\.1:\d+", first.said)[0]

    assert address.endswith(f":{first.port}")
    assert [role for role, _, _ in first.sign_ins()] == ROLES
    for _, name, password in first.sign_ins():
        page = home_of(name, password, address)
        assert "Sign out" in page and name in page
        assert "Sandbox:" in page and "no mail leaves this machine" in page

    verified = managed(folder, "verify_ledger --checkpoints var/demo/checkpoints")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert re.match(r"WHOLE: \d{3} events, [1-9]\d* checkpoints\.", verified.stdout)

    signed_in, before = first.sign_ins(), first.said
    second = refused(folder, free_port())
    assert f"running already (process {first.process.pid})" in second
    assert first.process.poll() is None and SEEDING in before

    first.process.send_signal(signal.SIGINT)
    assert first.code() == 0
    assert "Traceback" not in first.said
    assert processes_of(folder) == [] and is_free(first.port)

    again = start()
    again.wait_for(OPEN)
    assert SEEDING not in again.said and again.sign_ins() == signed_in

    again.process.kill()
    wait_until(lambda: not processes_of(folder))
    assert is_free(again.port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_cleanly_while_it_prepares(number: signal.Signals, start: Start, folder: Path) -> None:
    demo = start()
    demo.wait_for(SEEDING)

    demo.process.send_signal(number)
    demo.process.send_signal(number)

    assert demo.code() == 0
    assert "Traceback" not in demo.said and "failed" not in demo.said
    assert processes_of(folder) == []


def test_it_names_a_port_that_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert f"port {port} on 127.0.0.1 is taken" in refused(folder, port)


@pytest.mark.parametrize("port", ["²", "http", "0", "65536", "-1", "9" * 5000])
def test_it_takes_only_a_number_for_a_port(port: str, folder: Path) -> None:
    assert f"PORT={port} is not a port number." in refused(folder, port)


def refused(folder: Path, port: object) -> str:
    """The one sentence of a start that fails."""
    ended = subprocess.run(
        [sys.executable, "-m", "dashboard.demo"],
        cwd=folder,
        env=os.environ | {"PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=GENEROUS_SECONDS,
        check=False,
    )
    assert ended.returncode == 1 and ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    return ended.stderr
