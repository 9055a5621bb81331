"""One address: everything that ever happened to it, and what the provider says about it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import history
from ..models import Attempt, Verdict, Worker, database_now
from ..services import lookups
from ..services.addresses import Address
from ..services.again import send_again
from ..services.recommend import guide
from .access import READ, SEND, address_of, needs, needs_to_act, person_of


@never_cache
@needs(READ)
@require_safe
def address(request: HttpRequest, pk: int) -> HttpResponse:
    first = _first(pk)
    if first.pk != pk:
        return redirect("address", pk=first.pk)
    now = database_now()
    about = {
        "first": first,
        "page": history.story_of(first, cursor=request.GET.get("cursor", "")),
        # An address that was erased has no key, and nothing to be advised about.
        "advice": guide([Address(first.email, first.key)], now)[first.key] if first.key else None,
        "worker_alive": Worker.objects.alive(now).exists(),
        "may_send": person_of(request).has_perm(SEND),
    }
    return render(request, "address.html", about)


@needs_to_act(SEND)
def lookup(request: HttpRequest, pk: int) -> HttpResponse:
    first = _first(pk)
    if not first.key:
        raise Http404
    lookups.ask(email=first.email, key=first.key, person=person_of(request), now=database_now())
    return redirect("address", pk=first.pk)


@needs_to_act(SEND)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send once more to an address whose attempt certainly never went out."""
    unsent = get_object_or_404(
        Attempt.objects.exclude(email="").select_related("batch"), pk=pk, verdict=Verdict.CONFIRMED_NOT_SENT
    )
    batch = send_again(unsent, person=person_of(request), source_address=address_of(request), now=database_now())
    return redirect("batch", ref=batch.ref)


def _first(pk: int) -> Attempt:
    """The first attempt on the same address: its number names the address in links, for no path holds an address."""
    attempt = get_object_or_404(Attempt, pk=pk)
    # Erased addresses have nothing in common but their emptiness.
    return (history.first_attempt_of(attempt.key) if attempt.key else None) or attempt
