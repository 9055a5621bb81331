"""How the suite is run: on both databases, and under CI without a gap."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest"]
# Nothing connects to it: the tests below only look at which database they were given.
UNUSED = "postgres://nobody@/nothing?host=/nonexistent"
ON_SQLITE_ONLY = """
from django.db import connection

def test_it_holds_on_sqlite_only():
    assert connection.vendor == "sqlite"
"""
WAITING = """
import os, time
from pathlib import Path
import pytest

@pytest.fixture
def mark():
    path = Path("{folder}", f"{{os.getpid()}}.started")
    path.touch()
    yield
    path.rename(path.with_suffix(".taken-down"))

def test_it_waits(mark):
    time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path):
    """Starts `python -m MODULE` on a file of tests."""

    def start(module: str, tests: str, **environment: str) -> subprocess.Popen[str]:
        (tmp_path / "test_it.py").write_text(tests)
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "TEST_DATABASE_URL")}
        return subprocess.Popen(
            [sys.executable, "-m", module, *OPTIONS, "-o", f"cache_dir={tmp_path}", str(tmp_path / "test_it.py")],
            cwd=ROOT,
            env=kept | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def test_it_fails_when_one_database_fails_and_shows_both_runs(start):
    with start("tests.run", ON_SQLITE_ONLY, TEST_DATABASE_URL=UNUSED) as runner:
        output, _ = runner.communicate()

    assert runner.returncode == 1
    assert output.splitlines()[-2:] == ["SQLite: passed", "PostgreSQL: FAILED (pytest ended with 1)"]
    assert output.count("1 passed") == output.count("1 failed") == 1


def test_it_takes_both_runs_down_when_it_is_told_to_end(start, tmp_path):
    with start("tests.run", WAITING.format(folder=tmp_path), TEST_DATABASE_URL=UNUSED) as runner:
        while len(list(tmp_path.glob("*.started"))) < 2:
            assert runner.poll() is None
            time.sleep(0.05)
        runner.send_signal(signal.SIGTERM)
        runner.communicate()

    assert runner.returncode == 128 + signal.SIGTERM
    assert len(list(tmp_path.glob("*.taken-down"))) == 2


@pytest.mark.parametrize(("environment", "code"), [({}, 0), ({"CI": "true"}, 1)])
def test_a_skipped_test_fails_the_run_under_ci_only(start, environment, code):
    tests = "import pytest\ndef test_it(): pytest.skip('no browser')\ndef test_that(): pass\n"

    with start("pytest", tests, **environment) as run:
        output, _ = run.communicate()

    assert run.returncode == code
    assert "1 passed, 1 skipped" in output
    assert ("Under CI a skipped test fails the run." in output) == (code == 1)
