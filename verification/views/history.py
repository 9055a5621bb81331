"""History: every attempt, newest first. What is looked for stands in the URL, so that it can be shared."""

from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from .. import history as record
from ..forms import HistoryForm
from ..models import database_now
from ..services import doors
from .access import EXPORT, EXPORT_ADDRESSES, READ, actor_of, needs, person_of, sees_addresses
from .live import answer, is_refresh, newest_page

FORMATS = {
    "csv": (record.spreadsheet_lines, "text/csv; charset=utf-8"),
    "jsonl": (record.json_lines, "application/jsonl; charset=utf-8"),
}
# A write to the network for each line would cost more than the line.
LINES_A_WRITE = 500
# Bytes of a file's name; file systems take 255.
LONGEST_NAME = 180


@never_cache
@needs(READ)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET or None, whole_addresses=not sees_addresses(request))
    if form.is_bound and not form.is_valid():
        return render(request, "history.html", {"form": form, "page": None})
    wanted = form.filters() if form.is_bound else record.Filters()
    page = record.page(wanted, request.GET.get("cursor", ""))
    about = {"form": form, "page": page, "wanted": wanted, "query": urlencode(form.said()), "now": database_now()}
    part = newest_page("parts/attempts.html", f"{request.path}?{about['query']}", is_newest=not page.newer)
    live = part.now(request, about)
    if is_refresh(request):
        return answer(request, live)
    more = {"live": live, "may_export": person_of(request).has_perm(EXPORT)}
    return render(request, "history.html", about | more)


@never_cache
@needs(EXPORT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything that matches as a file, oldest first, written while it is read."""
    form = HistoryForm(request.GET, whole_addresses=not sees_addresses(request))
    ending = request.GET.get("format", "csv")
    if ending not in FORMATS:
        raise Http404
    if not form.is_valid():
        return redirect(f"{reverse('history')}?{request.GET.urlencode()}")
    write, content_type = FORMATS[ending]
    wanted, masked = form.filters(), not person_of(request).has_perm(EXPORT_ADDRESSES)
    doors.exported(actor_of(request), "attempts", wanted.query(), ending, now=database_now(), masked=masked)
    lines = portions(write(record.export_rows(wanted, masked=masked)))
    return StreamingHttpResponse(lines, content_type=content_type, headers=named("history", form.said(), ending))


def named(what: str, filters: dict[str, str], ending: str) -> dict[str, str]:
    """The header that names a download: when it was made, with the zone, and with which filters.

    Of an address only that there was one, for names of files get about.
    """
    now = timezone.localtime(database_now())
    said = {name: "" if name == "address" else slugify(value, allow_unicode=True) for name, value in filters.items()}
    words = [
        f"resend-{what}",
        f"{now:%Y-%m-%d-%H%M%S-%Z}",
        *(f"{name}-{value}".strip("-") for name, value in said.items()),
    ]
    # Cut within a letter, the rest of it goes too.
    name = "_".join(words).encode()[:LONGEST_NAME].decode(errors="ignore")
    return {"Content-Disposition": str(content_disposition_header(True, f"{name}.{ending}"))}


def portions(lines: Iterator[str]) -> Iterator[str]:
    """Lines in portions that are worth a write."""
    while portion := "".join(islice(lines, LINES_A_WRITE)):
        yield portion
