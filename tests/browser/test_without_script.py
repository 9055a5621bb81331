"""Everything works with JavaScript switched off; live pages then reload themselves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.answered import refused
from tests.browser.people import ask_for, confirm, hire, sign_in
from tests.desk import addresses, open_for
from tests.history.rows import settled
from tests.services.known import DAY
from verification.models import Batch, Reason, Status, database_now


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    context = browser.new_context(base_url=live_server.url, locale="en", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_job_is_done_without_script(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")
    ask_for(page, "one@example.com\nbroken@")
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label("Addresses")).to_have_value("one@example.com\nbroken@")
    page.get_by_role("button", name="See what would happen").click()

    confirm(page)

    expect(page.get_by_text("0 of 1 done")).to_be_visible()
    Batch.objects.get().attempts.update(status=Status.NOT_SENT, reason=Reason.CANCELLED, finished_at=database_now())
    expect(page.get_by_text("1 of 1 done")).to_be_visible(timeout=30_000)


def test_a_line_of_the_preview_unfolds_by_keyboard(page: Page) -> None:
    settled(hire("mei")["mei"], "one@example.com", at=database_now() - 5 * DAY, ticket="SUP-7")
    sign_in(page, "mei")
    ask_for(page, "one@example.com")
    ticket = page.get_by_role("link", name="SUP-7")
    expect(ticket).to_be_hidden()

    page.locator("details.known > summary").press("Enter")

    expect(ticket).to_be_visible()
    expect(page.get_by_text("Sends in the last 30 days")).to_be_visible()


def test_buttons_that_need_script_do_not_show(page: Page) -> None:
    page.goto("/sign-in/")
    expect(page.locator("[data-theme-button]")).to_be_hidden()
    hire("mei")
    sign_in(page, "mei")

    expect(page.locator("[data-theme-button]")).to_be_hidden()
    expect(page.locator("[data-keys-button]")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_only_a_batch_in_flight_reloads_itself_and_keeps_no_sign_in_alive(page: Page) -> None:
    people = hire("mei")
    batch = open_for(people["mei"], *addresses(2))
    done = settled(people["mei"], "done@example.com")
    sign_in(page, "mei")

    for path in ("/", "/history/", "/resend/", "/setup/", f"/batches/{done.ref}/"):
        page.goto(path)
        expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)
    page.goto(f"/batches/{batch.ref}/?status=queued")

    page.wait_for_url("**/?status=queued&background=1", timeout=30_000)
    expect(page.get_by_role("row")).to_have_count(3)
    page.wait_for_load_state()
    with page.expect_request("**/?status=queued&background=1", timeout=30_000):
        pass


def test_home_history_and_meaning_are_read_by_links(page: Page) -> None:
    attempt = refused(hire("mei")["mei"], "one@example.com")
    sign_in(page, "mei")
    page.get_by_text("The same as a table").first.click()
    expect(page.get_by_role("table").first).to_be_visible()

    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_label("Status").select_option("refused")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=attempt.email).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(attempt.email)
    page.get_by_role("link", name="What to tell the customer").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("What this outcome means")


def test_the_trail_is_filtered_and_downloaded(page: Page) -> None:
    people = hire("lena")
    batch = open_for(people["lena"], "one@example.com")
    sign_in(page, "lena")
    page.get_by_role("link", name="Audit trail", exact=True).click()

    page.get_by_role("search").get_by_label("Batch").fill(batch.ref)
    page.get_by_role("button", name="Filter").click()

    expect(page.get_by_role("row")).to_have_count(2)
    with page.expect_download() as found:
        page.get_by_role("link", name="Download CSV").click()
    assert batch.ref in found.value.path().read_text(encoding="utf-8")


def test_the_language_is_changed(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")

    page.get_by_role("button", name="简体中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_the_systems_theme_holds(browser: Browser, live_server: LiveServer) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        context = browser.new_context(base_url=live_server.url, java_script_enabled=True, color_scheme=scheme)
        page = context.new_page()
        page.goto("/sign-in/")
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()

    assert len(grounds) == 2


def test_a_stopped_batch_is_reached_without_script(page: Page) -> None:
    people = hire("mei")
    batch = open_for(people["mei"], "one@example.com")
    sign_in(page, "mei")
    page.goto(f"/batches/{batch.ref}/")

    page.get_by_role("button", name="Stop what is still queued").click()

    expect(page.get_by_text("Stopped: 1 address will not be sent.")).to_be_visible()
