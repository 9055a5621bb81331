"""Reading a page as a person does: its words, and the form on it with what it would submit."""

import html
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse


def words(page: Any) -> str:
    """The visible text of a page, or of a part of its markup, on one line."""
    whole = (page if isinstance(page, str) else page.content.decode()).replace("<wbr>", "")
    visible = re.sub(r"<(script|title)\b.*?</\1>|<[^>]*>", " ", whole, flags=re.DOTALL)
    return " ".join(html.unescape(visible).split())


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        empty_box = given.get("type") == "checkbox" and "checked" not in given
        if tag == "input" and given.get("name") not in (None, "csrfmiddlewaretoken") and not empty_box:
            self.values[given["name"]] = given.get("value", "")
        if tag == "textarea":
            self._textarea = given["name"]
            self.values[self._textarea] = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            # A browser drops the line break right behind the tag.
            self.values[self._textarea] += data.removeprefix("\r\n").removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""


def fields(response: Any) -> dict[str, str]:
    """What the form of a page holds, by the names of its fields; a choice is left out."""
    parser = _Fields()
    parser.feed(response.content.decode())
    return parser.values


def typed(*emails: str, paste: str = "", **more: str) -> dict[str, str]:
    """The resend form, filled in."""
    return {"paste": paste or "\n".join(emails), "reason": "The link has expired", "ticket": "", "lang": "en"} | more


def preview(client: Client, data: dict[str, str]) -> Any:
    return client.post(reverse("resend"), data | {"step": "preview"})


def confirm(client: Client, previewed: Any, **changes: str) -> Any:
    """Press "send" on a preview."""
    return client.post(reverse("resend"), fields(previewed) | changes | {"step": "confirm"})


def faults(response: Any) -> list[str]:
    """The sentences at the fields of a form."""
    return [html.unescape(fault) for fault in re.findall(r"<ul class=\"faults\".*?</ul>", response.content.decode())]


def listed(response: Any, fate: str) -> list[str]:
    """The addresses or texts in one of a preview's lists."""
    page = response.content.decode().replace("<wbr>", "")
    found = re.search(rf'<details class="fold" id="list-{fate}"(?:(?!<details class="fold").)*', page, re.DOTALL)
    texts = r'<span class="(?:address|mono)">(.*?)</span>|<input class="form-control mono"[^>]* value="(.*?)"'
    lines: Iterable[str] = ("".join(pair) for pair in re.findall(texts, found[0])) if found else ()
    return [html.unescape(line) for line in lines]
