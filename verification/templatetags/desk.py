"""What several templates show in the same way: states, times, form fields, links of the navigation."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.contrib.auth.models import User
from django.forms import BoundField, Select
from django.template import Context
from django.template.defaultfilters import date as formatted
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from .. import history
from ..models import FINAL, Attempt, Status
from ..services import advice, error_centre
from ..services.codebook import Advice
from ..services.outcomes import Answer

register = template.Library()

_PAGES = {
    "home": _("Home"),
    "resend": _("Resend"),
    "approvals": _("Approvals"),
    "history": _("History"),
    "trail": _("Audit trail"),
    "setup": _("Check setup"),
    "admin:index": _("Admin"),
}

# A sign of its own for each state: colours alone don't tell everybody. The drawings stand in each page once
# (parts/signs.html), for a page can have a hundred badges and fetch them anew every two seconds.
_SIGNS = {
    "accepted": "tick",
    "finished": "tick",
    "answered": "tick",
    "refused": "cross",
    "failed": "cross",
    "not_sent": "dash",
    "stopped": "dash",
    "unknown": "query",
    "lapsed": "query",
    "good": "tick",
    "bad": "cross",
    "paused": "pause",
    "sending": "arrow",
    "running": "arrow",
    "asking": "arrow",
}


@register.simple_tag
def state(word: str, label: str) -> SafeString:
    """A state as a badge: its word of the record and its name for people."""
    return format_html(
        '<span class="status status-{}"><svg aria-hidden="true"><use href="#sign-{}"/></svg>{}</span>',
        word,
        _SIGNS.get(word, "dots"),
        label,
    )


@register.filter
def moment(value: datetime | None) -> str:
    """A time in the desk's zone, with the zone's name, to the minute; pointing at it shows the second."""
    return _time(value, "SHORT_DATETIME_FORMAT")


@register.filter
def exactly(value: datetime | None) -> str:
    """The same to the second, where the order of things matters."""
    return _time(value, "DATETIME_FORMAT")


@register.filter
def clock(value: datetime | None) -> str:
    """Only the time of day, for a moment that is near."""
    return _time(value, "TIME_FORMAT")


def _time(value: datetime | None, form: str) -> str:
    if value is None:
        return ""
    local = timezone.localtime(value)
    full = formatted(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full, formatted(local, form))


@register.simple_tag
def current_zone() -> str:
    return timezone.get_current_timezone_name()


@register.simple_tag
def advice_for(attempt: Attempt) -> Advice:
    return advice.for_attempt(attempt)


@register.simple_tag
def advice_for_code(code: str) -> Advice:
    return advice.for_code(code)


@register.filter
def question_words(code: str) -> str:
    """What a code means that answered a question."""
    return str(advice.meaning_for_question(code))


@register.simple_tag
def advice_for_pause(code: str) -> Advice:
    return advice.for_pause(code)


@register.simple_tag
def explained_at(code: str, recommend: str) -> str:
    return error_centre.explained_at(code, recommend)


@register.simple_tag(takes_context=True)
def nav_link(context: Context, name: str, count: int = 0) -> SafeString:
    """A link of the navigation, with how much waits behind it; the page that is open says so."""
    target, label = reverse(name), _PAGES[name]
    here = mark_safe(' aria-current="page"') if context["request"].path == target else ""
    more = format_html(' <b class="nav-count">{}</b>', localize(count)) if count else ""
    return format_html('<a href="{}"{}>{}{}</a>', target, here, label, more)


@register.simple_tag
def to_decide(person: User) -> int:
    """How many batches wait for this person, among others, to decide about them."""
    return history.to_decide(person).count()


@register.filter
def control(field: BoundField) -> SafeString:
    """A field's input in the desk's look; Django itself ties it to its help and its faults."""
    kind = "form-select" if isinstance(field.field.widget, Select) else "form-control"
    given = field.field.widget.attrs.get("class", "")
    faulty = "is-invalid" if field.errors else ""
    attributes: dict[str, str | bool] = {"class": f"{kind} {given} {faulty}".strip()}
    if field.field.required:
        attributes["aria-required"] = "true"
    return field.as_widget(attrs=attributes)


@register.filter
def breakable(email: str) -> SafeString:
    """An address that a narrow screen breaks at its joints, not in the middle of a word."""
    return mark_safe(escape(email).replace("@", "<wbr>@").replace(".", ".<wbr>"))


@register.filter
def tens(percent: int) -> int:
    """Rounded down to tens: what is spoken should not change at every poll."""
    return percent // 10 * 10


@register.inclusion_tag("parts/bar.html")
def bar(counts: Mapping[Status, int]) -> dict[str, object]:
    """How a batch's outcomes share its bar; what is in flight leaves its end empty."""
    total, start, parts = sum(counts.values()) or 1, 0.0, []
    for status in FINAL:
        width = counts[status] * 100 / total
        parts.append({"status": status, "start": f"{start:.3f}", "width": f"{width:.3f}"})
        start += width
    return {"parts": parts}


@register.filter
def answer_words(word: str) -> str:
    """An answer of the outcome table in its words for people."""
    return str(Answer(word).label)
