"""Impatient people: what is asked for in the same instant by several threads, in a real database."""

from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from tests.desk import addresses, open_for, outcomes
from tests.services.at_once import at_once
from verification.models import Attempt, Batch, BatchState, Source, Status, database_now
from verification.services.request import FormUsed

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_form_sent_fifty_times_at_once_makes_one_batch(mei: User) -> None:
    form, texts = uuid4(), addresses(30)
    batches = at_once(*[lambda: open_for(mei, *texts, form_key=form)] * 50)

    assert {batch.pk for batch in batches} == {Batch.objects.get().pk}
    assert list(Attempt.objects.values_list("status", flat=True)) == [Status.QUEUED] * 30


def test_one_form_sent_at_once_with_two_contents_makes_one_batch(mei: User) -> None:
    form = uuid4()

    def ask(reason: str) -> Batch:
        try:
            return open_for(mei, "a@example.com", form_key=form, reason=reason)
        except FormUsed as used:
            return used.batch

    batches = at_once(*[lambda: ask("One reason"), lambda: ask("Another reason")] * 5)

    assert {batch.pk for batch in batches} == {Batch.objects.get().pk}


def test_two_people_asking_for_the_same_addresses_at_once_queue_each_once(mei: User, lena: User) -> None:
    texts = addresses(200)
    hers, his = at_once(lambda: open_for(mei, *texts), lambda: open_for(lena, *reversed(texts)))

    both = [outcomes(hers), outcomes(his)]
    for email in texts:
        assert sorted(outcome[email] for outcome in both) == ["not_sent in_flight", "queued"]
    for loser in Attempt.objects.filter(status=Status.NOT_SENT).select_related("held_by"):
        assert loser.held_by and loser.held_by.key == loser.key
        assert (loser.held_by.status, loser.held_by.batch_id == loser.batch_id) == (Status.QUEUED, False)


def test_ten_people_s_overlapping_batches_queue_each_address_once(mei: User) -> None:
    texts = addresses(120)
    turns = [texts[start:] + texts[:start] for start in range(0, 120, 12)]
    batches = at_once(*[lambda turn=turn: open_for(mei, *turn[:60]) for turn in turns])

    queued = list(Attempt.objects.filter(status=Status.QUEUED).values_list("email", flat=True))
    assert sorted(queued) == texts
    assert Attempt.objects.count() == 600
    for batch in batches:
        batch.refresh_from_db()
        assert (batch.finished_at is None) == batch.attempts.filter(status=Status.QUEUED).exists()


def test_a_loser_with_nothing_left_to_send_is_finished(mei: User, lena: User) -> None:
    batches = at_once(lambda: open_for(mei, "a@example.com"), lambda: open_for(lena, "a@example.com"))

    states = {outcomes(batch)["a@example.com"]: Batch.objects.get(pk=batch.pk).state for batch in batches}
    assert states == {"queued": BatchState.RUNNING, "not_sent in_flight": BatchState.FINISHED}


def test_a_mail_that_went_out_between_preview_and_insert_still_counts_for_the_cooldown(mei: User, lena: User) -> None:
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            _let_nobody_else_insert()
            asked = thread.submit(_open_and_close, lena)
            _wait_until_blocked(asked)
            rival = _accepted_batch(mei)
        batch = asked.result()

    assert outcomes(rival) == {"a@example.com": "accepted"}
    assert outcomes(batch) == {"a@example.com": "not_sent cooldown", "b@example.com": "queued"}
    assert batch.attempts.get(email="a@example.com").held_by == rival.attempts.get()


def _let_nobody_else_insert() -> None:
    """On PostgreSQL others may still read; SQLite's transaction has let nobody in from its beginning."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE verification_batch IN SHARE ROW EXCLUSIVE MODE")


def _wait_until_blocked(asked: Future[Batch]) -> None:
    """Return when the other's partition has been read and her batch waits to be inserted."""
    if connection.vendor == "postgresql":
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'verification_batch'::regclass"
        with connection.cursor() as cursor:
            while not asked.done() and cursor.execute(waiting).fetchone() == (0,):
                pass


def _open_and_close(who: User) -> Batch:
    try:
        return open_for(who, "a@example.com", "b@example.com")
    finally:
        connection.close()


def _accepted_batch(who: User) -> Batch:
    """What another person and a worker did in the meantime, begun and ended."""
    now = database_now()
    about = {"requested_by": who, "created_at": now, "finished_at": now}
    batch = Batch.objects.create(source=Source.PAGE, reason="x", user_client_ip="127.0.0.1", size=1, **about)
    email = {"email": "a@example.com", "key": "a@example.com", "domain": "example.com"}
    Attempt.objects.create(batch=batch, position=0, status=Status.ACCEPTED, **email, **about)
    return batch
