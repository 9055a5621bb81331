"""Events of the audit trail in words for people."""

from collections.abc import Callable
from typing import Any

from django import template
from django.apps import apps
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..history import TrailNames
from ..models import Event, EventName, LookupState
from ..services.doors import NOBODY

register = template.Library()

Details = dict[str, Any]


def _opened(said: Details) -> list[str]:
    count = said["opened"]["count"]
    return [ngettext("%(n)s address", "%(n)s addresses", count) % {"n": localize(count)}, *_ended(said)]


def _ended(said: Details) -> list[str]:
    count = said["ended"]["count"] if "ended" in said else 0
    words = ngettext("%(n)s outcome recorded", "%(n)s outcomes recorded", count)
    return [words % {"n": localize(count)}] if count else []


def _settled(said: Details) -> list[str]:
    late = [_("after its lease had run out")] if said.get("late") else []
    return [_("call %(id)s") % {"id": said["call"]}, *late, *_ended(said)]


def _paused(said: Details) -> list[str]:
    return [str(said["code"])]


def _refused(said: Details) -> list[str]:
    why = [] if said.get("token", True) else [_("by a page out of date, or from another site")]
    return [f"{said['method']} {said['page']}", *why]


def _exported(said: Details) -> list[str]:
    what = _("audit trail") if said["what"] == "trail" else _("attempts")
    masked = {True: [_("addresses masked")], False: [_("addresses in full")]}.get(said.get("masked", ""), [])
    return [what, said["format"].upper(), *masked]


def _revealed(said: Details) -> list[str]:
    return [_("attempt %(id)s") % {"id": said["attempt"]}]


def _rights(said: Details, names: TrailNames) -> list[str]:
    if "group" in said:
        return [_("group %(name)s") % {"name": _called(names.groups, said["group"])}]
    marks = {
        _("administrator"): said.get("superuser"),
        _("may use the admin"): said.get("staff"),
        _("rights of their own"): said.get("permissions"),
        _("inactive"): not said.get("active", True),
    }
    groups = [_called(names.groups, number) for number in said.get("groups", [])]
    return [_called(names.people, said["person"]), *groups, *(word for word, holds in marks.items() if holds)]


def _called(names: dict[int, str], number: int) -> str:
    return names.get(number, str(number))


def _judged(said: Details) -> list[str]:
    count = said["judged"]["count"]
    return [ngettext("%(n)s outcome", "%(n)s outcomes", count) % {"n": localize(count)}]


def _looked_up(said: Details) -> list[str]:
    known = {True: [_("verified")], False: [_("not verified yet")]}.get(said["verified"], [])
    ended = [str(LookupState(said["state"]).label), *([said["code"]] if said["code"] else known)]
    return [_("lookup %(id)s") % {"id": said["lookups"]["ids"][0][0]}, *ended]


def _lookups(said: Details) -> list[str]:
    count = said["lookups"]["count"]
    return [ngettext("%(n)s lookup", "%(n)s lookups", count) % {"n": localize(count)}]


def _checked(said: Details) -> list[str]:
    if "whole" not in said:
        since, last = localize(said["since"]), localize(said["events"])
        if said["since"]:
            words = _("whole after event %(since)s, up to event %(last)s; earlier ones were not checked again")
            return [words % {"since": since, "last": last}]
        return [_("whole, from event 1 to event %(last)s") % {"last": last}]
    if said["whole"] is None:
        return [_("not possible: checkpoints or their key could not be read")]
    named = apps.get_model("verification", said["table"])._meta.verbose_name
    number = "" if said["id"] is None else str(said["id"])
    return [_("BROKEN: %(table)s %(id)s") % {"table": named, "id": number}]


_WORDS: dict[str, Callable[[Details], list[str]]] = {
    EventName.BATCH_OPENED: _opened,
    EventName.BATCH_ADOPTED: _opened,
    EventName.BATCH_APPROVED: _ended,
    EventName.BATCH_REJECTED: _ended,
    EventName.BATCH_STOPPED: _ended,
    EventName.BATCH_PAUSED: _paused,
    EventName.CALL_SETTLED: _settled,
    EventName.CALL_LAPSED: _settled,
    EventName.ATTEMPTS_JUDGED: _judged,
    EventName.LOOKUP_ENDED: _looked_up,
    EventName.LOOKUPS_ADOPTED: _lookups,
    EventName.ACCESS_REFUSED: _refused,
    EventName.ADDRESS_REVEALED: _revealed,
    EventName.HISTORY_EXPORTED: _exported,
    EventName.LEDGER_VERIFIED: _checked,
}


@register.filter
def told(event: Event, names: TrailNames) -> str:
    """What an event says beside its name; nothing for one that says it all by its name."""
    if event.name == EventName.RIGHTS_CHANGED:
        return " · ".join(_rights(event.details, names))
    words = _WORDS.get(event.name)
    return " · ".join(words(event.details)) if words else ""


@register.filter
def found(event: Event) -> str:
    """What a check of the trail has found."""
    return " · ".join(_checked(event.details))


@register.filter
def who(name: str) -> str:
    """The name of an actor; of nobody in the reader's language."""
    return _("(not signed in)") if name == NOBODY else name
