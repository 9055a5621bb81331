"""Check setup: what this desk is pointed at, and whether the provider knows it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..models import Attempt, SetupCheck, Status, Worker, database_now
from ..services.findings import findings
from ..services.setup import STALE, ask_check
from .access import READ, SEND, needs, needs_to_act, person_of

# The provider's own page for trying the operation.
EXPLORER = "https://api.aliyun.com/api/Domain/2018-01-29/ResendEmailVerification"


@never_cache
@needs(READ)
@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    now = database_now()
    newest = SetupCheck.objects.filter(finished_at__isnull=False).first()
    about = {
        "endpoint": settings.DOMAIN_API_ENDPOINT,
        "signature": settings.DOMAIN_API_SIGNATURE,
        "key_id": _masked(settings.ALIBABA_CLOUD_ACCESS_KEY_ID),
        "temporary": bool(settings.ALIBABA_CLOUD_SECURITY_TOKEN),
        "explorer": EXPLORER,
        "newest": newest,
        "findings": findings(newest) if newest else (),
        "checking": SetupCheck.objects.filter(finished_at=None, created_at__gt=now - STALE).first(),
        "last_accepted": Attempt.objects.filter(status=Status.ACCEPTED).newest_first().first(),
        "workers": Worker.objects.alive(now),
        "may_send": person_of(request).has_perm(SEND),
    }
    return render(request, "setup.html", about)


@needs_to_act(SEND)
def check(request: HttpRequest) -> HttpResponse:
    ask_check(person=person_of(request), now=database_now())
    return redirect("setup")


def _masked(key_id: str) -> str:
    """Enough of a key id to tell two apart, not enough to copy it."""
    return f"{key_id[:4]}…{key_id[-4:]}" if len(key_id) >= 12 else "…" if key_id else ""
