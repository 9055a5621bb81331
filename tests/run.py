"""The whole suite on SQLite and on PostgreSQL, side by side: `python -m tests.run [arguments of pytest]`.

PostgreSQL is the one of TEST_DATABASE_URL, else one that is started for the run. The run on SQLite is seen at once,
the other one's output when it has ended. The exit code is 0 only if both passed.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, NoReturn

from tests.postgres import running_postgres

Pytest = subprocess.Popen[bytes]

# How pages look and what they weigh doesn't depend on the database, and takes minutes: once is enough.
ONCE = {"sqlite": "tests/browser/test_looks.py", "postgresql": "tests/browser/test_weight.py"}


def main(arguments: list[str]) -> int:
    """Run both, wait for both; what was started ends with this process, however it is asked to end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with ExitStack() as stack:
        url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(running_postgres())
        output = stack.enter_context(tempfile.TemporaryFile())
        sqlite = stack.enter_context(_pytest("sqlite", arguments, ""))
        postgres = stack.enter_context(_pytest("postgresql", arguments, url, output))
        codes = {"SQLite": sqlite.wait(), "PostgreSQL": postgres.wait()}
        _show(output)
    for database, code in codes.items():
        print(f"{database}: {'passed' if code == 0 else f'FAILED (pytest ended with {code})'}")
    return int(any(codes.values()))


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def _pytest(name: str, arguments: list[str], url: str, output: IO[bytes] | None = None) -> Iterator[Pytest]:
    elsewhere = [] if arguments else [f"--ignore={file}" for database, file in ONCE.items() if database != name]
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir=.pytest_cache/{name}", *arguments, *elsewhere]
    process = subprocess.Popen(
        command,
        env=os.environ | {"TEST_DATABASE_URL": url},
        stdout=output,
        stderr=output and subprocess.STDOUT,
        # Out of reach of the terminal's Ctrl-C: a second interrupt would break off the taking down.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Interrupted, pytest takes down what its tests have started; terminated, it would not.
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait()


def _show(output: IO[bytes]) -> None:
    output.seek(0)
    print("\nThe same on PostgreSQL:", flush=True)
    sys.stdout.buffer.write(output.read())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
