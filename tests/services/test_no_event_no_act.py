"""An act whose event can't be written does not happen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from pytest_django import Settings

from tests.desk import ACTOR, Clock, ledger_away, open_for
from tests.services.story import Story, answer, carry, whole_story
from verification.aliyun.sandbox import Sandbox
from verification.models import Attempt, Batch, Call, Checkpoint, Event, Lookup, Ride
from verification.services import approve, batches, checkpoints, keeping, lookups
from verification.services.ledger import at_page
from verification.services.recover import lapse_expired
from verification.services.send import Sender
from verification.services.settle import settle

pytestmark = pytest.mark.django_db(transaction=True)


def everything(settings: Settings) -> list[Any]:
    """What acts change: the rows, and the key that signs checkpoints."""
    tables: tuple[Any, ...] = (Batch, Attempt, Call, Ride, Event, Checkpoint)
    # That a question is being asked is no act; what it brings to light is.
    lookups = Lookup.objects.values("pk", "email", "key", "verified", "code", "answered_at", "erased_at")
    rows = [list(found.order_by("pk")) for found in (*(table.objects.values() for table in tables), lookups)]
    key: Path = settings.CHECKPOINT_KEY_FILE
    return [*rows, key.read_bytes() if key.exists() else b""]


Act = Callable[[], object]


@dataclass(frozen=True)
class Desk:
    story: Story
    mei: User
    lena: User
    clock: Clock
    settings: Settings
    new_sender: Callable[[], Sender]

    def open(self, *emails: str) -> Batch:
        return open_for(self.mei, *emails, now=self.clock())

    def waiting(self) -> Batch:
        self.settings.RESEND_APPROVAL_ABOVE = 1
        return self.open("new@example.com", "other@example.com")


def _open(desk: Desk) -> Act:
    return lambda: desk.open("new@example.com")


def _stop(desk: Desk) -> Act:
    return lambda: batches.stop(desk.story.paused.pk, ACTOR, now=desk.clock())


def _resume(desk: Desk) -> Act:
    return lambda: batches.resume(desk.story.paused.pk, ACTOR, now=desk.clock())


def _settle(desk: Desk) -> Act:
    call = carry(desk.open("new@example.com"), desk.clock)
    return lambda: settle(call.pk, answer("new@example.com"), ACTOR, now=desk.clock())


def _answer_late(desk: Desk) -> Act:
    call = desk.story.lapsed.calls.get()
    return lambda: settle(call.pk, answer("fay@example.com"), ACTOR, now=desk.clock())


def _lapse(desk: Desk) -> Act:
    carry(desk.open("new@example.com"), desk.clock)
    return lambda: lapse_expired(ACTOR, desk.clock.move(minutes=5))


def _judge(desk: Desk) -> Act:
    return _ask(desk, desk.story.lapsed.attempts.order_by("position")[1])


def _look_up(desk: Desk) -> Act:
    return _ask(desk, desk.story.answered.attempts.order_by("position")[0])


def _ask(desk: Desk, attempt: Attempt) -> Act:
    lookups.ask(email=attempt.email, key=attempt.key, person=desk.mei, now=desk.clock())

    def ask() -> None:
        desk.clock.move(minutes=5)  # A question whose answer got lost is asked again when its lease is over.
        assert lookups.work_once(desk.new_sender())

    return ask


def _approve(desk: Desk) -> Act:
    batch = desk.waiting()
    return lambda: approve.approve(batch.pk, at_page(desk.lena, None), now=desk.clock())


def _reject(desk: Desk) -> Act:
    batch = desk.waiting()
    return lambda: approve.reject(batch.pk, at_page(desk.lena, None), note="No", now=desk.clock())


def _erase(desk: Desk) -> Act:
    found = keeping.find_address("gil@example.com", "gil@example.com")
    return lambda: keeping.erase(found, ACTOR, desk.clock())


def _prune(desk: Desk) -> Act:
    [found, *_] = keeping.find_older(desk.clock())
    return lambda: keeping.prune(found, ACTOR, desk.clock())


def _change_key(desk: Desk) -> Act:
    checkpoints.make_checkpoint(ACTOR.name, desk.clock())
    return lambda: checkpoints.change_key(ACTOR, desk.clock())


ACTS = (
    _open, _stop, _resume, _settle, _answer_late, _lapse, _judge, _look_up, _approve, _reject, _erase, _prune,
    _change_key,
)  # fmt: skip


@pytest.fixture
def desk(
    mei: User,
    lena: User,
    clock: Clock,
    settings: Settings,
    tmp_path: Path,
    sandbox: Sandbox,
    new_sender: Callable[[], Sender],
) -> Desk:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    return Desk(whole_story(mei, lena, clock), mei, lena, clock, settings, new_sender)


@pytest.mark.parametrize("act_of", ACTS, ids=lambda act_of: act_of.__name__.strip("_"))
def test_without_its_event_an_act_does_not_happen(desk: Desk, act_of: Callable[[Desk], Act]) -> None:
    act = act_of(desk)
    before = everything(desk.settings)
    with ledger_away(), pytest.raises(DatabaseError, match="away"):
        act()

    assert everything(desk.settings) == before

    act()
    assert everything(desk.settings) != before
