"""`make run`: the whole desk on this machine, with the sandbox in the place of the provider.

Web server, worker and sandbox run as processes of their own; Ctrl-C or closing the terminal ends them all. Everything
it keeps lies in `var/demo`, so nothing of a real desk's database is ever touched.
"""

import ctypes
import fcntl
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "demo"
HOST = "127.0.0.1"
START_SECONDS = 30
# A worker finishes its calls in hand: one deadline, and a little for the record.
STOP_SECONDS = 25

# Of the caller's environment a process needs no more than this.
CALLERS = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Process = subprocess.Popen[str]
# Linux alone ends a process together with the one that started it, even if that one is killed.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class DemoError(Exception):
    """Something that the person at the keyboard can mend; the message says how."""


def main() -> int:
    """Run until interrupted; returns the exit code."""
    for number in ENDINGS:
        # Under nohup it outlives its terminal.
        if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN):
            signal.signal(number, _interrupt)
    try:
        with _only_one():
            _run(_port(), _environment())
    except DemoError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


@contextmanager
def _only_one() -> Iterator[None]:
    """Keep others out of the folder: two would share a database and a sandbox's state."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DemoError(f"this folder's desk is running already (process {lock.read()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise DemoError(f"PORT={text} is not a port number.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            raise DemoError(
                f"port {text} on {HOST} is taken ({error.strerror}). Try another: PORT=8001 make run"
            ) from None
    return int(text)


def _environment() -> dict[str, str]:
    """A complete configuration of its own; of the caller's only what a process needs to run."""
    kept = {name: os.environ[name] for name in CALLERS if name in os.environ}
    return kept | {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": _secret("secret-key"),
        "LEDGER_KEY": _secret("ledger-key"),
        "CHECKPOINT_DIR": str(HOME / "checkpoints"),
        "CHECKPOINT_KEY_FILE": str(HOME / "checkpoint-key.pem"),
        "DATABASE_URL": f"sqlite:///{HOME / 'desk.sqlite3'}",
        "HTTPS_ONLY": "false",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "sandbox-key-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "sandbox-key-secret",
        "PYTHONUNBUFFERED": "1",
    }


def _secret(name: str) -> str:
    kept = HOME / name
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


def _run(port: int, environment: dict[str, str]) -> None:
    running: dict[str, Process] = {}
    try:
        _prepare(environment, running)
        address = _start_sandbox(environment, running)
        environment["DOMAIN_API_ENDPOINT"] = address
        _write_shell_settings(environment)
        running["worker"] = _manage("worker", environment=environment, output=subprocess.DEVNULL)
        running["web server"] = _start_web(port, environment)
        _wait_until_ready(port, running)
        _welcome(port, address)
        _watch(running)
    except KeyboardInterrupt:
        # The terminal may be what has gone.
        with suppress(OSError):
            print("\nEnding …", flush=True)
    finally:
        _end(running)


def _interrupt(*_: object) -> None:
    _end_only_once()
    raise KeyboardInterrupt


def _end_only_once() -> None:
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _prepare(environment: dict[str, str], running: dict[str, Process]) -> None:
    seed = ["seed_demo", "--folder", str(HOME)]
    for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"], seed):
        running["preparation"] = _manage(*command, environment=environment)
        if running["preparation"].wait():
            raise DemoError(f"`manage.py {command[0]}` failed; what it said stands above.")
    del running["preparation"]


def _manage(*arguments: str, environment: dict[str, str], output: int | None = None) -> Process:
    return _start([sys.executable, str(ROOT / "manage.py"), *arguments], environment, output)


def _start(command: list[str], environment: dict[str, str], output: int | None) -> Process:
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


def _start_sandbox(environment: dict[str, str], running: dict[str, Process]) -> str:
    state = str(HOME / "sandbox.sqlite3")
    process = running["sandbox"] = _manage(
        "sandbox", "--port", "0", "--state", state, environment=environment, output=subprocess.PIPE
    )
    assert process.stdout
    address = process.stdout.readline().strip()
    if not address.startswith("http://"):
        raise DemoError("the sandbox didn't start; what it said stands above.")
    return address


def _start_web(port: int, environment: dict[str, str]) -> Process:
    config = str(ROOT / "dashboard" / "gunicorn.py")
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", config, "dashboard.wsgi", "--bind", f"{HOST}:{port}"]
    quiet = ["--log-level", "warning", "--access-logfile", os.devnull]
    return _start(
        [*gunicorn, "--worker-class", "gthread", "--workers", "2", "--threads", "4", *quiet],
        environment,
        None,
    )


def _wait_until_ready(port: int, running: dict[str, Process]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        _fail_if_ended(running)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise DemoError("the web server didn't become ready.")


def _write_shell_settings(environment: dict[str, str]) -> None:
    """What `manage.py resend` and the other commands need to work on this desk: `set -a; . var/demo/env; set +a`."""
    ours = {name: value for name, value in environment.items() if name not in CALLERS}
    kept = HOME / "env"
    kept.touch(mode=0o600)
    kept.write_text("".join(f"{name}='{value}'\n" for name, value in sorted(ours.items())))


def _welcome(port: int, sandbox: str) -> None:
    people = json.loads((HOME / "people.json").read_text())
    lines = [f"  {person['role']:<14} {person['name']:<8} {person['password']}" for person in people]
    print(
        f"\nResend Desk is open:  http://{HOST}:{port}\n\n"
        f"Sign in as\n" + "\n".join(lines) + "\n\n"
        f"Nothing leaves this machine: the sandbox stands in for the Domain API.\n"
        f"The mails it “sends”:  {sandbox}\n"
        f"Ctrl-C ends everything.",
        flush=True,
    )


def _watch(running: dict[str, Process]) -> None:
    while True:
        _fail_if_ended(running)
        time.sleep(0.5)


def _fail_if_ended(running: dict[str, Process]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise DemoError(f"the {name} ended by itself (exit code {process.returncode}).")


def _end(running: dict[str, Process]) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
