"""A record of many settled batches, made by the services without a provider."""

from django.contrib.auth.models import User

from tests.desk import ACTOR, Clock, addresses, open_for
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import Batch
from verification.services.opening import Errand, open_call
from verification.services.settle import settle


def carry_all(batch: Batch, clock: Clock) -> None:
    """Carry a batch, call by call; one address in ten is refused."""
    while errand := open_call(worker="a worker", clock=clock, batch=batch):
        settle(errand.call.pk, _answer(errand), ACTOR, now=clock.move(seconds=0.1))


def _answer(errand: Errand) -> ResendAnswer:
    told = [AddressResult(email, "Success", "") for email in errand.emails]
    no = [AddressResult(one.email, "SendTokenQuotaExceeded", "Too many mails to this address.") for one in told[::10]]
    return ResendAnswer(f"R-{errand.call.pk}", 200, tuple(one for n, one in enumerate(told) if n % 10), tuple(no))


def fill(who: User, batches: int, size: int) -> None:
    """So many batches of so many addresses, no address twice."""
    clock = Clock()
    for number in range(batches):
        carry_all(open_for(who, *addresses(size, f"owner{number}-"), now=clock.move(hours=1)), clock)
