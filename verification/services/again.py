"""Sending once more what certainly never went out: one click, one new attempt that names the old one."""

from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from ..models import Attempt, Batch, Source, Status, Verdict
from .addresses import Address
from .paste import Entry
from .request import FormUsed, Order, open_batch

# One key per attempt: however often and from wherever the click arrives, one person makes one batch by it.
CLICKS = UUID("5b1e0f0e-6a53-4c39-9d6c-8c3d1a6a7c11")


def send_again(attempt: Attempt, *, person: User, source_address: str | None, now: datetime) -> Batch:
    """Open a batch for an attempt that was confirmed not sent; the same one at every further click of that person.

    Raises ValueError for any other attempt: it may have gone out, and that takes a preview and a decision.
    """
    if (attempt.status, attempt.verdict) != (Status.UNKNOWN, Verdict.CONFIRMED_NOT_SENT):
        raise ValueError("only what was confirmed not sent goes out again by one click")
    order = Order(
        person=person,
        source=Source.PAGE,
        source_address=source_address,
        reason=_("Never went out with batch %(ref)s") % {"ref": attempt.batch.ref},
        ticket=attempt.batch.ticket,
        lang=attempt.batch.lang,
        resend_of=attempt.batch,
        form_key=uuid5(CLICKS, str(attempt.pk)),
    )
    try:
        return open_batch([Entry(1, Address(attempt.email, attempt.key))], order, now=now)
    except FormUsed as used:
        # The same click, though its reason was worded in another language, or the first one's words were erased.
        return used.batch
