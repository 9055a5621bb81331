"""An act whose event can't be written does not happen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from tests.desk import ACTOR, Clock, open_for
from tests.services.story import Story, answer, carry, look_up, whole_story
from verification.models import Attempt, Batch, Call, Event, Lookup, Ride
from verification.services import approve, batches, keeping
from verification.services.ledger import at_page
from verification.services.recover import lapse_expired
from verification.services.settle import settle

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def ledger_away() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE verification_head RENAME TO away")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE away RENAME TO verification_head")


def everything() -> list[list[dict[str, Any]]]:
    tables: tuple[Any, ...] = (Batch, Attempt, Call, Ride, Lookup, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


Act = Callable[[], object]


@dataclass(frozen=True)
class Desk:
    story: Story
    mei: User
    lena: User
    clock: Clock
    settings: Settings

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
    def judge() -> None:
        with transaction.atomic():
            look_up(desk.story.lapsed.attempts.order_by("position")[1], desk.clock, verified=True)

    return judge


def _approve(desk: Desk) -> Act:
    batch = desk.waiting()
    return lambda: approve.approve(batch.pk, at_page(desk.lena, None), now=desk.clock())


def _reject(desk: Desk) -> Act:
    batch = desk.waiting()
    return lambda: approve.reject(batch.pk, at_page(desk.lena, None), note="No", now=desk.clock())


def _erase(desk: Desk) -> Act:
    found = keeping.find_address("gil@example.com", "gil@example.com")
    return lambda: keeping.erase(found, ACTOR, desk.clock())


@pytest.mark.parametrize(
    "act_of",
    [_open, _stop, _resume, _settle, _answer_late, _lapse, _judge, _approve, _reject, _erase],
    ids=lambda act_of: act_of.__name__.strip("_"),
)
def test_without_its_event_an_act_does_not_happen(
    mei: User, lena: User, clock: Clock, settings: Settings, act_of: Callable[[Desk], Act]
) -> None:
    act = act_of(Desk(whole_story(mei, lena, clock), mei, lena, clock, settings))
    before = everything()
    with ledger_away(), pytest.raises(DatabaseError):
        act()

    assert everything() == before

    act()
    assert everything() != before
