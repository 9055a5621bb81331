"""`make run`: the whole desk on this machine, with the sandbox in the place of the provider.

Web server, worker and sandbox run as processes of their own; Ctrl-C or closing the terminal ends them all. Everything
it keeps lies in `var/demo`, so nothing of a real desk's database is ever touched.
"""

import fcntl
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .processes import ROOT, EndedByItself, Process, end_all, fail_if_ended, interrupt_at_endings, start, watch

HOME = ROOT / "var" / "demo"
HOST = "127.0.0.1"
START_SECONDS = 30

# Of the caller's environment a process needs no more than this.
CALLERS = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")


class DemoError(Exception):
    """Something that the person at the keyboard can mend; the message says how."""


def main() -> int:
    """Run until interrupted; returns the exit code."""
    interrupt_at_endings()
    try:
        with _only_one():
            _run(_port(), _environment())
    except (DemoError, EndedByItself) as error:
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
        watch(running)
    except KeyboardInterrupt:
        # The terminal may be what has gone.
        with suppress(OSError):
            print("\nEnding …", flush=True)
    finally:
        end_all(running)


def _prepare(environment: dict[str, str], running: dict[str, Process]) -> None:
    seed = ["seed_demo", "--folder", str(HOME)]
    for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"], seed):
        running["preparation"] = _manage(*command, environment=environment)
        if running["preparation"].wait():
            raise DemoError(f"`manage.py {command[0]}` failed; what it said stands above.")
    del running["preparation"]


def _manage(*arguments: str, environment: dict[str, str], output: int | None = None) -> Process:
    return start([sys.executable, str(ROOT / "manage.py"), *arguments], environment, output)


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
    return start(
        [*gunicorn, "--worker-class", "gthread", "--workers", "2", "--threads", "4", *quiet],
        environment,
        None,
    )


def _wait_until_ready(port: int, running: dict[str, Process]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        fail_if_ended(running)
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


if __name__ == "__main__":
    sys.exit(main())
