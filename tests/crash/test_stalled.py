"""A worker that stands still between its record and the wire for longer than its lease."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from tests.crash.points import AFTER_OPEN
from tests.crash.processes import Running, environment, trapped_worker, wait_until
from tests.desk import ACTOR, open_for, outcomes, person
from verification.aliyun.sandbox import Sandbox, SandboxServer
from verification.models import Batch, Call, CallState, Head, database_now
from verification.services.outcomes import Answer
from verification.services.recover import lapse_expired

ANN, BOB = "ann@example.com", "bob@example.com"
# A lease that ends soon; the product's own margin is 30 seconds.
SETTINGS = {"RESEND_PARALLEL_CALLS": 1, "RESEND_CONNECT_TIMEOUT": 0.5, "RESEND_READ_TIMEOUT": 1.0}
SLACK_SECONDS = 0.5


@contextmanager
def asleep_after_open(database_url: str, sandbox: Sandbox) -> Iterator[tuple[Running, Call]]:
    """A worker that was stopped with its call on record, and has slept until the call's lease was over."""
    with SandboxServer(sandbox) as server:
        given = environment(database_url, DOMAIN_API_ENDPOINT=server.url, **SETTINGS)
        with trapped_worker(given, AFTER_OPEN, slack=SLACK_SECONDS) as worker:
            assert worker.line() == AFTER_OPEN
            [call] = Call.objects.all()
            with transaction.atomic():
                # Held here, no lock is the worker's: frozen in the middle of a write it would lock all others out.
                list(Head.objects.select_for_update())
                worker.freeze()
            worker.release()
            wait_until(lambda: database_now() > call.lease_until)
            yield worker, call
            worker.end()


def nonces_sent(sandbox: Sandbox) -> list[str]:
    return [request.nonce for request in sandbox.requests() if request.action == "ResendEmailVerification"]


def test_a_worker_that_wakes_up_after_its_lease_sends_nothing(database_url: str) -> None:
    batch, sandbox = open_for(person("mei"), ANN, BOB), Sandbox()
    with asleep_after_open(database_url, sandbox) as (worker, call):
        assert lapse_expired(ACTOR, database_now()) == 1
        assert outcomes(batch) == {ANN: "unknown", BOB: "unknown"}
        worker.thaw()
        wait_until(lambda: Call.objects.filter(pk=call.pk, state=CallState.ANSWERED).exists())

    [call] = Call.objects.all()
    assert call.outcome == Answer.WITHHELD
    assert outcomes(batch) == {ANN: "not_sent not_executed", BOB: "not_sent not_executed"}
    assert nonces_sent(sandbox) == []
    assert sandbox.sends() == []


def test_a_worker_that_wakes_up_before_anybody_noticed_never_sends_the_old_call(database_url: str) -> None:
    batch, sandbox = open_for(person("mei"), ANN, BOB), Sandbox()
    with asleep_after_open(database_url, sandbox) as (worker, call):
        worker.thaw()
        wait_until(lambda: Batch.objects.filter(pk=batch.pk, finished_at__isnull=False).exists())
        wait_until(lambda: Call.objects.filter(pk=call.pk, state=CallState.ANSWERED).exists())

    # Its hand finds the lease over and gives the addresses back, or its keeper has lapsed the call before that.
    call.refresh_from_db()
    again = call.batch.calls.count() == 2
    assert call.outcome == Answer.WITHHELD
    assert set(outcomes(batch).values()) == ({"accepted"} if again else {"not_sent not_executed"})
    assert call.nonce not in nonces_sent(sandbox)
    assert [send.email for send in sandbox.sends()] == ([ANN, BOB] if again else [])
