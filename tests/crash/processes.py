"""Real processes of the desk, started for a test and ended with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# No machine is so slow that a process which works takes longer for a step.
GENEROUS_SECONDS = 100

Environment = dict[str, str]


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again. Raises TimeoutError when it takes far too long."""
    last_call = time.monotonic() + GENEROUS_SECONDS
    while not condition():
        if time.monotonic() > last_call:
            raise TimeoutError("What the test waits for doesn't happen.")
        time.sleep(0.05)


def environment(database_url: str, **given: object) -> Environment:
    """What the processes find in their environment; `given` are settings of the desk."""
    ours = {
        "SECRET_KEY": "signs-nothing-that-outlives-a-test",
        "DATABASE_URL": database_url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "sandbox-key-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "sandbox-key-secret",
        **{name: str(value) for name, value in given.items()},
    }
    return os.environ | ours


class Running:
    """A process and what it says, line by line on standard output; its log is kept for a look at the end."""

    def __init__(self, arguments: Sequence[str], environment: Environment) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.log: list[str] = []
        self._logged = threading.Condition()
        threading.Thread(target=self._keep_log, daemon=True).start()

    def line(self) -> str:
        """The next line that it says. Raises RuntimeError, with its log, if it ends instead."""
        assert self.process.stdout
        said = self.process.stdout.readline().strip()
        if not said:
            raise RuntimeError(f"The process ended ({self.process.wait()}):\n" + "".join(self.log))
        return said

    def wait_for_log(self, words: str, times: int = 1) -> None:
        """Wait until so many lines of its log have these words."""
        with self._logged:
            found = self._logged.wait_for(lambda: sum(words in line for line in self.log) >= times, GENEROUS_SECONDS)
        if not found:
            raise TimeoutError(f"{words!r} was not logged {times} times:\n" + "".join(self.log))

    def release(self) -> None:
        """Let the held hands go on."""
        assert self.process.stdin
        self.process.stdin.write("\n")

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does; returns when it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut does; raises RuntimeError if it had ended by itself."""
        self.process.kill()
        if self.process.wait() != -9:
            raise RuntimeError("The process had ended before:\n" + "".join(self.log))

    def end(self) -> None:
        """Ask it to end, and see that it does so in order."""
        self.process.terminate()
        if self.process.wait(GENEROUS_SECONDS) != 0:
            raise RuntimeError(f"The process ended with {self.process.returncode}:\n" + "".join(self.log))

    def close(self) -> None:
        """Leave nothing of it behind, however the test went."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()

    def _keep_log(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                with self._logged:
                    self.log.append(line)
                    self._logged.notify_all()


@contextmanager
def running(arguments: Sequence[str], environment: Environment) -> Iterator[Running]:
    process = Running(arguments, environment)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def worker(environment: Environment) -> Iterator[Running]:
    """The product's own worker, at work."""
    with running(["manage.py", "worker"], environment) as process:
        process.line()
        yield process


@contextmanager
def worker_of(database_url: str, settings: Any, **given: object) -> Iterator[Running]:
    """The worker of a test's desk, at work for the endpoint that the test has configured."""
    with worker(environment(database_url, DOMAIN_API_ENDPOINT=settings.DOMAIN_API_ENDPOINT, **given)) as process:
        yield process


@contextmanager
def trapped_worker(
    environment: Environment, point: str = "", nth: int = 1, *, slack: float = 30, busy: float = 20
) -> Iterator[Running]:
    """A worker at work that stands still at a point from its nth passing on; at none if no point is given."""
    arguments = ["-m", "tests.crash.wrapped_worker", point, str(nth), str(slack), str(busy)]
    with running(arguments, environment) as process:
        process.line()
        yield process


@contextmanager
def sandbox(environment: Environment, state: Path, *options: str) -> Iterator[str]:
    """The sandbox as a process of its own; the value is its address."""
    arguments = ["manage.py", "sandbox", "--port", "0", "--state", str(state), *options]
    with running(arguments, environment) as process:
        yield process.line()
        process.end()
