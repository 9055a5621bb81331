"""One masked address in full, for who may see so: on record before it is shown."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from ..models import Attempt, database_now
from ..services import doors
from .access import REVEAL, actor_of, needs_to_act


@never_cache
@needs_to_act(REVEAL)
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    attempt = get_object_or_404(Attempt.objects.select_related("batch"), pk=pk)
    if not attempt.email:
        raise Http404
    doors.revealed(attempt, actor_of(request), database_now())
    return render(request, "revealed.html", {"attempt": attempt})
