"""A real Chromium for the tests of this folder: Debian's, or whichever is installed; none is ever downloaded."""

import os
import shutil
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.crash.processes import worker_of
from tests.desk import serving
from verification.aliyun.sandbox import Sandbox

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The same engine, which draws pages and no window around them, in half the time.
SHELL = "chromium-headless-shell"
HOW_TO_GET_ONE = "No Chromium was found. On Debian and Ubuntu: apt-get install chromium libatomic1"
# Run as root, Chromium has no sandbox. It may talk to this machine only, and not even look other hosts up.
OPTIONS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    # Playwright keeps an event loop in this thread, in which Django would refuse to query from here on.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "on"
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    """One Chromium for the run, as people use it; each test opens pages in a context of its own."""
    yield from _started(driver, PROGRAMS)


@pytest.fixture(scope="session")
def painter(driver: Playwright) -> Iterator[Browser]:
    """One Chromium for the run that opens hundreds of pages to look at them; the shell if there is one."""
    yield from _started(driver, (SHELL, *PROGRAMS), "--disable-gpu")


def _started(driver: Playwright, programs: Iterable[str], *options: str) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        pytest.skip(HOW_TO_GET_ONE)
    chromium = driver.chromium.launch(executable_path=program, args=[*OPTIONS, *options])
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, live_server: LiveServer) -> LiveServer:
    """The desk at work on the test database's file; started before it, it would share the test's own connection."""
    return live_server


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty page whose addresses are relative to the running desk; an error in its scripts fails the test."""
    context = browser.new_context(base_url=live_server.url, locale="en", timezone_id="UTC")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    with serving(settings) as sandbox:
        yield sandbox


@pytest.fixture
def at_work(database_url: str, sandbox: Sandbox, settings: Any) -> Iterator[None]:
    """A worker of its own process, with one call in hand at a time: mails go out in the order of the list."""
    with worker_of(database_url, settings, RESEND_PARALLEL_CALLS=1, RESEND_CALLS_PER_SECOND=0) as process:
        yield
        process.end()
