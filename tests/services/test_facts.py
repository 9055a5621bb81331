"""What is known about addresses, from the record and from the provider's answers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from tests.desk import NOON, addresses, open_for
from tests.history.rows import settled
from tests.services.known import ANN, DAY, HOUR, SECOND, asked, read
from verification.models import Attempt, Call, Lookup, LookupState, Reason, Status, Verdict, ZoneEvidence
from verification.services.addresses import Address
from verification.services.facts import Facts, facts_of
from verification.services.lookups import ask

pytestmark = pytest.mark.django_db


def facts(text: str = ANN, now: datetime = NOON) -> Facts:
    [address] = read(text)
    return facts_of([address], now)[address.key]


def test_of_an_address_that_is_new_nothing_is_known() -> None:
    known = facts("Ann@Example.com")

    assert known.address == Address("Ann@Example.com", ANN)
    assert (known.held.fate, known.answer, known.question, known.last_send, known.last_refusal) == (None,) * 5
    assert (known.sends_in_day, known.sends_in_month, known.link_until) == (0, 0, None)
    assert (known.corrected, known.is_deaf) == (None, False)
    assert not known.asking


def test_a_deaf_mailbox_and_a_likely_slip_are_recognised() -> None:
    assert facts("1@vip.qq.com").is_deaf
    assert not facts("1@163.com").is_deaf
    assert facts("Ann@gmial.com").corrected == Address("Ann@gmail.com", "ann@gmail.com")


@pytest.mark.parametrize(
    ("status", "counts"), [(status, status in ("accepted", "unknown")) for status in Status.values]
)
def test_what_may_have_gone_out_is_a_send(mei: User, status: str, counts: bool) -> None:
    if status in (Status.QUEUED, Status.SENDING, Status.NOT_SENT):
        open_for(mei, ANN, now=NOON)
    else:
        settled(mei, ANN, status=status)
    known = facts(now=NOON + SECOND)

    assert (known.last_send is not None) == counts
    assert (known.sends_in_day, known.sends_in_month) == (int(counts), int(counts))


def test_the_last_send_tells_who_and_for_which_ticket(mei: User, lena: User) -> None:
    settled(mei, ANN, ticket="T-1")
    settled(lena, ANN, at=NOON + DAY, ticket="T-2")
    settled(mei, "other@example.com", at=NOON + 2 * DAY)
    last = facts(now=NOON + 2 * DAY).last_send

    assert (last.batch.requested_by_name, last.batch.ticket, last.finished_at) == ("lena", "T-2", NOON + DAY)


def test_what_was_confirmed_not_sent_is_no_send(mei: User) -> None:
    settled(mei, ANN, at=NOON - DAY)
    settled(mei, ANN, status=Status.UNKNOWN, verdict=Verdict.CONFIRMED_NOT_SENT, verdict_at=NOON)
    known = facts(now=NOON + SECOND)

    assert known.last_send.finished_at == NOON - DAY
    assert (known.sends_in_day, known.sends_in_month) == (0, 1)


def test_sends_are_counted_within_24_hours_and_30_days_to_the_second(mei: User) -> None:
    for ago in (DAY - SECOND, DAY, 30 * DAY - SECOND, 30 * DAY):
        settled(mei, ANN, at=NOON - ago)

    assert (facts().sends_in_day, facts().sends_in_month) == (1, 3)


def test_the_link_works_for_three_days_from_the_last_send(mei: User) -> None:
    settled(mei, ANN)

    assert facts(now=NOON + 9 * DAY).link_until == NOON + 3 * DAY


def test_the_last_refusal_counts_until_something_goes_out(mei: User) -> None:
    settled(mei, ANN, status=Status.REFUSED, code="Odd", at=NOON - DAY)

    assert facts().refused_last.code == "Odd"
    settled(mei, ANN)
    assert facts(now=NOON + SECOND).last_refusal.code == "Odd"
    assert facts(now=NOON + SECOND).refused_last is None


def test_the_newest_answer_counts_and_a_question_since_is_told_beside_it() -> None:
    asked(ANN, at=NOON - DAY, verified=True)
    newest = asked(ANN, at=NOON - SECOND, verified=False)
    failed = asked(ANN, LookupState.FAILED, code="NoConnection")
    known = facts()

    assert (known.answer, known.question, known.asked_in_vain) == (newest, failed, failed)
    open_question = asked(ANN, LookupState.QUEUED, at=NOON + SECOND)
    assert (facts().question, facts().asking, facts().asked_in_vain) == (open_question, True, None)


def test_a_question_that_failed_before_a_mail_went_out_tells_nothing_any_more(mei: User) -> None:
    asked(ANN, LookupState.FAILED, code="ParameterIllegal")
    settled(mei, ANN, at=NOON + SECOND)

    assert facts(now=NOON + 2 * SECOND).asked_in_vain is None


def test_what_the_rules_hold_back_is_named_as_the_partition_names_it(mei: User) -> None:
    settled(mei, ANN)
    batch = open_for(mei, "ben@example.com", now=NOON)

    assert (facts().held.fate, facts().held.until) == (Reason.COOLDOWN, NOON + timedelta(minutes=10))
    flying = facts("ben@example.com").held
    assert (flying.fate, flying.earlier) == (Reason.IN_FLIGHT, batch.attempts.get())


def learn_china_time(mei: User) -> None:
    for n, email in enumerate(addresses(3, "evidence")):
        attempt = settled(mei, email).attempts.get()
        call = Call.objects.create(
            batch=attempt.batch, nonce=str(n), size=1, worker="w", endpoint="e", opened_at=NOON, lease_until=NOON
        )
        lookup = asked(email, verified=False)
        ZoneEvidence.objects.create(lookup=lookup, call=call, offset_minutes=480, created_at=NOON)


@pytest.mark.parametrize(("learned", "hour"), [(False, 5), (True, 11)])
def test_a_mail_from_elsewhere_counts_from_the_earliest_moment_that_it_can_have(
    mei: User, learned: bool, hour: int
) -> None:
    settled(mei, ANN, at=NOON - 5 * DAY)
    asked(ANN, verified=False, token_sent="2026-03-02 19:00:00")
    if learned:
        learn_china_time(mei)

    elsewhere = datetime(2026, 3, 2, hour, tzinfo=UTC)
    assert (facts().provider_sent_at, facts().zone_is_known) == (elsewhere, learned)
    assert (facts().last_mail_at, facts().link_until) == (elsewhere, elsewhere + 3 * DAY)


def test_a_later_mail_of_ours_counts_from_its_own_time(mei: User) -> None:
    asked(ANN, verified=False, token_sent="2026-03-02 12:00:00")
    settled(mei, ANN)

    assert facts().last_mail_at == NOON


def test_a_thousand_addresses_cost_as_many_queries_as_one(
    mei: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = addresses(1_000)
    for start in range(0, 1_000, 200):
        settled(mei, *many[start : start + 200], at=NOON - DAY, ticket="T-1")
    settled(mei, *many[:100], at=NOON - HOUR, status=Status.REFUSED, code="Odd")
    open_for(mei, *many[200:300], now=NOON)
    for email in many[:20]:
        asked(email, verified=False, token_sent="2026-03-02 19:00:00")
        asked(email, LookupState.QUEUED)

    for texts in (many[:1], many):
        with django_assert_num_queries(10):
            found = facts_of(read(*texts), NOON)
            said = [(f.last_send.batch.ticket, f.last_refusal and f.last_refusal.batch.ref) for f in found.values()]
        assert len(said) == len(texts) and said[0] == ("T-1", found[many[0]].last_refusal.batch.ref)
    assert sum(f.held.fate == Reason.IN_FLIGHT for f in found.values()) == 100


def test_more_than_a_thousand_are_read_in_portions(mei: User) -> None:
    many = addresses(2_500)
    settled(mei, many[0], many[2_499])
    found = facts_of(read(*many), NOON)

    assert list(found) == many
    assert [key for key, known in found.items() if known.last_send] == [many[0], many[2_499]]


def test_reading_changes_nothing(mei: User) -> None:
    facts("new@example.com")

    assert not Attempt.objects.exists() and not Lookup.objects.exists()


def test_a_question_just_asked_is_open(mei: User) -> None:
    ask(email=ANN, key=ANN, person=mei, now=NOON)

    assert facts().asking
