"""Home as one glance: today against the last weeks, what runs, what needs a person, and the last 90 days."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import history
from ..models import FINAL, Status, database_now
from . import plots
from .access import READ, SEND, needs, person_of
from .live import Part, answer, is_refresh

REFRESH_SECONDS = 20


@never_cache
@needs(READ)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = database_now()
    about = {"now": now, "may_send": person_of(request).has_perm(SEND)}
    live = Part("home/live.html", request.path, REFRESH_SECONDS).now(request, about | _live(now))
    if is_refresh(request):
        return answer(request, live)
    return render(request, "home.html", about | {"live": live} | _plots(now))


def _live(now: datetime) -> dict[str, object]:
    """What changes from minute to minute: the part `home/live.html`."""
    today = history.today(now, timezone.get_current_timezone())
    usual = {status: _rounded(number) for status, number in today.usual.items() if status in FINAL}
    return {
        "today": today,
        "figures": [(status, today.counts[status], usual.get(status)) for status in Status],
        "asked": sum(today.counts.values()),
        "usually_asked": _rounded(sum(today.usual.values())),
        "attention": history.attention(now),
    }


def _rounded(number: float) -> float:
    """To one decimal where it is small; a fraction of an address is no news among many."""
    return round(number, 1 if number < 10 else None)


def _plots(now: datetime) -> dict[str, object]:
    """What changes from day to day: the part `home/plots.html`."""
    figures = history.figures(now, timezone.get_current_timezone())
    return {
        "since": figures.days[0].day,
        "by_day": plots.by_day(figures.days),
        "by_provider": plots.by_provider(figures.providers),
        "by_code": plots.by_code(figures.codes),
    }
