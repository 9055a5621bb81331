"""Everything works with JavaScript switched off; live pages then reload themselves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.people import ask_for, confirm, hire, sign_in
from tests.desk import open_for
from verification.models import Batch, Status, database_now


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
    Batch.objects.get().attempts.update(status=Status.ACCEPTED, finished_at=database_now())
    expect(page.get_by_text("1 of 1 done")).to_be_visible(timeout=30_000)


def test_a_button_that_needs_script_does_not_show(page: Page) -> None:
    page.goto("/sign-in/")

    expect(page.locator("[data-theme-button]")).to_be_hidden()


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
