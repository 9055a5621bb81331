"""Checking the setup: one harmless question to the provider, whose answer tells about endpoint, clock, key and right.

The right to resend itself can't be tested without sending, so it isn't.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction

from ..aliyun.errors import DomainApiError
from ..aliyun.results import ListAnswer
from ..models import SetupCheck
from .outcomes import CODE_LENGTH, Answer, plain, row_of, words_of
from .send import NetworkInTransaction, Sender

# A check that no worker took up for so long is of no interest to anybody any more.
STALE = timedelta(minutes=10)


def ask_check(*, person: User, now: datetime) -> SetupCheck:
    """Record that a person wants the setup checked. A worker will do it."""
    return SetupCheck.objects.create(requested_by=person, created_at=now)


def work_once(sender: Sender) -> bool:
    """Do the oldest check that is wanted. False when there was none."""
    check = _claim(sender)
    if check is None:
        return False
    if connection.in_atomic_block:
        raise NetworkInTransaction("a question must not leave inside a transaction")
    # An older answer's clock is no news.
    sender.client.last_skew = None
    try:
        _note(check, sender.client.list_email_verification(nonce=uuid.uuid4().hex, page_size=1))
    except DomainApiError as error:
        _note(check, error)
    skew = sender.client.last_skew
    check.skew_seconds = skew.total_seconds() if skew is not None else None
    check.finished_at = sender.clock()
    check.save()
    return True


def _claim(sender: Sender) -> SetupCheck | None:
    now = sender.clock()
    wanted = SetupCheck.objects.filter(claimed_at=None, created_at__gt=now - STALE).order_by("pk")
    if not wanted.exists():
        return None
    with transaction.atomic(durable=True):
        check = wanted.select_for_update().first()
        if check is not None:
            check.claimed_at, check.worker = now, sender.worker
            check.endpoint = settings.DOMAIN_API_ENDPOINT
            check.save()
    return check


def _note(check: SetupCheck, answer: ListAnswer | DomainApiError) -> None:
    if isinstance(answer, ListAnswer):
        check.outcome, check.request_id = Answer.LISTS, plain(answer.request_id, CODE_LENGTH)
    else:
        check.outcome = row_of(answer).answer
        check.code, check.message, check.request_id = words_of(answer)
