"""Events for lookups that give no verdict; those that ended before are taken into the trail as they stand.

What was changed in them before this moment, the trail can't tell; from here on it can.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ..evidence import chain

ENDED = ("answered", "failed")
# So many lookups are in one event.
SLICE = 10_000


def adopt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    events = apps.get_model("verification", "Event").objects.using(alias)
    heads = apps.get_model("verification", "Head").objects.using(alias)
    now, act = datetime.now(UTC), uuid.uuid4()
    for leaves in _untold(apps, alias):
        head = heads.select_for_update().filter(pk=1).first() or heads.model(pk=1, hash=chain.GENESIS)
        head.sequence += 1
        event: dict[str, Any] = {
            "name": "lookups:adopted",
            "at": now,
            "actor_id": None,
            "actor": "(migration)",
            "from": None,
            "act": act,
            "batch": None,
            "details": {"lookups": chain.group(leaves)},
        }
        payload = chain.payload_hash(event)
        head.hash = chain.chained(head.hash, head.sequence, payload)
        events.create(
            sequence=head.sequence,
            name=event["name"],
            at=now,
            actor_name=event["actor"],
            act=act,
            details=event["details"],
            payload_hash=payload,
            hash=head.hash,
        )
        head.save(using=alias)


def _untold(apps: Apps, alias: str) -> Iterator[list[tuple[int, bytes]]]:
    """Ids and leaves of the lookups that have ended and are in no event's group, in slices."""
    judging = apps.get_model("verification", "Event").objects.using(alias).filter(name="attempts:judged")
    said = judging.order_by("sequence").values_list("details", flat=True).iterator(chunk_size=100)
    told = {number for details in said for number in chain.ids_of(details["lookups"])}
    ended = apps.get_model("verification", "Lookup").objects.using(alias).filter(state__in=ENDED)
    leaves: list[tuple[int, bytes]] = []
    for row in _by_id(ended):
        if row["id"] not in told:
            leaves.append((row["id"], chain.lookup_leaf(row)))
        if len(leaves) == SLICE:
            yield leaves
            leaves = []
    if leaves:
        yield leaves


def _by_id(rows: Any) -> Iterator[dict[str, Any]]:
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk").values(*chain.LOOKUP)[:SLICE]):
        yield from found
        last = found[-1]["id"]


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0006_names"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="event",
            name="event_name_word",
        ),
        migrations.AlterField(
            model_name="event",
            name="name",
            field=models.CharField(
                choices=[
                    ("batch:opened", "batch opened"),
                    ("batch:adopted", "earlier batch taken into the trail"),
                    ("batch:approved", "batch approved"),
                    ("batch:rejected", "batch rejected"),
                    ("batch:paused", "batch paused"),
                    ("batch:stopped", "batch stopped"),
                    ("batch:resumed", "batch resumed"),
                    ("rules:overridden", "rules overridden"),
                    ("call:settled", "call settled"),
                    ("call:lapsed", "call lapsed"),
                    ("attempts:judged", "verdict on unknown outcomes"),
                    ("lookup:ended", "lookup ended"),
                    ("lookups:adopted", "earlier lookups taken into the trail"),
                    ("person:signed_in", "signed in"),
                    ("person:signed_out", "signed out"),
                    ("sign_in:failed", "failed to sign in"),
                    ("access:refused", "refused for want of a right"),
                    ("rights:changed", "rights changed"),
                    ("address:revealed", "address revealed"),
                    ("history:exported", "history exported"),
                    ("evidence:exported", "evidence exported"),
                    ("ledger:verified", "trail checked"),
                    ("address:erased", "address erased"),
                    ("history:pruned", "history pruned"),
                    ("key:changed", "key of the checkpoints changed"),
                ],
                max_length=24,
                verbose_name="event",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "name__in",
                        [
                            "batch:opened",
                            "batch:adopted",
                            "batch:approved",
                            "batch:rejected",
                            "batch:paused",
                            "batch:stopped",
                            "batch:resumed",
                            "rules:overridden",
                            "call:settled",
                            "call:lapsed",
                            "attempts:judged",
                            "lookup:ended",
                            "lookups:adopted",
                            "person:signed_in",
                            "person:signed_out",
                            "sign_in:failed",
                            "access:refused",
                            "rights:changed",
                            "address:revealed",
                            "history:exported",
                            "evidence:exported",
                            "ledger:verified",
                            "address:erased",
                            "history:pruned",
                            "key:changed",
                        ],
                    )
                ),
                name="event_name_word",
            ),
        ),
        # Going back is refused by the database as soon as there are such events: they can't be taken out of the chain.
        migrations.RunPython(adopt, migrations.RunPython.noop),
    ]
