"""A walk through every page in every state, by one browser, as the people of the desk."""

from collections.abc import Iterable, Iterator

from django.contrib.auth.models import Group, User
from django.test import Client, override_settings
from playwright.sync_api import Page, expect

from tests.browser.house import as_usual, furnish
from tests.browser.stops import NOBODY, Stop, empty_house, full_house
from tests.desk import RIGHTS, person

LANGUAGES = ("en", "zh-CN")
PARTS = ("desk", "admin")
# In milliseconds: on a busy machine a page needs its time.
PATIENCE = 30_000


class Walk:
    """Goes from stop to stop of one part in one page of a browser. The house must be empty when it begins."""

    def __init__(self, page: Page, server: str, part: str) -> None:
        self.page, self.server, self.part = page, server, part
        self.people = {name: person(name) for name in RIGHTS}
        # Tests that commit take the groups of the migrations away.
        Group.objects.get_or_create(name="Support")
        self.people["root"] = User.objects.create_superuser("root")
        self.sessions = {name: _session(user) for name, user in self.people.items()}
        self.signed_in: str | None = None

    def __iter__(self) -> Iterator[Stop]:
        """Every stop, each while the page shows it."""
        with override_settings(ROOT_URLCONF="tests.views.faulty_urls", RESEND_APPROVAL_ABOVE=200):
            yield from self._visited(empty_house())
            yield from self._visited(full_house(furnish(self.people)))

    def visit(self, stop: Stop) -> None:
        as_usual()
        if stop.before:
            stop.before()
        self._become(stop.person)
        answer = self.page.goto(self.server + stop.url)
        assert answer and answer.status == stop.status, f"{stop.name} answers {answer and answer.status}"
        if stop.act:
            stop.act(self.page)
            self.signed_in = None  # It may have been signing out.
        expect(self.page.locator(stop.shows).first, stop.name).to_be_attached(timeout=PATIENCE)

    def _visited(self, stops: Iterable[Stop]) -> Iterator[Stop]:
        for stop in stops:
            if stop.name.startswith("admin") is (self.part == "admin"):
                self.visit(stop)
                yield stop

    def _become(self, name: str) -> None:
        if name == self.signed_in:
            return
        # A page that refreshes itself would find itself signed out, and reload.
        self.page.goto("about:blank")
        self.page.context.clear_cookies()
        if name != NOBODY:
            self.page.context.add_cookies([{"name": "sessionid", "value": self.sessions[name], "url": self.server}])
        self.signed_in = name


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
