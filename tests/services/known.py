"""Addresses as they are read, and questions about them as the workers left them."""

from datetime import datetime, timedelta
from typing import Any

from tests.desk import NOON, entries
from verification.models import Lookup, LookupState
from verification.services.addresses import Address

ANN = "ann@example.com"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def read(*texts: str) -> list[Address]:
    return [entry.result for entry in entries(*texts) if isinstance(entry.result, Address)]


def asked(email: str, state: str = LookupState.ANSWERED, at: datetime = NOON, **fields: Any) -> Lookup:
    ended = {} if state == LookupState.QUEUED else {"answered_at": at}
    return Lookup.objects.create(email=email, key=email, state=state, created_at=at, due_at=at, **ended, **fields)
