"""One batch: how far it is, what became of every address, and the acts of stopping and resuming it."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import history
from ..models import Attempt, Batch, BatchState, Status, database_now
from ..services import batches
from .access import APPROVE, READ, SEND, actor_of, may_steer, needs, needs_to_act, person_of
from .live import Part, answer
from .resend import failed_in

LINES_A_PAGE = 100
REFRESH_SECONDS = 2


@never_cache
@needs(READ)
@require_safe
def batch(request: HttpRequest, ref: str) -> HttpResponse:
    found = _found(ref)
    about = _about(request, found)
    return render(request, "batch/page.html", about | {"live": _part(request, found).now(request, about)})


@never_cache
@needs(READ)
@require_safe
def progress(request: HttpRequest, ref: str) -> HttpResponse:
    """The part of the page that changes while the batch is in flight."""
    found = _found(ref)
    return answer(request, _part(request, found).now(request, _about(request, found)))


def _found(ref: str) -> Batch:
    return get_object_or_404(Batch.objects.select_related("resend_of"), ref=ref)


def _part(request: HttpRequest, batch: Batch) -> Part:
    url = reverse("batch-progress", args=[batch.ref], query=_chosen(request))
    return Part("batch/live.html", url, 0 if batch.finished_at else REFRESH_SECONDS, as_of="batch/as_of.html")


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Which of the lines a link asks for."""
    return {name: request.GET[name] for name in ("status", "from") if name in request.GET}


@needs_to_act(READ)
def stop(request: HttpRequest, ref: str) -> HttpResponse:
    cancelled = batches.stop(_steered(request, ref).pk, actor_of(request), now=database_now())
    messages.info(request, _("The batch had already finished.") if cancelled is None else _stopped(cancelled))
    return redirect("batch", ref=ref)


def _stopped(cancelled: int) -> str:
    said = ngettext("Stopped: %(n)s address will not be sent.", "Stopped: %(n)s addresses will not be sent.", cancelled)
    return said % {"n": localize(cancelled)}


@needs_to_act(READ)
def resume(request: HttpRequest, ref: str) -> HttpResponse:
    resumed = batches.resume(_steered(request, ref).pk, actor_of(request), now=database_now())
    messages.info(request, _("The batch goes on.") if resumed else _("The batch was not paused."))
    return redirect("batch", ref=ref)


def _steered(request: HttpRequest, ref: str) -> Batch:
    found = get_object_or_404(Batch, ref=ref)
    if not may_steer(person_of(request), found):
        raise PermissionDenied
    return found


def _about(request: HttpRequest, found: Batch) -> dict[str, object]:
    now = database_now()
    person = person_of(request)
    progress = history.progress(found, now)
    return {
        "batch": found,
        "progress": progress,
        "counts": [(status, progress.counts[status]) for status in Status],
        "failed": failed_in(found).count(),
        "lines": _lines(found, request.GET),
        "query": urlencode(_chosen(request)),
        "now": now,
        "may_steer": may_steer(person, found),
        "may_send": person.has_perm(SEND),
        "decision": _decision(found, person),
        "resends": found.resends.order_by("pk")[:20],
    }


@dataclass(frozen=True)
class Decision:
    """About a batch that waits for approval: who may decide, and whether who looks at it may; whether it was rejected.

    `approvers` are the others with the right, by name; `is_author` tells that whoever looks at it has asked for it.
    """

    approvers: list[str]
    is_author: bool
    may_decide: bool
    rejected: bool


def _decision(batch: Batch, person: User) -> Decision:
    waits, is_author = batch.state == BatchState.WAITING, batch.requested_by_id == person.pk
    return Decision(
        approvers=history.approvers(batch) if waits else [],
        is_author=is_author,
        may_decide=waits and not is_author and person.has_perm(APPROVE),
        rejected=history.was_rejected(batch),
    )


@dataclass(frozen=True)
class Lines:
    """Some of a batch's attempts in the order of the paste; `before` and `after` are where the lists beside begin."""

    rows: list[Attempt]
    status: str
    before: int | None
    after: int | None


def _lines(batch: Batch, query: QueryDict) -> Lines:
    status = query.get("status", "")
    said = str(query.get("from", ""))
    start = int(said) if re.fullmatch(r"[0-9]{1,9}", said) else 0
    rows = batch.attempts.select_related("held_by__batch")
    rows = rows.filter(status=status) if status in Status.values else rows
    found = list(rows.filter(position__gte=start).order_by("position")[: LINES_A_PAGE + 1])
    earlier = rows.filter(position__lt=start).order_by("-position")[:LINES_A_PAGE]
    before = min(earlier.values_list("position", flat=True), default=None)
    after = found[LINES_A_PAGE].position if len(found) > LINES_A_PAGE else None
    return Lines(found[:LINES_A_PAGE], status if status in Status.values else "", before, after)
