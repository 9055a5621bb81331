"""People in the admin, and the record that they look at."""

import re
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.desk import NOON, person
from verification.models import Attempt, Batch, Call, Lookup, Ride, SetupCheck, Worker

MODELS = (Attempt, Call, Batch, Lookup, SetupCheck, Worker)
# What the content security policy forbids: script and style within a page.
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def in_the_admin(name: str, *further: str) -> Client:
    """Signed in as one of the people, whom somebody has let into the admin."""
    user = person(name)
    views = Permission.objects.filter(codename__in=("view_batch", "view_attempt", "view_call", *further))
    user.user_permissions.add(*views)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return signed_in(user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def superuser() -> Client:
    return signed_in(User.objects.create_superuser("root"))


def url_of(model: type[Any], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def carried(batch: Batch, request_id: str = "", outcome: str = "lists") -> Call:
    """A call that carried all attempts of a batch."""
    call = Call.objects.create(
        batch=batch,
        nonce=f"nonce of {batch.ref}",
        size=batch.size,
        worker="w",
        endpoint="e",
        opened_at=batch.created_at,
        lease_until=batch.created_at,
        request_id=request_id,
        outcome=outcome,
    )
    rides = (Ride(call=call, attempt=attempt, position=attempt.position) for attempt in batch.attempts.all())
    Ride.objects.bulk_create(rides)
    return call


def one_of_each(batch: Batch) -> dict[type[Any], Any]:
    """One row of each table that the admin shows."""
    who = batch.requested_by
    return {
        Attempt: batch.attempts.order_by("position")[0],
        Call: carried(batch, "REQ-1"),
        Batch: batch,
        Lookup: Lookup.objects.create(email="a@example.com", key="a@example.com", created_at=NOON, due_at=NOON),
        SetupCheck: SetupCheck.objects.create(requested_by=who, created_at=NOON),
        Worker: Worker.objects.create(name="w", started_at=NOON, seen_at=NOON),
    }
