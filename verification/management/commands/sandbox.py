import errno
import signal
import sqlite3
import threading
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from verification.aliyun.sandbox import Dates, Options, Sandbox, SandboxServer, Shape, parse_zone
from verification.aliyun.signing import Credentials

Value = TypeVar("Value")


class Command(BaseCommand):
    """Runs the sandbox until SIGTERM or SIGINT. It needs no database and no migrations."""

    help = "Runs a local stand-in for the Domain API, for development and demonstration. No mail leaves it."
    requires_system_checks = []
    requires_migrations_checks = False

    def run_from_argv(self, argv: list[str]) -> None:
        """Join ``--zone`` with its value: the parser would take ``-05:00`` for an option."""
        if "--zone" in argv[:-1]:
            at = argv.index("--zone")
            argv = [*argv[:at], f"--zone={argv[at + 1]}", *argv[at + 2 :]]
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--port", type=_read(_port), default=9180, help=_("default 9180; 0 takes any free port"))
        add("--state", type=Path, metavar="FILE", help=_("keeps everything over restarts"))
        add("--strict", action="store_true", help=_("refuses an address that was never submitted"))
        add("--quota", type=int, default=5, metavar="N", help=_("mails per address in 24 hours, default 5"))
        add("--zone", type=_read(parse_zone), default="+08:00", help=_("zone of times, default +08:00"))
        add("--dates", type=Dates, choices=list(Dates), default=Dates.NEW, help=_("form of times"))
        add("--shape", type=Shape, choices=list(Shape), help=_("form of answers; default: as asked for"))
        add("--rate", type=float, default=0.0, metavar="N", help=_("calls per second; 0: no limit"))
        add("--latency", type=float, default=0.0, metavar="MS", help=_("milliseconds before each answer"))
        add("--slow", type=float, default=25.0, metavar="S", help=_("seconds that slow addresses take"))
        add("--deny", action="append", default=[], metavar="ACTION", help=_("permission that is missing"))
        add("--token", metavar="TOKEN", help=_("makes the key temporary: calls must carry the token"))
        add("--token-seconds", type=float, metavar="S", help=_("lifetime of the token; default: for ever"))

    def handle(self, *args: Any, **given: Any) -> None:
        """Serve until a signal comes. Raises CommandError for wrong values, a bad file or a taken port."""
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        server = SandboxServer(_sandbox(given), port=given["port"])
        try:
            server.start()
        except OSError as error:
            raise CommandError(_not_listening(given["port"], error)) from error
        self.stdout.write(server.url)
        self.stdout.flush()
        ended.wait()
        server.close()


def _sandbox(given: dict[str, Any]) -> Sandbox:
    try:
        return Sandbox(_options(given))
    except ValueError as error:
        raise CommandError(str(error)) from error
    except sqlite3.Error as error:
        message = _("The state file %(file)s can't be opened as a database: %(reason)s.")
        raise CommandError(message % {"file": given["state"], "reason": error}) from error


def _options(given: dict[str, Any]) -> Options:
    lifetime = given["token_seconds"]
    return Options(
        credentials=Credentials(
            settings.ALIBABA_CLOUD_ACCESS_KEY_ID or "sandbox-key-id",
            settings.ALIBABA_CLOUD_ACCESS_KEY_SECRET or "sandbox-key-secret",
            given["token"] or settings.ALIBABA_CLOUD_SECURITY_TOKEN,
        ),
        token_expires=None if lifetime is None else datetime.now(UTC) + timedelta(seconds=lifetime),
        latency=given["latency"] / 1000,
        deny=frozenset(given["deny"]),
        **{name: given[name] for name in ("state", "strict", "quota", "zone", "dates", "shape", "rate", "slow")},
    )


def _read(convert: Callable[[str], Value]) -> Callable[[str], Value]:
    """Let the parser print the sentence of a ValueError instead of one of its own."""

    def read(text: str) -> Value:
        try:
            return convert(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from error

    return read


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise ValueError(_("A port is a number from 0 to 65535."))
    return int(text)


def _not_listening(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        message = _("Port %(port)s is taken by another program; end that one or choose a port with --port.")
        return message % {"port": port}
    return _("Port %(port)s can't be listened on: %(reason)s.") % {"port": port, "reason": error.strerror}
