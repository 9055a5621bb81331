"""Let a crowd of processes write at once, then hold what they say they did against the trail."""

import json
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, Max, Min

from tests.crash.processes import environment, running
from verification.models import Attempt, Checkpoint, Event
from verification.services.verify import Broken, verify

SETTINGS = {"RESEND_COOLDOWN_MINUTES": 0, "RESEND_APPROVAL_ABOVE": 30, "RESEND_ADDRESSES_PER_CALL": 7}
# Of each process: on a slow machine the crowd stays longer. What finds nothing to act on leaves no event.
LEAST_EVENTS = 10

Said = dict[str, dict[str, int]]


def name_of(number: int) -> str:
    """The name of a process of the crowd, and of the person as whom it acts."""
    return f"hand{number}"


@dataclass(frozen=True)
class Report:
    """`problems` are broken promises, in words; there must be none."""

    seconds: float
    events: int
    names: dict[str, int]
    attempts: int
    checkpoints: int
    verified_meanwhile: int
    deadlocks: int
    problems: tuple[str, ...]


def gather(hands: int, seconds: float, *, database_url: str, **settings: object) -> Report:
    """Start so many hands for so many seconds. The database must be empty and the one that this process works with."""
    for number in range(hands):
        User.objects.create_user(name_of(number))
    given = environment(database_url, **SETTINGS, **settings)
    start = time.monotonic()
    with ExitStack() as stack:
        arguments = ["-m", "tests.crowd.hand"]
        crowd = [
            stack.enter_context(running([*arguments, str(number), str(hands), str(seconds)], given))
            for number in range(hands)
        ]
        looks = stack.enter_context(_Looks())
        said = [json.loads(process.line()) for process in crowd]
    took = time.monotonic() - start
    problems = looks.problems + _faults(said) + _lost(said) + _gaps() + _broken()
    return Report(
        seconds=took,
        events=Event.objects.count(),
        names=dict(Counter(Event.objects.values_list("name", flat=True))),
        attempts=Attempt.objects.count(),
        checkpoints=Checkpoint.objects.count(),
        verified_meanwhile=looks.whole,
        deadlocks=_deadlocks(),
        problems=tuple(problems),
    )


class _Looks(threading.Thread):
    """Verifies again and again while others write; what goes wrong with that is a problem too."""

    def __init__(self) -> None:
        super().__init__(name="looks")
        self._ended = threading.Event()
        self.problems: list[str] = []
        self.whole = 0

    def __enter__(self) -> "_Looks":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._ended.wait(0.5):
                broken = _broken()
                self.problems += [f"while others wrote: {what}" for what in broken]
                self.whole += not broken
        except Exception as error:
            # An exception ends the thread and nothing else.
            self.problems.append(f"no more verified: {type(error).__name__}: {error}")
        finally:
            connection.close()


def _broken() -> list[str]:
    try:
        verify(None)
    except Broken as broken:
        return [str(broken)]
    return []


def _gaps() -> list[str]:
    found = Event.objects.aggregate(first=Min("sequence"), last=Max("sequence"), count=Count("sequence"))
    whole = found["first"] == 1 and found["last"] == found["count"]
    return [] if whole else [f"{found['count']} events are numbered {found['first']} to {found['last']}"]


def _lost(said: list[Said]) -> list[str]:
    """Each process says how often it did what leaves an event of one name."""
    there = Counter(Event.objects.values_list("actor_name", "name"))
    told = [(name_of(number), name, times) for number, one in enumerate(said) for name, times in one["told"].items()]
    return [
        f"{who} did {times} × {name}, on record are {there[who, name]}"
        for who, name, times in told
        if there[who, name] != times
    ]


def _faults(said: list[Said]) -> list[str]:
    return [
        f"{name_of(number)}: {fault} ({times} times)"
        for number, one in enumerate(said)
        for fault, times in one["faults"].items()
    ]


def _deadlocks() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
