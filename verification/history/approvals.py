"""The batches that wait for another person's approval, and who that may be."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count

from ..models import Attempt, Batch, BatchState, Reason, Status
from ..models.batch import BatchQuerySet

# The one backend, named because Django refuses to guess where there are several.
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Waiting:
    """A batch that waits, and how many of its addresses would be sent as it stands."""

    batch: Batch
    to_send: int


def waiting() -> list[Waiting]:
    """All batches that wait, the longest waiting first."""
    batches = sorted(_waiting(), key=lambda batch: (batch.created_at, batch.pk))
    queued = Attempt.objects.queued().filter(batch__in=batches).order_by()
    counts = dict(queued.values_list("batch").annotate(Count("pk")))
    # One that was decided since the first query has none queued any more.
    return [Waiting(batch, counts[batch.pk]) for batch in batches if batch.pk in counts]


def to_decide(person: User) -> BatchQuerySet:
    """The batches that wait for somebody else than their author: those that this person may come to decide on."""
    return _waiting().exclude(requested_by=person)


def approvers(batch: Batch) -> list[str]:
    """The names of all who may decide on the batch, in their order; none of them is its author."""
    entitled = User.objects.with_perm("verification.approve_batch", backend=BACKEND)
    others = entitled.exclude(pk=batch.requested_by_id)
    return sorted(others.values_list("username", flat=True))


def was_rejected(batch: Batch) -> bool:
    """Whether the person who decided on the batch rejected it."""
    unsent = batch.attempts.filter(status=Status.NOT_SENT, reason=Reason.REJECTED)
    return batch.decided_at is not None and unsent.exists()


def _waiting() -> BatchQuerySet:
    # Without an order: to give one SQLite would walk all batches that ever were.
    return Batch.objects.open().filter(state=BatchState.WAITING).order_by()
