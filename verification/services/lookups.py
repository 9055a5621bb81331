"""Lookups: ask the provider about one address. A lookup never sends, and sends go before lookups.

Asking changes nothing at the provider, so a question without an answer may be asked again.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction

from ..aliyun.client import DomainClient
from ..aliyun.errors import DomainApiError, Refusal, Throttled
from ..aliyun.results import QueryAnswer
from ..models import Lookup, LookupState
from . import verdicts
from .addresses import Address
from .opening import LEASE_SLACK, deadline
from .outcomes import CODE_LENGTH, plain, words_of
from .send import NetworkInTransaction, Sender

MAX_TRIES = 5
FIRST_PAUSE = timedelta(seconds=5)
MOST_AT_ONCE = 1_000
# So long an answer is as good as a new one.
FRESH_FOR = timedelta(minutes=5)
# The width of the record's columns for the provider's times.
TIME_LENGTH = 40


def ask(*, email: str, key: str, person: User | None, now: datetime) -> Lookup:
    """Record a question about an address; the one still open for it, if there is one. A worker will ask it."""
    question = Lookup(email=email, key=key, requested_by=person, created_at=now, due_at=now)
    with transaction.atomic():
        _record_new([question])
        return Lookup.objects.filter(key=key).order_by("-pk")[0]


def ask_about(addresses: Iterable[Address], *, person: User | None, now: datetime) -> None:
    """Record questions about the first thousand addresses of a list. Workers ask them while no send is waiting.

    Left out is what has a question open already, and what was answered, or asked in vain, a few minutes ago.
    """
    by_key = dict(islice(((address.key, address.email) for address in addresses), MOST_AT_ONCE))
    asked = Lookup.objects.filter(key__in=by_key)
    known = set((asked.filter(answered_at__gt=now - FRESH_FOR) | asked.open()).values_list("key", flat=True))
    wanted = [key for key in by_key if key not in known]
    if not wanted:
        return  # On SQLite the transaction would wait for whoever writes.
    questions = [
        Lookup(email=by_key[key], key=key, requested_by=person, created_at=now, due_at=now + place * _turn())
        for place, key in enumerate(wanted)
    ]
    with transaction.atomic():
        _record_new(questions)


def _record_new(questions: Sequence[Lookup]) -> None:
    """Record those whose address has no open question yet; the caller has begun a transaction.

    On SQLite nobody else writes meanwhile; a question that comes in between on PostgreSQL is a conflict to ignore.
    """
    taken = set(Lookup.objects.open().filter(key__in=[one.key for one in questions]).values_list("key", flat=True))
    # In the order of keys, so that two lists that share addresses can't wait for each other.
    wanted = sorted((one for one in questions if one.key not in taken), key=lambda one: one.key)
    Lookup.objects.bulk_create(wanted, ignore_conflicts=True)


def _turn() -> timedelta:
    """How long one question takes at the pace: due no sooner, a list lets a question from elsewhere pass."""
    return timedelta(seconds=1 / settings.RESEND_CALLS_PER_SECOND if settings.RESEND_CALLS_PER_SECOND else 0)


def work_once(sender: Sender) -> bool:
    """Ask the next question that is due and record the answer. False when there was none."""
    if not Lookup.objects.due(sender.clock()).exists() or sender.wait_for_turn() is None:
        return False
    asked_at = sender.clock()
    question = _claim(asked_at)
    if question is None:
        return False
    answer = _put(question, sender.client)
    _record(question, answer, sender, asked_at=asked_at)
    sender.learn(answer, opened_at=asked_at)
    return True


def _claim(now: datetime) -> Lookup | None:
    with transaction.atomic(durable=True):
        skip = connection.features.has_select_for_update_skip_locked
        question = Lookup.objects.due(now).select_for_update(skip_locked=skip).first()
        if question is None:
            return None
        question.state, question.tries = LookupState.ASKING, question.tries + 1
        question.lease_until = now + deadline() + LEASE_SLACK
        question.save(update_fields=["state", "tries", "lease_until"])
    return question


def _put(question: Lookup, client: DomainClient) -> QueryAnswer | DomainApiError:
    if connection.in_atomic_block:
        raise NetworkInTransaction("a question must not leave inside a transaction")
    try:
        return client.query_email_verification(question.email, nonce=uuid.uuid4().hex)
    except DomainApiError as error:
        return error


def _record(question: Lookup, answer: QueryAnswer | DomainApiError, sender: Sender, *, asked_at: datetime) -> None:
    now = sender.clock()
    if isinstance(answer, QueryAnswer):
        _answered(question, answer, now)
    else:
        question.code, question.message, question.request_id = words_of(answer)
        if _worth_asking_again(question, answer):
            question.state = LookupState.QUEUED
            question.due_at = now + FIRST_PAUSE * (1 << (question.tries - 1))
        else:
            question.state, question.answered_at = LookupState.FAILED, now
    # A stalled asker whose lease ran out must not overwrite what another has found out since, nor pass off as news
    # what it was told long ago: the question is asked anew.
    asking = Lookup.objects.filter(pk=question.pk, state=LookupState.ASKING, tries=question.tries)
    mine = asking.filter(lease_until__gte=now)
    with transaction.atomic(durable=True):
        if mine.select_for_update().exists():
            question.save()
            if question.state != LookupState.QUEUED:
                verdicts.apply(question, sender.actor, now, asked_at=asked_at)


def _worth_asking_again(question: Lookup, error: DomainApiError) -> bool:
    if question.tries >= MAX_TRIES:
        return False
    said_no = isinstance(error, Refusal) and not isinstance(error, Throttled)
    return not said_no


def _answered(question: Lookup, answer: QueryAnswer, now: datetime) -> None:
    question.state, question.answered_at = LookupState.ANSWERED, now
    question.code, question.message = "", ""
    question.request_id = plain(answer.request_id, CODE_LENGTH)
    # An answer without a record: the provider doesn't know the address.
    if record := answer.record:
        question.verified = record.verified
        question.token_sent = plain(record.token_sent, TIME_LENGTH)
        question.verified_time = plain(record.verified_at, TIME_LENGTH)
