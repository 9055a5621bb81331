"""Choosing a language in a real browser: nothing that was typed gets lost by it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.people import PASSWORD, ask_for, hire, sign_in


@pytest.fixture
def chinese(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A browser of somebody who reads Chinese, on another machine and without script."""
    context = browser.new_context(base_url=live_server.url, locale="zh-CN", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_whole_visit_in_chinese(chinese: Page) -> None:
    hire("mei")
    chinese.goto("/")
    chinese.get_by_label("用户名").fill("mei")
    chinese.get_by_label("密码").fill(PASSWORD)
    chinese.get_by_role("button", name="登录").click()

    chinese.get_by_role("link", name="重发", exact=True).click()
    chinese.get_by_label("邮箱").fill("one@example.com, two@example.com\n没有")
    chinese.get_by_label("原因").fill("客户没有收到邮件")
    chinese.get_by_role("button", name="预览结果").click()
    expect(chinese.get_by_role("heading", level=1)).to_have_text("将发送 2 个邮箱")
    chinese.get_by_role("button", name="发送到 2 个邮箱").click()

    expect(chinese.get_by_role("heading", level=1)).to_contain_text("批次")
    expect(chinese.get_by_text("客户没有收到邮件")).to_be_visible()


def test_a_persons_choice_holds_on_another_machine(page: Page, chinese: Page) -> None:
    hire("mei")
    sign_in(page, "mei")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("今日")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")

    chinese.goto("/sign-in/")
    chinese.get_by_label("用户名").fill("mei")
    chinese.get_by_label("密码").fill(PASSWORD)
    chinese.get_by_role("button", name="登录").click()

    expect(chinese.get_by_role("heading", level=1)).to_have_text("Today")
    expect(chinese.get_by_role("button", name="English")).to_have_attribute("aria-current", "true")


def test_a_paste_outlives_the_choice(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")
    page.goto("/resend/")
    page.get_by_label("Addresses").fill("one@example.com\nbroken@")

    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_label("邮箱")).to_have_value("one@example.com\nbroken@")

    page.get_by_label("原因").fill("因为")
    page.get_by_role("button", name="预览结果").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("Addresses")).to_have_value("one@example.com\nbroken@")
    expect(page.get_by_label("Reason")).to_have_value("因为")


def test_enter_in_a_field_chooses_no_language(page: Page) -> None:
    hire("mei")
    sign_in(page, "mei")
    ask_for(page, "one@example.com")
    page.get_by_role("button", name="Change something").click()

    page.get_by_label("Ticket").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("1 address will be sent")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_chinese_pages_fit_their_screen(width: int, page: Page) -> None:
    hire("lena")
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, "lena")
    page.get_by_role("button", name="简体中文").click()

    for path in ("/", "/resend/", "/history/", "/setup/", "/nothing-here/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
