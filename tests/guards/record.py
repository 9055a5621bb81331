"""One row of each guarded table, as the services leave it when all is over, and ways to change it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, models, transaction

from tests.desk import ACTOR, NOON, open_for
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import (
    Attempt,
    Batch,
    Call,
    Checkpoint,
    Event,
    Head,
    Lookup,
    LookupState,
    Ride,
    ZoneEvidence,
)
from verification.services import lookups, recover
from verification.services.opening import open_call
from verification.services.settle import settle

ANN = "ann@example.com"
LATER = NOON + timedelta(days=1)
Row = models.Model


def accepted(*emails: str) -> ResendAnswer:
    return ResendAnswer("R-1", 200, tuple(AddressResult(email, "OK", "sent") for email in emails), ())


def sent(who: User, email: str = ANN) -> Attempt:
    """An accepted attempt, alone in its finished batch."""
    call = called(who, email)
    settle(call.pk, accepted(email), ACTOR, now=NOON)
    return call.batch.attempts.get()


def called(who: User, email: str = ANN) -> Call:
    """The open call of a batch of one."""
    errand = open_call(worker="w", clock=lambda: NOON, batch=open_for(who, email, now=NOON))
    assert errand
    return errand.call


def lost(who: User, email: str = ANN) -> Attempt:
    """An unknown attempt, whose call has lapsed."""
    call = called(who, email)
    recover.lapse_expired(ACTOR, LATER)
    return call.batch.attempts.get()


def answered(email: str = ANN) -> Lookup:
    lookup = lookups.ask(email=email, key=email, person=None, now=NOON)
    mine = Lookup.objects.filter(pk=lookup.pk)
    mine.update(state=LookupState.ASKING)
    mine.update(state=LookupState.ANSWERED, answered_at=NOON, verified=False, message="fine")
    return mine.get()


def one_of_each(who: User) -> dict[type[Row], Any]:
    attempt, lookup = sent(who), answered()
    call = attempt.last_call
    assert call
    return {
        Batch: Batch.objects.get(),
        Attempt: attempt,
        Call: call,
        Ride: Ride.objects.get(),
        Lookup: lookup,
        ZoneEvidence: ZoneEvidence.objects.create(lookup=lookup, call=call, offset_minutes=480, created_at=NOON),
        Event: Event.objects.latest("sequence"),
        Head: Head.objects.get(),
        Checkpoint: Checkpoint.objects.create(number=1, made_at=NOON, made_by="w", sequence=1, document="{}"),
    }


def rows_of(model: type[Row]) -> models.QuerySet[Any]:
    return model._default_manager.order_by("pk")


def another(row: Row, field: Any) -> Any:
    """A value that a column doesn't have, of its type."""
    value = getattr(row, field.attname)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return LATER
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.GenericIPAddressField):
        return "192.0.2.7"
    if isinstance(field, models.JSONField):
        return {"tampered": True}
    return "x" if isinstance(field, models.CharField | models.TextField) else (value or 0) + 1


def update(row: Row, /, **columns: Any) -> None:
    rows_of(type(row)).filter(pk=row.pk).update(**columns)


def update_by_hand(row: Row, /, **columns: Any) -> None:
    """The same in raw SQL."""
    meta = type(row)._meta
    fields = [meta.get_field(name) for name in columns]
    values = [field.get_db_prep_value(columns[field.attname], connection) for field in fields]
    setting = ", ".join(f"{field.column} = %s" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {meta.db_table} SET {setting} WHERE {meta.pk.column} = %s",
            [*values, row.pk],
        )


@contextmanager
def refused(guard: str = "") -> Iterator[None]:
    """What happens within is refused by a guard (of this name), and leaves the test's transaction whole."""
    with pytest.raises(IntegrityError, match=f"guard_{guard}"), transaction.atomic():
        yield


def is_refused(act: Callable[..., object], row: Row, /, **columns: Any) -> bool:
    """Whether a guard refuses an act; it is undone if none does."""
    try:
        with transaction.atomic():
            act(row, **columns)
            transaction.set_rollback(True)
    except IntegrityError as error:
        if "guard_" not in str(error):
            raise
        return True
    return False
