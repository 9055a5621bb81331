"""What became of one attempt, in plain words, with replies for the customer that are ready to copy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..models import Attempt, Lookup, LookupState, database_now
from ..services import advice
from ..services.error_centre import explained_at
from ..services.replies import Reply, replies
from .access import READ, needs, sees_addresses

_TOLD_BY = ("batch", "last_call", "held_by__batch", "held_by__last_call")


@never_cache
@needs(READ)
@require_safe
def meaning(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of its own; a script that shows it over another page asks for the part that matters."""
    attempt = get_object_or_404(Attempt.objects.select_related(*_TOLD_BY), pk=pk)
    recommend = attempt.last_call.recommend if attempt.last_call else ""
    about = {
        "attempt": attempt,
        "advice": advice.for_attempt(attempt),
        "explained_at": explained_at(attempt.code, recommend),
        "later": _later_than(attempt),
        "replies": _replies(attempt) if sees_addresses(request) else (),
    }
    part = request.headers.get("HX-Request") is not None
    return render(request, "parts/meaning.html" if part else "meaning.html", about)


def _later_than(attempt: Attempt) -> Attempt | None:
    """The newest attempt on the same address, unless this is it."""
    if attempt.erased_at:
        return None
    newest = Attempt.objects.of_keys([attempt.key]).newest_first().first()
    return newest if newest != attempt else None


def _replies(attempt: Attempt) -> tuple[Reply, ...]:
    """None where the address is erased: nobody is left to answer."""
    if attempt.erased_at:
        return ()
    known = Lookup.objects.filter(key=attempt.key, state=LookupState.ANSWERED).first()
    return replies(attempt, now=database_now(), verified=bool(known and known.verified))
