"""What stands beside the chain, where nobody numbers, is named: it must not speak for the record."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from tests.services.administrator import change, copy, unhindered
from tests.services.story import Story
from verification.models import Checkpoint, Event, EventName, Head, Lookup
from verification.services.checkpoints import make_checkpoint

from .finding import LATER, broken, first

CHECKS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"

pytestmark = pytest.mark.django_db(transaction=True)


def put_in(number: int, name: EventName, details: dict[str, Any], **columns: Any) -> None:
    """An event under a number that the chain doesn't have."""
    forged = Event.objects.earliest("sequence")
    vars(forged).update({"sequence": number, "name": name, "details": details, "call_id": None, **columns})
    _insert(forged)


def _insert(row: Any) -> None:
    with unhindered(), _unchecked(row._meta.db_table):
        row.save(force_insert=True)


@contextmanager
def _unchecked(table: str) -> Iterator[None]:
    """Without the table's checks, as who administers the database can; SQLite has put them off already."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(CHECKS, [table])
        checks = cursor.fetchall()
        for name, _ in checks:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        for name, check in checks:
            # What was put in meanwhile is not looked at.
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {check.removesuffix(' NOT VALID')} NOT VALID")


@pytest.mark.parametrize("number", [0, -1])
def test_an_erasure_told_by_an_event_before_the_first_is_no_erasure(story: Story, number: int) -> None:
    wrong = first(story.answered).pk
    put_in(number, EventName.ADDRESS_ERASED, {"erased": {"attempts": [[wrong, wrong]]}})
    emptied = dict.fromkeys(("email", "key", "domain", "message", "salt", "fingerprint"), "")
    change("attempt", wrong, **emptied, erased_at=LATER)

    assert broken() == ("event", number)


def test_a_lookup_told_by_an_event_before_the_first_is_not_told(story: Story) -> None:
    copy("lookup", Lookup.objects.latest("pk").pk)
    put_in(0, EventName.LOOKUP_ENDED, {})

    assert broken() == ("event", 0)


def test_a_second_head_is_named(story: Story) -> None:
    _insert(Head(pk=0, sequence=1_000, hash="0" * 64))

    assert broken() == ("head", 0)


def test_a_checkpoint_before_the_first_is_named(story: Story, settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    made = make_checkpoint("tests", LATER)
    assert made
    _insert(Checkpoint(number=0, made_at=LATER, made_by="x", sequence=made.sequence, document=made.document))

    assert broken() == ("checkpoint", 0)


def test_the_time_of_a_checkpoint_is_the_one_that_was_signed(story: Story, settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    assert make_checkpoint("tests", LATER)
    change("checkpoint", 1, made_at=LATER + timedelta(days=1))

    assert broken() == ("checkpoint", 1)
