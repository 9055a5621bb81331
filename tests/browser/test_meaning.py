"""What an outcome means, over the page that speaks of it, and the copy buttons."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.answered import REQUEST, accepted, refused
from tests.browser.people import hire, sign_in
from tests.desk import addresses, open_for
from verification.models import Attempt, Batch, database_now
from verification.services.replies import replies

EMAIL = "one@example.com"
LANGUAGES = {"en": "English", "zh": "中文"}


@pytest.fixture
def mei(page: Page) -> User:
    """Signed in; the browser lets the desk read and write the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    people = hire("mei")
    sign_in(page, "mei")
    return people["mei"]


def open_meaning(page: Page, attempt: Attempt) -> Locator:
    page.goto(f"/batches/{attempt.batch.ref}/")
    page.locator(f"#means-{attempt.pk}").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", level=2)).to_be_focused()
    return sheet


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("place", LANGUAGES)
def test_the_reply_is_copied_word_for_word(place: str, page: Page, mei: User) -> None:
    attempt = accepted(mei, EMAIL)
    sheet = open_meaning(page, attempt)

    sheet.get_by_role("button", name=f"Copy the reply ({LANGUAGES[place]})").click()

    expect(sheet.get_by_role("status")).to_have_text("Copied.")
    text = next(reply.text for reply in replies(attempt, now=database_now()) if reply.lang == place)
    assert clipboard(page) == text
    assert attempt.email in text and ("验证邮件" in text) is (place == "zh")


@pytest.mark.parametrize("place", ["batches", "addresses"])
def test_address_and_request_are_copied_where_they_stand(place: str, page: Page, mei: User) -> None:
    attempt = refused(mei, EMAIL)
    page.goto(f"/batches/{attempt.batch.ref}/" if place == "batches" else f"/addresses/{attempt.pk}/")

    for text in (attempt.email, REQUEST):
        page.get_by_role("button", name=f"Copy {text}").first.click()

        expect(page.locator("body > [data-copy-said]")).to_have_text("Copied.")
        assert clipboard(page) == text


def test_without_the_browsers_clipboard_it_copies_as_by_hand(page: Page, mei: User) -> None:
    attempt = refused(mei, EMAIL)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {get: () => undefined})")
    sheet = open_meaning(page, attempt)

    button = sheet.get_by_role("button", name="Copy the reply (English)")
    button.click()

    expect(sheet.get_by_role("status")).to_have_text("Copied.")
    expect(button).to_be_focused()
    expect(sheet.locator("textarea")).to_have_count(0)
    page.goto("/resend/")
    page.get_by_label("Addresses").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Addresses")).to_have_value(re.compile(f"Hello,\n\n.*{re.escape(attempt.email)}"))


def test_a_copy_that_fails_is_said(page: Page, mei: User) -> None:
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', {get: () => undefined}); document.execCommand = () => false"
    )
    sheet = open_meaning(page, refused(mei, EMAIL))

    sheet.get_by_role("button", name="Copy the reply (English)").click()

    expect(sheet.get_by_role("status")).to_contain_text("copy it by hand")


def test_an_unknown_code_is_opened_by_keyboard_with_its_request_and_link(page: Page, mei: User) -> None:
    attempt = refused(mei, EMAIL)
    page.goto(f"/batches/{attempt.batch.ref}/")
    page.locator(f"#means-{attempt.pk}").focus()

    page.keyboard.press("Enter")

    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Their own words")
    expect(sheet.get_by_role("button", name=f"Copy {REQUEST}")).to_be_visible()
    expect(sheet.get_by_role("link", name="The provider's page about this code")).to_have_attribute(
        "href", re.compile(r"^https://error-center\.aliyun\.com/")
    )
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator(f"#means-{attempt.pk}")).to_be_focused()


def refreshed(page: Page, batch: Batch) -> None:
    """Wait until the running batch's page has fetched its newest state and shown it."""
    with page.expect_response(f"**/batches/{batch.ref}/progress/"):
        pass
    with page.expect_response(f"**/batches/{batch.ref}/progress/"):
        pass


def test_it_outlasts_the_refreshes_of_a_running_batch(page: Page, mei: User) -> None:
    attempt = open_for(mei, *addresses(2)).attempts.earliest("position")
    sheet = open_meaning(page, attempt)

    refreshed(page, attempt.batch)

    expect(sheet.get_by_role("heading", level=2)).to_be_focused()
    sheet.get_by_role("button", name="Close").click()
    expect(page.locator(f"#means-{attempt.pk}")).to_be_focused()


def test_a_copy_button_keeps_the_focus_through_refreshes(page: Page, mei: User) -> None:
    attempt = open_for(mei, *addresses(2)).attempts.earliest("position")
    page.goto(f"/batches/{attempt.batch.ref}/")
    button = page.get_by_role("button", name=f"Copy {attempt.email}")
    button.focus()

    refreshed(page, attempt.batch)

    expect(button).to_be_focused()
    expect(button).to_have_count(1)


def test_whoever_was_signed_out_is_led_to_sign_in(page: Page, mei: User) -> None:
    attempt = refused(mei, EMAIL)
    page.goto(f"/batches/{attempt.batch.ref}/")
    page.context.clear_cookies()

    page.locator(f"#means-{attempt.pk}").click()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_without_script_it_is_a_page_without_buttons_that_do_nothing(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(base_url=live_server.url, locale="en", java_script_enabled=False)
    page = context.new_page()
    attempt = refused(hire("mei")["mei"], EMAIL)
    sign_in(page, "mei")
    page.goto(f"/batches/{attempt.batch.ref}/")

    page.locator(f"#means-{attempt.pk}").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("What this outcome means")
    expect(page.locator(".reply")).to_have_count(2)
    expect(page.locator("button.copy")).to_have_count(0)
    context.close()
