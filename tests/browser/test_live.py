"""Pages that follow the record, in a real browser: quietly, truthfully, and only while somebody looks."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.people import hire, sign_in
from tests.crash.processes import worker_of
from tests.desk import addresses, open_for, outcomes, serving
from tests.history.rows import settled
from verification.models import Batch, Reason, Status, Worker, database_now

PATIENCE = 60_000
LOST = re.compile("Connection lost – what you see is as of .+ UTC. Trying again.")
FAILURES: dict[str, Callable[[Route], None]] = {
    "no connection": lambda route: route.abort("connectionrefused"),
    "our server fails": lambda route: route.fulfill(status=503, body="away"),
    "a proxy answers": lambda route: route.fulfill(status=502, body=""),
    "somebody else answers": lambda route: route.fulfill(
        body="<html><body>Welcome to our wireless network</body></html>"
    ),
    "an empty answer": lambda route: route.fulfill(body=""),
}


@pytest.fixture
def mei(page: Page) -> User:
    mei = hire("mei")["mei"]
    sign_in(page, "mei")
    return mei


def hide(page: Page, hidden: bool) -> None:
    """The tab goes behind another one, or comes back: as far as its scripts can tell."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def look_again(page: Page) -> None:
    """Coming back to the tab makes it ask at once."""
    with page.expect_response(lambda response: "x-background" in response.request.headers):
        hide(page, False)


def test_a_worker_killed_half_way_is_seen_as_such(page: Page, mei: User, settings: Any, database_url: str) -> None:
    batch = open_for(mei, *addresses(40))
    page.goto(f"/batches/{batch.ref}/")
    page.evaluate("window.neverReloaded = true")
    bar = page.get_by_role("progressbar")
    with serving(settings):
        slow = {"RESEND_ADDRESSES_PER_CALL": 1, "RESEND_CALLS_PER_SECOND": 2}
        with worker_of(database_url, settings, **slow) as process:
            expect(page.get_by_text("No worker is alive.")).to_have_count(0, timeout=PATIENCE)
            expect(bar).not_to_have_attribute("aria-valuenow", "0", timeout=PATIENCE)
            process.kill()
    # Time passes without a sign of life from it.
    Worker.objects.update(seen_at=database_now() - timedelta(hours=1))

    expect(page.get_by_text("No worker is alive.")).to_be_visible(timeout=PATIENCE)
    accepted = list(outcomes(batch).values()).count("accepted")
    expect(bar).to_have_attribute("aria-valuenow", str(accepted))
    expect(page.get_by_role("heading", level=2).first).to_have_text(f"{accepted} of 40 done")
    assert 0 < accepted < 40
    assert page.evaluate("window.neverReloaded")


@pytest.mark.parametrize("failure", FAILURES)
def test_a_lost_connection_is_said_and_what_was_there_stays(failure: str, page: Page, mei: User) -> None:
    batch = open_for(mei, *addresses(3))
    page.goto(f"/batches/{batch.ref}/")
    expect(page.locator("#lost")).to_have_text("")

    page.route("**/progress/", FAILURES[failure])
    expect(page.locator("#lost")).to_have_text(LOST, timeout=PATIENCE)
    expect(page.locator("#lost")).to_have_role("status")
    expect(page.get_by_role("row")).to_have_count(4)
    batch.attempts.update(status=Status.NOT_SENT, reason=Reason.CANCELLED, finished_at=database_now())
    page.unroute("**/progress/")

    expect(page.get_by_role("heading", level=2).first).to_have_text("3 of 3 done", timeout=PATIENCE)
    expect(page.locator("#lost")).to_have_text("")


def test_a_history_that_failed_to_load_does_not_look_empty(page: Page, mei: User) -> None:
    settled(mei, *addresses(2))
    page.goto("/history/")

    page.context.set_offline(True)
    expect(page.locator("#lost")).to_have_text(LOST)
    hide(page, False)
    expect(page.get_by_role("row")).to_have_count(3)
    page.context.set_offline(False)

    expect(page.locator("#lost")).to_have_text("", timeout=PATIENCE)
    expect(page.get_by_role("row")).to_have_count(3)


def questions_of(page: Page) -> list[Request]:
    """What the page asks of the desk from now on; the browser fetches the page's icon whenever it likes."""
    asked: list[Request] = []

    def note(request: Request) -> None:
        if "/static/" not in request.url:
            asked.append(request)

    page.on("request", note)
    return asked


def test_a_sleeping_tab_asks_nothing_and_wakes_to_the_truth(page: Page, mei: User) -> None:
    page.clock.install()
    page.goto("/")
    asked = questions_of(page)
    hide(page, True)
    batch = open_for(mei, "new@example.com")

    page.clock.run_for(10 * 60 * 1000)
    assert asked == []
    expect(page.get_by_role("link", name=batch.ref)).to_have_count(0)
    look_again(page)

    expect(page.get_by_role("link", name=batch.ref)).to_be_visible(timeout=PATIENCE)
    assert [request.headers["x-background"] for request in asked] == ["1"]


def test_an_open_home_follows_without_a_hand(page: Page, mei: User) -> None:
    page.clock.install()
    page.goto("/")
    batch = open_for(mei, "new@example.com")

    page.clock.run_for(21_000)

    expect(page.get_by_role("link", name=batch.ref)).to_be_visible(timeout=PATIENCE)


def test_rows_under_the_readers_eyes_wait_until_they_are_asked_for(page: Page, mei: User) -> None:
    settled(mei, "old@example.com")
    page.goto("/history/")
    page.get_by_role("link", name="old@example.com").focus()
    settled(mei, "new@example.com", at=database_now())

    look_again(page)
    offer = page.get_by_role("button", name="This list has changed.")
    expect(offer).to_be_visible()
    expect(page.get_by_role("link", name="old@example.com")).to_be_focused()
    expect(page.get_by_role("link", name="new@example.com")).to_have_count(0)
    offer.click()

    expect(page.get_by_role("link", name="new@example.com")).to_be_focused()
    expect(offer).to_have_count(0)


def test_what_is_typed_into_the_filter_outlives_a_refresh(page: Page, mei: User) -> None:
    page.goto("/history/")
    page.get_by_label("Ticket").fill("SUP-")
    settled(mei, "new@example.com", at=database_now())

    look_again(page)

    expect(page.get_by_role("link", name="new@example.com")).to_be_visible()
    expect(page.get_by_label("Ticket")).to_be_focused()
    expect(page.get_by_label("Ticket")).to_have_value("SUP-")


def test_a_link_keeps_the_focus_through_a_refresh(page: Page, mei: User) -> None:
    batch = open_for(mei, "new@example.com")
    page.goto("/")
    link = page.get_by_role("link", name=batch.ref)
    link.focus()
    other = open_for(mei, "newer@example.com")

    look_again(page)

    expect(page.get_by_role("link", name=other.ref)).to_be_visible()
    expect(link).to_be_focused()


def test_whoever_is_signed_out_meanwhile_comes_to_the_sign_in(page: Page, mei: User) -> None:
    page.goto("/history/")
    page.context.clear_cookies()

    hide(page, False)

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_right_that_was_withdrawn_is_told_by_a_whole_page(page: Page, mei: User) -> None:
    page.goto("/history/")
    mei.user_permissions.clear()

    hide(page, False)

    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do this")
    assert not Batch.objects.exists()
