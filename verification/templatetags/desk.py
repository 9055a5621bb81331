"""What several templates show in the same way: states, times, form fields, links of the navigation."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.forms import BoundField, Select
from django.template import Context
from django.template.defaultfilters import date as formatted
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from ..models import FINAL, Attempt, Status
from ..services import advice, error_centre
from ..services.codebook import Advice
from ..services.outcomes import Answer

register = template.Library()

_PAGES = {
    "home": _("Home"),
    "resend": _("Resend"),
    "history": _("History"),
    "trail": _("Audit trail"),
    "setup": _("Check setup"),
    "admin:index": _("Admin"),
}

# A sign of its own for each state: colours alone don't tell everybody.
_TICK = '<path d="M3 8.5l3.2 3.2L13 4.5" fill="none" stroke="currentColor" stroke-width="2.4"/>'
_CROSS = '<path d="M4 4l8 8M12 4l-8 8" stroke="currentColor" stroke-width="2.4"/>'
_DASH = '<path d="M3 8h10" stroke="currentColor" stroke-width="2.4"/>'
_QUERY = (
    '<path d="M5 5.2a3 3 0 1 1 4.3 2.7C8.4 8.4 8 9 8 10" fill="none" stroke="currentColor" stroke-width="2.2"/>'
    '<circle cx="8" cy="13" r="1.4" fill="currentColor"/>'
)
_DOTS = '<path d="M3 8h.01M8 8h.01M13 8h.01" stroke="currentColor" stroke-width="3" stroke-linecap="round"/>'
_ARROW = '<path d="M2 8h11M9 4l4 4-4 4" fill="none" stroke="currentColor" stroke-width="2.2"/>'
_PAUSE = '<path d="M5 3v10M11 3v10" stroke="currentColor" stroke-width="2.6"/>'
_SIGNS = {
    "accepted": _TICK,
    "finished": _TICK,
    "answered": _TICK,
    "refused": _CROSS,
    "failed": _CROSS,
    "not_sent": _DASH,
    "stopped": _DASH,
    "unknown": _QUERY,
    "lapsed": _QUERY,
    "good": _TICK,
    "bad": _CROSS,
    "paused": _PAUSE,
    "sending": _ARROW,
    "running": _ARROW,
    "asking": _ARROW,
}


@register.simple_tag
def state(word: str, label: str) -> SafeString:
    """A state as a badge: its word of the record and its name for people."""
    sign = mark_safe(_SIGNS.get(word, _DOTS))
    return format_html(
        '<span class="status status-{}"><svg viewBox="0 0 16 16" aria-hidden="true">{}</svg>{}</span>',
        word,
        sign,
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


@register.simple_tag
def advice_for_pause(code: str) -> Advice:
    return advice.for_pause(code)


@register.simple_tag
def explained_at(code: str, recommend: str) -> str:
    return error_centre.explained_at(code, recommend)


@register.simple_tag(takes_context=True)
def nav_link(context: Context, name: str) -> SafeString:
    """A link of the navigation; the page that is open says so."""
    target, label = reverse(name), _PAGES[name]
    here = context["request"].path == target
    return format_html('<a href="{}"{}>{}</a>', target, mark_safe(' aria-current="page"') if here else "", label)


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
