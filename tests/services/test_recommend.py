"""Should I resend? Each recommendation by what leads to it, and which of two comes first."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from tests.desk import NOON, addresses, open_for
from tests.history.rows import settled
from tests.services.known import ANN, DAY, HOUR, SECOND, asked, read
from verification.models import Attempt, Lookup, LookupState, Reason, Status, Verdict
from verification.services.addresses import Address
from verification.services.facts import Facts
from verification.services.partition import QUOTA_CODE, Line
from verification.services.paste import Entry
from verification.services.recommend import Kind, Recommendation, guide, recommend


def recommended(text: str = ANN, now: datetime = NOON) -> Recommendation:
    [address] = read(text)
    return guide([address], now)[address.key].recommendation


def kind(text: str = ANN, now: datetime = NOON) -> str:
    return recommended(text, now).kind


@pytest.mark.django_db
class TestEachRecommendation:
    def test_an_address_without_a_past_is_sent_to(self) -> None:
        assert recommended() == Recommendation(Kind.RESEND, "No mail to it is on record.")

    def test_a_verified_address_needs_nothing(self) -> None:
        asked(ANN, verified=True)

        assert recommended().kind is Kind.VERIFIED

    def test_the_newest_answer_decides_whether_it_is_verified(self) -> None:
        asked(ANN, verified=True, at=NOON - DAY)
        asked(ANN, verified=False)

        assert kind() == Kind.RESEND

    def test_a_question_in_vain_does_not_undo_what_was_answered(self) -> None:
        asked(ANN, verified=True, at=NOON - DAY)
        asked(ANN, LookupState.FAILED, code="NoConnection")

        assert kind() == Kind.VERIFIED

    def test_a_slip_is_corrected(self) -> None:
        told = recommended("Ann@gmial.com")

        assert (told.kind, told.corrected) == (Kind.CORRECT, Address("Ann@gmail.com", "ann@gmail.com"))

    @pytest.mark.parametrize("domain", ["qq.com", "vip.qq.com", "foxmail.com"])
    def test_qq_mail_is_not_tried_again(self, domain: str) -> None:
        assert kind(f"10001@{domain}") == Kind.OTHER_MAILBOX

    @pytest.mark.parametrize("domain", ["163.com", "gmail.com", "example.com"])
    def test_other_mailboxes_are_not_doubted(self, domain: str) -> None:
        assert kind(f"ann@{domain}") == Kind.RESEND

    def test_what_is_in_flight_is_waited_for(self, mei: User) -> None:
        open_for(mei, ANN, now=NOON)

        assert (recommended().kind, recommended().until) == (Kind.WAIT, None)

    def test_a_quota_used_up_names_its_likely_end(self, mei: User) -> None:
        settled(mei, ANN, status=Status.REFUSED, code=QUOTA_CODE)

        told = recommended(now=NOON + DAY - SECOND)
        assert (told.kind, told.until) == (Kind.QUOTA, NOON + DAY)
        assert kind(now=NOON + DAY) == Kind.RESEND

    def test_minutes_after_a_send_the_advice_is_to_wait_then_to_look_in_spam(self, mei: User) -> None:
        settled(mei, ANN)
        ends = NOON + timedelta(minutes=10)

        told = recommended(now=ends - SECOND)
        assert (told.kind, told.until) == (Kind.WAIT, ends)
        told = recommended(now=ends)
        assert (told.kind, told.until) == (Kind.SPAM, NOON + 3 * DAY)

    @override_settings(RESEND_COOLDOWN_MINUTES=0)
    def test_without_a_cooldown_spam_is_looked_at_right_away(self, mei: User) -> None:
        settled(mei, ANN)

        assert kind(now=NOON + SECOND) == Kind.SPAM

    def test_when_the_link_has_run_out_a_resend_is_right(self, mei: User) -> None:
        settled(mei, ANN)

        assert kind(now=NOON + 3 * DAY - SECOND) == Kind.SPAM
        assert recommended(now=NOON + 3 * DAY) == Recommendation(Kind.RESEND, "The link in the last mail has run out.")

    def test_a_link_that_was_asked_for_elsewhere_is_looked_for_in_spam_too(self, mei: User) -> None:
        asked(ANN, verified=False, token_sent="2026-03-01 08:00:00")

        assert kind() == Kind.SPAM

    @pytest.mark.parametrize(
        ("verdict", "told"),
        [
            ("", "may have gone out"),
            (Verdict.STILL_UNKNOWN, "may have gone out"),
            (Verdict.CONFIRMED_SENT, "still works"),
            (Verdict.CONFIRMED_NOT_SENT, "No mail to it is on record"),
        ],
    )
    def test_an_unknown_outcome_is_told_as_what_it_is(self, mei: User, verdict: str, told: str) -> None:
        settled(mei, ANN, status=Status.UNKNOWN, verdict=verdict, verdict_at=NOON if verdict else None)

        assert told in str(recommended(now=NOON + HOUR).reason)

    @pytest.mark.parametrize("code", ["ParameterIllegal", "ParameterIllegall", "InvalidEmail.Format"])
    def test_an_address_that_the_provider_does_not_take_is_compared(self, mei: User, code: str) -> None:
        settled(mei, ANN, status=Status.REFUSED, code=code)

        told = recommended(now=NOON + 9 * DAY)
        assert (told.kind, told.corrected) == (Kind.CORRECT, None)

    def test_an_address_that_the_provider_refuses_to_answer_about_is_compared(self) -> None:
        asked(ANN, LookupState.FAILED, code="ParameterIllegal")

        assert kind() == Kind.CORRECT

    def test_an_address_that_the_provider_does_not_know_is_compared(self, mei: User) -> None:
        asked(ANN, verified=None)
        assert kind() == Kind.CORRECT

        settled(mei, ANN, at=NOON + SECOND)
        assert kind(now=NOON + 4 * DAY) == Kind.RESEND

    def test_an_answer_that_only_leaves_the_state_out_is_no_stranger(self) -> None:
        asked(ANN, verified=None, token_sent="2026-02-01 08:00:00")

        assert kind() == Kind.RESEND

    def test_after_an_odd_refusal_the_provider_is_asked_first(self, mei: User) -> None:
        settled(mei, ANN, status=Status.REFUSED, code="NeverHeardOf", at=NOON - HOUR)
        assert (recommended().kind, recommended().until) == (Kind.WAIT, None)

        asked(ANN, LookupState.FAILED, code="NoConnection")
        assert kind() == Kind.WAIT
        asked(ANN, verified=False)
        assert kind() == Kind.RESEND

    def test_a_failure_of_ours_is_not_held_against_the_address(self, mei: User) -> None:
        asked(ANN, LookupState.FAILED, code="Forbidden.RAM")

        assert kind() == Kind.RESEND


def everything() -> Facts:
    """All at once: verified, mistyped, at QQ, in flight, its link alive, and not known to the provider."""
    return Facts(
        address=Address(ANN, ANN),
        held=Line(Entry(0, Address(ANN, ANN)), Reason.IN_FLIGHT),
        corrected=Address("ann@example.org", "ann@example.org"),
        is_deaf=True,
        answer=answer(verified=True, answered_at=NOON - HOUR),
        last_send=Attempt(status=Status.ACCEPTED, finished_at=NOON),
        last_refusal=refusal("ParameterIllegal"),
    )


def answer(**fields: Any) -> Lookup:
    return Lookup(email=ANN, key=ANN, state=LookupState.ANSWERED, **fields)


def refusal(code: str) -> Attempt:
    return Attempt(status=Status.REFUSED, code=code, finished_at=NOON + HOUR)


def test_of_several_recommendations_the_first_in_order_is_given() -> None:
    facts = everything()
    unknown_there = answer(verified=None, answered_at=NOON + HOUR)
    taken_away: list[tuple[Kind, str, dict[str, Any]]] = [
        (Kind.VERIFIED, "followed a link", {"answer": None}),
        (Kind.CORRECT, "looks mistyped", {"corrected": None}),
        (Kind.OTHER_MAILBOX, "QQ mail", {"is_deaf": False}),
        (Kind.WAIT, "just being sent", {"held": replace(facts.held, fate=Reason.QUOTA_CLOCK, until=NOON)}),
        (Kind.QUOTA, "for a while", {"held": replace(facts.held, fate=Reason.COOLDOWN, until=NOON)}),
        (Kind.WAIT, "on its way", {"held": replace(facts.held, fate=None)}),
        (Kind.SPAM, "still works", {"last_send": None}),
        (Kind.CORRECT, "letter by letter", {"last_refusal": refusal("NeverHeardOf"), "answer": unknown_there}),
        (Kind.CORRECT, "no record of it", {"answer": None}),
        (Kind.WAIT, "Read its words", {"last_refusal": None}),
        (Kind.RESEND, "on record", {}),
    ]
    for expected, words, change in taken_away:
        told = recommend(facts, NOON)
        assert (told.kind, words in str(told.reason)) == (expected, True), words
        assert str(told.reason).endswith(".")
        facts = replace(facts, **change)


@pytest.mark.django_db
def test_a_thousand_recommendations_cost_as_many_queries_as_one(
    mei: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = addresses(1_000)
    settled(mei, *many[:150], at=NOON - HOUR)

    for texts in (many[:1], many):
        with django_assert_num_queries(10):
            told = guide(read(*texts), NOON)
        assert list(told) == texts
    kinds = [each.recommendation.kind for each in told.values()]
    assert (kinds.count(Kind.SPAM), kinds.count(Kind.RESEND)) == (150, 850)
