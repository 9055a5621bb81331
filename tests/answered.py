"""Attempts that the services themselves have carried and settled, at a time of the test's choosing."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from tests.desk import ACTOR, open_for
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import Attempt, database_now
from verification.services.opening import open_call
from verification.services.outcomes import Result
from verification.services.settle import settle

REQUEST = "0EA54E99-DB48-4CE3-A099-6ED8E451B8AC"


def answered(who: User, email: str, result: Result, at: datetime) -> Attempt:
    """The only attempt of a batch, carried by a call that got this result in the same instant."""
    batch = open_for(who, email, now=at)
    errand = open_call(worker="a worker", clock=lambda: at, batch=batch)
    assert errand
    settle(errand.call.pk, result, ACTOR, now=at)
    return batch.attempts.get()


def accepted(who: User, email: str, at: datetime | None = None) -> Attempt:
    yes = AddressResult(email, "Success", "Success")
    return answered(who, email, ResendAnswer(REQUEST, 200, (yes,), ()), at or an_hour_ago())


def refused(who: User, email: str, code: str = "Brand.New", message: str = "Their own words") -> Attempt:
    """Refused an hour ago, by a code that nobody has documented unless another is given."""
    no = AddressResult(email, code, message)
    return answered(who, email, ResendAnswer(REQUEST, 200, (), (no,)), an_hour_ago())


def an_hour_ago() -> datetime:
    return database_now() - timedelta(hours=1)
