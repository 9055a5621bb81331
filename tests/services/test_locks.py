"""Who writes at the same time waits for the other, and neither waits for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.desk import ACTOR, NOON, Clock, open_for
from tests.services.at_once import alone, wait_until_blocked
from verification.aliyun.errors import NoAnswer
from verification.models import Attempt, Batch, BatchState, EventName, Reason, Source, Status
from verification.services import batches
from verification.services.ledger import Line, record
from verification.services.opening import open_call
from verification.services.recover import lapse_expired
from verification.services.settle import settle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(mei: User) -> Batch:
    """One whose only address is in a call."""
    batch = open_for(mei, "a@example.com", now=NOON)
    open_call(worker="a worker", clock=Clock())
    return batch


def settled(batch: Batch) -> None:
    settle(batch.calls.get().pk, NoAnswer("reset"), ACTOR, now=NOON)


def lapsed(batch: Batch) -> None:
    lapse_expired(ACTOR, NOON.replace(year=2030))


def stopped(batch: Batch) -> None:
    batches.stop(batch.pk, ACTOR, now=NOON)


def resumed(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.PAUSED, pause_code="Forbidden")
    batches.resume(batch.pk, ACTOR, now=NOON)


@pytest.mark.parametrize("write", [settled, lapsed, stopped, resumed])
def test_who_refers_to_a_row_does_not_wait_for_its_writer(
    write: Callable[[Batch], None], batch: Batch, lena: User
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            record(ACTOR, NOON, Line(EventName.BATCH_OPENED))
            writing = thread.submit(alone, lambda: write(batch))
            wait_until_blocked(writing)
            # That the rows referred to are there is seen to at the end of the transaction, with the head in hand.
            follower = a_batch_that_names(batch, lena)
        writing.result()

    assert follower.attempts.get().held_by_id == batch.attempts.get().pk
    assert batch.events.count() == 2


def a_batch_that_names(batch: Batch, who: User) -> Batch:
    about: dict[str, Any] = {"requested_by": who, "created_at": NOON, "finished_at": NOON}
    made = Batch.objects.create(
        source=Source.PAGE, reason="x", user_client_ip="127.0.0.1", size=1, resend_of=batch, **about
    )
    address = {"email": "a@example.com", "key": "a@example.com", "domain": "example.com"}
    why = {"status": Status.NOT_SENT, "reason": Reason.IN_FLIGHT, "held_by": batch.attempts.get()}
    Attempt.objects.create(batch=made, position=0, **why, **address, **about)
    return made
