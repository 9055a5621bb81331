"""The preview: lines mended in place, advice beside them, the number typed, and how far the asking has come."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.desk import addresses, outcomes
from tests.history.rows import settled
from tests.services.known import asked
from tests.views.pages import confirm, fields, listed, preview, typed, words
from verification.models import Batch, Lookup, LookupState, Status, Worker, database_now
from verification.services.partition import QUOTA_CODE

DAY = timedelta(days=1)


def press(client: Client, shown: Any, **pressed: str) -> Any:
    """Press a button of the preview, perhaps with something typed before."""
    return client.post(reverse("resend"), fields(shown) | {name.replace("_", "-"): v for name, v in pressed.items()})


def field_of(shown: Any, text: str) -> str:
    """The name of the field that holds a text."""
    return next(name for name, value in fields(shown).items() if name.startswith("line-") and value == text)


def known_on(shown: Any) -> list[str]:
    """What each line unfolds, in the order of the page."""
    page = shown.content.decode()
    return [words(folded) for folded in re.findall(r'<details class="known">.*?</details>', page, re.DOTALL)]


def buttons(shown: Any, name: str) -> list[str]:
    return re.findall(rf'<button [^>]*name="{name}" value="([^"]*)"', shown.content.decode())


def test_what_the_provider_calls_verified_is_held_back_in_words(mei: Client) -> None:
    at = database_now()
    asked("done@example.com", at=at, verified=True, verified_time="2026-03-01 08:00:00")

    shown = preview(mei, typed("done@example.com", "new@example.com"))

    assert listed(shown, "already_verified") == ["done@example.com"]
    assert listed(shown, "send") == ["new@example.com"]
    assert "The provider says that its owner has followed a link" in words(shown)
    assert "on 2026-03-01 08:00:00 (provider's clock, zone not documented). As of" in words(shown)
    assert f"As of {at.day} {at:%b %Y, %H:%M} UTC" in words(shown)
    confirm(mei, shown)
    assert outcomes(Batch.objects.get()) == {
        "done@example.com": "not_sent already_verified",
        "new@example.com": "queued",
    }


def test_each_line_unfolds_what_is_known_about_its_address(mei: Client, people: dict[str, User]) -> None:
    now = database_now()
    sent = settled(people["lena"], "old@example.com", at=now - 5 * DAY, ticket="T-7")
    settled(people["lena"], "old@example.com", at=now - 4 * DAY, status=Status.REFUSED, code=QUOTA_CODE)
    asked("old@example.com", at=now - DAY / 24, verified=False)

    shown = preview(mei, typed("old@example.com", "OLD@example.com", "new@example.com"))

    [known] = known_on(shown)
    assert "not verified yet as of" in known
    assert "accepted by lena · T-7 ·" in known and sent.ref in known
    assert "Sends in the last 24 hours 0 Sends in the last 30 days 1" in known
    assert "Last failure" in known and "This address was sent too many of these mails lately." in known
    assert "Resend The provider's quota for it should be free again." in known
    assert words(shown).count("No mail to it is on record.") == 1


def test_what_is_held_back_or_doubted_unfolds_too(mei: Client, people: dict[str, User]) -> None:
    now = database_now()
    settled(people["lena"], "cooling@example.com", at=now - DAY / 24 / 60)
    settled(people["lena"], "spam@example.com", at=now - DAY)

    shown = preview(mei, typed("cooling@example.com", "spam@example.com"))

    doubted, listed_again, held = known_on(shown)
    assert doubted.startswith("What is known Line 2 of your list Verified?")
    assert listed_again.startswith("Ask the customer to look in spam Line 2 of your list Ask the customer")
    assert held.startswith("What is known Line 1 of your list Wait until")
    assert all("Link works until" in known for known in known_on(shown))


def test_what_is_known_about_many_costs_as_many_queries_as_about_one(
    mei: Client, people: dict[str, User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = addresses(40)
    now = database_now()
    for email in many:
        settled(people["lena"], email, at=now - 5 * DAY, ticket="T-7")
        settled(people["lena"], email, at=now - 4 * DAY, status=Status.REFUSED, code="Odd")
        asked(email, at=now - DAY / 24, verified=False, token_sent="2026-03-02 19:00:00")
    # Now the questions are on record.
    preview(mei, typed(*many))
    with CaptureQueriesContext(connection) as about_one:
        assert len(known_on(preview(mei, typed(many[0])))) == 1

    with django_assert_num_queries(len(about_one)):
        assert len(known_on(preview(mei, typed(*many)))) == 40


def test_a_lead_sends_to_a_verified_address_all_the_same(lena: Client) -> None:
    asked("done@example.com", at=database_now(), verified=True)
    held = preview(lena, typed("done@example.com"))

    shown = preview(lena, fields(held) | {"override_reason": "It is for a second domain"})

    assert listed(shown, "send") == ["done@example.com"]


def test_a_faulty_line_is_typed_over_in_place(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "two@@example.com", "three@example.com"))

    again = press(mei, shown, **{field_of(shown, "two@@example.com"): "two@example.com", "step": "preview"})

    assert listed(again, "send") == ["one@example.com", "two@example.com", "three@example.com"]
    assert listed(again, "invalid") == []
    assert fields(again)["paste"].split() == listed(again, "send")
    assert not Batch.objects.exists()


def test_the_likely_correction_is_one_click_away(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "Zara zara..khan@example.com"))
    assert "Take zara.khan@example.com" in words(shown)
    [place] = buttons(shown, "fix")

    again = press(mei, shown, fix=place)

    assert listed(again, "send") == ["one@example.com", "zara.khan@example.com"]
    assert fields(again)["paste"].splitlines()[1] == "Zara zara.khan@example.com"


def test_a_likely_typo_is_corrected_in_place(mei: Client) -> None:
    shown = preview(mei, typed("ann@gmial.com", "bob@example.com"))
    assert listed(shown, "send") == ["ann@gmial.com", "bob@example.com"]
    assert "Look twice before you send" in words(shown)

    again = press(mei, shown, fix=buttons(shown, "fix")[0])

    assert listed(again, "send") == ["ann@gmail.com", "bob@example.com"]
    assert "Look twice" not in words(again)


def test_one_click_keeps_what_was_typed_over_elsewhere(mei: Client) -> None:
    shown = preview(mei, typed("one@@example.com", "ann@gmial.com", "two@"))

    again = press(
        mei,
        shown,
        **{field_of(shown, "one@@example.com"): "one@example.com", "fix": field_of(shown, "ann@gmial.com")[5:]},
    )

    assert listed(again, "send") == ["one@example.com", "ann@gmail.com"]
    assert listed(again, "invalid") == ["two@"]


def test_a_line_is_left_out(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "nobody", "two@example.com"))

    again = press(mei, shown, out=field_of(shown, "nobody")[5:])

    assert listed(again, "send") == ["one@example.com", "two@example.com"]
    assert listed(again, "invalid") == []


def test_changing_something_takes_the_corrections_along(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "two@@example.com"))

    form = press(mei, shown, **{field_of(shown, "two@@example.com"): "two@example.com", "step": "edit"})

    assert fields(form)["paste"].split() == ["one@example.com", "two@example.com"]


def test_a_correction_that_was_not_previewed_sends_nothing(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "two@@example.com"))

    again = confirm(mei, shown, **{field_of(shown, "two@@example.com"): "two@example.com"})

    assert "You have changed the list, so nothing was sent yet." in words(again)
    assert not Batch.objects.exists()
    assert confirm(mei, again).status_code == 302
    assert outcomes(Batch.objects.get()) == {"one@example.com": "queued", "two@example.com": "queued"}


def test_when_all_is_left_out_the_form_says_so(mei: Client) -> None:
    shown = preview(mei, typed("ann@gmial.com"))

    form = press(mei, shown, out=buttons(shown, "out")[0])

    assert "Paste at least one address." in words(form)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("place", ["", "9-9", "x", "1-0 1-0", "-1--1", "\0"])
def test_a_forged_place_breaks_nothing(place: str, mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "two@"))

    again = press(mei, shown, fix=place, out=place, **{f"line-{place}": "three@example.com"})

    assert again.status_code == 200
    assert not Batch.objects.exists()


def test_what_needs_no_mail_is_named_and_left_out_by_one_click(mei: Client, people: dict[str, User]) -> None:
    settled(people["lena"], "fresh@example.com", at=database_now() - DAY)
    shown = preview(mei, typed("fresh@example.com", "deaf@qq.com", "ann@gmial.com", "new@example.com"))
    assert listed(shown, "send") == ["fresh@example.com", "deaf@qq.com", "ann@gmial.com", "new@example.com"]
    said = words(shown)
    assert "Ask the customer to look in spam" in said and "Use another mailbox" in said
    assert "Leave out all 2 that need no mail now" in said

    again = press(mei, shown, out=next(places for places in buttons(shown, "out") if " " in places))

    assert listed(again, "send") == ["ann@gmial.com", "new@example.com"]


def test_advice_is_not_a_rule(mei: Client) -> None:
    confirm(mei, preview(mei, typed("deaf@qq.com")))

    assert outcomes(Batch.objects.get()) == {"deaf@qq.com": "queued"}


def test_many_mails_are_sent_only_with_their_number(mei: Client) -> None:
    shown = preview(mei, typed(*addresses(51), "nobody"))
    assert "Type the number to confirm it." in words(shown)

    for wrong in ("", "50", "52", "all", "5 1 0"):
        refused = confirm(mei, shown, count=wrong)
        assert "Nothing was sent: 51 addresses would be, and that is not what you typed." in words(refused)
        assert not Batch.objects.exists()

    assert confirm(mei, refused, count=" ５１ ").status_code == 302
    assert Batch.objects.get().size == 51


def test_few_mails_need_no_number(mei: Client) -> None:
    shown = preview(mei, typed(*addresses(50), addresses(1)[0]))

    assert "count" not in fields(shown)
    assert confirm(mei, shown).status_code == 302


def test_confirming_a_number_twice_lands_on_the_same_batch(mei: Client) -> None:
    shown = preview(mei, typed(*addresses(51)))
    first = confirm(mei, shown, count="51")

    assert confirm(mei, shown, count="51").url == first.url
    assert Batch.objects.count() == 1


def test_enter_sends_with_the_right_number_and_otherwise_only_looks(mei: Client) -> None:
    shown = preview(mei, typed(*addresses(51)))

    for count in ("", "50"):
        assert press(mei, shown, step="enter", count=count).status_code == 200
        assert not Batch.objects.exists()

    assert press(mei, shown, step="enter", count="51").status_code == 302


def test_enter_without_a_number_never_sends(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", "two@"))

    assert press(mei, shown, step="enter").status_code == 200
    assert not Batch.objects.exists()


def test_a_batch_that_will_wait_for_approval_says_so_before(mei: Client, settings: Any) -> None:
    settings.RESEND_APPROVAL_ABOVE = 2
    sentence = "nothing is sent until another person has approved the batch"

    assert sentence in words(preview(mei, typed(*addresses(3))))
    assert sentence not in words(preview(mei, typed(*addresses(2))))


def test_a_preview_asks_about_its_addresses_and_a_link_does_not(mei: Client, people: dict[str, User]) -> None:
    mei.get(reverse("resend"), {"email": "one@example.com"})
    assert not Lookup.objects.exists()

    preview(mei, typed("one@example.com", "two@example.com", "ONE@example.com", "nobody"))

    assert sorted(Lookup.objects.values_list("key", flat=True)) == ["one@example.com", "two@example.com"]
    assert set(Lookup.objects.values_list("requested_by", flat=True)) == {people["mei"].pk}


def at_work() -> None:
    now = database_now()
    Worker.objects.create(name="a worker", started_at=now, seen_at=now)


def test_it_says_that_the_provider_is_being_asked(mei: Client) -> None:
    at_work()
    shown = preview(mei, typed("one@example.com", "two@example.com"))

    assert "The provider is being asked about 2 of these addresses." in words(shown)
    assert "Look again" in words(shown)


def test_without_a_worker_it_says_that_nobody_asks(mei: Client) -> None:
    said = words(preview(mei, typed("one@example.com")))

    assert "Nobody asks the provider at present" in said
    assert "being asked" not in said


@pytest.mark.parametrize("state", [LookupState.FAILED, LookupState.QUEUED])
def test_without_an_answer_it_says_so_and_still_sends(state: str, mei: Client) -> None:
    at_work()
    asked("one@example.com", state, at=database_now(), code="NoConnection")

    shown = preview(mei, typed("one@example.com"))

    assert "The provider did not answer about 1 of these addresses," in words(shown)
    assert confirm(mei, shown).status_code == 302


def test_an_address_that_the_provider_does_not_take_is_no_outage(mei: Client) -> None:
    at_work()
    asked("one@example.com", LookupState.FAILED, at=database_now(), code="ParameterIllegal")

    said = words(preview(mei, typed("one@example.com")))

    assert "did not answer" not in said
    assert "The provider does not take it for a valid address." in said


def test_advice_ends_with_the_thousandth_address_and_says_so(mei: Client) -> None:
    shown = preview(mei, typed(*addresses(1_000), "late@qq.com"))

    assert "Advice is given for the first 1,000 addresses of so long a list" in words(shown)
    assert "Look twice" not in words(shown)
    assert Lookup.objects.count() == 1_000


def test_the_fields_of_a_long_faulty_list_fit_into_one_form(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com", *(f"nobody{number}" for number in range(600))))

    assert sum(name.startswith("line-") for name in fields(shown)) == 200
    assert len(listed(shown, "invalid")) == 500
    assert confirm(mei, shown).status_code == 302


LINKS = {
    "several addresses": ({"email": ["a@x.org", "b@x.org"]}, "paste", "a@x.org\nb@x.org"),
    "a long reason": ({"email": ["a@x.org"], "reason": ["x" * 5_000]}, "reason", "x" * 5_000),
    "a control character": ({"ticket": ["a\x07b"]}, "ticket", "a\x07b"),
    "markup": ({"reason": ["</textarea><script>x</script>"]}, "reason", "</textarea><script>x</script>"),
    "an unknown name": ({"step": ["confirm"], "override_reason": ["now"]}, "paste", ""),
}


@pytest.mark.parametrize(("query", "field", "value"), LINKS.values(), ids=LINKS)
def test_a_link_fills_the_form_as_it_stands(query: dict[str, list[str]], field: str, value: str, mei: Client) -> None:
    form = mei.get(reverse("resend"), query)

    assert form.status_code == 200
    assert fields(form)[field] == value
    assert "<script>x" not in form.content.decode()
    assert not Batch.objects.exists() and not Lookup.objects.exists()
