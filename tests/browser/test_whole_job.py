"""The whole job, as people do it: a real browser, a real worker process, a server that checks every signature."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ask_for, confirm, hire, sign_in
from tests.crash.processes import worker_of
from tests.desk import addresses, open_for, outcomes
from verification.aliyun.sandbox import Sandbox
from verification.models import Batch, Lookup

MESSY = Path(__file__).parents[1] / "services" / "messy_150.txt"
# What stands in it, counted by hand.
TO_SEND, DUPLICATES, INVALID = 120, 8, 24
REFUSED = "refused.customer@example.com"
# A worker on a busy machine needs its time; what is waited for comes or doesn't come.
PATIENCE = 60_000


@pytest.fixture
def at_work(database_url: str, sandbox: Sandbox, settings: Any) -> Iterator[None]:
    """A worker of its own process, sending to the sandbox in calls small enough to see the bar grow."""
    with worker_of(database_url, settings, RESEND_ADDRESSES_PER_CALL=5, RESEND_CALLS_PER_SECOND=8) as process:
        yield
        process.end()


def figure(page: Page, name: str) -> str:
    """The number on one of the page's figures."""
    return page.locator(".figure", has_text=name).locator("b").inner_text()


def test_support_does_the_whole_job(page: Page, sandbox: Sandbox, at_work: None) -> None:
    hire("mei")
    sign_in(page, "mei")

    ask_for(page, MESSY.read_text(encoding="utf-8"), ticket="T-4711")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{TO_SEND} addresses will be sent")
    assert (figure(page, "Duplicates"), figure(page, "Not an address")) == (str(DUPLICATES), str(INVALID))
    page.get_by_text("Not an address").last.scroll_into_view_if_needed()
    expect(page.locator("input[value='ursula@@example.com']")).to_be_visible()
    assert sandbox.sends() == []

    confirm(page, TO_SEND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Batch")
    page.evaluate("window.neverReloaded = true")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuemax", str(TO_SEND))
    expect(bar).to_have_attribute("aria-valuenow", str(TO_SEND), timeout=PATIENCE)
    expect(page.get_by_role("heading", level=2).first).to_have_text(f"All {TO_SEND} addresses have their outcome")
    expect(page.locator("#spoken")).to_have_text("Every address has its outcome.")
    assert page.evaluate("window.neverReloaded")
    assert (figure(page, "accepted"), figure(page, "refused")) == (str(TO_SEND - 1), "1")

    page.get_by_role("link", name="History").click()
    page.get_by_label("Address").fill(REFUSED)
    page.get_by_role("button", name="Filter").click()
    assert "address=refused.customer" in page.url
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name=REFUSED).click()
    expect(page.get_by_text("Don't send again today.")).to_be_visible()
    expect(page.get_by_role("article").get_by_text("SendTokenQuotaExceeded")).to_be_visible()
    expect(page.get_by_text("Quota used up until about")).to_be_visible()

    sent = [send.email for send in sandbox.sends()]
    assert len(sent) == len(set(sent)) == TO_SEND - 1
    assert list(outcomes(Batch.objects.get()).values()).count("accepted") == TO_SEND - 1


def test_an_auditor_reads_everything_and_sends_nothing(page: Page, sandbox: Sandbox, at_work: None) -> None:
    people = hire("mei", "aki")
    open_for(people["mei"], "one@example.com")
    sign_in(page, "aki")

    expect(page.get_by_role("link", name="Resend", exact=True)).to_have_count(0)
    page.goto("/resend/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do this")

    page.goto("/history/")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    forged: dict[str, str | float | bool] = {
        "csrfmiddlewaretoken": token,
        "paste": "two@example.com",
        "reason": "x",
        "lang": "en",
        "step": "confirm",
    }
    answer = page.request.post("/resend/", form=forged)

    assert answer.status == 403
    assert not Batch.objects.filter(requested_by=people["aki"]).exists()
    assert "two@example.com" not in [send.email for send in sandbox.sends()]


def test_asking_about_an_address_brings_the_answer_without_a_reload(page: Page, at_work: None) -> None:
    people = hire("mei")
    batch = open_for(people["mei"], "one@example.com")
    sign_in(page, "mei")
    page.goto(f"/addresses/{batch.attempts.get().pk}/")

    page.get_by_role("button", name="Ask the provider now").click()

    expect(page.get_by_text("not verified yet")).to_be_visible(timeout=PATIENCE)
    assert Lookup.objects.get().requested_by == people["mei"]


def test_the_setup_check_brings_its_findings(page: Page, at_work: None) -> None:
    hire("mei")
    sign_in(page, "mei")
    page.get_by_role("link", name="Check setup").click()

    page.get_by_role("button", name="Check now").click()

    expect(page.get_by_role("row", name="Access key")).to_contain_text("good", timeout=PATIENCE)
    expect(page.get_by_role("row", name="Right to resend")).to_contain_text("not known")


def test_what_is_queued_can_be_stopped(page: Page, sandbox: Sandbox) -> None:
    hire("mei")
    sign_in(page, "mei")
    ask_for(page, "\n".join(addresses(3)))
    confirm(page)
    expect(page.get_by_text("No worker is alive.")).to_be_visible()

    page.get_by_role("button", name="Stop what is still queued").click()

    expect(page.get_by_text("Stopped: 3 addresses will not be sent.")).to_be_visible()
    assert set(outcomes(Batch.objects.get()).values()) == {"not_sent cancelled"}
    assert sandbox.sends() == []


def test_pressing_send_again_after_going_back_makes_one_batch(page: Page, sandbox: Sandbox) -> None:
    hire("mei")
    sign_in(page, "mei")
    ask_for(page, "one@example.com")
    confirm(page)
    first = page.url
    page.wait_for_load_state("load")

    page.go_back()
    confirm(page)

    assert page.url == first
    assert Batch.objects.count() == 1
