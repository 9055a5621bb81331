"""Partition: one fate for each entry of a paste, and a digest that changes exactly with them."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import NOON, entries, open_for, outcomes, rewrite
from tests.services.known import asked
from verification.models import Attempt, Batch, LookupState, Reason, Status, Verdict
from verification.services.partition import DUPLICATE, QUOTA_CODE, Partition, partition

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
numbers = count()


def past(who: User, email: str, status: Status, finished: datetime | None, **fields: str) -> Attempt:
    """An attempt of an earlier batch, as the workers left it."""
    batch = Batch.objects.get(pk=open_for(who, f"other{next(numbers)}@example.com", now=NOON).pk)
    attempt = batch.attempts.get()
    changes = {"email": email, "key": email, "status": status, "finished_at": finished, **fields}
    rewrite(batch.attempts.all(), **changes)
    attempt.refresh_from_db()
    return attempt


def fates(split: Partition) -> list[str | None]:
    return [line.fate for line in split.lines]


def fates_of(*texts: str, now: datetime = NOON, override: bool = False) -> list[str | None]:
    return fates(partition(entries(*texts), now=now, override=override))


def test_every_entry_has_one_fate_in_the_order_of_the_paste() -> None:
    split = partition(entries("b@example.com", "nobody", "a@example.com", "B@Example.com"), now=NOON, comments=2)

    assert fates(split) == [None, Reason.INVALID, None, DUPLICATE]
    assert [line.entry.line for line in split.lines] == [1, 2, 3, 4]
    assert [line.entry.line for line in split.to_send] == [1, 3]
    assert split.comments == 2


def test_a_duplicate_names_the_entry_that_it_repeats() -> None:
    first, second = partition(entries("a@example.com", "A@EXAMPLE.COM"), now=NOON).lines

    assert second.first == first.entry


def test_an_invalid_and_a_repeated_entry_become_no_attempt() -> None:
    split = partition(entries("a@example.com", "a@example.com", "nobody"), now=NOON)

    assert [line.entry.line for line in split.attempts] == [1]


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.UNKNOWN])
def test_what_may_have_gone_out_holds_back_until_the_cooldown_ends(mei: User, status: Status) -> None:
    earlier = past(mei, "a@example.com", status, NOON)
    now = NOON + 10 * MINUTE - timedelta(microseconds=1)
    [line] = partition(entries("a@example.com"), now=now).lines

    assert (line.fate, line.earlier, line.until) == (Reason.COOLDOWN, earlier, NOON + 10 * MINUTE)
    assert fates_of("a@example.com", now=NOON + 10 * MINUTE) == [None]


def test_the_latest_send_decides_when_the_cooldown_ends(mei: User) -> None:
    past(mei, "a@example.com", Status.UNKNOWN, NOON + 3 * MINUTE)
    past(mei, "a@example.com", Status.ACCEPTED, NOON)
    [line] = partition(entries("a@example.com"), now=NOON + 4 * MINUTE).lines

    assert line.until == NOON + 13 * MINUTE


def test_what_did_not_go_out_holds_nothing_back(mei: User) -> None:
    past(mei, "a@example.com", Status.REFUSED, NOON)
    past(mei, "a@example.com", Status.NOT_SENT, NOON, reason=Reason.CANCELLED)

    assert fates_of("a@example.com", now=NOON) == [None]


@pytest.mark.parametrize(
    ("verdict", "fate"),
    [
        (Verdict.CONFIRMED_NOT_SENT, None),
        (Verdict.CONFIRMED_SENT, Reason.COOLDOWN),
        (Verdict.STILL_UNKNOWN, Reason.COOLDOWN),
    ],
)
def test_an_unknown_outcome_confirmed_unsent_starts_no_cooldown(mei: User, verdict: Verdict, fate: Reason) -> None:
    earlier = past(mei, "a@example.com", Status.UNKNOWN, NOON)
    Attempt.objects.filter(pk=earlier.pk).update(verdict=verdict, verdict_at=NOON)

    assert fates_of("a@example.com", now=NOON) == [fate]


def test_a_cooldown_of_zero_minutes_is_none(mei: User, settings: Settings) -> None:
    past(mei, "a@example.com", Status.ACCEPTED, NOON)
    settings.RESEND_COOLDOWN_MINUTES = 0

    assert fates_of("a@example.com", now=NOON) == [None]


def test_an_address_in_flight_names_the_attempt_that_has_it(mei: User) -> None:
    running = open_for(mei, "a@example.com", now=NOON)
    [line] = partition(entries("A@example.com"), now=NOON).lines

    assert (line.fate, line.earlier) == (Reason.IN_FLIGHT, running.attempts.get())


def test_in_flight_wins_over_cooldown_and_quota(mei: User) -> None:
    past(mei, "a@example.com", Status.ACCEPTED, NOON)
    past(mei, "a@example.com", Status.REFUSED, NOON, code=QUOTA_CODE)
    running = open_for(mei, "a@example.com", now=NOON, override_reason="The owner is on the telephone")
    [line] = partition(entries("a@example.com"), now=NOON).lines

    assert (line.fate, line.earlier) == (Reason.IN_FLIGHT, running.attempts.get())


def test_an_override_lifts_cooldown_and_quota_and_nothing_else(mei: User) -> None:
    past(mei, "cool@example.com", Status.ACCEPTED, NOON)
    past(mei, "full@example.com", Status.REFUSED, NOON, code=QUOTA_CODE)
    open_for(mei, "flying@example.com", now=NOON)
    texts = ("cool@example.com", "full@example.com", "flying@example.com", "nobody")

    assert fates_of(*texts) == [Reason.COOLDOWN, Reason.QUOTA_CLOCK, Reason.IN_FLIGHT, Reason.INVALID]
    assert fates_of(*texts, override=True) == [None, None, Reason.IN_FLIGHT, Reason.INVALID]


def test_an_exceeded_quota_holds_back_for_a_day(mei: User) -> None:
    earlier = past(mei, "a@example.com", Status.REFUSED, NOON, code=QUOTA_CODE)
    [line] = partition(entries("a@example.com"), now=NOON + timedelta(hours=23)).lines

    assert (line.fate, line.earlier, line.until) == (Reason.QUOTA_CLOCK, earlier, NOON + timedelta(hours=24))
    assert fates_of("a@example.com", now=NOON + timedelta(hours=24)) == [None]


def test_a_mail_accepted_since_ends_the_quota_clock(mei: User) -> None:
    past(mei, "a@example.com", Status.REFUSED, NOON, code=QUOTA_CODE)
    past(mei, "a@example.com", Status.ACCEPTED, NOON + MINUTE)

    assert fates_of("a@example.com", now=NOON + 20 * MINUTE) == [None]


def test_a_mail_accepted_before_does_not_end_the_quota_clock(mei: User) -> None:
    past(mei, "a@example.com", Status.ACCEPTED, NOON - MINUTE)
    past(mei, "a@example.com", Status.REFUSED, NOON, code=QUOTA_CODE)

    assert fates_of("a@example.com", now=NOON + 20 * MINUTE) == [Reason.QUOTA_CLOCK]


def test_an_address_that_the_provider_calls_verified_is_held_back_with_its_answer(mei: User) -> None:
    answer = asked("a@example.com", verified=True)
    [line] = partition(entries("A@example.com"), now=NOON + timedelta(days=30)).lines

    assert (line.fate, line.answer, line.earlier) == (Reason.ALREADY_VERIFIED, answer, None)
    assert line.address and line.address.email == "A@example.com"
    assert fates_of("b@example.com", now=NOON) == [None]


@pytest.mark.parametrize(
    ("state", "verified", "fate"),
    [
        (LookupState.ANSWERED, False, None),
        (LookupState.ANSWERED, None, None),
        (LookupState.FAILED, None, Reason.ALREADY_VERIFIED),
        (LookupState.QUEUED, None, Reason.ALREADY_VERIFIED),
    ],
)
def test_the_newest_answer_counts_and_no_question_without_one(
    mei: User, state: str, verified: bool | None, fate: Reason | None
) -> None:
    asked("a@example.com", verified=True)
    asked("a@example.com", state, NOON + MINUTE, verified=verified)

    assert fates_of("a@example.com", now=NOON + 2 * MINUTE) == [fate]


def test_verified_wins_over_cooldown_and_in_flight_over_verified(mei: User) -> None:
    past(mei, "a@example.com", Status.ACCEPTED, NOON)
    open_for(mei, "b@example.com", now=NOON)
    asked("a@example.com", verified=True)
    asked("b@example.com", verified=True)

    assert fates_of("a@example.com", "b@example.com", now=NOON) == [Reason.ALREADY_VERIFIED, Reason.IN_FLIGHT]


def test_an_override_sends_to_a_verified_address_too(mei: User) -> None:
    asked("a@example.com", verified=True)
    held = open_for(mei, "a@example.com", "b@example.com", now=NOON)
    sent = open_for(mei, "a@example.com", now=NOON, override_reason="A second domain needs it")

    assert outcomes(held) == {"a@example.com": "not_sent already_verified", "b@example.com": "queued"}
    assert outcomes(sent) == {"a@example.com": "queued"}


def test_an_address_that_only_resembles_one_in_flight_is_sent(mei: User) -> None:
    open_for(mei, "a@example.com", now=NOON)

    assert fates_of("a+b@example.com", "a@example.org") == [None, None]


def test_the_digest_is_the_same_for_the_same_addresses_and_fates(mei: User) -> None:
    open_for(mei, "held@example.com", now=NOON)
    once = partition(entries("a@example.com", "held@example.com"), now=NOON)
    later = partition(entries("a@example.com", "held@example.com"), now=NOON + MINUTE, comments=5)

    assert once.digest == later.digest


def test_the_digest_changes_with_each_address_and_their_order() -> None:
    pastes = (
        ["a@example.com", "b@example.com"],
        ["b@example.com", "a@example.com"],
        ["a@example.com"],
        ["a@example.com", "b@example.org"],
        ["a@example.com", "b@example.com", "b@example.com"],
        ["a@example.com", "b@example.com", "nobody"],
        ["a@example.com", "b@example.com", "anybody"],
    )
    digests = {partition(entries(*paste), now=NOON).digest for paste in pastes}

    assert len(digests) == len(pastes)


def test_the_digest_changes_with_each_fate(mei: User) -> None:
    free = partition(entries("a@example.com"), now=NOON).digest
    past(mei, "a@example.com", Status.ACCEPTED, NOON)
    cooling = partition(entries("a@example.com"), now=NOON).digest
    overridden = partition(entries("a@example.com"), now=NOON, override=True).digest
    asked("a@example.com", verified=True)
    verified = partition(entries("a@example.com"), now=NOON).digest
    open_for(mei, "a@example.com", now=NOON, override_reason="The owner is on the telephone")
    in_flight = partition(entries("a@example.com"), now=NOON).digest

    assert len({free, cooling, verified, in_flight}) == 4
    assert overridden == free


def test_it_sorts_more_addresses_than_one_statement_takes(mei: User) -> None:
    texts = [f"a{number}@example.com" for number in range(2_500)]
    open_for(mei, texts[0], texts[1_200], texts[2_499], now=NOON)
    split = partition(entries(*texts), now=NOON)

    assert [line.entry.line for line in split.with_fate(Reason.IN_FLIGHT)] == [1, 1_201, 2_500]
    assert len(split.to_send) == 2_497
