"""How the pages hold together: on a phone, in both themes, under the content policy, for bad input."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.people import ask_for, hire, sign_in
from tests.desk import addresses
from tests.history.rows import settled
from verification.models import Status, database_now

LONG = f"{'a-rather-long-name.' * 3}x@{'and-a-long-domain.' * 8}example.com"


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: a breach of the content policy, a file that is missing, a fault in a script."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            found.append(message.text)

    page.on("console", note)
    return found


def visited(page: Page) -> list[str]:
    """Every page of the desk, with addresses that are hard to fit."""
    people = hire("lena")
    batch = settled(people["lena"], *addresses(2), LONG, status=Status.UNKNOWN, code="NoAnswer", message="x" * 300)
    sign_in(page, "lena")
    pk = batch.attempts.get(email=LONG).pk
    return ["/", "/resend/", "/history/", "/setup/", f"/batches/{batch.ref}/", f"/addresses/{pk}/"]


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_screen(width: int, page: Page, complaints: list[str]) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    paths = visited(page)

    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    ask_for(page, f"{LONG}\n{'b' * 300}@example.com")
    expect(page.get_by_text(LONG)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_a_long_list_makes_a_page_no_longer_than_what_is_on_it(page: Page) -> None:
    """Each line has words for screen readers alone, also those lines that are scrolled out of sight."""
    people = hire("lena")
    settled(people["lena"], *addresses(40), at=database_now() - timedelta(days=1))
    sign_in(page, "lena")
    ask_for(page, "\n".join(addresses(40)))
    page.locator("#list-send > summary").click()

    expect(page.locator("#list-send .known")).to_have_count(40)
    end = page.locator("footer").evaluate("footer => footer.getBoundingClientRect().bottom + window.scrollY")
    assert page.evaluate("document.documentElement.scrollHeight") <= end + 1


@pytest.mark.parametrize("width", [1280, 1600])
def test_the_admins_list_of_attempts_shows_all_its_columns(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    people = hire("mei", "lena")
    User.objects.filter(username="lena").update(is_staff=True, is_superuser=True)
    settled(people["mei"], LONG, "ann@example.com", status=Status.REFUSED, code="SendTokenQuotaExceeded")
    sign_in(page, "lena")

    page.goto("/admin/verification/attempt/")

    rows = page.locator("#changelist .results")
    expect(rows).to_contain_text("SendTokenQuotaExceeded")
    assert rows.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_the_chosen_theme_stays(page: Page, complaints: list[str]) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/sign-in/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_role("button", name="Change between light and dark").click()
    page.reload()

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert complaints == []


def test_bad_input_is_said_at_its_field_and_kept(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")

    ask_for(page, "not-an-address", reason="x" * 10_000)

    paste, reason = page.get_by_label("Addresses"), page.get_by_label("Reason")
    expect(paste).to_have_attribute("aria-invalid", "true")
    expect(paste).to_have_accessible_description(re.compile("can't be sent to: it has no @"))
    expect(paste).to_have_value("not-an-address")
    expect(reason).to_have_value("x" * 10_000)
    expect(page.get_by_text("This takes 500 characters at most; you typed 10,000.")).to_be_visible()


def test_a_paste_that_is_too_large_gets_a_page_of_ours(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")
    page.goto("/resend/")
    page.get_by_label("Addresses").evaluate("field => { field.value = 'x'.repeat(9 * 1024 * 1024) }")

    page.get_by_role("button", name="See what would happen").click(timeout=60_000)

    expect(page.get_by_role("heading", level=1)).to_have_text("That is too much at once", timeout=30_000)


def test_five_megabytes_in_one_line_are_handed_back_with_a_sentence(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")
    page.goto("/resend/")
    page.get_by_label("Addresses").evaluate("field => { field.value = 'x'.repeat(5_000_000) }")

    page.get_by_role("button", name="See what would happen").click(timeout=60_000)

    expect(page.get_by_text("Line 1:")).to_be_visible(timeout=60_000)
    assert page.get_by_label("Addresses").evaluate("field => field.value.length") == 5_000_000


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/nothing-here/")

    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
