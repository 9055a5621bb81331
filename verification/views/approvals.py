"""Four eyes: the batches that wait for another person's approval, and what that person decides.

the batch's page ─► POST: what it would mean, and a note ─► POST with `confirm`: it is decided
"""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import history
from ..forms import Prose
from ..models import Batch, Worker, database_now
from ..services import approve as four_eyes
from ..services.approve import NotWaiting, Outlook, OwnBatch
from .access import APPROVE, actor_of, needs, needs_to_act, person_of


class ApproveForm(forms.Form):
    """What an approver may want to add."""

    use_required_attribute = False

    note = Prose(
        label=gettext_lazy("Note"), help_text=gettext_lazy("Stays with the record, beside your name."), required=False
    )


class RejectForm(forms.Form):
    """Why a batch is not to be sent."""

    use_required_attribute = False

    note = Prose(
        label=gettext_lazy("Why it is rejected"),
        help_text=gettext_lazy("Its author reads it; it stays with the record, beside your name."),
        error_messages={"required": gettext_lazy("Say why: the author reads it, and it stays with the record.")},
    )


@never_cache
@needs(APPROVE)
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    about = {"waiting": history.waiting(), "limit": settings.RESEND_APPROVAL_ABOVE}
    return render(request, "approvals.html", about)


@needs_to_act(APPROVE)
def approve(request: HttpRequest, ref: str) -> HttpResponse:
    return _decide(request, ref, "approve")


@needs_to_act(APPROVE)
def reject(request: HttpRequest, ref: str) -> HttpResponse:
    return _decide(request, ref, "reject")


_FORMS: dict[str, type[ApproveForm | RejectForm]] = {"approve": ApproveForm, "reject": RejectForm}


def _decide(request: HttpRequest, ref: str, act: str) -> HttpResponse:
    batch = get_object_or_404(Batch, ref=ref)
    form = _FORMS[act](request.POST if "confirm" in request.POST else None)
    try:
        if not form.is_valid():
            return _ask(request, batch, form, act)
        messages.success(request, _done(request, batch, form.cleaned_data["note"], act))
    except OwnBatch:
        raise PermissionDenied from None
    except NotWaiting as late:
        messages.warning(request, _too_late(late.batch))
    return redirect("batch", ref=ref)


def _ask(request: HttpRequest, batch: Batch, form: ApproveForm | RejectForm, act: str) -> HttpResponse:
    now = database_now()
    outlook = four_eyes.outlook(batch, person_of(request), now)
    about = {
        "batch": batch,
        "form": form,
        "act": act,
        "outlook": outlook,
        "waiting": outlook.to_send + sum(outlook.held.values()),
        "held": _in_words(outlook),
        "worker_alive": Worker.objects.alive(now).exists(),
    }
    return render(request, "batch/decide.html", about)


def _in_words(outlook: Outlook) -> list[tuple[str, str, int]]:
    return [(reason.value, str(reason.label), count) for reason, count in outlook.held.items()]


def _done(request: HttpRequest, batch: Batch, note: str, act: str) -> str:
    actor, now = actor_of(request), database_now()
    if act == "reject":
        count = four_eyes.reject(batch.pk, actor, note=note, now=now)
        said = ngettext(
            "Rejected: %(n)s address will not be sent.", "Rejected: %(n)s addresses will not be sent.", count
        )
    else:
        count = four_eyes.approve(batch.pk, actor, note=note, now=now)
        said = ngettext(
            "Approved: %(n)s address is released for sending.",
            "Approved: %(n)s addresses are released for sending.",
            count,
        )
    return said % {"n": localize(count)}


def _too_late(batch: Batch) -> str:
    if not batch.decided_at:
        return _("Nothing was changed: the batch does not wait for approval.")
    return _("Nothing was changed: %(who)s has decided about the batch before.") % {"who": batch.decided_by_name}
