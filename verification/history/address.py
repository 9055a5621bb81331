"""Everything that ever happened to one address, by its key."""

from django.db.models import Q

from ..models import Attempt
from .keyset import Page, page_of


def story_of(attempt: Attempt, cursor: str = "", size: int = 50) -> Page:
    """A page of the attempts on the same address, newest first, each with its batch, its person and its calls loaded.

    An attempt whose address was erased has only its own story.
    """
    alike = Q(key=attempt.key) if attempt.key else Q(pk=attempt.pk)
    rows = Attempt.objects.filter(alike).prefetch_related("batch", "requested_by", "calls", "held_by__batch")
    return page_of(rows, cursor, size)


def first_attempt_of(key: str) -> Attempt | None:
    """The oldest attempt on the key: its number names the address's page for good."""
    return Attempt.objects.filter(key=key).order_by("created_at", "id").first()
