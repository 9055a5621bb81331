"""A long messy paste, mended line by line on the preview, sent, and received exactly as the preview said."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.people import ask_for, confirm, hire, sign_in
from verification.aliyun.sandbox import Sandbox
from verification.models import Batch, Status

MESSY = (Path(__file__).parents[1] / "services" / "messy_150.txt").read_text(encoding="utf-8")
# What stands in it, counted by hand.
TO_SEND, INVALID = 120, 24
# The sandbox refuses one by its name.
REFUSED = "refused.customer@example.com"
TYPED_OVER = {
    "ursula@@example.com": "ursula@example.com",
    "wanda @example.com": "wanda@example.com",
    "xavier@example,com": "xavier@example.com",
}
SUGGESTED = "zara.khan@example.com"
LEFT_OUT = "not-an-address"
MENDED = [*TYPED_OVER.values(), SUGGESTED]
PATIENCE = 60_000


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    context = browser.new_context(base_url=live_server.url, locale="en", java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def field(page: Page, text: str) -> Any:
    """The field that holds a line."""
    return page.locator(f"input[name^='line-'][value='{text}']")


def sent_list(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#list-send .address").all_text_contents()]


def test_a_messy_paste_is_corrected_in_place_and_sent_as_shown(page: Page, sandbox: Sandbox, at_work: None) -> None:
    hire("mei")
    sign_in(page, "mei")
    ask_for(page, MESSY)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"{TO_SEND} addresses will be sent")
    before = sent_list(page)
    expect(page.locator("input[name^='line-']")).to_have_count(INVALID)

    for wrong, right in TYPED_OVER.items():
        field(page, wrong).fill(right)
    page.get_by_role("button", name=f"Take {SUGGESTED}").click()
    expect(heading).to_have_text(f"{TO_SEND + len(MENDED)} addresses will be sent")
    line = field(page, LEFT_OUT).get_attribute("aria-label") or ""
    page.get_by_role("button", name=f"Leave line {re.sub('[^0-9]', '', line)} out").click()
    expect(field(page, LEFT_OUT)).to_have_count(0)
    shown = sent_list(page)

    assert len(shown) == TO_SEND + len(MENDED)
    assert [email for email in shown if email not in MENDED] == before
    assert [email for email in shown if email in MENDED] == MENDED
    confirm(page, TO_SEND)
    expect(page.get_by_text("that is not what you typed")).to_be_visible()
    assert sandbox.sends() == []
    assert not Batch.objects.exists()

    confirm(page, len(shown))
    expect(heading).to_contain_text("Batch", timeout=PATIENCE)
    expect(page.get_by_text(f"All {len(shown)} addresses have their outcome")).to_be_visible(timeout=PATIENCE)
    asked = list(Batch.objects.get().attempts.order_by("position").values_list("email", flat=True))
    refused = list(Batch.objects.get().attempts.exclude(status=Status.ACCEPTED).values_list("email", flat=True))
    assert asked == shown
    assert refused == [REFUSED]
    assert [send.email for send in sandbox.sends()] == [email for email in shown if email != REFUSED]
