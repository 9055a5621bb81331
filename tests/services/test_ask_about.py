"""Asking about a whole list: one open question for each address, in turns that let others pass, and never a mail."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries, Settings

from tests.desk import NOON, addresses, mailed
from tests.services.known import ANN, SECOND, asked, read
from verification.aliyun.sandbox import Sandbox
from verification.models import Lookup, LookupState
from verification.services import lookups
from verification.services.lookups import FRESH_FOR, ask, ask_about
from verification.services.send import Sender

pytestmark = pytest.mark.django_db


def open_questions() -> list[str]:
    return list(Lookup.objects.filter(state=LookupState.QUEUED).order_by("due_at").values_list("key", flat=True))


def test_every_address_gets_a_question_with_who_wants_to_know(mei: User) -> None:
    ask_about(read("Ann@Example.com", "ben@example.com"), person=mei, now=NOON)

    rows = Lookup.objects.order_by("key").values_list("email", "key", "state", "requested_by", "created_at")
    assert list(rows) == [
        ("Ann@Example.com", ANN, LookupState.QUEUED, mei.pk, NOON),
        ("ben@example.com", "ben@example.com", LookupState.QUEUED, mei.pk, NOON),
    ]


def test_what_has_an_open_question_gets_no_second_one(mei: User, lena: User) -> None:
    ask(email=ANN, key=ANN, person=lena, now=NOON - SECOND)
    ask_about(read(ANN, "ANN@example.com", "ben@example.com"), person=mei, now=NOON)
    ask_about(read(ANN, "ben@example.com"), person=lena, now=NOON + SECOND)

    assert sorted(open_questions()) == [ANN, "ben@example.com"]
    assert Lookup.objects.get(key=ANN).requested_by == lena


def test_what_is_open_or_was_just_answered_opens_no_transaction(
    mei: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """On SQLite it would wait for whoever writes, with every look at a preview."""
    asked("ben@example.com", at=NOON)
    ask_about(read(ANN), person=mei, now=NOON)

    with django_assert_num_queries(1):
        ask_about(read(ANN, "ben@example.com"), person=mei, now=NOON + SECOND)


@pytest.mark.parametrize("state", [LookupState.ANSWERED, LookupState.FAILED])
def test_what_was_asked_minutes_ago_is_not_asked_again(mei: User, state: str) -> None:
    asked(ANN, state)

    ask_about(read(ANN), person=mei, now=NOON + FRESH_FOR - SECOND)
    assert open_questions() == []
    ask_about(read(ANN), person=mei, now=NOON + FRESH_FOR)
    assert open_questions() == [ANN]


def test_a_question_from_elsewhere_passes_a_long_list(mei: User, settings: Settings) -> None:
    settings.RESEND_CALLS_PER_SECOND = 5
    many = addresses(100)
    ask_about(read(*many), person=mei, now=NOON)
    ask(email=ANN, key=ANN, person=mei, now=NOON + timedelta(seconds=1.1))

    assert open_questions() == [*many[:6], ANN, *many[6:]]
    assert Lookup.objects.get(key=many[-1]).due_at == NOON + timedelta(seconds=99 / 5)


def test_without_a_ceiling_all_are_due_at_once(mei: User, settings: Settings) -> None:
    settings.RESEND_CALLS_PER_SECOND = 0
    ask_about(read(*addresses(3)), person=mei, now=NOON)

    assert set(Lookup.objects.values_list("due_at", flat=True)) == {NOON}


def test_a_thousand_questions_cost_hardly_more_than_one(
    mei: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # SQLite takes so many values in one statement that a thousand rows are a few of them.
    with django_assert_max_num_queries(25):
        ask_about(read(*addresses(1_200)), person=mei, now=NOON)

    assert Lookup.objects.count() == 1_000
    assert not Lookup.objects.filter(key=addresses(1_200)[1_000]).exists()


def test_nobody_is_asked_about_nothing(mei: User) -> None:
    ask_about([], person=mei, now=NOON)

    assert not Lookup.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_workers_ask_in_turn_and_send_nothing(mei: User, sandbox: Sandbox, sender: Sender) -> None:
    ask_about(read(*addresses(3)), person=mei, now=NOON)
    while lookups.work_once(sender):
        pass

    assert list(Lookup.objects.values_list("state", "verified")) == [(LookupState.ANSWERED, False)] * 3
    assert [request.action for request in sandbox.requests()] == ["QueryEmailVerification"] * 3
    assert mailed(sandbox) == []
