"""What was on record before there was a trail is in the trail after the migration."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from tests.desk import ACTOR, NOON
from verification import guards
from verification.evidence import chain
from verification.models import EventName
from verification.services.ledger import Line, record
from verification.services.verify import verify

BEFORE = [("verification", "0002_groups")]
AFTER = [("verification", "0005_adopt")]
NAMED, LOOKED_UP = [("verification", "0006_names")], [("verification", "0007_lookups")]


def migrate(target: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return MigrationExecutor(connection).loader.project_state(target).apps


@pytest.fixture
def before(transactional_db: None) -> Iterator[Any]:
    """The models as they were; afterwards the database is as the other tests expect it."""
    guards.remove(connection)
    yield migrate(BEFORE)
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes("verification"))
    guards.install(connection)


def record_of(apps: Any) -> Any:
    """A batch with an accepted, a queued and an unknown attempt, of which a lapsed call was the last."""
    person = apps.get_model("auth", "User").objects.create(username="mei")
    batch = apps.get_model("verification", "Batch").objects.create(
        ref="bcdfghjkmn", requested_by=person, requested_by_name="mei", source="page", reason="Never came",
        user_client_ip="127.0.0.1", size=3, created_at=NOON,
    )  # fmt: skip
    call = apps.get_model("verification", "Call").objects.create(
        batch=batch, nonce="n", size=1, worker="w", endpoint="http://127.0.0.1:9", opened_at=NOON,
        lease_until=NOON + timedelta(minutes=1), state="lapsed",
    )  # fmt: skip
    attempt = apps.get_model("verification", "Attempt").objects
    given = {"batch": batch, "domain": "example.com", "requested_by": person, "created_at": NOON}
    done = {"finished_at": NOON, "message": "ann@example.com is fine"}
    attempt.create(position=0, email="Ann@example.com", key="ann@example.com", status="accepted", **given, **done)
    attempt.create(position=1, email="bob@example.com", key="bob@example.com", **given)
    lost = attempt.create(
        position=2, email="cy@example.com", key="cy@example.com", status="unknown", last_call=call,
        verdict="still_unknown", verdict_at=NOON, finished_at=NOON, **given,
    )  # fmt: skip
    apps.get_model("verification", "Ride").objects.create(call=call, attempt=lost, position=0)
    return batch


def test_every_row_gets_its_commitments_and_every_batch_its_event(before: Any) -> None:
    batch = record_of(before)
    first, second, third = batch.attempts.order_by("position").values_list("pk", flat=True)
    apps = migrate(AFTER)

    event = apps.get_model("verification", "Event").objects.get()
    assert (event.sequence, event.name, event.batch_id) == (1, "batch:adopted", batch.pk)
    said = {name: list(chain.ids_of(group)) for name, group in event.details.items()}
    assert said == {
        "batches": [batch.pk],
        "opened": [first, second, third],
        "ended": [first, third],
        "judged": [third],
        "calls": [batch.calls.get().pk],
    }
    head = apps.get_model("verification", "Head").objects.get()
    assert (head.sequence, head.hash) == (1, chain.chained(chain.GENESIS, 1, event.payload_hash))
    rows = apps.get_model("verification", "Attempt").objects.order_by("position")
    assert len({row.salt for row in rows}) == 3
    assert all(row.address_commitment == chain.commitment(row.salt, row.email, row.key) for row in rows)
    assert [bool(row.message_commitment) for row in rows] == [True, False, False]
    assert [row.released for row in rows] == [True, True, True]


def test_an_empty_record_begins_with_an_empty_trail(before: Any) -> None:
    apps = migrate(AFTER)

    assert not apps.get_model("verification", "Event").objects.exists()
    assert not apps.get_model("verification", "Head").objects.exists()


def test_lookups_that_had_ended_are_taken_into_the_trail_behind_what_it_told(before: Any) -> None:
    record_of(before)
    lookup = before.get_model("verification", "Lookup").objects
    about = {"email": "ann@example.com", "key": "ann@example.com", "created_at": NOON, "due_at": NOON}
    answered, failed = (lookup.create(state=state, answered_at=NOON, **about).pk for state in ("answered", "failed"))
    lookup.create(state="queued", **about)
    then = migrate(NAMED).get_model("verification", "Event").objects.get()
    apps = migrate(LOOKED_UP)

    event = apps.get_model("verification", "Event").objects.get(sequence=2)
    assert (event.name, list(event.details)) == ("lookups:adopted", ["lookups"])
    assert list(chain.ids_of(event.details["lookups"])) == [answered, failed]
    assert event.hash == chain.chained(then.hash, 2, event.payload_hash)
    head = apps.get_model("verification", "Head").objects.get()
    assert (head.sequence, head.hash) == (2, event.hash)
    assert verify(None).events == 2


def test_lookups_of_which_an_event_tells_are_not_taken_in_twice(before: Any) -> None:
    apps = migrate(NAMED)
    judged, other = (
        apps.get_model("verification", "Lookup").objects.create(
            email="a@b.example", key="a@b.example", state="answered", created_at=NOON, due_at=NOON, answered_at=NOON
        )
        for _ in range(2)
    )
    group = chain.group([(judged.pk, chain.lookup_leaf(vars(judged)))])
    with transaction.atomic():
        record(ACTOR, NOON, Line(EventName.ATTEMPTS_JUDGED, {"lookups": group, "judged": chain.group([])}))
    apps = migrate(LOOKED_UP)

    event = apps.get_model("verification", "Event").objects.get(sequence=2)
    assert list(chain.ids_of(event.details["lookups"])) == [other.pk]
    assert verify(None).events == 2
