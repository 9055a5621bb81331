"""Processes that end together: with the one that started them, in order, whatever ends it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A worker finishes its calls in hand: one deadline, and a little for the record.
STOP_SECONDS = 25
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Process = subprocess.Popen[str]
# Linux alone ends a process together with the one that started it, even if that one is killed.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class EndedByItself(Exception):
    """A process that was to run on ended; the message says which."""


def interrupt_at_endings() -> None:
    """From now on whatever asks this process to end raises KeyboardInterrupt, once."""
    for number in ENDINGS:
        # Under nohup it outlives its terminal.
        if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN):
            signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    _end_only_once()
    raise KeyboardInterrupt


def _end_only_once() -> None:
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def start(command: list[str], environment: dict[str, str], output: int | None) -> Process:
    """Start a program in the folder of the project, with this environment and nothing else in it."""
    # A session of its own: Ctrl-C reaches this process alone, which then ends the others in order.
    return subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stdout=output,
        text=True,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def watch(running: dict[str, Process]) -> None:
    """Wait for ever. Raises EndedByItself when one of them has ended."""
    while True:
        fail_if_ended(running)
        time.sleep(0.5)


def fail_if_ended(running: dict[str, Process]) -> None:
    """Raises EndedByItself for the first that has ended, by its name."""
    for name, process in running.items():
        if process.poll() is not None:
            raise EndedByItself(f"the {name} ended by itself (exit code {process.returncode}).")


def end_all(running: dict[str, Process]) -> None:
    """Ask all to end, the last first, and wait; what doesn't end in time is killed. From now on nothing interrupts."""
    _end_only_once()
    for process in reversed(running.values()):
        process.terminate()
    end = time.monotonic() + STOP_SECONDS
    for process in running.values():
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            # Its session goes with it, for it can't end its own processes any more.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout:
            process.stdout.close()
