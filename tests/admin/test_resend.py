"""Resending from the admin: what the confirmation shows, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.admin.desk import INLINE, in_the_admin, signed_in, superuser, url_of
from tests.desk import ACTOR, NOON, addresses, open_for, outcomes, person
from tests.history.rows import settled
from tests.views.pages import fields, words
from verification.models import Attempt, Batch, Lookup, Source, database_now
from verification.services.keeping import erase, find_address

pytestmark = pytest.mark.django_db

LIST = "/admin/verification/attempt/"
HOUR = timedelta(hours=1)


def chosen(*rows: Attempt) -> dict[str, Any]:
    return {"action": "resend", ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows]}


def ask(client: Client, *rows: Attempt) -> Any:
    """The confirmation page for these rows."""
    return client.post(LIST, chosen(*rows))


def confirm(client: Client, page: Any, **changes: Any) -> Any:
    """Press the button of a confirmation page."""
    shown = {name: str(page.context[name]) for name in ("chosen", "digest", "form_key")}
    marker, first = page.context["marker"]
    pressed = {"action": "resend", "confirm": "Send", marker: first, "reason": "The link expired", "ticket": "T-9"}
    return client.post(LIST, shown | pressed | changes)


def newest() -> Batch:
    return Batch.objects.order_by("-pk")[0]


def rows_of(*emails: str) -> list[Attempt]:
    """Settled attempts of long ago, in this order."""
    batch = settled(person("mei"), *emails)
    return list(batch.attempts.order_by("position"))


def test_it_shows_first_what_would_happen_and_records_nothing() -> None:
    rows = rows_of("a@example.com", "b@example.com")
    settled(User.objects.get(username="mei"), "b@example.com", at=database_now() - timedelta(minutes=1))

    page = ask(in_the_admin("lena"), *rows)

    text = page.content.decode()
    assert page.status_code == 200
    assert (page.context["send_count"], page.context["held_count"]) == (1, 1)
    assert "Sent a short time ago" in text
    assert "Nothing has been sent yet" in text
    assert Batch.objects.count() == 2


def test_the_page_needs_no_script_or_style_within_it() -> None:
    page = ask(in_the_admin("lena"), *rows_of("a@example.com"))

    assert not INLINE.findall(page.content.decode())


def test_confirmed_it_becomes_one_batch_of_that_person_with_the_reason() -> None:
    rows = rows_of("a@example.com", "b@example.com")
    client = in_the_admin("lena")

    answer = confirm(client, ask(client, *rows))

    batch = newest()
    assert answer.status_code == 302
    assert Batch.objects.count() == 2
    assert (batch.requested_by_name, batch.source, batch.reason, batch.ticket) == (
        "lena",
        Source.ADMIN,
        "The link expired",
        "T-9",
    )
    assert batch.source_address == "127.0.0.1"
    assert set(outcomes(batch).values()) == {"queued"}


def test_each_address_is_asked_for_once_newest_attempt_first() -> None:
    first, second = rows_of("Ann@example.com", "bob@example.com")
    again = settled(User.objects.get(username="mei"), "ann@example.com", at=first.created_at + HOUR).attempts.get()
    client = in_the_admin("lena")

    confirm(client, ask(client, first, second, again))

    assert list(outcomes(newest())) == ["ann@example.com", "bob@example.com"]


def test_the_message_tells_what_the_record_holds_and_leads_to_the_batch() -> None:
    rows = rows_of("a@example.com", "b@example.com", "c@example.com")
    settled(User.objects.get(username="mei"), "b@example.com", at=database_now() - timedelta(minutes=1))
    client = in_the_admin("lena")

    confirm(client, ask(client, *rows))

    text = client.get(LIST).content.decode()
    assert f'href="/batches/{newest().ref}/"' in text
    assert "2 addresses will be sent; 1 held back" in text
    assert outcomes(newest())["b@example.com"] == "not_sent cooldown"


def test_a_page_that_no_longer_holds_is_shown_anew_and_nothing_is_recorded() -> None:
    rows = rows_of("a@example.com", "b@example.com")
    client = in_the_admin("lena")
    page = ask(client, *rows)
    open_for(User.objects.get(username="mei"), "b@example.com")
    count = Batch.objects.count()

    answer = confirm(client, page)

    assert answer.status_code == 200
    assert "Things have changed" in answer.content.decode()
    assert answer.context["held_count"] == 1
    assert answer.context["digest"] != page.context["digest"]
    assert "The link expired" in answer.content.decode()
    assert Batch.objects.count() == count

    confirm(client, answer)

    assert outcomes(newest()) == {"b@example.com": "not_sent in_flight", "a@example.com": "queued"}


def test_a_button_pressed_twice_makes_one_batch() -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of("a@example.com"))

    answers = [confirm(client, page) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Batch.objects.count() == 2


def test_a_used_page_with_another_reason_is_shown_anew() -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of("a@example.com"))
    confirm(client, page)

    answer = confirm(client, page, reason="Another one")

    assert newest().ref in answer.content.decode()
    assert answer.context["form_key"] != page.context["form_key"]
    assert Batch.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}, {"ticket": "x" * 65}])
def test_a_missing_reason_or_an_endless_one_is_asked_for_again(wrong: dict[str, str]) -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of("a@example.com", "b@example.com"))

    answer = confirm(client, page, **wrong)

    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == wrong.keys()
    assert "errorlist" in answer.content.decode()
    assert answer.context["chosen"] == page.context["chosen"]
    assert Batch.objects.count() == 1


def test_many_wait_for_another_person(settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1
    rows = rows_of("a@example.com", "b@example.com")
    client = in_the_admin("lena")

    page = ask(client, *rows)
    told = confirm(client, page)

    assert "nothing is sent until another person has approved the batch" in page.content.decode()
    assert "2 addresses wait for another person&#x27;s approval" in client.get(told.url).content.decode()
    assert (newest().state, newest().decided_at) == ("waiting", None)
    assert outcomes(newest()) == dict.fromkeys(("a@example.com", "b@example.com"), "queued")


def test_many_mails_are_sent_only_with_their_number() -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of(*addresses(51)))
    assert "Type the number to confirm it." in words(page)

    for wrong in ("", "50", "51 of 52"):
        refused = confirm(client, page, count=wrong)
        assert refused.status_code == 200
        assert "Nothing was sent: 51 addresses would be, and that is not what you typed." in words(refused)
        assert "The link expired" in refused.content.decode()
        assert Batch.objects.count() == 1

    assert confirm(client, refused, count=" 51 ").status_code == 302
    assert newest().size == 51


def test_few_mails_need_no_number() -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of(*addresses(50)))

    assert 'name="count"' not in page.content.decode()
    assert confirm(client, page).status_code == 302


def test_each_address_has_its_recommendation_and_doubts_come_first() -> None:
    old, *_ = rows_of("old@example.com", "ann@gmial.com")
    rows = list(old.batch.attempts.all())
    settled(User.objects.get(username="mei"), "old@example.com", at=database_now() - 30 * HOUR)
    rows += settled(User.objects.get(username="mei"), "late@example.com", at=database_now() - 90 * HOUR).attempts.all()

    said = words(ask(in_the_admin("lena"), *rows))

    doubts, _, sent = said.partition("Look twice before you send")[2].partition("Will be sent")
    assert "old@example.com Ask the customer to look in spam The link in the last mail still works." in doubts
    assert "ann@gmial.com Correct the address It looks mistyped." in doubts
    assert "Probably meant: ann@gmail.com" in doubts
    assert "late@example.com" not in doubts
    assert "late@example.com Resend The link in the last mail has run out." in sent


def test_looking_asks_the_provider_about_the_addresses_in_the_background() -> None:
    ask(in_the_admin("lena"), *rows_of("a@example.com", "b@example.com"))

    asked = Lookup.objects.order_by("key").values_list("key", "requested_by__username", "state")
    assert list(asked) == [("a@example.com", "lena", "queued"), ("b@example.com", "lena", "queued")]


def test_an_erased_address_is_not_sent_to() -> None:
    rows = rows_of("gone@example.com", "a@example.com")
    erase(find_address("gone@example.com", "gone@example.com"), ACTOR, database_now())
    client = in_the_admin("lena")

    confirm(client, ask(client, *rows))

    assert outcomes(newest()) == {"a@example.com": "queued"}


def test_a_batch_that_waits_is_shown_and_cannot_be_changed(settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1
    batch = open_for(person("mei"), *addresses(2))
    page = url_of(Batch, "change", batch.pk)

    assert "waiting for approval" in superuser().get(page).content.decode()
    assert signed_in(User.objects.get(username="root")).post(page, {"state": "running"}).status_code == 403
    assert Batch.objects.get(pk=batch.pk).state == "waiting"


def test_what_the_provider_calls_verified_is_listed_without_a_batch() -> None:
    rows = rows_of("a@example.com")
    asked = {"created_at": NOON, "due_at": NOON, "state": "answered", "answered_at": NOON}
    Lookup.objects.create(email="a@example.com", key="a@example.com", verified=True, **asked)

    page = ask(in_the_admin("lena"), *rows)

    assert page.status_code == 200
    assert "Already verified" in page.content.decode()


def test_with_everything_held_back_there_is_nothing_to_press() -> None:
    batch = open_for(person("mei"), "a@example.com")

    page = ask(in_the_admin("lena"), batch.attempts.get()).content.decode()

    assert "Nothing would be sent" in page
    assert "Already in flight elsewhere" in page
    assert 'name="confirm"' not in page


@pytest.mark.parametrize("broken", ["", "1,", "1;2", "x", "1,2,", "9" * 19, "-1"])
def test_a_selection_that_was_tampered_with_sends_nothing(broken: str) -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of("a@example.com"))

    answer = confirm(client, page, chosen=broken)

    assert answer.status_code == 302
    assert "Nothing was sent" in client.get(LIST).content.decode()
    assert Batch.objects.count() == 1


def test_a_selection_of_rows_that_do_not_exist_sends_nothing() -> None:
    client = in_the_admin("lena")
    page = ask(client, *rows_of("a@example.com"))

    answer = confirm(client, page, chosen="999999999")

    assert answer.status_code == 200
    assert Batch.objects.count() == 1


def test_a_selection_that_has_become_empty_sends_nothing() -> None:
    rows = rows_of("a@example.com")
    client = in_the_admin("lena")

    answer = client.post(f"{LIST}?status__exact=unknown", chosen(*rows) | {"select_across": "1"})

    assert answer.status_code == 302
    assert "Nothing was sent" in client.get(LIST).content.decode()


def test_more_rows_than_a_batch_takes_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.admin.resend.MAX_ADDRESSES", 2)
    rows = rows_of(*addresses(3))
    client = in_the_admin("lena")
    page = ask(client, *rows[:2])

    across = client.post(LIST, chosen(rows[0]) | {"select_across": "1"})
    by_hand = confirm(client, page, chosen=",".join(str(row.pk) for row in rows))

    assert (across.status_code, by_hand.status_code) == (302, 302)
    assert "A batch takes 2 addresses at most" in client.get(LIST).content.decode()
    assert Batch.objects.count() == 1


def test_a_selection_across_pages_is_confirmed_as_a_whole() -> None:
    rows = rows_of(*addresses(1_200))
    client = in_the_admin("lena")

    page = client.post(LIST, chosen(rows[0]) | {"select_across": "1"})
    confirm(client, page, count="1200")

    assert page.context["send_count"] == 1_200
    assert newest().size == 1_200


def test_a_row_whose_number_has_thousands_is_confirmed_by_what_the_page_holds() -> None:
    late = rows_of(*addresses(1_001))[-1]
    client = in_the_admin("lena")

    shown = fields(ask(client, late))
    client.post(LIST, shown | {"action": "resend", "confirm": "Send", "reason": "The link expired"})

    assert late.pk > 1_000
    assert outcomes(newest()) == {late.email: "queued"}


def test_without_the_right_to_send_the_act_is_neither_offered_nor_done() -> None:
    rows = rows_of("a@example.com")
    lead, auditor = in_the_admin("lena"), in_the_admin("aki")
    page = ask(lead, *rows)

    offered = auditor.get(LIST).content.decode()
    answers = [ask(auditor, *rows), confirm(auditor, page)]

    assert 'value="resend"' not in offered
    assert not any("send_count" in answer.context for answer in answers)
    assert Batch.objects.count() == 1


def test_the_right_to_send_without_the_right_to_look_does_nothing_here() -> None:
    rows = rows_of("a@example.com")
    lead, otto = in_the_admin("lena"), in_the_admin("otto", "send_batch")
    views = User.objects.get(username="otto").user_permissions
    views.remove(*views.filter(codename__startswith="view_"))

    assert confirm(otto, ask(lead, *rows)).status_code == 403
    assert Batch.objects.count() == 1


def test_it_can_not_be_done_by_a_link() -> None:
    rows = rows_of("a@example.com")
    client = superuser()

    client.get(LIST, {"action": "resend", ACTION_CHECKBOX_NAME: str(rows[0].pk), "confirm": "Send", "reason": "r"})

    assert Batch.objects.count() == 1


def test_a_request_of_another_site_is_refused() -> None:
    rows = rows_of("a@example.com")
    page = ask(in_the_admin("lena"), *rows)
    checking = Client(enforce_csrf_checks=True)
    checking.force_login(User.objects.get(username="lena"))

    assert confirm(checking, page).status_code == 403
    assert Batch.objects.count() == 1


def test_the_list_is_where_the_tests_think() -> None:
    assert url_of(Attempt, "changelist") == LIST
