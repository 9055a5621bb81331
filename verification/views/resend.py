"""Resend: paste, preview, confirm. Nothing is recorded or sent before the confirmation."""

from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..forms import ConfirmForm, ResendForm
from ..models import Batch, Language, Reason, Source, Status, Verdict, Worker, database_now
from ..models.attempt import AttemptQuerySet
from ..services.partition import Partition, partition
from ..services.preview import look
from ..services.request import FormUsed, Miscounted, Order, PreviewChanged, must_count, needs_approval, open_batch
from .access import OVERRIDE, SEND, address_of, needs, person_of, sees_addresses
from .corrections import FIX, OUT, corrected_form


@needs(SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show_form(request, ResendForm(initial=_prefill(request), may_override=_may_override(request)))
    return _step(request.POST)(request)


def show_form(request: HttpRequest, form: ResendForm, notice: str = "", status: int = 200) -> HttpResponse:
    return render(request, "resend/form.html", {"form": form, "notice": notice}, status=status)


def typed(request: HttpRequest) -> ResendForm:
    """The form as it was typed, unchecked."""
    sent = corrected_form(request.POST)
    initial = {name: value for name, value in sent.items() if name in ResendForm.base_fields}
    return ResendForm(initial=initial, may_override=_may_override(request))


def failed_in(batch: Batch) -> AttemptQuerySet:
    """Attempts of which it is known that no mail went out, but for those whose owners need none."""
    shown_not_sent = Q(status=Status.UNKNOWN, verdict=Verdict.CONFIRMED_NOT_SENT)
    failed = batch.attempts.filter(Q(status__in=(Status.REFUSED, Status.NOT_SENT)) | shown_not_sent)
    return failed.exclude(reason=Reason.ALREADY_VERIFIED)


def _edit(request: HttpRequest) -> HttpResponse:
    return show_form(request, typed(request))


def _preview(request: HttpRequest) -> HttpResponse:
    form = ResendForm(corrected_form(request.POST), may_override=_may_override(request))
    if not form.is_valid():
        return show_form(request, form)
    return _show_preview(request, form, _partition(form))


def _enter(request: HttpRequest) -> HttpResponse:
    """The Enter key in one of a preview's fields: whoever has typed the number means to send."""
    return _confirm(request) if request.POST.get("count") else _preview(request)


def _confirm(request: HttpRequest) -> HttpResponse:
    sent = corrected_form(request.POST)
    form = ConfirmForm(sent, may_override=_may_override(request))
    if not form.is_valid():
        return show_form(request, form)
    if sent is not request.POST:
        notice = _("You have changed the list, so nothing was sent yet. This is what would happen now.")
        return _show_preview(request, form, _partition(form), notice)
    return _send(request, form)


def _send(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    try:
        batch = open_batch(
            form.cleaned_data["paste"].entries,
            _order(request, form),
            now=database_now(),
            expected_digest=form.cleaned_data["digest"],
            count=request.POST.get("count", ""),
        )
    except Miscounted as wrong:
        return _show_preview(request, form, wrong.partition, miscounted=True)
    except PreviewChanged as changed:
        notice = _("Things have changed since you looked, so nothing was sent. This is what would happen now.")
        return _show_preview(request, form, changed.partition, notice)
    except FormUsed as used:
        notice = _(
            "This page was already used for batch %(ref)s, with other addresses or another reason, so nothing was "
            "sent now. Confirm once more if you want this as a batch of its own."
        ) % {"ref": used.batch.ref}
        return _show_preview(request, form, _partition(form), notice)
    return redirect("batch", ref=batch.ref)


_STEPS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "preview": _preview,
    "enter": _enter,
    "confirm": _confirm,
}


def _step(sent: QueryDict) -> Callable[[HttpRequest], HttpResponse]:
    """A preview's buttons that correct the list name what they correct, and no step."""
    corrects = "step" not in sent and (FIX in sent or OUT in sent)
    return _preview if corrects else _STEPS.get(sent.get("step", ""), _edit)


def _may_override(request: HttpRequest) -> bool:
    return request.user.has_perm(OVERRIDE)


def _partition(form: ResendForm) -> Partition:
    paste = form.cleaned_data["paste"]
    override = bool(form.cleaned_data.get("override_reason"))
    return partition(paste.entries, now=database_now(), override=override, comments=paste.comments)


def _order(request: HttpRequest, form: ConfirmForm) -> Order:
    said = form.cleaned_data
    return Order(
        person=person_of(request),
        source=Source.PAGE,
        reason=said["reason"],
        ticket=said["ticket"],
        lang=said["lang"],
        source_address=address_of(request),
        override_reason=said.get("override_reason", ""),
        resend_of=said["resend_of"],
        form_key=said["form_key"],
    )


def _show_preview(
    request: HttpRequest, form: ResendForm, split: Partition, notice: str = "", *, miscounted: bool = False
) -> HttpResponse:
    now, mails = database_now(), len(split.to_send)
    preview = look(split, form.data["paste"], person=person_of(request), now=now)
    about = {
        "form": form,
        "split": split,
        "preview": preview,
        "lists": preview.lists,
        "form_key": uuid4(),
        "notice": notice,
        "must_count": must_count(split),
        "miscounted": miscounted,
        "waits_above": settings.RESEND_APPROVAL_ABOVE if needs_approval(mails) else None,
        "language": Language(form.cleaned_data["lang"]).label,
        "worker_alive": Worker.objects.alive(now).exists(),
    }
    return render(request, "resend/preview.html", about)


def _prefill(request: HttpRequest) -> dict[str, object]:
    """What a link into the form may carry: a batch whose failures are wanted again, or the fields themselves.

    A batch's addresses and words are for who may see them in full; there is no sending to what is masked.
    """
    query = request.GET
    earlier = Batch.objects.filter(ref=query.get("from", "").replace("\0", "")).first()
    if earlier is None or not sees_addresses(request):
        linked = {
            "paste": "\n".join(query.getlist("email")),
            "ticket": query.get("ticket", ""),
            "reason": query.get("reason", ""),
        }
        return {name: value for name, value in linked.items() if value}
    return {
        "paste": "\n".join(failed_in(earlier).exclude(email="").order_by("position").values_list("email", flat=True)),
        "reason": earlier.reason,
        "ticket": earlier.ticket,
        "lang": earlier.lang,
        "resend_of": earlier.ref,
    }
