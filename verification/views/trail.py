"""The audit trail: who did what, when and from where, and how far the chain has been proved."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from .. import history as record
from ..evidence.checkpoints import CheckpointError
from ..forms import TrailForm
from ..models import Checkpoint, Event, EventName, Head, database_now
from ..services import checkpoints, doors
from .access import EXPORT_EVIDENCE, READ_TRAIL, actor_of, needs, person_of
from .history import named, portions
from .live import answer, is_refresh, newest_page

TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@never_cache
@needs(READ_TRAIL)
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    form = TrailForm(request.GET or None)
    about: dict[str, object] = {"form": form, "may_export": person_of(request).has_perm(EXPORT_EVIDENCE)}
    if form.is_bound and not form.is_valid():
        return render(request, "trail/page.html", about | {"page": None, "chain": _chain()})
    wanted = form.filters() if form.is_bound else record.TrailFilters()
    page = record.trail_page(wanted, request.GET.get("cursor", ""))
    about |= {"page": page, "query": urlencode(form.said()), "now": database_now()}
    part = newest_page("trail/events.html", f"{request.path}?{about['query']}", is_newest=not page.newer)
    live = part.now(request, about)
    if is_refresh(request):
        return answer(request, live)
    return render(request, "trail/page.html", about | {"live": live, "chain": _chain()})


def _chain() -> dict[str, object]:
    """How long the chain is, how much of it a signed checkpoint covers, whose key signs, and what checking has found.

    `whole` is the last check that found no fault, where a later one did.
    """
    head, last = Head.objects.first(), Checkpoint.objects.first()
    checks = Event.objects.filter(name=EventName.LEDGER_VERIFIED)
    checked, whole = checks.first(), checks.exclude(details__has_key="whole").first()
    events = head.sequence if head else 0
    return {
        "events": events,
        "checkpoint": last,
        "beyond": events - (last.sequence if last else 0),
        "key": _key(),
        "checked": checked,
        "whole": whole,
        "broken": checked != whole,
    }


def _key() -> str:
    try:
        return checkpoints.fingerprint_in_force()
    except CheckpointError:
        return ""  # Only verifying tells what is wrong with it; the page says that it can't be read.


@never_cache
@needs(EXPORT_EVIDENCE)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything that matches as a file, oldest first, written while it is read."""
    form = TrailForm(request.GET)
    ending = request.GET.get("format", "csv")
    if ending not in TYPES:
        raise Http404
    if not form.is_valid():
        return redirect(f"{reverse('trail')}?{request.GET.urlencode()}")
    wanted = form.filters()
    doors.exported(actor_of(request), "trail", wanted.query(), ending, now=database_now())
    rows = record.trail_rows(wanted)
    lines = record.json_lines(rows) if ending == "jsonl" else record.spreadsheet_lines(rows, record.TrailRow)
    headers = named("trail", form.said(), ending)
    return StreamingHttpResponse(portions(lines), content_type=TYPES[ending], headers=headers)
