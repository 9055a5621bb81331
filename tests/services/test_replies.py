"""Ready replies to the customer: one in each language, and true at the time they are read."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from tests.desk import NOON
from verification.models import Attempt, Call, Language, Reason, Status, Verdict
from verification.services import letters
from verification.services.facts import LINK_LIFE
from verification.services.letters import Letter
from verification.services.replies import replies

EMAIL = "One@Example.com"
SHORTLY = NOON + timedelta(minutes=1)
LETTERS = {name: letter for name, letter in vars(letters).items() if isinstance(letter, Letter)}


def attempt(status: str, **fields: Any) -> Attempt:
    """Asked for and finished at noon."""
    given = {"email": EMAIL, "domain": "example.com", "created_at": NOON, "finished_at": NOON}
    return Attempt(status=status, **given | fields)


def english(about: Attempt, now: datetime = SHORTLY, **known: bool) -> str:
    with translation.override("zh-hans"):
        return next(reply.text for reply in replies(about, now=now, **known) if reply.lang == Language.EN)


def is_letter(text: str, letter: Letter) -> bool:
    """Whether the text was made from this letter, whatever stands in its places."""
    ends = str(letter.text).partition("%(")[0], str(letter.text).rpartition(")s")[2]
    return all(end in text for end in ends)


def unknown(verdict: str = "", **fields: Any) -> Attempt:
    return attempt(Status.UNKNOWN, verdict=verdict, **fields)


def refused(code: str, **fields: Any) -> Attempt:
    return attempt(Status.REFUSED, code=code, **fields)


def not_sent(reason: str, held_by: Attempt | None = None) -> Attempt:
    return attempt(Status.NOT_SENT, reason=reason, held_by=held_by)


@pytest.mark.parametrize(
    ("about", "letter"),
    [
        (attempt(Status.QUEUED), "PLANNED"),
        (attempt(Status.SENDING), "PLANNED"),
        (attempt(Status.ACCEPTED), "SENT"),
        (attempt(Status.ACCEPTED, domain="qq.com"), "SENT_BUT_DEAF"),
        (refused("SendTokenQuotaExceeded"), "QUOTA"),
        (refused("ParameterIllegall"), "WRONG_ADDRESS"),
        (refused("InvalidEmail.Format"), "WRONG_ADDRESS"),
        (refused("Brand.New"), "REFUSED"),
        (refused(""), "REFUSED"),
        (unknown(), "UNCLEAR"),
        (unknown(Verdict.STILL_UNKNOWN), "UNCLEAR"),
        (unknown(Verdict.CONFIRMED_SENT), "SENT"),
        (unknown(Verdict.CONFIRMED_NOT_SENT), "NOT_SENT"),
        (unknown(Verdict.ALREADY_VERIFIED), "VERIFIED"),
        (not_sent(Reason.INVALID), "WRONG_ADDRESS"),
        (not_sent(Reason.ALREADY_VERIFIED), "VERIFIED"),
        (not_sent(Reason.CANCELLED), "NOT_SENT"),
        (not_sent(Reason.REJECTED), "NOT_SENT"),
        (not_sent(Reason.NOT_EXECUTED), "NOT_SENT"),
        (not_sent(Reason.COOLDOWN), "RECENT"),
        (not_sent(Reason.COOLDOWN, attempt(Status.ACCEPTED)), "SENT"),
        (not_sent(Reason.COOLDOWN, unknown()), "UNCLEAR"),
        (not_sent(Reason.IN_FLIGHT), "PLANNED"),
        (not_sent(Reason.IN_FLIGHT, attempt(Status.REFUSED, code="Brand.New")), "REFUSED"),
        (not_sent(Reason.QUOTA_CLOCK, refused("SendTokenQuotaExceeded")), "QUOTA"),
    ],
)
def test_each_outcome_has_its_letter(about: Attempt, letter: str) -> None:
    assert is_letter(english(about), LETTERS[letter])


@pytest.mark.parametrize("reason", Reason.values)
def test_every_reason_has_a_letter(reason: str) -> None:
    assert EMAIL in english(not_sent(reason))


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
def test_a_letter_has_places_for_nothing_else(letter: Letter) -> None:
    assert str(letter.text) % dict.fromkeys(("address", "sent", "until", "quota"), "-")


def test_the_address_and_both_times_are_filled_in() -> None:
    text = english(attempt(Status.ACCEPTED))

    assert f"to {EMAIL} on 2 Mar 2026, 12:00 (UTC)" in text
    assert "by 5 Mar 2026, 12:00 (UTC)" in text


def test_the_link_is_counted_from_the_call_that_asked_for_the_mail() -> None:
    late = attempt(Status.ACCEPTED, last_call=Call(opened_at=NOON), finished_at=NOON + timedelta(hours=5))

    assert "on 2 Mar 2026, 12:00 (UTC)" in english(late)


@pytest.mark.parametrize("about", [attempt(Status.ACCEPTED), unknown(), unknown(Verdict.CONFIRMED_SENT)])
def test_a_link_that_works_no_longer_is_not_called_working(about: Attempt) -> None:
    assert not is_letter(english(about, NOON + LINK_LIFE), letters.EXPIRED)
    assert is_letter(english(about, NOON + LINK_LIFE + timedelta(seconds=1)), letters.EXPIRED)


def test_a_quota_is_told_with_its_end_until_then() -> None:
    about = refused("SendTokenQuotaExceeded")

    assert "before about 3 Mar 2026, 12:00 (UTC)" in english(about)
    assert is_letter(english(about, NOON + timedelta(hours=24)), letters.NOT_SENT)


@pytest.mark.parametrize("about", [attempt(Status.ACCEPTED), refused("Brand.New"), unknown()])
def test_what_is_verified_since_is_told_so_and_warned_of_nothing(about: Attempt) -> None:
    text = english(about, verified=True)

    assert is_letter(text, letters.VERIFIED)
    assert str(letters.REMINDER) not in text


def test_what_was_held_back_is_answered_to_the_address_that_was_typed() -> None:
    earlier = attempt(Status.ACCEPTED, email="ONE@example.com", finished_at=NOON - timedelta(minutes=5))

    text = english(not_sent(Reason.COOLDOWN, earlier))

    assert f"to {EMAIL} on 2 Mar 2026, 11:55 (UTC)" in text
    assert "ONE@example.com" not in text


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Asia/Shanghai", "2 Mar 2026, 20:00 (UTC+8)"),
        ("Asia/Kolkata", "2 Mar 2026, 17:30 (UTC+5:30)"),
        ("America/St_Johns", "2 Mar 2026, 08:30 (UTC-3:30)"),
    ],
)
def test_times_come_in_the_desks_zone_and_say_which_it_is(zone: str, told: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert told in english(attempt(Status.ACCEPTED))


def test_an_address_with_a_per_cent_sign_stays_itself() -> None:
    assert "a%(sent)s%d@example.com" in english(attempt(Status.ACCEPTED, email="a%(sent)s%d@example.com"))


@pytest.mark.parametrize("page", ["en", "zh-hans"])
def test_both_languages_are_ready_whatever_the_language_of_the_page(page: str) -> None:
    with translation.override(page):
        made = replies(attempt(Status.ACCEPTED), now=SHORTLY)

        assert translation.get_language() == page
    assert [reply.lang for reply in made] == ["en", "zh"]
    assert all(EMAIL in reply.text for reply in made)
    assert "verification e-mail" in made[0].text and "2 Mar 2026" in made[0].text
    assert "验证邮件" in made[1].text and "2026年3月2日" in made[1].text
