"""Lookups: one open question for each address, asked until there is an answer, and never a mail."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from tests.desk import NOON, Clock, open_for, outcomes, serving
from tests.provider import Behaviour, Provider, refuses, resets
from verification.aliyun.sandbox import Options, Sandbox
from verification.evidence import chain
from verification.models import Event, EventName, Lookup, LookupState, Pace
from verification.services import lookups
from verification.services.send import NetworkInTransaction, Sender

pytestmark = pytest.mark.django_db(transaction=True)
ANN = "ann@example.com"


def ask(who: User | None = None, email: str = ANN) -> Lookup:
    return lookups.ask(email=email, key=email.lower(), person=who, now=NOON)


def test_a_question_is_recorded_with_who_wants_to_know(mei: User) -> None:
    question = ask(mei, "Ann@Example.com")

    assert (question.email, question.key, question.requested_by) == ("Ann@Example.com", ANN, mei)
    assert (question.state, question.created_at, question.due_at) == (LookupState.QUEUED, NOON, NOON)


def test_while_a_question_is_open_there_is_no_second_one_about_the_address(mei: User, lena: User) -> None:
    assert ask(mei) == ask(lena, "ANN@example.com")
    Lookup.objects.update(state=LookupState.ASKING)

    assert ask(lena) == ask(mei)
    assert Lookup.objects.count() == 1


@pytest.mark.parametrize("state", [LookupState.ANSWERED, LookupState.FAILED])
def test_after_an_answer_one_may_ask_again(mei: User, state: LookupState) -> None:
    first = ask(mei)
    Lookup.objects.update(state=LookupState.ASKING)
    Lookup.objects.update(state=state)

    assert ask(mei) != first
    assert Lookup.objects.count() == 2


def test_many_who_ask_at_once_get_one_question(mei: User) -> None:
    start = threading.Barrier(10)

    def ask_at_once(_: int) -> int:
        try:
            start.wait()
            return ask(mei).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        assert set(threads.map(ask_at_once, range(10))) == {Lookup.objects.get().pk}


def test_it_records_what_the_provider_answers(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    batch = open_for(mei, ANN)
    sender.work_once()
    question = ask(mei)
    assert lookups.work_once(sender)
    question.refresh_from_db()

    assert (question.state, question.verified, question.answered_at) == (LookupState.ANSWERED, False, NOON)
    assert question.token_sent
    assert (question.verified_time, question.code, question.tries) == ("", "", 1)
    assert outcomes(batch) == {ANN: "accepted"}


def test_an_answer_that_decides_nothing_leaves_an_event_with_a_digest_over_it(
    mei: User, sandbox: Sandbox, sender: Sender
) -> None:
    question = ask(mei)
    assert not Event.objects.exists()
    lookups.work_once(sender)
    question.refresh_from_db()
    event = Event.objects.get()

    assert (event.name, event.actor_name, event.at) == (EventName.LOOKUP_ENDED, sender.actor.name, NOON)
    leaf = chain.lookup_leaf(vars(question))
    group = chain.group([(question.pk, leaf)])
    assert event.details == {"lookups": group, "state": "answered", "verified": question.verified, "code": ""}


def test_it_records_that_the_owner_has_followed_the_link(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    open_for(mei, ANN)
    sender.work_once()
    sandbox.follow_link(sandbox.sends()[0].token)
    question = ask(mei)
    lookups.work_once(sender)
    question.refresh_from_db()

    assert question.verified
    assert question.verified_time


def test_a_question_never_sends(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    ask(mei)
    lookups.work_once(sender)

    assert [request.action for request in sandbox.requests()] == ["QueryEmailVerification"]
    assert sandbox.sends() == []


def test_what_the_provider_refuses_is_not_asked_again(
    mei: User, start_sandbox: Callable[..., Sandbox], new_sender: Callable[[], Sender], clock: Clock
) -> None:
    sandbox = start_sandbox(Options(strict=True))
    question = ask(mei)
    sender = new_sender()
    lookups.work_once(sender)
    clock.move(hours=1)

    assert not lookups.work_once(sender)
    question.refresh_from_db()
    assert (question.state, question.code) == (LookupState.FAILED, "ParameterIllegal")
    assert question.request_id
    told = Event.objects.get()
    assert (told.name, told.details["state"], told.details["code"]) == ("lookup:ended", "failed", "ParameterIllegal")
    assert len(sandbox.requests()) == 1


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (resets, "NoAnswer"),
        (refuses("Throttling.User"), "Throttling.User"),
        (refuses("ServiceUnavailable", "503 Service Unavailable"), "ServiceUnavailable"),
        (refuses("NetworkIOError"), "NetworkIOError"),
    ],
)
def test_a_question_without_a_clear_answer_is_asked_again_with_growing_pauses(
    mei: User, new_sender: Callable[[], Sender], clock: Clock, settings: Settings, behaviour: Behaviour, code: str
) -> None:
    question = ask(mei)
    pauses = []
    with Provider(behaviour) as provider:
        settings.DOMAIN_API_ENDPOINT = provider.url
        sender = new_sender()
        while lookups.work_once(sender):
            question.refresh_from_db()
            pauses.append((question.due_at - clock()).total_seconds())
            assert not lookups.work_once(sender)
            clock.now = max(clock.now, question.due_at)
        asked = len(provider.requests)

    assert pauses[:-1] == [5, 10, 20, 40]
    assert [event.name for event in Event.objects.all()] == [EventName.LOOKUP_ENDED]
    assert asked == 5
    assert (question.state, question.code, question.tries) == (LookupState.FAILED, code, 5)


def test_a_throttled_question_slows_everybody_down(
    mei: User, new_sender: Callable[[], Sender], clock: Clock, settings: Settings
) -> None:
    ask(mei)
    with Provider(refuses("Throttling.User", x_acs_retry_after="1500")) as provider:
        settings.DOMAIN_API_ENDPOINT = provider.url
        lookups.work_once(new_sender())

    assert Pace.objects.get().hold_until == NOON + timedelta(seconds=1.5)


def test_a_question_asked_again_can_be_answered(
    mei: User, new_sender: Callable[[], Sender], clock: Clock, settings: Settings
) -> None:
    question = ask(mei)
    settings.DOMAIN_API_ENDPOINT = "http://127.0.0.1:9"
    lookups.work_once(new_sender())
    question.refresh_from_db()
    assert (question.state, question.code) == (LookupState.QUEUED, "NoConnection")
    clock.now = question.due_at
    with serving(settings):
        lookups.work_once(new_sender())
    question.refresh_from_db()

    assert (question.state, question.code, question.message, question.tries) == (LookupState.ANSWERED, "", "", 2)


def test_a_question_is_not_asked_before_it_is_due(mei: User, sandbox: Sandbox, sender: Sender, clock: Clock) -> None:
    question = ask(mei)
    clock.now = question.due_at - timedelta(seconds=1)

    assert not lookups.work_once(sender)
    assert sandbox.requests() == []


def test_a_question_whose_asker_died_is_asked_by_another(
    mei: User, sandbox: Sandbox, sender: Sender, clock: Clock
) -> None:
    question = ask(mei)
    Lookup.objects.update(state=LookupState.ASKING, tries=1, lease_until=NOON + timedelta(minutes=1))
    clock.move(minutes=1)
    assert not lookups.work_once(sender)
    clock.move(seconds=1)
    assert lookups.work_once(sender)
    question.refresh_from_db()

    assert (question.state, question.tries) == (LookupState.ANSWERED, 2)


def test_a_stalled_asker_does_not_overwrite_what_another_has_found_out(
    mei: User, start_sandbox: Callable[..., Sandbox], new_sender: Callable[[], Sender], clock: Clock
) -> None:
    question = ask(mei)
    start_sandbox()
    stalled, quick = new_sender(), new_sender()

    def stall() -> datetime:
        """Between the stalled one's claim and its answer the lease ends, and the other asks."""
        if Lookup.objects.get().tries == 1:
            clock.move(hours=1)
            assert lookups.work_once(quick)
        return clock()

    stalled.clock = stall
    lookups.work_once(stalled)
    question.refresh_from_db()

    assert (question.tries, question.answered_at) == (2, NOON + timedelta(hours=1))
    assert Event.objects.count() == 1


def test_it_waits_for_the_common_pace(mei: User, sandbox: Sandbox, sender: Sender, clock: Clock) -> None:
    Pace.objects.create(pk=1, hold_until=NOON + timedelta(seconds=2))
    ask(mei)
    lookups.work_once(sender)

    assert clock.waits == [2.0]


@pytest.mark.django_db(transaction=False)
def test_a_question_does_not_leave_inside_a_transaction(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    ask(mei)
    with pytest.raises(NetworkInTransaction):
        lookups.work_once(sender)

    assert sandbox.requests() == []
