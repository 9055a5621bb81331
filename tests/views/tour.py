"""A walk through every page that links lead to, and through those that only forms lead to."""

import html
import re
from collections import Counter, deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import resolve, reverse

from tests.desk import addresses
from tests.views.pages import preview, typed
from verification.models import Batch

# Pages of one view that are looked at: the first ones differ, further ones are like them.
OF_ONE_VIEW = 2
# Attributes that people read or hear; all others are for programs.
FOR_PEOPLE = re.compile(
    r"aria-label|aria-description|title|alt|placeholder|label|data-(say|words|done|failed|copy)\b.*"
)


class Words(HTMLParser):
    """What a page says to people, and what it says to programs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.people: list[str] = []
        self.programs: list[str] = []
        self._silent = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag if tag in ("script", "style", "textarea") else ""
        for name, value in attrs:
            of_a_button = tag == "input" and name == "value" and dict(attrs).get("type") in ("submit", "button")
            heard = self.people if FOR_PEOPLE.fullmatch(name) or of_a_button else self.programs
            # Of Django's admin; a page of its list has two hundred rows at most.
            if name != "data-actions-icnt":
                heard.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = ""

    def handle_data(self, data: str) -> None:
        (self.programs if self._silent else self.people).append(data)


def pages(client: Client, *starts: str) -> dict[str, str]:
    """Every page that can be reached from the given ones, by its URL."""
    found: dict[str, str] = {}
    waiting, seen, of_view = deque(starts), set(starts), Counter[str]()
    while waiting:
        url = waiting.popleft()
        response = client.get(url, follow=True)
        if response.status_code != 200 or "text/html" not in response["Content-Type"]:
            continue
        found[url] = response.content.decode()
        for link in _links(url, found[url]):
            view = resolve(urlsplit(link).path).view_name
            if link not in seen and of_view[view] < OF_ONE_VIEW:
                seen.add(link)
                of_view[view] += 1
                waiting.append(link)
    return found


def _links(url: str, page: str) -> list[str]:
    hrefs = [html.unescape(href) for href in re.findall(r'<a\b[^>]*\shref="([^"]*)"', page)]
    links = [urljoin(url, href).partition("#")[0] for href in hrefs]
    return [link for link in links if link.startswith("/")]


def further_pages(client: Client, batch: Batch, language: str = "en") -> dict[str, str]:
    """Pages that no link leads to; those that need no sign-in as a browser of this language gets them."""
    stranger = Client(headers={"Accept-Language": language})
    list_of_many = "\n".join(
        [*addresses(12, "neu"), "neu00003@example.com", "nix@", "a@gmial.com", "b@qq.com", "# ..."]
    )
    wanted = typed(paste=list_of_many, reason="链接已过期")
    answers = {
        "preview": preview(client, wanted),
        "form with faults": preview(client, {"paste": "nix", "reason": ""}),
        "preview that lifts the rules": preview(client, wanted | {"override_reason": "客户在等"}),
        "form to edit": client.post(reverse("resend"), wanted),
        "filter with faults": client.get(reverse("history"), {"since": "nie"}),
        "nothing there": client.get("/nothing-here/"),
        "no page": client.get(reverse("batch-stop", args=[batch.ref])),
        "stopped": client.post(reverse("batch-stop", args=[batch.ref]), follow=True),
        "signed out": stranger.post(reverse("resend"), wanted),
        "sign-in": stranger.get(reverse("sign-in")),
        "sign-in refused": stranger.post(reverse("sign-in"), {"username": "x", "password": "y"}),
        "admin's sign-in": stranger.get(reverse("admin:login")),
    }
    return {name: answer.content.decode() for name, answer in answers.items()}
