"""History: every attempt, newest first. What is looked for stands in the URL, so that it can be shared."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import history as record
from ..forms import HistoryForm
from .access import READ, needs


@never_cache
@needs(READ)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        return render(request, "history.html", {"form": form, "page": None})
    wanted = form.filters() if form.is_bound else record.Filters()
    page = record.page(wanted, request.GET.get("cursor", ""))
    about = {"form": form, "page": page, "wanted": wanted, "query": urlencode(form.said())}
    return render(request, "history.html", about)
