"""The worker: takes up what is recorded, several calls at a time, until it is asked to stop.

One process runs `RESEND_PARALLEL_CALLS` hands (threads with a client of their own), a main thread that keeps the
pulse and recovers what lost workers left behind, and one that makes checkpoints.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from .aliyun.client import DomainClient
from .models import DATABASE_AWAY, PULSE_SECONDS, Worker, database_now
from .providers import domain_client
from .services import checkpoints, lookups, questions, recover, setup
from .services.ledger import at_work
from .services.send import Sender

logger = logging.getLogger(__name__)

# An idle hand looks for work this often: a new batch is taken up well within half a second.
IDLE_SECONDS = 0.3
RECOVERY_SECONDS = 1.0
# How often a worker looks whether a checkpoint is due; several workers make one between them.
CHECKPOINT_SECONDS = 60.0
# How long the end waits for storage that doesn't answer.
CHECKPOINT_END_SECONDS = 5.0
AFTER_DATABASE_FAULT_SECONDS = 1.0


def worker_name() -> str:
    """Unique for each process, and telling where it runs."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(4)}"


class House:
    """One worker process: its hands, its pulse, and the wish to stop."""

    def __init__(self, make_client: Callable[[], DomainClient] = domain_client) -> None:
        self.name = worker_name()
        self.stopping = threading.Event()
        self._make_client = make_client
        self._unwritten: set[int] = set()
        self._make_client().close()  # A wrong configuration ends the start, not the first call.

    def stop(self) -> None:
        """Ask every hand to end after the call it carries."""
        self.stopping.set()

    def run(self) -> None:
        """Work until asked to stop; returns when the calls in hand are settled."""
        self._pulse()
        hands = [threading.Thread(target=self._hand, name=f"hand-{n}") for n in range(_hands())]
        # On its own, and left behind at the end if need be: storage elsewhere may hang.
        signer = threading.Thread(target=self._sign, name="checkpoints", daemon=True)
        for thread in (*hands, signer):
            thread.start()
        try:
            self._keep()
        finally:
            self.stop()
            for hand in hands:
                hand.join()
            signer.join(CHECKPOINT_END_SECONDS)
            self._pulse(last=True)

    def _keep(self) -> None:
        last_pulse = time.monotonic()
        while not self.stopping.wait(RECOVERY_SECONDS):
            if time.monotonic() - last_pulse >= PULSE_SECONDS:
                last_pulse = time.monotonic()
                self._pulse()
            self._through_faults(lambda: recover.lapse_expired(at_work(self.name), database_now()) > 0)
            self._through_faults(lambda: questions.raise_due(database_now()) > 0)

    def _sign(self) -> None:
        try:
            stopped = False
            while not stopped:
                self._through_faults(lambda: checkpoints.keep_up(at_work(self.name).name, database_now()))
                stopped = self.stopping.wait(CHECKPOINT_SECONDS)
        finally:
            connection.close()

    def _pulse(self, last: bool = False) -> None:
        self._through_faults(lambda: self._write_pulse(last))

    def _write_pulse(self, last: bool) -> bool:
        now = database_now()
        stopped_at = now if last else None
        Worker.objects.update_or_create(
            name=self.name,
            defaults={"seen_at": now, "stopped_at": stopped_at},
            create_defaults={"seen_at": now, "started_at": now, "stopped_at": stopped_at},
        )
        return True

    def _hand(self) -> None:
        client = self._make_client()
        sender = Sender(client, self.name, self.stopping.wait, unwritten=self._unwritten)
        try:
            while not self.stopping.is_set():
                if not self._through_faults(lambda: work_once(sender)):
                    self.stopping.wait(IDLE_SECONDS)
        finally:
            client.close()
            connection.close()

    def _through_faults(self, work: Callable[[], bool]) -> bool:
        """Do some work; a database that is away for a while, or a fault of ours, must not end the worker.

        A call that was already opened is covered by its lease: its attempts end `unknown`, never unrecorded.
        """
        try:
            connection.close_if_unusable_or_obsolete()
            return work()
        except DATABASE_AWAY as error:
            logger.error("database not usable (%s)", type(error).__name__)
        except Exception as error:
            # The text of a foreign exception may hold an address; its type and place may not.
            logger.error("unexpected %s at %s", type(error).__name__, _place(error))
        connection.close()
        self.stopping.wait(AFTER_DATABASE_FAULT_SECONDS)
        return False


def work_once(sender: Sender) -> bool:
    """Do the most urgent piece of work: sends before questions. False when there is none, or nothing may be begun."""
    if sender.unwritten:
        return False
    return sender.work_once() or setup.work_once(sender) or lookups.work_once(sender)


def _hands() -> int:
    return max(1, int(settings.RESEND_PARALLEL_CALLS))


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
