"""`erase_address` and `prune_history`: say first, ask, do, and leave a record that still proves itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock, open_for, person
from verification.aliyun.errors import AddressRefused
from verification.models import Attempt, Event, EventName, database_now
from verification.services import batches
from verification.services.opening import open_call
from verification.services.settle import settle

pytestmark = pytest.mark.django_db
EMAIL = "holder@example.com"


@pytest.fixture
def run() -> Callable[..., str]:
    def ran(*arguments: str) -> str:
        out = StringIO()
        call_command(*arguments, stdout=out)
        return out.getvalue()

    return ran


def stopped(email: str = EMAIL) -> Attempt:
    batch = open_for(person("mei"), email, now=NOON)
    batches.stop(batch.pk, ACTOR, now=NOON)
    return batch.attempts.get()


@pytest.mark.django_db(transaction=True)
def test_it_tells_what_goes_and_erases(run: Callable[..., str]) -> None:
    attempt = stopped()

    said = run("erase_address", "Holder@EXAMPLE.com", "--yes", "--user", "mei")

    attempt.refresh_from_db()
    assert attempt.email == ""
    assert "attempts" in said and said.endswith("Erased.\n")
    assert EMAIL not in said.lower()
    assert Event.objects.latest("sequence").actor_name == "shell:mei"


def on_disk() -> bytes:
    """All bytes that SQLite keeps: the database and, where there is one, its log."""
    database = Path(connection.settings_dict["NAME"])
    return b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))


@pytest.mark.django_db(transaction=True)
def test_sqlites_files_hold_no_byte_of_an_erased_address(run: Callable[..., str]) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL's own files are no business of the desk.
    typed, key = "Erased.Wong@例子.中国", "erased.wong@xn--fsqu00a.xn--fiqs8s"
    who = person("mei")
    for day in range(20):
        # Rows that grow are moved within the file, and what they leave behind is free.
        batch = open_for(who, f"{day}@example.com", typed, now=NOON + timedelta(days=day), reason=f"{typed} calls")
        errand = open_call(worker="w", clock=Clock(), batch=batch)
        settle(errand.call.pk, AddressRefused("ParameterIllegal", f"{key} is illegal", "R", 400), ACTOR, now=NOON)
        batches.stop(batch.pk, ACTOR, now=NOON)
    assert key.encode() in on_disk()

    run("erase_address", typed, "--yes")

    for spelling in (typed, key):
        assert spelling.encode() not in on_disk()
    # Not every SQLite does so by itself.
    assert "secure_delete=ON" in connection.settings_dict["OPTIONS"]["init_command"]


@contextmanager
def somebody_reading() -> Iterator[None]:
    reader = connection.copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM verification_attempt")
            yield
    finally:
        reader.close()


@pytest.fixture
def impatient(transactional_db: None) -> Iterator[None]:
    """A connection that doesn't wait for who reads."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
    yield
    connection.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("command", "nothing"),
    [
        (("erase_address", EMAIL), "The address is nowhere in the record.\n"),
        (("prune_history", "--before", "2026-04-01"), "Nothing to prune before 2026-04-01T00:00:00+00:00.\n"),
    ],
)
def test_bytes_that_stay_in_sqlites_log_are_not_called_gone_however_often_it_is_asked(
    command: tuple[str, ...], nothing: str, run: Callable[..., str]
) -> None:
    attempt = stopped()
    only_sqlite_keeps_them = connection.vendor == "sqlite"

    with somebody_reading():
        for _ in range(2):
            if only_sqlite_keeps_them:
                with pytest.raises(CommandError, match="may still lie in SQLite's log") as raised:
                    run(*command, "--yes")
                assert raised.value.returncode == 1
            else:
                run(*command, "--yes")
            attempt.refresh_from_db()
            assert attempt.email == ""

    assert run(*command, "--yes") == nothing
    assert not only_sqlite_keeps_them or EMAIL.encode() not in on_disk()


class Hesitating(StringIO):
    """Somebody at a terminal; while they think it over, the address is asked for once more and stopped."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        batch = open_for(User.objects.get(), EMAIL, now=NOON)
        batches.stop(batch.pk, ACTOR, now=NOON)
        return "yes\n"


@pytest.mark.django_db(transaction=True)
def test_what_came_while_the_question_stood_is_erased_too(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped()
    monkeypatch.setattr("sys.stdin", Hesitating())

    assert run("erase_address", EMAIL).endswith("Erased.\n")

    assert list(Attempt.objects.values_list("email", flat=True)) == ["", ""]


def test_without_a_yes_and_nobody_to_ask_nothing_is_erased(run: Callable[..., str]) -> None:
    attempt = stopped()

    for command in (["erase_address", EMAIL], ["prune_history", "--before", "2026-04-01"]):
        with pytest.raises(CommandError, match="--yes") as refused:
            run(*command)
        assert refused.value.returncode == 2

    attempt.refresh_from_db()
    assert attempt.email == EMAIL
    assert not Event.objects.filter(name__in=(EventName.ADDRESS_ERASED, EventName.HISTORY_PRUNED)).exists()


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_nowhere_leaves_no_event(run: Callable[..., str]) -> None:
    assert run("erase_address", EMAIL, "--yes") == "The address is nowhere in the record.\n"
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["erase_address", "nobody", "--yes"], 2, "no @"),
        (["erase_address", EMAIL, "--yes", "--user", "nemo"], 2, "no active person"),
        (["erase_address", EMAIL, "--yes"], 1, "still open"),
        (["prune_history", "--yes"], 2, "RESEND_KEEP_DAYS"),
        (["prune_history", "--yes", "--before", "soon"], 2, "not a day"),
        (["prune_history", "--yes", "--before", "2999-01-01"], 2, "future"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], code: int, said: str, run: Callable[..., str]) -> None:
    open_for(person("mei"), EMAIL)

    with pytest.raises(CommandError, match=said) as refused:
        run(*arguments)

    assert refused.value.returncode == code
    assert Attempt.objects.get().email == EMAIL


@pytest.mark.django_db(transaction=True)
def test_the_retention_of_the_settings_decides_where_no_day_is_named(
    run: Callable[..., str], settings: Settings
) -> None:
    settings.RESEND_KEEP_DAYS = 30
    who = person("mei")
    for days in (40, 20):
        batch = open_for(who, f"{days}@example.com", now=database_now() - timedelta(days=days))
        batches.stop(batch.pk, ACTOR, now=database_now())

    assert run("prune_history", "--yes").endswith("Pruned.\n")

    assert [row.email for row in Attempt.objects.order_by("pk")] == ["", "20@example.com"]
    assert run("prune_history", "--yes").startswith("Nothing to prune")
