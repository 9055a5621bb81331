"""What a page weighs on its way: compressed, its files cached as in production, and all of it from this host."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page

from dashboard.settings import STORAGES
from tests.browser.tour import PARTS, Walk

KILOBYTE = 1000
FIRST, LATER = 250 * KILOBYTE, 60 * KILOBYTE


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The desk with its static files as a deployment has them, collected and served by WhiteNoise."""
    with override_settings(STORAGES=STORAGES, STATIC_ROOT=tmp_path):
        call_command("collectstatic", interactive=False, verbosity=0)
        # Without the handler by which tests serve static files.
        thread = LiveServerThread("127.0.0.1", lambda handler: handler, connections_override={})  # type: ignore[arg-type]
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        yield f"http://{thread.host}:{thread.port}"
        thread.terminate()


class Scales:
    """Weighs what a page receives, answers with their headers; and notes whom it asks."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server = page, server
        self.bytes = 0
        self.elsewhere: list[str] = []
        self.wire = page.context.new_cdp_session(page)
        self.wire.on("Network.loadingFinished", self._received)
        self.wire.send("Network.enable")
        page.on("request", self._asked)

    def read(self) -> int:
        """What came since the last reading."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("document.fonts.ready.then(() => null)")
        read, self.bytes = self.bytes, 0
        return read

    def forget(self) -> None:
        self.wire.send("Network.clearBrowserCache")

    def _received(self, event: dict[str, float]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def _asked(self, request: object) -> None:
        url: str = request.url
        if not url.startswith((f"{self.server}/", "data:")):
            self.elsewhere.append(url)


@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_light_and_all_of_it_from_here(part: str, painter: Browser, server: str) -> None:
    page = painter.new_context(locale="zh-CN").new_page()
    scales = Scales(page, server)

    walk, heavy = Walk(page, server, part), []
    for stop in walk:
        first = scales.read()
        walk.visit(stop)
        later = scales.read()
        if first > FIRST or not 0 < later <= LATER:
            heavy.append(f"{stop.name}: {first / KILOBYTE:.0f} kB, later {later / KILOBYTE:.0f} kB")
        scales.forget()
    page.context.close()

    assert heavy == []
    assert scales.elsewhere == []
