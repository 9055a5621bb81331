"""A record with one of each act, made by the services without a provider: what tests of the trail begin with."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from tests.desk import ACTOR, Clock, open_for
from verification.aliyun.errors import SetupRefused, Throttled
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import Attempt, Batch, Call, Lookup, LookupState
from verification.services import batches, verdicts
from verification.services.opening import open_call
from verification.services.outcomes import Result
from verification.services.recover import lapse_expired
from verification.services.settle import settle


def answer(*accepted: str, refused: tuple[str, ...] = ()) -> ResendAnswer:
    """The provider's lists; what stands in neither ends `unknown`."""
    yes = tuple(AddressResult(email, "Success", "sent") for email in accepted)
    no = tuple(AddressResult(email, "SendTokenQuotaExceeded", "too many") for email in refused)
    return ResendAnswer("R-1", 200, yes, no)


def carry(batch: Batch, clock: Clock, result: Result | None = None) -> Call:
    """One call of the batch, settled by the result, if one is given."""
    errand = open_call(worker="a worker", clock=clock, batch=batch)
    assert errand
    if result is not None:
        settle(errand.call.pk, result, ACTOR, now=clock.move(seconds=1))
    return errand.call


def lapse(clock: Clock) -> None:
    """Let the leases of all open calls run out."""
    assert lapse_expired(ACTOR, clock.move(minutes=5))


def look_up(attempt: Attempt, clock: Clock, *, verified: bool) -> Lookup:
    """An answered lookup about the attempt's address, and the verdicts that follow from it."""
    now = clock.move(hours=1)
    lookup = Lookup.objects.create(
        email=attempt.email,
        key=attempt.key,
        state=LookupState.ANSWERED,
        created_at=now,
        due_at=now,
        answered_at=now,
        verified=verified,
    )
    with transaction.atomic():
        verdicts.apply(lookup, ACTOR, now, asked_at=now)
    return lookup


@dataclass(frozen=True)
class Story:
    """What was done, by what is of interest about it."""

    answered: Batch
    late: Batch
    lapsed: Batch
    stopped: Batch
    paused: Batch
    resumed: Batch
    overriding: Batch


def whole_story(mei: User, lena: User, clock: Clock) -> Story:
    """Batches of all fates: 21 events, no two of which are at the same time."""
    answered = open_for(mei, "ann@example.com", "bob@example.com", "cho@example.com", now=clock())
    carry(answered, clock, answer("ann@example.com", refused=("bob@example.com",)))
    late = open_for(mei, "ann@example.com", "dee@example.com", "eve@example.com", now=clock.move(seconds=1))
    carry(late, clock, Throttled("Throttling.User"))
    lost = carry(late, clock)
    lapse(clock)
    settle(lost.pk, answer("dee@example.com"), ACTOR, now=clock.move(seconds=1))
    lapsed = open_for(mei, "fay@example.com", "gil@example.com", now=clock.move(seconds=1))
    carry(lapsed, clock)
    lapse(clock)
    _judge(lapsed, clock)
    stopped = open_for(mei, "hal@example.com", "ida@example.com", now=clock.move(seconds=1))
    batches.stop(stopped.pk, ACTOR, now=clock.move(seconds=1))
    paused, resumed = _paused(mei, "jon@example.com", clock), _paused(mei, "kim@example.com", clock)
    batches.resume(resumed.pk, ACTOR, now=clock.move(seconds=1))
    overriding = open_for(lena, "bob@example.com", now=clock.move(seconds=1), override_reason="They asked by telephone")
    clock.move(seconds=1)
    return Story(answered, late, lapsed, stopped, paused, resumed, overriding)


def _judge(batch: Batch, clock: Clock) -> None:
    """One attempt gets a verdict twice, the other none."""
    attempt = batch.attempts.order_by("position")[0]
    batch.attempts.update(ask_at=None)
    look_up(attempt, clock, verified=False)
    look_up(attempt, clock, verified=True)
    clock.move(minutes=1)


def _paused(mei: User, email: str, clock: Clock) -> Batch:
    batch = open_for(mei, email, now=clock.move(seconds=1))
    carry(batch, clock, SetupRefused("Forbidden.RAM"))
    return batch
