"""No page is wider than its screen: not on a phone, and not at 200 % on a small laptop."""

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser.tour import LANGUAGES, PARTS, Walk

PHONE, LAPTOP_AT_200_PER_CENT = 390, 640
WIDEST = """() => [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_wider_than_its_screen(language: str, part: str, browser: Browser, live_server: LiveServer) -> None:
    page = browser.new_context(locale=language).new_page()

    too_wide = []
    for stop in Walk(page, live_server.url, part):
        for width in (PHONE, LAPTOP_AT_200_PER_CENT):
            page.set_viewport_size({"width": width, "height": 720})
            needed = page.evaluate("document.documentElement.scrollWidth")
            if needed > width:
                too_wide.append(f"{stop.name} needs {needed} of {width}: {page.evaluate(WIDEST)}")
    page.context.close()

    assert too_wide == []
