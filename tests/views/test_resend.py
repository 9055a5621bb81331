"""Paste, preview, confirm: what is shown, what is recorded, and what is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.desk import addresses, open_for, outcomes, rewrite
from tests.history.rows import settled
from tests.views.conftest import SignIn
from tests.views.pages import confirm, fields, listed, preview, typed, words
from verification.models import Attempt, Batch, Status, Verdict, database_now
from verification.services.partition import QUOTA_CODE


def earlier(who: User, email: str, minutes: int = 3, **fields: Any) -> Batch:
    return settled(who, email, at=database_now() - timedelta(minutes=minutes), **fields)


def test_a_preview_sorts_the_paste_and_records_nothing(mei: Client, people: dict[str, User]) -> None:
    earlier(people["lena"], "cooling@example.com")
    open_for(people["lena"], "flying@example.com")
    earlier(people["lena"], "quota@example.com", 120, status=Status.REFUSED, code=QUOTA_CODE)
    paste = "new@example.com\nNEW@example.com\ncooling@example.com\nflying@example.com\nquota@example.com\nbroken@"
    recorded = Attempt.objects.count()

    shown = preview(mei, typed(paste=paste))

    assert shown.status_code == 200
    assert listed(shown, "send") == ["new@example.com"]
    assert listed(shown, "duplicate") == ["NEW@example.com"]
    assert listed(shown, "cooldown") == ["cooling@example.com"]
    assert listed(shown, "in_flight") == ["flying@example.com"]
    assert listed(shown, "quota_clock") == ["quota@example.com"]
    assert listed(shown, "invalid") == ["broken@"]
    assert Attempt.objects.count() == recorded


def test_a_preview_gives_every_reason_in_words(mei: Client, people: dict[str, User]) -> None:
    sent = earlier(people["lena"], "cooling@example.com")
    flying = open_for(people["lena"], "flying@example.com")

    said = words(
        preview(mei, typed("cooling@example.com", "flying@example.com", "a@example.com", "a@example.com", "b@"))
    )

    assert "lena sent to it 3\xa0minutes ago" in said.replace("3 minutes", "3\xa0minutes")
    assert f"Batch {sent.ref}" in said and f"Batch {flying.ref}" in said
    assert "lena is just sending to it" in said
    assert "The same as in line 3; it is sent once." in said
    assert "Nothing stands after the @." in said


def test_confirming_records_one_batch_and_shows_it(mei: Client, people: dict[str, User]) -> None:
    shown = preview(mei, typed("one@example.com", "two@example.com", "one@example.com", ticket="T-1", lang="zh"))

    response = confirm(mei, shown)

    batch = Batch.objects.get()
    assert response.url == reverse("batch", args=[batch.ref])
    assert outcomes(batch) == {"one@example.com": "queued", "two@example.com": "queued"}
    assert (batch.requested_by, batch.source, batch.source_address) == (people["mei"], "page", "127.0.0.1")
    assert (batch.reason, batch.ticket, batch.lang) == ("The link has expired", "T-1", "zh")


def test_confirming_twice_lands_on_the_same_batch(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com"))
    first = confirm(mei, shown)

    second = confirm(mei, shown)

    assert second.url == first.url
    assert Batch.objects.count() == 1


def test_a_partition_that_has_changed_is_shown_anew_and_not_sent(mei: Client, people: dict[str, User]) -> None:
    shown = preview(mei, typed("one@example.com", "two@example.com"))
    open_for(people["lena"], "two@example.com")

    again = confirm(mei, shown)

    assert "nothing was sent" in words(again)
    assert listed(again, "send") == ["one@example.com"]
    assert not Batch.objects.filter(requested_by=people["mei"]).exists()
    assert confirm(mei, again).status_code == 302
    assert outcomes(Batch.objects.get(requested_by=people["mei"])) == {
        "one@example.com": "queued",
        "two@example.com": "not_sent in_flight",
    }


def test_a_used_page_with_other_content_asks_once_more(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com"))
    confirm(mei, shown)
    first = Batch.objects.get()

    again = confirm(mei, shown, reason="Something else")

    assert first.ref in words(again) and "nothing was sent now" in words(again)
    assert fields(again)["form_key"] != fields(shown)["form_key"]
    assert fields(again)["reason"] == "Something else"
    assert list(Batch.objects.all()) == [first]


def test_every_page_has_a_key_of_its_own(mei: Client) -> None:
    first, second = (fields(preview(mei, typed("one@example.com"))) for _ in range(2))

    assert first["form_key"] != second["form_key"]
    assert first["digest"] == second["digest"]


def test_when_everything_is_held_back_there_is_nothing_to_confirm(mei: Client, people: dict[str, User]) -> None:
    earlier(people["lena"], "cooling@example.com")

    shown = preview(mei, typed("cooling@example.com"))

    assert 'value="confirm"' not in shown.content.decode()
    assert "Nothing would be sent" in words(shown)


def test_changing_something_gives_back_all_that_was_typed(mei: Client) -> None:
    data = typed(paste="  <b>One</b> one@example.com\r\n\r\n two@example.com", ticket="T-1", reason="a\r\nb")
    shown = preview(mei, data)

    form = mei.post(reverse("resend"), fields(shown) | {"step": "edit"})

    assert {name: value for name, value in fields(form).items() if name in ("paste", "reason", "ticket")} == {
        name: value.strip() if name != "paste" else value
        for name, value in data.items()
        if name in ("paste", "reason", "ticket")
    }
    assert not Batch.objects.exists()


@pytest.mark.parametrize("step", ["", "nonsense", "edit", "preview"])
def test_only_confirming_sends(step: str, mei: Client) -> None:
    shown = preview(mei, typed("one@example.com"))

    mei.post(reverse("resend"), fields(shown) | {"step": step})

    assert not Batch.objects.exists()


def test_a_lead_overrides_the_cooldown_with_a_reason(lena: Client, people: dict[str, User]) -> None:
    earlier(people["mei"], "cooling@example.com")
    held = preview(lena, typed("cooling@example.com"))
    assert "override_reason" in fields(held)

    shown = preview(lena, fields(held) | {"override_reason": "The customer is on the phone"})
    confirm(lena, shown)

    batch = Batch.objects.get(requested_by=people["lena"])
    assert listed(shown, "send") == ["cooling@example.com"]
    assert outcomes(batch) == {"cooling@example.com": "queued"}
    assert batch.override_reason == "The customer is on the phone"


def test_a_reason_for_overriding_that_was_not_previewed_sends_nothing(lena: Client, people: dict[str, User]) -> None:
    earlier(people["mei"], "cooling@example.com")
    held = preview(lena, typed("cooling@example.com", "other@example.com"))

    again = confirm(lena, held, override_reason="Typed, but never looked at")

    assert listed(again, "send") == ["cooling@example.com", "other@example.com"]
    assert not Batch.objects.filter(requested_by=people["lena"]).exists()


def test_support_can_not_override(mei: Client, people: dict[str, User]) -> None:
    earlier(people["lena"], "cooling@example.com")

    shown = preview(mei, typed("cooling@example.com", "other@example.com", override_reason="I want it"))

    assert "override_reason" not in fields(shown)
    assert listed(shown, "send") == ["other@example.com"]


def test_nobody_overrides_what_is_in_flight(lena: Client, people: dict[str, User]) -> None:
    open_for(people["mei"], "flying@example.com")

    shown = preview(lena, typed("flying@example.com", override_reason="I want it"))

    assert listed(shown, "in_flight") == ["flying@example.com"]


def test_the_failed_ones_of_a_batch_fill_the_form(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["lena"], *addresses(5), ticket="T-9", reason="Lost mails")
    rewrite(batch.attempts.filter(position=1), status=Status.REFUSED, code=QUOTA_CODE)
    rewrite(batch.attempts.filter(position=2), status=Status.NOT_SENT, reason="cancelled")
    unknown = {"status": Status.UNKNOWN, "verdict_at": database_now()}
    rewrite(batch.attempts.filter(position=3), **unknown, verdict=Verdict.CONFIRMED_NOT_SENT)
    rewrite(batch.attempts.filter(position=4), **unknown, verdict=Verdict.STILL_UNKNOWN)

    form = mei.get(reverse("resend"), {"from": batch.ref})

    assert fields(form)["paste"].split() == addresses(5)[1:4]
    assert (fields(form)["reason"], fields(form)["ticket"]) == ("Lost mails", "T-9")
    assert Batch.objects.count() == 1


def test_the_new_batch_names_the_one_it_repairs(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["lena"], "lost@example.com", status=Status.REFUSED, code="ParameterIllegall")
    form = mei.get(reverse("resend"), {"from": batch.ref})

    confirm(mei, preview(mei, fields(form) | {"lang": "en"}))

    assert Batch.objects.get(requested_by=people["mei"]).resend_of == batch


def test_a_link_fills_the_form_and_sends_nothing(mei: Client) -> None:
    form = mei.get(reverse("resend"), {"email": "one@example.com", "ticket": "T-1", "reason": "Lost"})

    assert fields(form) | {"paste": "one@example.com", "ticket": "T-1", "reason": "Lost"} == fields(form)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("ref", ["", "nonsense", "\0", "x" * 5000])
def test_a_link_to_no_batch_gives_an_empty_form(ref: str, mei: Client) -> None:
    form = mei.get(reverse("resend"), {"from": ref})

    assert form.status_code == 200
    assert fields(form)["paste"] == ""


def test_it_says_so_when_no_worker_would_send(mei: Client) -> None:
    assert "No worker is alive" in words(preview(mei, typed("one@example.com")))


def test_long_lists_are_counted_in_full(mei: Client) -> None:
    shown = preview(mei, typed(*addresses(620)))

    assert "620 addresses will be sent" in words(shown)
    assert len(listed(shown, "send")) == 500
    assert "and 120 more" in words(shown)


def test_behind_our_proxy_the_customers_machine_is_recorded(settings: Any, mei: Client) -> None:
    settings.BEHIND_PROXY = True
    shown = preview(mei, typed("one@example.com"))

    mei.post(
        reverse("resend"), fields(shown) | {"step": "confirm"}, headers={"x-forwarded-for": "10.0.0.1, 203.0.113.9"}
    )

    assert Batch.objects.get().source_address == "203.0.113.9"


def test_without_a_proxy_a_forged_header_counts_for_nothing(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com"))

    mei.post(reverse("resend"), fields(shown) | {"step": "confirm"}, headers={"x-forwarded-for": "203.0.113.9"})

    assert Batch.objects.get().source_address == "127.0.0.1"


def test_whoever_was_signed_out_gets_back_what_was_typed(sign_in: SignIn, mei: Client) -> None:
    nobody = sign_in("anonymous")

    page = nobody.post(reverse("resend"), typed("one@example.com", ticket="T-1") | {"step": "confirm"})

    assert page.status_code == 403
    assert "You are signed out" in words(page)
    form = mei.post(reverse("resend"), fields(page) | {"step": "edit"})
    assert (fields(form)["paste"], fields(form)["ticket"]) == ("one@example.com", "T-1")
