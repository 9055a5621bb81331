"""Take what was on record before there was a trail into the trail, as it stands: one event for each batch.

What was changed before this moment, the trail can't tell; from here on it can.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ..evidence import chain

FINAL = ("accepted", "refused", "not_sent", "unknown")
SLICE = 500


def adopt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    batches = apps.get_model("verification", "Batch").objects.using(alias)
    events = apps.get_model("verification", "Event").objects.using(alias)
    sequence, before = 0, chain.GENESIS
    now, act = datetime.now(UTC), uuid.uuid4()
    for batch in _by_id(batches):
        sequence += 1
        event = {
            "name": "batch:adopted",
            "at": now,
            "actor_id": None,
            "actor": "(migration)",
            "from": None,
            "act": act,
            "batch": batch.pk,
            "details": _adopted(apps, alias, batch),
        }
        payload = chain.payload_hash(event)
        before = chain.chained(before, sequence, payload)
        events.create(
            sequence=sequence,
            name=event["name"],
            at=now,
            actor_name=event["actor"],
            act=act,
            batch=batch,
            details=event["details"],
            payload_hash=payload,
            hash=before,
        )
    if sequence:
        apps.get_model("verification", "Head").objects.using(alias).create(pk=1, sequence=sequence, hash=before)


def _adopted(apps: Apps, alias: str, batch: Any) -> dict[str, Any]:
    """Give the rows of a batch their salts and commitments; what the trail says about them."""
    _commit("batch", batch)
    batch.save()
    attempts = apps.get_model("verification", "Attempt").objects.using(alias).filter(batch=batch)
    calls = apps.get_model("verification", "Call").objects.using(alias).filter(batch=batch)
    opened, ended, judged, called = [], [], [], []
    for attempt in _by_id(attempts):
        _commit("attempt", attempt)
        attempt.fingerprint = hmac.new(settings.LEDGER_KEY.encode(), attempt.key.encode(), hashlib.sha256).hexdigest()
        attempt.save()
        opened.append((attempt.pk, chain.opened_leaf(vars(attempt))))
        if attempt.status in FINAL:
            ended.append((attempt.pk, chain.ended_leaf(vars(attempt))))
        if attempt.verdict:
            judged.append((attempt.pk, chain.judged_leaf(vars(attempt))))
    for call in _by_id(calls):
        _commit("call", call)
        call.save()
        if call.state != "open":
            carried = list(call.rides.order_by("position").values_list("attempt_id", flat=True))
            called.append((call.pk, chain.call_leaf(vars(call) | {"batch": batch.pk, "carried": carried})))
    row = vars(batch) | {"requested_by": batch.requested_by_id, "resend_of": batch.resend_of_id}
    groups = {"ended": ended, "judged": judged, "calls": called}
    return {
        "batches": chain.group([(batch.pk, chain.batch_leaf(row))]),
        "opened": chain.group(opened),
        **{name: chain.group(rows) for name, rows in groups.items() if rows},
    }


def _commit(table: str, row: Any) -> None:
    row.salt = secrets.token_hex(16)
    for column in chain.COMMITTED[table]:
        setattr(row, column, chain.committed(table, column, vars(row)))


def _by_id(rows: Any) -> Iterator[Any]:
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:SLICE]):
        yield from found
        last = found[-1].pk


class Migration(migrations.Migration):
    dependencies = [("verification", "0004_rights")]

    # Going back drops the trail with its tables.
    operations = [migrations.RunPython(adopt, migrations.RunPython.noop)]
