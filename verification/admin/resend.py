"""The admin's one act: resend to the addresses of selected attempts, as one batch, after a person has confirmed it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..forms import Prose, Words
from ..models import Attempt, Batch, BatchState, Reason, Source, Status, database_now
from ..services.addresses import Address
from ..services.partition import Partition, partition, text_of
from ..services.paste import Entry
from ..services.preview import SHOWN_LINES, look
from ..services.request import (
    MAX_ADDRESSES,
    FormUsed,
    Miscounted,
    Order,
    PreviewChanged,
    must_count,
    needs_approval,
    open_batch,
)
from ..views.access import address_of, person_of


class Confirmation(forms.Form):
    """Why, and what exactly was confirmed."""

    reason = Prose(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 2, "cols": 60}))
    ticket = Words(label=gettext_lazy("Ticket"), longest=64, required=False)
    # All numbers in one field, for Django takes no form of more than a thousand fields.
    chosen = forms.CharField(
        widget=forms.HiddenInput, validators=[RegexValidator(re.compile(r"\A[0-9]{1,18}(,[0-9]{1,18})*\Z"))]
    )
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def numbers(self) -> list[int]:
        """The chosen attempts; none where their field can't be read."""
        self.full_clean()
        text = self.cleaned_data.get("chosen")
        return [int(number) for number in text.split(",")] if text else []


@admin.action(permissions=["resend"], description=gettext_lazy("Resend verification e-mail"))
def resend(model_admin: Any, request: HttpRequest, queryset: QuerySet[Attempt]) -> HttpResponse | None:
    """Show what would happen; once that is confirmed, record it as one batch."""
    form = Confirmation(request.POST) if "confirm" in request.POST else None
    chosen = form.numbers() if form else list(queryset.order_by().values_list("pk", flat=True)[: MAX_ADDRESSES + 1])
    if fault := _fault(chosen):
        model_admin.message_user(request, fault, messages.ERROR)
        return None
    return _confirm(model_admin, request, chosen, form) if form else _ask(model_admin, request, chosen)


def _fault(chosen: Sequence[int]) -> str:
    if not chosen:
        return _("Nothing is selected any more. Nothing was sent.")
    if len(chosen) > MAX_ADDRESSES:
        said = _("A batch takes %(limit)s addresses at most, and more are selected. Nothing was sent.")
        return said % {"limit": localize(MAX_ADDRESSES)}
    return ""


def _confirm(model_admin: Any, request: HttpRequest, chosen: Sequence[int], form: Confirmation) -> HttpResponse | None:
    if not form.is_valid():
        return _ask(model_admin, request, chosen, form)
    try:
        batch = open_batch(
            _entries(chosen),
            _order(request, form),
            now=database_now(),
            expected_digest=form.cleaned_data["digest"],
            count=request.POST.get("count", ""),
        )
    except Miscounted as wrong:
        return _ask(model_admin, request, chosen, form, wrong.partition, miscounted=True)
    except PreviewChanged as changed:
        notice = _("Things have changed since you looked, so nothing was sent. This is what would happen now.")
        return _ask(model_admin, request, chosen, form, changed.partition, notice)
    except FormUsed as used:
        notice = _("This page was already used for batch %(ref)s, so nothing was sent now.") % {"ref": used.batch.ref}
        return _ask(model_admin, request, chosen, form, notice=notice)
    model_admin.message_user(request, _told(batch), messages.SUCCESS)
    return None


def _entries(chosen: Sequence[int]) -> list[Entry]:
    """The chosen attempts' addresses, the newest attempt's first, each key once; without those that were erased."""
    newest: dict[str, str] = {}
    for key, email in Attempt.objects.filter(pk__in=chosen).exclude(key="").newest_first().values_list("key", "email"):
        newest.setdefault(key, email)
    return [Entry(place, Address(email, key)) for place, (key, email) in enumerate(newest.items(), start=1)]


def _order(request: HttpRequest, form: Confirmation) -> Order:
    return Order(
        person=person_of(request),
        source=Source.ADMIN,
        reason=form.cleaned_data["reason"],
        ticket=form.cleaned_data["ticket"],
        source_address=address_of(request),
        form_key=form.cleaned_data["form_key"],
    )


def _ask(
    model_admin: Any,
    request: HttpRequest,
    chosen: Sequence[int],
    form: Confirmation | None = None,
    split: Partition | None = None,
    notice: str = "",
    *,
    miscounted: bool = False,
) -> HttpResponse:
    now = database_now()
    split = split or partition(_entries(chosen), now=now)
    about = {
        "title": _("Resend verification e-mail"),
        "opts": model_admin.opts,
        "form": form or Confirmation(),
        "notice": notice,
        "form_key": uuid4(),
        "chosen": ",".join(map(str, chosen)),
        # The admin asks for one selected row, or it doesn't call the action again.
        "marker": (ACTION_CHECKBOX_NAME, chosen[0]),
        "miscounted": miscounted,
    }
    context = model_admin.admin_site.each_context(request) | about | _outlook(split, person_of(request), now)
    return TemplateResponse(request, "admin/verification/attempt/resend.html", context)


def _outlook(split: Partition, person: User, now: datetime) -> dict[str, Any]:
    """What would happen, and what is advised; whatever isn't known about the addresses is asked for."""
    listed = "\n".join(text_of(line.entry) for line in split.lines)
    held = [line for line in split.lines if line.fate is not None]
    return {
        "digest": split.digest,
        "send_count": len(split.to_send),
        "held_count": len(held),
        "must_count": must_count(split),
        "preview": look(split, listed, person=person, now=now),
        "held": [(line, Reason(str(line.fate)).label) for line in held[:SHOWN_LINES]],
        "shown": SHOWN_LINES,
        "waits_above": settings.RESEND_APPROVAL_ABOVE if needs_approval(len(split.to_send)) else None,
    }


def _told(batch: Batch) -> str:
    """What the record says about the new batch, with the way to its page."""
    held = batch.attempts.filter(status=Status.NOT_SENT).count()
    if batch.state == BatchState.WAITING:
        said = _("%(count)s addresses wait for another person's approval")
    else:
        said = ngettext("%(count)s address will be sent", "%(count)s addresses will be sent", batch.size - held)
    return format_html(
        '{} <a href="{}">{}</a>: {}; {}.',
        _("Batch"),
        reverse("batch", kwargs={"ref": batch.ref}),
        batch.ref,
        said % {"count": localize(batch.size - held)},
        _("%(count)s held back") % {"count": localize(held)},
    )
