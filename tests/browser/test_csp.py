"""The content policy: no page, of the desk or of the admin, asks for what it forbids."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.people import ask_for, hire, sign_in
from tests.desk import addresses, open_for
from tests.history.rows import settled
from verification.models import Batch, Reason, Status, database_now
from verification.services import lookups

ROOT = Path(__file__).parents[2]
OWN_FILES = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/*.js"), *ROOT.glob("static/*.svg")]
INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\bsrc=)|\son[a-z]+=|javascript:|\beval\(|new Function|hx-on")


@pytest.fixture
def breaches(page: Page) -> Iterator[list[str]]:
    """What the policy has stopped, on every page that was open; the test fails if it is anything."""
    found: list[str] = []
    page.expose_function("breached", lambda breach: found.append(breach))
    page.add_init_script(
        """document.addEventListener("securitypolicyviolation", event =>
             breached(`${location.pathname}: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"""
    )
    page.on("console", lambda said: found.append(said.text) if "Content Security Policy" in said.text else None)
    yield found
    assert found == []


@pytest.fixture
def lena(page: Page) -> User:
    """A lead who is an administrator too."""
    lena = hire("lena")["lena"]
    lena.is_staff = lena.is_superuser = True
    lena.save()
    return lena


def furnish(lena: User) -> Batch:
    batch = settled(lena, *addresses(3), status=Status.UNKNOWN, code="NoAnswer", at=database_now())
    attempt = batch.attempts.earliest("position")
    lookups.ask(email=attempt.email, key=attempt.key, person=lena, now=database_now())
    open_for(lena, "running@example.com")
    return batch


def test_the_policy_is_heard_of_when_it_is_broken(page: Page) -> None:
    """Else an empty list of breaches would prove nothing."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text))
    page.goto("/sign-in/")

    page.evaluate("document.body.setAttribute('style', 'color: red')")

    expect(page.locator("body")).to_have_attribute("style", "color: red")
    assert "Content Security Policy" in " ".join(heard)


def test_it_allows_nothing_unsafe_and_nothing_from_elsewhere() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]

    assert directives["default-src"] == ["'none'"]
    assert {source for sources in directives.values() for source in sources} == {"'none'", "'self'", "data:"}
    assert [name for name, sources in directives.items() if "data:" in sources] == ["img-src"]


def test_no_template_script_or_drawing_of_ours_holds_anything_inline() -> None:
    assert len(OWN_FILES) > 40
    assert [f"{file.name}: {found[0]}" for file in OWN_FILES if (found := INLINE.search(file.read_text()))] == []


def test_the_pages_of_the_desk_keep_to_it(page: Page, lena: User, breaches: list[str]) -> None:
    batch = furnish(lena)
    attempt = batch.attempts.earliest("position")
    sign_in(page, "lena")

    for path in (
        "/resend/",
        "/history/",
        "/history/?since=nonsense",
        "/trail/",
        "/trail/evidence/",
        "/setup/",
        f"/batches/{batch.ref}/",
        f"/addresses/{attempt.pk}/",
        f"/attempts/{attempt.pk}/meaning/",
        "/nothing-here/",
    ):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
    ask_for(page, "one@example.com\nbroken@")
    page.goto(f"/batches/{batch.ref}/")
    page.locator(f"#means-{attempt.pk}").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_a_part_that_refreshes_keeps_to_it(page: Page, lena: User, breaches: list[str]) -> None:
    sign_in(page, "lena")
    batch = open_for(lena, *addresses(3))
    page.goto(f"/batches/{batch.ref}/")

    batch.attempts.update(status=Status.NOT_SENT, reason=Reason.CANCELLED, finished_at=database_now())

    expect(page.get_by_text("3 of 3 done")).to_be_visible(timeout=30_000)


def test_the_pages_of_the_admin_keep_to_it(page: Page, lena: User, breaches: list[str]) -> None:
    furnish(lena)
    page.goto("/admin/login/")
    expect(page.get_by_label("Username")).to_be_visible()
    sign_in(page, "lena")
    page.goto("/admin/")
    lists = page.locator("#content-main th[scope=row] a").evaluate_all("links => links.map(link => link.pathname)")
    assert len(lists) > 7

    for path in (*lists, "/admin/auth/user/add/", "/admin/auth/group/add/", "/admin/nothing/"):
        page.goto(path)
        expect(page.locator("h1").first).to_be_visible()
        first = page.locator("#result_list tbody tr th a").first
        if first.count():
            first.click()
            expect(page.locator("h1").first).to_be_visible()


def test_the_tools_of_the_admin_keep_to_it(page: Page, lena: User, breaches: list[str]) -> None:
    """Its boxes for rights, and an act on chosen rows."""
    furnish(lena)
    sign_in(page, "lena")
    page.goto(f"/admin/auth/user/{lena.pk}/change/")
    page.locator(".selector-available option").first.dblclick()
    expect(page.locator(".selector-chosen option")).not_to_have_count(0)
    page.goto("/admin/verification/attempt/")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("resend")
    page.get_by_role("button", name="Go").click()

    expect(page.get_by_text("Nothing has been sent yet.")).to_be_visible()
