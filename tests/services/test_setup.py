"""Checking the setup: one harmless question, and what its answer tells."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from tests.aliyun.stub import StubServer, answers, http
from tests.desk import NOON, Clock, serving
from verification.aliyun.sandbox import Options, Sandbox
from verification.models import SetupCheck
from verification.services import setup
from verification.services.outcomes import Answer
from verification.services.send import NetworkInTransaction, Sender

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def check(mei: User) -> SetupCheck:
    return setup.ask_check(person=mei, now=NOON)


def done(check: SetupCheck, sender: Sender) -> SetupCheck:
    assert setup.work_once(sender)
    check.refresh_from_db()
    return check


def test_a_good_setup_answers_with_lists(
    check: SetupCheck, sandbox: Sandbox, sender: Sender, settings: Settings
) -> None:
    done(check, sender)
    [request] = sandbox.requests()

    assert (check.outcome, check.code, check.finished_at) == (Answer.LISTS, "", NOON)
    assert (check.endpoint, check.worker, check.claimed_at) == (settings.DOMAIN_API_ENDPOINT, "a worker", NOON)
    assert check.request_id
    assert check.skew_seconds == pytest.approx(0, abs=60)
    assert (request.action, sandbox.sends()) == ("ListEmailVerification", [])


def test_a_check_is_done_once(check: SetupCheck, sandbox: Sandbox, sender: Sender) -> None:
    done(check, sender)

    assert not setup.work_once(sender)
    assert len(sandbox.requests()) == 1


def test_a_missing_permission_is_named(
    check: SetupCheck, start_sandbox: Callable[..., Sandbox], new_sender: Callable[[], Sender]
) -> None:
    start_sandbox(Options(deny=frozenset({"ListEmailVerification"})))
    done(check, new_sender())

    assert (check.outcome, check.code) == (Answer.SETUP_REFUSED, "Forbidden.RAM")
    assert check.message and check.request_id


def test_a_wrong_key_is_named(
    check: SetupCheck, sandbox: Sandbox, new_sender: Callable[[], Sender], settings: Settings
) -> None:
    settings.ALIBABA_CLOUD_ACCESS_KEY_ID = "another-key-id"
    done(check, new_sender())

    assert (check.outcome, check.code) == (Answer.SETUP_REFUSED, "InvalidAccessKeyId.NotFound")


def test_a_wrong_secret_is_named_without_any_signed_text(
    check: SetupCheck, sandbox: Sandbox, new_sender: Callable[[], Sender], settings: Settings
) -> None:
    settings.ALIBABA_CLOUD_ACCESS_KEY_SECRET = "another-secret"
    done(check, new_sender())

    assert (check.outcome, check.code) == (Answer.SETUP_REFUSED, "SignatureDoesNotMatch")
    assert "x-acs" not in check.message and "another-secret" not in check.message


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_wrong_clock_is_named_and_measured(
    check: SetupCheck, start_sandbox: Callable[..., Sandbox], new_sender: Callable[[], Sender], minutes: int
) -> None:
    start_sandbox(clock=lambda: datetime.now(UTC) - timedelta(minutes=minutes))
    done(check, new_sender())

    assert (check.outcome, check.code) == (Answer.SETUP_REFUSED, "InvalidTimeStamp.Expired")
    assert check.skew_seconds == pytest.approx(minutes * 60, abs=60)


def test_an_endpoint_that_nobody_answers_at_is_named(
    check: SetupCheck, new_sender: Callable[[], Sender], settings: Settings
) -> None:
    settings.DOMAIN_API_ENDPOINT = "http://127.0.0.1:9"
    done(check, new_sender())

    assert (check.outcome, check.code, check.message) == (Answer.NO_CONNECTION, "NoConnection", "refused port")
    assert check.skew_seconds is None


def test_a_check_without_an_answer_tells_nothing_about_the_clock(
    check: SetupCheck, mei: User, new_sender: Callable[[], Sender], settings: Settings
) -> None:
    with serving(settings):
        sender = new_sender()
        assert done(check, sender).skew_seconds is not None
    unanswered = done(setup.ask_check(person=mei, now=NOON), sender)

    assert unanswered.outcome == Answer.NO_CONNECTION
    assert unanswered.skew_seconds is None


def test_another_kind_of_server_is_told_from_the_api(
    check: SetupCheck, new_sender: Callable[[], Sender], settings: Settings
) -> None:
    with StubServer(answers(http(b"<html></html>", Content_Type="text/html"))) as server:
        settings.DOMAIN_API_ENDPOINT = server.url
        done(check, new_sender())

    assert (check.outcome, check.code) == (Answer.UNCLEAR, "UnreadableAnswer")


def test_an_overlong_request_id_is_cut(check: SetupCheck, new_sender: Callable[[], Sender], settings: Settings) -> None:
    body = b'{"RequestId": "%s", "TotalItemNum": 0, "Data": []}' % (b"R" * 300)
    with StubServer(answers(http(body, Content_Type="application/json"))) as server:
        settings.DOMAIN_API_ENDPOINT = server.url
        done(check, new_sender())

    assert (check.outcome, check.request_id) == (Answer.LISTS, "R" * 100)


def test_a_check_that_nobody_took_up_for_ten_minutes_is_left(
    check: SetupCheck, sandbox: Sandbox, sender: Sender, clock: Clock
) -> None:
    clock.move(minutes=10)

    assert not setup.work_once(sender)
    assert sandbox.requests() == []


def test_two_workers_do_not_do_the_same_check(
    check: SetupCheck, sandbox: Sandbox, new_sender: Callable[[], Sender]
) -> None:
    def work(sender: Sender) -> bool:
        try:
            return setup.work_once(sender)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        did = list(threads.map(work, [new_sender() for _ in range(4)]))

    assert sorted(did) == [False, False, False, True]
    assert len(sandbox.requests()) == 1


@pytest.mark.django_db(transaction=False)
def test_a_check_does_not_leave_inside_a_transaction(check: SetupCheck, sandbox: Sandbox, sender: Sender) -> None:
    with pytest.raises(NetworkInTransaction):
        setup.work_once(sender)

    assert sandbox.requests() == []
