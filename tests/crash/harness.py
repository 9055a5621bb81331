"""Kill workers while they send, again and again, then see whether the desk has kept its promise.

Three workers at a time carry batches to a sandbox. Each of them dies by SIGKILL: held at a named point, or at some
instant. Two of the product's own workers, untouched, then bring to an end what is left.
"""

import random
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

from django.contrib.auth.models import User

from tests.crash.findings import Findings, compare
from tests.crash.points import POINTS
from tests.crash.processes import Environment, environment, sandbox, trapped_worker, wait_until, worker
from tests.desk import ACTOR, open_for, person
from verification.models import Attempt, Batch, BatchState, database_now
from verification.services import batches

SOME_INSTANT = "some instant"
FATES = (*POINTS, SOME_INSTANT)
WORKERS_AT_A_TIME, SURVIVORS = 3, 2
SLACK_SECONDS = 0.5
SANDBOX = ("--rate", "40", "--latency", "20", "--slow", "3")
SETTINGS = {
    "RESEND_ADDRESSES_PER_CALL": 6,
    "RESEND_CALLS_PER_SECOND": 0,
    "RESEND_PARALLEL_CALLS": 2,
    "RESEND_CONNECT_TIMEOUT": 0.5,
    "RESEND_READ_TIMEOUT": 1.0,
}
# Local parts that bring trouble, and how many of a thousand addresses have each.
TROUBLES = {"slow-after": 4, "cut": 8, "omitted": 10, "illegal": 15, "busy": 8, "refused": 15, "html": 4}
BATCH_SIZE, ENOUGH_QUEUED = 40, 160


@dataclass(frozen=True)
class Report:
    kills: dict[str, int]
    findings: Findings


def kill_workers(each: int, *, database_url: str, folder: Path, seed: int) -> Report:
    """Kill as many workers at each point, and as many at some instant; `folder` is for the sandbox's state.

    The database must be empty and be the one that this process works with.
    """
    chance = random.Random(seed)
    state = folder / "sandbox.sqlite3"
    with sandbox(environment(database_url), state, *SANDBOX) as endpoint:
        run = _Run(chance, environment(database_url, DOMAIN_API_ENDPOINT=endpoint, **SETTINGS))
        run.kill([*FATES] * each)
        run.finish()
    return Report(dict(run.kills), compare(run.asked, state))


class _Run:
    def __init__(self, chance: random.Random, environment: Environment) -> None:
        self.kills: Counter[str] = Counter()
        self.asked: list[str] = []
        self._chance = chance
        self._environment = environment
        self._mei: User = person("mei")

    def kill(self, fates: list[str]) -> None:
        """Start a worker for each fate, a few at a time, and give them work until the last has met it."""
        self._chance.shuffle(fates)
        waiting: Queue[tuple[str, float]] = Queue()
        for fate in fates:
            waiting.put((fate, self._chance.random()))
        with ThreadPoolExecutor(WORKERS_AT_A_TIME) as pool:
            slots = [pool.submit(self._kill_one_by_one, waiting) for _ in range(WORKERS_AT_A_TIME)]
            self._keep_busy(slots)
        for slot in slots:
            self.kills.update(slot.result())

    def _kill_one_by_one(self, waiting: "Queue[tuple[str, float]]") -> Counter[str]:
        killed: Counter[str] = Counter()
        while True:
            try:
                fate, luck = waiting.get_nowait()
            except Empty:
                return killed
            self._kill_one(fate, luck)
            killed[fate] += 1

    def _kill_one(self, fate: str, luck: float) -> None:
        """`luck`, from 0 to 1, decides which passing of the point is the last, and how long after it the end comes."""
        named = fate in POINTS
        nth = 1 + int(luck * 4)
        with trapped_worker(self._environment, fate if named else "", nth, slack=SLACK_SECONDS) as doomed:
            if named and doomed.line() != fate:
                raise RuntimeError("The worker was held at another point.")
            # A request on the wire is somewhere in the sandbox by then; at other points nothing moves meanwhile.
            time.sleep(luck * (0.05 if named else 1.5))
            doomed.kill()

    def _keep_busy(self, slots: "list[Future[Counter[str]]]") -> None:
        while not all(slot.done() for slot in slots):
            self._resume_paused()
            if Attempt.objects.queued().filter(batch__state=BatchState.RUNNING).count() < ENOUGH_QUEUED:
                self._open_batch()
            time.sleep(0.1)

    def _open_batch(self) -> None:
        emails = [f"{self._word()}{len(self.asked) + number}@example.com" for number in range(BATCH_SIZE)]
        open_for(self._mei, *emails)
        self.asked += emails

    def _word(self) -> str:
        words = [*TROUBLES, "holder"]
        return self._chance.choices(words, [*TROUBLES.values(), 1000 - sum(TROUBLES.values())])[0]

    def _resume_paused(self) -> None:
        """Do what a person does with a batch that three unclear answers in a row have paused."""
        for paused in Batch.objects.filter(state=BatchState.PAUSED):
            batches.resume(paused.pk, ACTOR, now=database_now())

    def finish(self) -> None:
        """Let workers that nobody kills bring everything to an end, and end in order themselves."""
        with ExitStack() as stack:
            survivors = [stack.enter_context(worker(self._environment)) for _ in range(SURVIVORS)]
            wait_until(self._nothing_is_open)
            for survivor in survivors:
                survivor.end()

    def _nothing_is_open(self) -> bool:
        self._resume_paused()
        return not Batch.objects.open().exists()
