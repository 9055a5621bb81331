"""The desk by keyboard alone, and its shortcuts."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PASSWORD, hire, sign_in
from tests.crash.processes import worker_of
from tests.desk import addresses, mailed, open_for, serving
from tests.history.rows import settled
from verification.models import Batch

PATIENCE = 60_000
# A page has not so many places between two that somebody wants to go to.
MANY = 60


@pytest.fixture
def lena(page: Page) -> User:
    lena = hire("lena")["lena"]
    sign_in(page, "lena")
    return lena


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus, and see that this shows."""
    expect(wanted).to_be_visible()
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"not reached by keyboard: {wanted}")


def press(page: Page, *keys: str) -> None:
    # A page can be seen before it listens.
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def test_the_whole_job_by_keyboard_alone(page: Page, settings: Any, database_url: str) -> None:
    hire("mei")
    page.goto("/")
    tab_to(page, page.get_by_label("Username"))
    page.keyboard.type("mei")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")

    press(page, "n")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Resend")
    tab_to(page, page.get_by_label("Addresses"))
    page.keyboard.insert_text("\n".join(addresses(3)))
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("The link has expired")
    tab_to(page, page.get_by_role("button", name="See what would happen"))
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 addresses will be sent")
    tab_to(page, page.get_by_role("button", name="Send to 3 addresses"))
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Batch")

    with serving(settings) as sandbox:
        with worker_of(database_url, settings) as process:
            expect(page.locator("#spoken")).to_have_text("Every address has its outcome.", timeout=PATIENCE)
            process.end()
        assert mailed(sandbox) == addresses(3)
    press(page, "j", "j")
    expect(page.get_by_role("link", name=addresses(3)[1])).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(addresses(3)[1])
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("keys", "path"), [("gh", "/"), ("gr", "/resend/"), ("gl", "/history/"), ("gt", "/trail/"), ("n", "/resend/")]
)
def test_keys_lead_to_the_pages(keys: str, path: str, page: Page, lena: User) -> None:
    page.goto("/setup/")

    press(page, *keys)

    page.wait_for_url(f"**{path}")


def test_what_a_person_may_not_open_has_no_keys(page: Page) -> None:
    hire("aki")
    sign_in(page, "aki")

    press(page, "n", "g", "r", "?")

    assert page.url.endswith("/")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys").get_by_role("link", name="Resend")).to_have_count(0)
    expect(page.locator("#keys").get_by_role("link", name="Audit trail")).to_be_visible()


def test_their_list_opens_by_key_and_by_button_and_gives_the_focus_back(page: Page, lena: User) -> None:
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    press(page, "?")
    expect(sheet).to_be_visible()
    press(page, "g", "h", "Escape")
    expect(sheet).to_be_hidden()

    button = page.get_by_role("button", name="Keyboard shortcuts")
    button.focus()
    press(page, "Enter")
    expect(sheet).to_be_visible()
    press(page, "Escape")

    expect(button).to_be_focused()


def test_a_field_takes_every_key_as_a_letter(page: Page, lena: User) -> None:
    page.goto("/resend/")
    field = page.get_by_label("Reason")
    field.focus()

    page.keyboard.type("gh n/j?")

    expect(field).to_have_value("gh n/j?")
    assert page.url.endswith("/resend/")


@pytest.mark.parametrize("key", ["Control+j", "Alt+n", "Meta+k"])
def test_with_a_modifier_the_browser_keeps_its_keys(key: str, page: Page, lena: User) -> None:
    settled(lena, "one@example.com")
    page.goto("/history/")

    press(page, key)

    expect(page.get_by_role("link", name="one@example.com")).not_to_be_focused()
    assert page.url.endswith("/history/")


def test_the_stroke_goes_to_the_search_of_this_page_or_of_the_history(page: Page, lena: User) -> None:
    page.goto("/trail/")
    press(page, "/")
    expect(page.get_by_role("search").get_by_role("textbox").first).to_be_focused()

    page.goto("/setup/")
    press(page, "/")
    page.wait_for_url("**/history/")


def test_rows_are_walked_down_and_up_and_end_at_their_ends(page: Page, lena: User) -> None:
    batch = settled(lena, *addresses(3))
    page.goto(f"/batches/{batch.ref}/")
    row = [page.get_by_role("link", name=email) for email in addresses(3)]

    for keys, at in (("j", 0), ("jj", 2), ("j", 2), ("k", 1), ("kkk", 0)):
        press(page, *keys)
        expect(row[at]).to_be_focused()


def test_they_can_be_switched_off_for_good(page: Page, lena: User) -> None:
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Shortcuts are on").uncheck()
    press(page, "Escape")
    page.goto("/setup/")

    press(page, "?", "n", "g", "h")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.url.endswith("/setup/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Shortcuts are on").check()
    press(page, "Escape", "g", "h")

    page.wait_for_url("**/")


def test_a_tour_by_tab_shows_where_it_is(page: Page, lena: User) -> None:
    batch = open_for(lena, *addresses(2))
    for path in ("/", "/resend/", "/history/", "/trail/", "/setup/", f"/batches/{batch.ref}/"):
        page.goto(path)
        for _ in range(30):
            press(page, "Tab")
            shown = page.evaluate(
                "() => { const at = document.activeElement; "
                "return at === document.body || getComputedStyle(at).outlineStyle !== 'none' }"
            )
            assert shown, (path, page.evaluate("document.activeElement.outerHTML"))
