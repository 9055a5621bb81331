"""No page breaks a rule of axe-core badly: in either language, light or dark, in any state."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.tour import LANGUAGES, PARTS, Walk

BAD = ("serious", "critical")
# A long list is judged by its first rows: the others are like them, and each takes its time.
FURTHER_ROWS = [
    ".lines > li:nth-child(n+25)",
    "tbody > tr:nth-child(n+25)",
    "tbody.act:nth-of-type(n+25)",
]
# A theme changes nothing but colours.
RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast", "link-in-text-block"],
}
SCRIPT = Axe().axe_script
RUN = """async ([exclude, runOnly]) =>
    (await axe.run({exclude}, {runOnly, resultTypes: ["violations"], preload: false})).violations"""


def broken_rules(page: Page) -> Iterator[str]:
    """What is badly wrong on the page in each theme: the rule, how many places break it, and the first of them."""
    page.evaluate(SCRIPT)
    for theme, rules in RULES.items():
        page.emulate_media(color_scheme=theme)
        for found in page.evaluate(RUN, [FURTHER_ROWS, rules]):
            if found["impact"] in BAD:
                first = found["nodes"][0]
                yield f"{theme}: {found['id']} ({len(found['nodes'])}): {first['html']} {first['failureSummary']}"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_breaks_a_rule_badly(language: str, part: str, browser: Browser, live_server: LiveServer) -> None:
    page = browser.new_context(locale=language, reduced_motion="reduce").new_page()

    faults = [f"{stop.name}, {fault}" for stop in Walk(page, live_server.url, part) for fault in broken_rules(page)]
    page.context.close()

    assert faults == []


def test_a_broken_page_is_seen(browser: Browser, live_server: LiveServer, transactional_db: None) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{live_server.url}/sign-in/")
    assert list(broken_rules(page)) == []

    page.evaluate("document.querySelector('label').remove()")
    page.evaluate("document.querySelector('h1').style.color = 'rgb(153, 153, 153)'")
    found = [fault.split()[1] for fault in broken_rules(page)]
    page.context.close()

    assert sorted(set(found)) == ["color-contrast", "label"]
