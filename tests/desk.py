"""Who works at the desk in these tests, and how they ask for a resend."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import QuerySet

from verification import guards
from verification.aliyun.sandbox import Options, Sandbox, SandboxServer
from verification.models import Attempt, Batch, Source, database_now
from verification.services.addresses import read_address
from verification.services.ledger import at_work
from verification.services.paste import Entry
from verification.services.request import Order, open_batch
from verification.services.send import Sender

# Who acts where a test is not about that.
ACTOR = at_work("tests")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

SUPPORT = ("send_batch", "read_history", "see_addresses")
TRAIL = ("read_trail", "export_evidence")
RIGHTS = {
    "mei": SUPPORT,
    "lena": (*SUPPORT, "approve_batch", "stop_any_batch", "override_rules", *TRAIL),
    "aki": ("read_history", "export_history", "reveal_address", *TRAIL),
    "otto": (),
}


def person(name: str) -> User:
    """One of the people, with the rights that their group gives them."""
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS[name]))
    return user


def entries(*texts: str) -> list[Entry]:
    return [Entry(line, read_address(text)) for line, text in enumerate(texts, start=1)]


def addresses(count: int, word: str = "holder") -> list[str]:
    """Distinct ordinary addresses, whose keys sort in their order."""
    return [f"{word}{number:05}@example.com" for number in range(count)]


def order_of(who: User, **changes: Any) -> Order:
    return Order(**{"person": who, "source": Source.PAGE, "reason": "The link has expired", **changes})


def open_for(who: User, *texts: str, now: datetime | None = None, **changes: Any) -> Batch:
    return open_batch(entries(*texts), order_of(who, **changes), now=now or database_now())


def outcomes(batch: Batch) -> dict[str, str]:
    """Status of each address, with the reason where there is one, in the order of the paste."""
    rows = Attempt.objects.filter(batch=batch).order_by("position").values_list("email", "status", "reason")
    return {email: f"{status} {reason}".strip() for email, status, reason in rows}


@contextmanager
def serving(settings: Any, options: Options | None = None, **given: Any) -> Iterator[Sandbox]:
    """A sandbox on a port of its own, configured as the endpoint."""
    with SandboxServer(Sandbox(options, **given)) as server:
        settings.DOMAIN_API_ENDPOINT = server.url
        yield server.sandbox


def mailed(sandbox: Sandbox) -> list[str]:
    """Whom the sandbox has sent a mail to, in order."""
    return [send.email for send in sandbox.sends()]


def work_off(sender: Sender) -> None:
    """Carry calls until none may go."""
    while sender.work_once():
        pass


@contextmanager
def unguarded() -> Iterator[None]:
    """Let a test write a history that no services would."""
    _check_what_is_deferred()
    guards.remove(connection)
    yield
    _check_what_is_deferred()
    guards.install(connection)


@contextmanager
def ledger_away() -> Iterator[None]:
    """No event can be written, whoever tries; all else can."""
    if connection.vendor == "postgresql":
        begin = "ALTER TABLE verification_event ADD CONSTRAINT away CHECK (false) NOT VALID"
        end = "ALTER TABLE verification_event DROP CONSTRAINT away"
    else:
        refuse = "BEGIN SELECT RAISE(ABORT, 'away'); END"
        begin, end = f"CREATE TRIGGER away BEFORE INSERT ON verification_event {refuse}", "DROP TRIGGER away"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(end)


def _check_what_is_deferred() -> None:
    """PostgreSQL alters no table of which a constraint is still to be checked."""
    if connection.vendor == "postgresql":
        connection.check_constraints()


def rewrite(rows: QuerySet[Any], **columns: Any) -> None:
    """Make of rows in one stroke what the services make of them by and by, or never would."""
    with unguarded():
        rows.update(**columns)


class Clock:
    """Stands still until somebody moves it or waits."""

    def __init__(self) -> None:
        self.now = NOON
        self.waits: list[float] = []
        self.stopping = False

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.move(seconds=seconds)
        return self.stopping
