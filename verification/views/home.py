"""Home: the day's figures, what is running, and what needs a person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import history
from ..models import Status, database_now
from .access import READ, SEND, needs, person_of


@never_cache
@needs(READ)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    today = history.today(database_now(), timezone.get_current_timezone())
    about = {
        "today": today,
        "figures": [(status, today.counts[status]) for status in Status],
        "asked": sum(today.counts.values()),
        "needs_person": today.paused_count or today.unknown_lately or not today.workers_alive,
        "may_send": person_of(request).has_perm(SEND),
    }
    return render(request, "home.html", about)
