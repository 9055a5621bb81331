"""The whole story in either language, at a desk and on a phone: asked, previewed, sent, explained, replied."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.people import PASSWORD, hire
from tests.desk import mailed
from verification.aliyun.sandbox import Sandbox
from verification.models import Batch

WIDTHS = {"desk": 1280, "phone": 390}
GOOD, REFUSED, MISTYPED, MEANT = "li.wei@example.com", "refused.zhang@example.com", "anna@gmial.com", "anna@gmail.com"
NO_ADDRESS = "没有地址的一行"
PATIENCE = 60_000


@dataclass(frozen=True)
class Words:
    """What a page says and calls its fields, in the order of the story."""

    locale: str
    name: str
    password: str
    sign_in: str
    today: str
    addresses: str
    reason: str
    preview: str
    will_be_sent: str
    take: str
    send: str
    batch: str
    done: str
    tell: str
    reply: str
    should_i: str
    quota: str


STORIES = {
    "en": Words(
        *("en", "Username", "Password", "Sign in", "Today", "Addresses", "Reason", "See what would happen"),
        *("3 addresses will be sent", f"Take {MEANT}", "Send to 3 addresses", "Batch"),
        *("All 3 addresses have their outcome", "What to tell the customer", "Copy the reply (English)"),
        *("Should I resend?", "Quota used up until about"),
    ),
    "zh": Words(
        *("zh-CN", "用户名", "密码", "登录", "今日", "邮箱", "原因", "预览结果"),
        *("将发送 3 个邮箱", f"改为 {MEANT}", "发送到 3 个邮箱", "批次"),
        *("全部 3 个邮箱已有结果", "如何告知客户", "复制回复（中文）"),
        *("要重发吗？", "配额已用完，约到"),
    ),
}


@pytest.fixture(params=WIDTHS.values(), ids=list(WIDTHS))
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=STORIES.values(), ids=list(STORIES))
def words(request: pytest.FixtureRequest) -> Words:
    told: Words = request.param
    return told


@pytest.fixture
def page(words: Words, width: int, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    phone = width == WIDTHS["phone"]
    context = browser.new_context(
        base_url=live_server.url,
        locale=words.locale,
        viewport={"width": width, "height": 844},
        has_touch=phone,
        is_mobile=phone,
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context.new_page()
    context.close()


def arrive(page: Page, heading: str, width: int) -> None:
    """Be on the page of that heading, and see all of its width."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading, timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_customer_is_helped(page: Page, words: Words, width: int, sandbox: Sandbox, at_work: None) -> None:
    hire("mei")
    page.goto("/")
    page.get_by_label(words.name).fill("mei")
    page.get_by_label(words.password).fill(PASSWORD)
    page.get_by_role("button", name=words.sign_in).click()
    arrive(page, words.today, width)

    page.goto("/resend/")
    page.get_by_label(words.addresses).fill(f"{GOOD}\n{REFUSED}\n{MISTYPED}\n{NO_ADDRESS}")
    page.get_by_label(words.reason).fill("客户没有收到邮件")
    page.get_by_role("button", name=words.preview).click()
    arrive(page, words.will_be_sent, width)
    page.get_by_role("button", name=words.take).click()
    expect(page.locator("#list-send .address").last).to_have_text(MEANT)
    assert sandbox.sends() == []

    page.get_by_role("button", name=words.send).click()
    arrive(page, words.batch, width)
    expect(page.get_by_text(words.done)).to_be_visible(timeout=PATIENCE)
    assert mailed(sandbox) == [GOOD, MEANT]
    assert list(Batch.objects.get().attempts.order_by("position").values_list("email", flat=True)) == [
        *(GOOD, REFUSED, MEANT)
    ]

    page.get_by_role("row", name=REFUSED).get_by_role("link", name=words.tell).click()
    page.get_by_role("button", name=words.reply).click()
    assert REFUSED in page.evaluate("navigator.clipboard.readText()")

    page.locator("dialog[open] a").first.click()
    arrive(page, REFUSED, width)
    expect(page.get_by_role("heading", name=words.should_i)).to_be_visible()
    expect(page.get_by_text(words.quota)).to_be_visible()
