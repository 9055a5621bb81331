"""How every page looks in every state and either language.

No rule of axe-core is broken badly, light or dark; and no page is wider than its screen, not on a phone, and not at
200 % on a small laptop.
"""

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
    ".lines > li:nth-child(n+15)",
    "tbody > tr:nth-child(n+15)",
    "tbody.act:nth-of-type(n+15)",
]
# A theme changes nothing but colours.
RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast", "link-in-text-block"],
}
SCRIPT = Axe().axe_script
RUN = """async ([exclude, runOnly]) =>
    (await axe.run({exclude}, {runOnly, resultTypes: ["violations"], preload: false})).violations"""

DESKTOP, LAPTOP_AT_200_PER_CENT, PHONE = 1280, 640, 390
WIDEST = """() => [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(element => element.outerHTML.slice(0, 120))"""


def faults_of(page: Page) -> Iterator[str]:
    yield from broken_rules(page)
    yield from too_wide(page)


def broken_rules(page: Page) -> Iterator[str]:
    """What is badly wrong on the page in each theme: the rule, how many places break it, and the first of them."""
    page.evaluate(SCRIPT)
    for theme, rules in RULES.items():
        page.emulate_media(color_scheme=theme)
        for found in page.evaluate(RUN, [FURTHER_ROWS, rules]):
            if found["impact"] in BAD:
                first = found["nodes"][0]
                yield f"{theme}: {found['id']} ({len(found['nodes'])}): {first['html']} {first['failureSummary']}"


def too_wide(page: Page) -> Iterator[str]:
    """On which screens the page must be moved to and fro to be read, and what sticks out."""
    for width in (PHONE, LAPTOP_AT_200_PER_CENT):
        page.set_viewport_size({"width": width, "height": 720})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            yield f"it needs {needed} of {width}: {page.evaluate(WIDEST)}"
    page.set_viewport_size({"width": DESKTOP, "height": 720})


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_seen_heard_and_used(
    language: str, part: str, painter: Browser, live_server: LiveServer
) -> None:
    page = painter.new_context(locale=language, reduced_motion="reduce").new_page()

    faults = [f"{stop.name}, {fault}" for stop in Walk(page, live_server.url, part) for fault in faults_of(page)]
    page.context.close()

    assert faults == []


def test_a_broken_page_is_seen(painter: Browser, live_server: LiveServer, transactional_db: None) -> None:
    page = painter.new_context().new_page()
    page.goto(f"{live_server.url}/sign-in/")
    assert list(faults_of(page)) == []

    page.evaluate("document.querySelector('label').remove()")
    page.evaluate("document.querySelector('h1').style.color = 'rgb(153, 153, 153)'")
    page.evaluate("document.querySelector('main').style.width = '500px'")
    found = {fault.split()[1] for fault in faults_of(page)}
    page.context.close()

    assert found == {"color-contrast", "label", "needs"}
