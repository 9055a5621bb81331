"""Four eyes, as two people do it: one asks for many mails, another approves, and a worker sends them."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.people import ask_for, confirm, hire, sign_in
from tests.desk import addresses, mailed, serving
from verification.aliyun.sandbox import Sandbox
from verification.models import Batch

PATIENCE = 60_000
LIMIT = 200
TEXTS = addresses(LIMIT + 1)[::-1]


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    settings.RESEND_APPROVAL_ABOVE = LIMIT
    with serving(settings) as sandbox:
        yield sandbox


@pytest.fixture
def lead(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """The page of a second person, in a browser of their own."""
    context = browser.new_context(base_url=live_server.url, locale="en", timezone_id="UTC")
    yield context.new_page()
    context.close()


def test_support_asks_for_many_and_a_lead_approves(page: Page, lead: Page, sandbox: Sandbox, at_work: None) -> None:
    hire("mei", "lena")
    sign_in(page, "mei")
    ask_for(page, "\n".join(TEXTS), reason="Transfer of the registry")
    expect(page.get_by_text("nothing is sent until another person has approved the batch")).to_be_visible()
    confirm(page, len(TEXTS))
    expect(page.get_by_text("mei asks to send to 201 addresses: they wait for approval.")).to_be_visible()
    expect(page.get_by_text("Who can approve it: lena.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    sign_in(lead, "lena")
    lead.get_by_role("link", name="Approvals 1").click()
    lead.get_by_role("link", name=Batch.objects.get().ref).click()
    assert mailed(sandbox) == []
    lead.get_by_role("button", name="Approve …").click()
    expect(lead.get_by_text("Transfer of the registry")).to_be_visible()
    lead.get_by_label("Note").fill("Checked against the list of the registry")
    lead.get_by_role("button", name="Approve: send to 201 addresses").click()
    expect(lead.get_by_text("Approved: 201 addresses are released for sending.")).to_be_visible()

    for reader in (lead, page):
        expect(reader.get_by_text("All 201 addresses have their outcome")).to_be_visible(timeout=PATIENCE)
        expect(reader.get_by_text("Checked against the list of the registry")).to_be_visible()
        expect(reader.get_by_text("approved by lena")).to_be_visible()
    assert mailed(sandbox) == TEXTS


def test_a_lead_rejects_and_support_reads_why(page: Page, lead: Page, sandbox: Sandbox, at_work: None) -> None:
    hire("mei", "lena")
    sign_in(page, "mei")
    ask_for(page, "\n".join(TEXTS))
    confirm(page, len(TEXTS))
    expect(page.get_by_text("they wait for approval")).to_be_visible()

    sign_in(lead, "lena")
    lead.goto(page.url)
    lead.get_by_role("button", name="Reject …").click()
    lead.get_by_role("button", name="Reject: send to none").click()
    expect(lead.get_by_text("Say why: the author reads it")).to_be_visible()
    lead.get_by_label("Why it is rejected").fill("These were mailed yesterday")
    lead.get_by_role("button", name="Reject: send to none").click()
    expect(lead.get_by_text("Rejected: 201 addresses will not be sent.")).to_be_visible()

    expect(page.get_by_text("lena has rejected this batch.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("These were mailed yesterday").first).to_be_visible()
    assert mailed(sandbox) == []
