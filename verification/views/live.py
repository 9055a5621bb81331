"""Parts of pages that refresh themselves, and are sent again only when they show something else.

A browser sends the digest of what it shows. The time of an answer and the tokens of its forms differ each time and
say nothing new, so they don't count; an unchanged part costs only its new time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django_htmx.http import reswap

SEEN = "X-Seen"
LIST_SECONDS = 20


@dataclass(frozen=True)
class Live:
    """A part as it is now. `every` is in seconds; 0 is a part that changes no more.

    With `holds` it is a list under a reader's eyes, whose rows are not to move away: news are offered first.
    """

    html: SafeString
    as_of: SafeString
    digest: str
    url: str
    every: int
    holds: bool


@dataclass(frozen=True)
class Part:
    """How a part is made: its template has the sentence of its time, made from another, as `as_of`."""

    template: str
    url: str
    every: int
    as_of: str = "parts/as_of.html"
    holds: bool = False

    def now(self, request: HttpRequest, about: Mapping[str, object]) -> Live:
        as_of, token = render_to_string(self.as_of, dict(about), request), get_token(request)
        html = render_to_string(self.template, {**about, "as_of": as_of, "csrf_token": token}, request)
        shown = html.replace(as_of, "").replace(token, "")
        digest = sha256(shown.encode()).hexdigest()[:16]
        # Both come out of templates, which have escaped what they hold.
        return Live(mark_safe(html), mark_safe(as_of), digest, self.url, self.every, self.holds)


def newest_page(template: str, url: str, *, is_newest: bool) -> Part:
    """A page of a long list: only the newest one follows the record, for on the others nothing is new."""
    return Part(template, url, LIST_SECONDS if is_newest else 0, holds=True)


def is_refresh(request: HttpRequest) -> bool:
    """Whether a page asks for its part alone."""
    return "HX-Request" in request.headers


def answer(request: HttpRequest, live: Live) -> HttpResponse:
    """What a refresh gets: the part, or only its time where the browser shows the same already."""
    if request.headers.get(SEEN) == live.digest:
        return reswap(render(request, "parts/unchanged.html", {"live": live}), "none")
    return render(request, "parts/live.html", {"live": live})
