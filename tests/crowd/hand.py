"""One process of the crowd: `python -m tests.crowd.hand NUMBER OF SECONDS` does whatever a desk does, at random.

It ends with one line of JSON: which events it must have left, by their names, and what went wrong.
"""
# ruff: noqa: E402

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from tests.crowd.gather import LEAST_EVENTS, name_of
from tests.desk import addresses, open_for
from tests.services.story import answer
from verification.aliyun.errors import AddressRefused, NoAnswer, SetupRefused, Throttled
from verification.models import Attempt, Batch, BatchState, EventName, Lookup, LookupState, database_now
from verification.services import batches, doors, verdicts
from verification.services.approve import NotWaiting, OwnBatch, approve, reject
from verification.services.checkpoints import make_checkpoint
from verification.services.ledger import at_page
from verification.services.opening import Errand, open_call
from verification.services.outcomes import Result
from verification.services.recover import lapse_expired
from verification.services.settle import settle

SHARED = addresses(300, "shared")
LONG_AGO = timedelta(hours=1)


class Hand:
    """`told` counts the events that its acts must have left."""

    def __init__(self, number: int, of: int) -> None:
        self.chance = random.Random(number)
        self.others = [name_of(other) for other in range(of) if other != number]
        self.person = User.objects.get(username=name_of(number))
        self.actor = at_page(self.person, None)
        self.told: Counter[str] = Counter()
        self.lost: list[Errand] = []

    def act(self) -> None:
        acts: list[tuple[Callable[[], None], int]] = [
            (self.open, 8),
            (self.carry, 30),
            (self.lose, 4),
            (self.lapse, 3),
            (self.answer_late, 3),
            (self.stop, 1),
            (self.resume, 6),
            (self.decide, 4),
            (self.judge, 3),
            (self.sign_in, 8),
            (self.sign, 1),
        ]
        [act] = self.chance.choices([one for one, _ in acts], [weight for _, weight in acts])
        act()

    def open(self) -> None:
        emails = self.chance.sample(SHARED, self.chance.choice((1, 3, 10, 40)))
        open_for(self.person, *emails)
        self.told[EventName.BATCH_OPENED] += 1

    def carry(self) -> None:
        if errand := open_call(worker=self.person.username, clock=database_now):
            self._settle(errand)

    def lose(self) -> None:
        """Open a call whose lease is over at once, and leave it for others to find."""
        if errand := open_call(worker=self.person.username, clock=lambda: database_now() - LONG_AGO):
            self.lost.append(errand)

    def lapse(self) -> None:
        self.told[EventName.CALL_LAPSED] += lapse_expired(self.actor, database_now())

    def answer_late(self) -> None:
        if self.lost:
            self._settle(self.lost.pop(self.chance.randrange(len(self.lost))))

    def _settle(self, errand: Errand) -> None:
        settle(errand.call.pk, self._result(errand), self.actor, now=database_now())
        self.told[EventName.CALL_SETTLED] += 1

    def _result(self, errand: Errand) -> Result:
        yes = errand.emails[: self.chance.randrange(len(errand.emails) + 1)]
        results: list[tuple[Result, int]] = [
            (answer(*yes, refused=errand.emails[len(yes) + 1 :]), 40),
            (Throttled("Throttling"), 3),
            (NoAnswer("reset"), 3),
            (SetupRefused("Forbidden"), 1),
            (AddressRefused("Illegal"), 3),
        ]
        return self.chance.choices([result for result, _ in results], [weight for _, weight in results])[0]

    def stop(self) -> None:
        if (batch := self._one_of(Batch.objects.open())) and batch.state != BatchState.WAITING:
            stopped = batches.stop(batch.pk, self.actor, now=database_now())
            self.told[EventName.BATCH_STOPPED] += stopped is not None

    def resume(self) -> None:
        if batch := self._one_of(Batch.objects.filter(state=BatchState.PAUSED)):
            resumed = batches.resume(batch.pk, self.actor, now=database_now())
            self.told[EventName.BATCH_RESUMED] += resumed

    def decide(self) -> None:
        waiting = Batch.objects.filter(state=BatchState.WAITING)
        if not (batch := self._one_of(waiting)):
            return
        try:
            if self.chance.random() < 0.8:
                approve(batch.pk, self.actor, now=database_now())
                self.told[EventName.BATCH_APPROVED] += 1
            else:
                reject(batch.pk, self.actor, note="Not these", now=database_now())
                self.told[EventName.BATCH_REJECTED] += 1
        except (OwnBatch, NotWaiting):
            pass

    def judge(self) -> None:
        if not (attempt := self._one_of(Attempt.objects.undecided())):
            return
        now = database_now()
        about = {"email": attempt.email, "key": attempt.key, "created_at": now, "due_at": now, "answered_at": now}
        with transaction.atomic():
            lookup = Lookup.objects.create(state=LookupState.ANSWERED, verified=self.chance.random() < 0.5, **about)
            verdicts.apply(lookup, self.actor, now, asked_at=now)

    def sign_in(self) -> None:
        doors.signed_in(self.actor, database_now())
        self.told[EventName.PERSON_SIGNED_IN] += 1

    def sign(self) -> None:
        make_checkpoint(self.actor.name, database_now())

    def _one_of(self, rows: QuerySet[Any]) -> Any:
        """One of the first few, so that several processes reach for the same; None if there is none."""
        return self.chance.choice(list(rows.order_by("pk")[:5]) or [None])


def main(number: int, of: int, seconds: float) -> None:
    hand, faults = Hand(number, of), Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end or hand.told.total() < LEAST_EVENTS:
        try:
            hand.act()
        except DatabaseError as error:
            faults[f"{type(error).__name__}: {str(error).splitlines()[0]}"] += 1
    print(json.dumps({"told": hand.told, "faults": faults}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
