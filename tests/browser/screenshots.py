"""`make screenshots`: a picture of every page and state in both languages, light and dark, wide and on a phone.

Not a test, but run by pytest, which gives it a database and a server. It also renews the pictures of the README.
"""

import shutil
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.tour import LANGUAGES, PARTS, Walk

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "var" / "screenshots"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = {"wide": 1280, "phone": 390}
IN_README = {"home": "home", "preview": "resend", "batch-running": "batch"}
README_HEIGHT = 860


@pytest.fixture(scope="module", autouse=True)
def _said() -> object:
    shutil.rmtree(FOLDER, ignore_errors=True)
    yield
    print(f"\n{len(list(FOLDER.glob('*/*.png')))} pictures are in {FOLDER.relative_to(ROOT)}/")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures(language: str, part: str, painter: Browser, live_server: LiveServer) -> None:
    page = painter.new_context(locale=language, reduced_motion="reduce").new_page()
    for stop in Walk(page, live_server.url, part):
        for width in WIDTHS:
            page.set_viewport_size({"width": WIDTHS[width], "height": 800})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=FOLDER / f"{language[:2]}-{theme}-{width}" / f"{stop.name}.png", full_page=True)
        if language == "en" and stop.name in IN_README:
            _for_readme(page, ROOT / "docs" / f"{IN_README[stop.name]}.png")
    page.context.close()


def _for_readme(page: Page, path: Path) -> None:
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDTHS["wide"], "height": README_HEIGHT})
    page.screenshot(path=path)
