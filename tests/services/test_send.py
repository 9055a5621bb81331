"""Sending: what goes to the wire, in which groups, and that the record is there before."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock, addresses, mailed, open_for, outcomes, work_off
from verification.aliyun.sandbox import Behaviour, Sandbox, by_local_part
from verification.aliyun.signing import percent_encode
from verification.models import Attempt, Batch, BatchState, Call, CallState, Status
from verification.services import batches
from verification.services.opening import MAX_QUERY_BYTES, OTHER_PARAMETERS_BYTES
from verification.services.outcomes import Answer
from verification.services.send import NetworkInTransaction, Sender

pytestmark = pytest.mark.django_db(transaction=True)


def groups(sandbox: Sandbox) -> list[list[str]]:
    """The addresses of each request that arrived."""
    return [list(request.emails) for request in sandbox.requests()]


def test_it_sends_in_groups_in_the_order_of_the_paste(
    mei: User, sandbox: Sandbox, sender: Sender, settings: Settings
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 20
    texts = addresses(45)[::-1]
    batch = open_for(mei, *texts)
    work_off(sender)
    batch.refresh_from_db()

    assert groups(sandbox) == [texts[:20], texts[20:40], texts[40:]]
    assert outcomes(batch) == dict.fromkeys(texts, "accepted")
    assert batch.state == BatchState.FINISHED


def test_each_call_remembers_what_it_carried_in_wire_order(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    texts = addresses(3)[::-1]
    batch = open_for(mei, *texts)
    work_off(sender)
    [call], [request] = batch.calls.all(), sandbox.requests()

    assert list(call.rides.values_list("attempt__email", "position")) == list(zip(texts, range(3), strict=True))
    assert (call.size, call.nonce, call.worker) == (3, request.nonce, "a worker")
    assert {row.last_call for row in batch.attempts.all()} == {call}
    assert {row.request_id for row in batch.attempts.all()} == {call.request_id}
    assert {row.calls_made for row in batch.attempts.all()} == {1}


def test_the_call_is_committed_before_its_request_arrives(
    mei: User, start_sandbox: Callable[..., Sandbox], new_sender: Callable[[], Sender]
) -> None:
    seen: list[tuple[str, str, int]] = []

    def look(email: str) -> Behaviour:
        try:
            attempt = Attempt.objects.get(email=email)
            assert attempt.last_call
            seen.append((attempt.status, attempt.last_call.state, attempt.last_call.size))
        finally:
            connection.close()
        return by_local_part(email)

    start_sandbox(behaviour_of=look)
    open_for(mei, *addresses(2))
    work_off(new_sender())

    assert set(seen) == {(Status.SENDING, CallState.OPEN, 2)}


def test_a_group_closes_at_four_kilobytes_of_query(
    mei: User, sandbox: Sandbox, sender: Sender, settings: Settings
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 500
    texts = [f"{'x' * 50}{number:04}@{'例子' * 9}.中国" for number in range(60)]
    open_for(mei, *texts)
    work_off(sender)

    sizes = [len(percent_encode(",".join(group))) for group in groups(sandbox)]
    one_more = len(percent_encode("," + texts[0]))
    assert [email for group in groups(sandbox) for email in group] == texts
    room = MAX_QUERY_BYTES - OTHER_PARAMETERS_BYTES
    assert all(size <= room for size in sizes)
    assert all(size + one_more > room - len("%2C") for size in sizes[:-1])


def test_language_and_client_address_go_out_as_the_batch_says(
    mei: User, sandbox: Sandbox, sender: Sender, settings: Settings
) -> None:
    settings.RESEND_USER_CLIENT_IP = "203.0.113.9"
    open_for(mei, "a@example.com", lang="zh")
    settings.RESEND_USER_CLIENT_IP = "203.0.113.10"
    work_off(sender)
    [request] = sandbox.requests()

    assert (request.lang, request.user_client_ip) == ("zh", "203.0.113.9")


def test_unusual_addresses_arrive_unchanged(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    texts = [f"a{sign}b@example.com" for sign in ("+", "'", "*", "~", "&", "#", "%41", "%2C", "=", "?", "/")]
    batch = open_for(mei, *texts)
    work_off(sender)

    assert mailed(sandbox) == texts
    assert outcomes(batch) == dict.fromkeys(texts, "accepted")


def test_batches_take_turns(mei: User, sandbox: Sandbox, sender: Sender, clock: Clock, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    open_for(mei, *addresses(3, "long"), now=NOON)
    open_for(mei, *addresses(1, "short"), now=clock.move(minutes=1))
    while sender.work_once():
        clock.move(seconds=1)

    assert mailed(sandbox) == [
        "long00000@example.com",
        "short00000@example.com",
        "long00001@example.com",
        "long00002@example.com",
    ]


def test_asked_for_one_batch_it_leaves_the_others_alone(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    other = open_for(mei, "other@example.com")
    mine = open_for(mei, "mine@example.com")

    assert sender.work_once(mine)
    assert not sender.work_once(mine)
    assert mailed(sandbox) == ["mine@example.com"]
    assert outcomes(other) == {"other@example.com": "queued"}


def test_what_was_throttled_goes_again_and_is_mailed_once(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    batch = open_for(mei, "busy@example.com", "a@example.com")
    work_off(sender)

    assert [request.code for request in sandbox.requests()] == ["Throttling.User", "Throttling.User", "Success"]
    assert mailed(sandbox) == ["busy@example.com", "a@example.com"]
    assert outcomes(batch) == {"busy@example.com": "accepted", "a@example.com": "accepted"}
    assert set(batch.attempts.values_list("calls_made", flat=True)) == {3}
    assert len(set(batch.calls.values_list("nonce", flat=True))) == 3


def test_several_senders_at_once_never_do_an_address_twice(
    mei: User, sandbox: Sandbox, new_sender: Callable[[], Sender], settings: Settings
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 3
    texts = addresses(100)
    batch = open_for(mei, *texts)

    def work(sender: Sender) -> None:
        try:
            work_off(sender)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, [new_sender() for _ in range(4)]))

    assert sorted(mailed(sandbox)) == texts
    assert outcomes(batch) == dict.fromkeys(texts, "accepted")
    assert Counter(batch.calls.values_list("outcome", flat=True)) == {Answer.LISTS: len(sandbox.requests())}


def test_it_opens_nothing_in_a_batch_that_is_paused_or_stopped(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    paused, stopped = open_for(mei, "a@example.com"), open_for(mei, "b@example.com")
    Batch.objects.filter(pk=paused.pk).update(state=BatchState.PAUSED, pause_code="Forbidden.RAM")
    batches.stop(stopped.pk, ACTOR, now=NOON)

    assert not sender.work_once()
    assert not Call.objects.exists()
    assert sandbox.requests() == []


def test_without_a_full_deadline_left_of_its_lease_it_sends_nothing(
    mei: User, sandbox: Sandbox, sender: Sender, clock: Clock
) -> None:
    batch = open_for(mei, "a@example.com")
    # Each look at the clock finds half a minute gone, as on a machine that stalls.
    sender.clock = lambda: clock.move(seconds=30, microseconds=1)
    sender.work_once()
    [call], [attempt] = batch.calls.all(), batch.attempts.all()

    assert sandbox.requests() == []
    assert (call.state, call.outcome, call.code) == (CallState.ANSWERED, Answer.WITHHELD, "Withheld")
    assert (attempt.status, attempt.finished_at) == (Status.QUEUED, None)


def test_with_exactly_a_deadline_left_it_sends(mei: User, sandbox: Sandbox, sender: Sender, clock: Clock) -> None:
    batch = open_for(mei, "a@example.com")
    sender.clock = lambda: clock.move(seconds=30)
    sender.work_once()

    assert mailed(sandbox) == ["a@example.com"]
    assert outcomes(batch) == {"a@example.com": "accepted"}


def test_withheld_attempts_go_out_with_a_later_call(mei: User, sandbox: Sandbox, sender: Sender, clock: Clock) -> None:
    batch = open_for(mei, "a@example.com")
    sender.clock = lambda: clock.move(seconds=31)
    sender.work_once()
    sender.clock = clock
    sender.work_once()

    assert mailed(sandbox) == ["a@example.com"]
    assert outcomes(batch) == {"a@example.com": "accepted"}


def test_a_database_lost_between_record_and_wire_withholds_the_call(
    mei: User, sandbox: Sandbox, sender: Sender, clock: Clock
) -> None:
    batch = open_for(mei, "a@example.com")

    def lost_once_a_call_is_open() -> datetime:
        if Call.objects.filter(state=CallState.OPEN).exists() and not clock.waits:
            clock.wait(0)
            raise OperationalError("the connection is closed")
        return clock()

    sender.clock = lost_once_a_call_is_open
    sender.work_once()

    assert sandbox.requests() == []
    assert outcomes(batch) == {"a@example.com": "queued"}
    assert [call.outcome for call in batch.calls.all()] == [Answer.WITHHELD]


@pytest.mark.django_db(transaction=False)
def test_a_call_does_not_leave_inside_a_transaction(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    # The transaction that pytest-django puts around this test is the only one that a durable block lets pass.
    open_for(mei, "a@example.com")
    with pytest.raises(NetworkInTransaction):
        sender.work_once()

    assert sandbox.requests() == []


def test_nobody_can_make_sending_part_of_a_transaction(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    open_for(mei, "a@example.com")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        sender.work_once()

    assert sandbox.requests() == []
    assert not Call.objects.exists()


def test_while_an_answer_is_unwritten_no_sender_of_the_process_opens_a_call(
    mei: User, sandbox: Sandbox, new_sender: Callable[[], Sender]
) -> None:
    open_for(mei, "a@example.com")
    sender = new_sender()
    sender.unwritten.add(1)

    assert not sender.work_once()
    assert not Call.objects.exists()
