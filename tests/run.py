"""The whole suite on SQLite and on PostgreSQL, side by side: `python -m tests.run [arguments of pytest]`.

PostgreSQL is the one of TEST_DATABASE_URL, else one that is started for the run. What doesn't depend on the database
runs once, beside them. The run on SQLite is seen at once, the others' output when they have ended. The exit code is 0
only if all passed.
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

# The form of the chain and of the API, what pages look like in a browser, and programs that bring their own database.
ONCE = (
    "tests/aliyun",
    "tests/browser",
    "tests/evidence",
    "tests/test_demo.py",
    "tests/test_postgres.py",
    "tests/test_run.py",
)


def main(arguments: list[str]) -> int:
    """Run all, wait for all; what was started ends with this process, however it is asked to end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    on_each = arguments or [f"--ignore={path}" for path in ONCE]
    with ExitStack() as stack:
        url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(running_postgres())
        runs = {"SQLite": (on_each, ""), "PostgreSQL": (on_each, url)}
        if not arguments:
            runs["either database"] = (list(ONCE), "")
        outputs = {name: None if name == "SQLite" else stack.enter_context(tempfile.TemporaryFile()) for name in runs}
        processes = {name: stack.enter_context(_pytest(name, *runs[name], outputs[name])) for name in runs}
        codes = {name: process.wait() for name, process in processes.items()}
        for name, output in outputs.items():
            _show(name, output)
    for name, code in codes.items():
        print(f"{name}: {'passed' if code == 0 else f'FAILED (pytest ended with {code})'}")
    return int(any(codes.values()))


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def _pytest(name: str, arguments: list[str], url: str, output: IO[bytes] | None) -> Iterator[Pytest]:
    cache = f"cache_dir=.pytest_cache/{name.split()[0].lower()}"
    command = [sys.executable, "-m", "pytest", "-o", cache, *arguments]
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


def _show(name: str, output: IO[bytes] | None) -> None:
    if output is None:
        return
    output.seek(0)
    print(f"\nOn {name}:", flush=True)
    sys.stdout.buffer.write(output.read())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
