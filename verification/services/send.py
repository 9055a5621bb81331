"""Sending: pace, open, call, settle, for one call at a time.

    take a turn ─► wait ─► open_call (commit) ─► the turn is there ─► the wire (no transaction) ─► settle (commit)

The call and its attempts are on record before a byte leaves; whatever happens afterwards ends in the record too.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from ..aliyun.client import DomainClient
from ..aliyun.connections import stopwatch
from ..aliyun.errors import DomainApiError, Throttled
from ..aliyun.results import QueryAnswer, ResendAnswer
from ..models import DATABASE_AWAY, Batch, Call, Clock, Pace, database_now
from . import pace
from .ledger import Actor, at_work
from .opening import Errand, deadline, next_batch, open_call
from .outcomes import Result, Withheld
from .settle import settle

logger = logging.getLogger(__name__)

# Opening takes now longer, now shorter. It begins ahead of the turn, so that calls leave as evenly as turns are given.
HEAD_START = timedelta(milliseconds=200)
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0

Wait = Callable[[float], bool]


class NetworkInTransaction(RuntimeError):
    """A call was about to leave while a database transaction was open."""


@dataclass
class Sender:
    """Carries calls, one at a time; every thread has its own, as it has its own client.

    `wait(seconds)` sleeps and returns True when the sender is asked to stop. `unwritten` is shared by the senders of a
    process: while one of them holds an answer that the database doesn't take, none opens a new call.
    """

    client: DomainClient
    worker: str
    wait: Wait
    clock: Clock = database_now
    unwritten: set[int] = field(default_factory=set)

    @property
    def actor(self) -> Actor:
        """How the trail names this sender."""
        return at_work(self.worker)

    def work_once(self, batch: Batch | None = None) -> bool:
        """Carry one call of any batch, or of the given one, to its recorded outcome. False when there was none."""
        if self.unwritten or next_batch(self.clock(), batch) is None:
            return False
        turn = self.wait_for_turn(HEAD_START)
        if turn is None:
            return False
        # Another hand may have come to hold an answer meanwhile.
        errand = None if self.unwritten else open_call(worker=self.worker, clock=self.clock, batch=batch)
        if errand is None:
            return False
        self._settle(errand, self._carry(errand, turn))
        return True

    def wait_for_turn(self, head_start: timedelta = timedelta()) -> datetime | None:
        """Take a turn, and wait until it is no further off than the head start; None when asked to stop meanwhile.

        Another sender may be told to hold meanwhile; that goes for this one too, and gives it a later turn.
        """
        now = self.clock()
        turn = pace.take_turn(now)
        while turn - head_start > now:
            if self.wait((turn - head_start - now).total_seconds()):
                return None
            now = self.clock()
            if Pace.objects.held(turn).exists():
                turn = pace.take_turn(now)
        return turn

    def _carry(self, errand: Errand, turn: datetime) -> Result:
        """The one place from which a send goes to the wire."""
        if connection.in_atomic_block:
            raise NetworkInTransaction("a call must not leave inside a transaction")
        since = self._start(errand.call, turn)
        if since is None:
            return Withheld()
        try:
            return self.client.resend_email_verification(
                errand.emails,
                nonce=errand.call.nonce,
                lang=errand.call.batch.lang,
                user_client_ip=errand.call.batch.user_client_ip,
                since=since,
            )
        except DomainApiError as error:
            return error

    def _start(self, call: Call, turn: datetime) -> float | None:
        """Wait out the head start; the reading of the stopwatch from which the call's time runs.

        None if it must not leave: asked to stop or to hold, less than a whole deadline of the lease left, or a
        database that can't tell the time. The reading comes first, so that whatever holds this process up
        afterwards counts.
        """
        try:
            since, now = stopwatch(), self.clock()
            if turn > now:
                if self._held_up_until(turn, now):
                    return None
                since, now = stopwatch(), self.clock()
            return since if now + deadline() <= call.lease_until else None
        except DATABASE_AWAY:
            connection.close()
            return None

    def _held_up_until(self, turn: datetime, now: datetime) -> bool:
        """Wait for the turn; True if it isn't ours any more. An open call doesn't wait for another: its lease runs."""
        return self.wait((turn - now).total_seconds()) or Pace.objects.held(turn).exists()

    def _settle(self, errand: Errand, result: Result) -> None:
        """Write the answer down, however long the database takes to accept it.

        Asked to stop, it tries for one more deadline; then the lease makes the attempts unknown.
        """
        pause, last_try = FIRST_PAUSE, None
        try:
            while not self._written(errand, result):
                self.unwritten.add(errand.call.pk)
                if self.wait(0):
                    last_try = last_try or stopwatch() + deadline().total_seconds()
                if last_try and stopwatch() > last_try:
                    logger.error("call %s: answer lost with the database away", errand.call.pk)
                    return
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            self.unwritten.discard(errand.call.pk)
        self.learn(result, opened_at=errand.call.opened_at)

    def _written(self, errand: Errand, result: Result) -> bool:
        try:
            settle(errand.call.pk, result, self.actor, now=self.clock())
        except DATABASE_AWAY as error:
            logger.error("call %s: answer not written yet (%s)", errand.call.pk, type(error).__name__)
            connection.close()
            return False
        return True

    def learn(self, result: Result | QueryAnswer, *, opened_at: datetime) -> None:
        """Let the common pace know how the provider took a call that was opened at that time."""
        if isinstance(result, Throttled):
            pace.throttled(self.clock(), opened_at=opened_at, retry_after=result.retry_after)
        elif isinstance(result, ResendAnswer):
            pace.went_through()
