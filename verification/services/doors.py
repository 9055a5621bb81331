"""What happens at the doors, on record: signing in and out, refusals, revealed addresses, files taken out."""

import getpass
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from ..models import Attempt, EventName
from .ledger import Actor, Line, record

# No person can be called so: Django's names of people have no parentheses.
NOBODY = "(not signed in)"
FILTERS_WITHOUT_TEXT = {"action", "status", "since", "until"}


def signed_in(actor: Actor, now: datetime) -> None:
    _tell(actor, now, Line(EventName.PERSON_SIGNED_IN))


def signed_out(actor: Actor, now: datetime) -> None:
    _tell(actor, now, Line(EventName.PERSON_SIGNED_OUT))


def failed_to_sign_in(source_address: str | None, now: datetime) -> None:
    """Without the name that was typed: it may be a password in the wrong field."""
    _tell(Actor(NOBODY, source_address=source_address), now, Line(EventName.SIGN_IN_FAILED))


def refused(actor: Actor, page: str, method: str, now: datetime) -> None:
    """Somebody asked for a page, or an act, without the right to it."""
    _tell(actor, now, Line(EventName.ACCESS_REFUSED, {"page": page, "method": method}))


def refused_without_token(actor: Actor, page: str, method: str, now: datetime) -> None:
    """A signed-in person's browser sent a form that this desk had not given it, or not since the sign-in."""
    _tell(actor, now, Line(EventName.ACCESS_REFUSED, {"page": page, "method": method, "token": False}))


def revealed(attempt: Attempt, actor: Actor, now: datetime) -> None:
    """Somebody who sees addresses masked asked for this one in full; on record before it is shown."""
    _tell(actor, now, Line(EventName.ADDRESS_REVEALED, {"attempt": attempt.pk}, attempt.batch))


def exported(actor: Actor, what: str, filters: Mapping[str, str], ending: str, *, now: datetime, **told: bool) -> None:
    """Somebody takes attempts, or the trail, out as a file; on record before the first line leaves.

    Of what was looked for, free text is told by its filter's name only: it may be an address.
    """
    plain = {name: value for name, value in filters.items() if name in FILTERS_WITHOUT_TEXT}
    by = sorted("address" if name == "fingerprint" else name for name in filters.keys() - plain.keys())
    _tell(actor, now, Line(EventName.HISTORY_EXPORTED, {"what": what, "format": ending, "by": by} | told | plain))


def verified(actor: Actor, since: int, events: int, checkpoints: int, now: datetime) -> None:
    """Somebody found the trail whole, from behind the event `since` up to the event `events`."""
    told = {"since": since, "events": events, "checkpoints": checkpoints}
    _tell(actor, now, Line(EventName.LEDGER_VERIFIED, told))


def found_broken(actor: Actor, table: str, number: int | None, now: datetime) -> None:
    """Somebody found the trail, or the record under it, broken; `table` and `number` name the first bad entry."""
    _tell(actor, now, Line(EventName.LEDGER_VERIFIED, {"whole": False, "table": table, "id": number}))


def not_verified(actor: Actor, now: datetime) -> None:
    """Somebody wanted to verify the trail, and the checkpoints or the key that signs them couldn't be read."""
    _tell(actor, now, Line(EventName.LEDGER_VERIFIED, {"whole": None}))


def rights_changed(actor: Actor, told: Mapping[str, Any], now: datetime) -> None:
    """A person's or a group's rights were changed, in the caller's transaction or in one of its own."""
    _tell(actor, now, Line(EventName.RIGHTS_CHANGED, told))


def at_terminal() -> Actor:
    """Whoever runs a command that asks for no person: the machine's own account."""
    return Actor(f"shell:({getpass.getuser()[:150]})")


def _tell(actor: Actor, now: datetime, line: Line) -> None:
    with transaction.atomic():
        record(actor, now, line)
