"""Column by column: what is written down stays, by ORM and by raw SQL; text may be erased, once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.desk import NOON, person
from tests.guards.record import LATER, Row, another, is_refused, one_of_each, refused, rows_of, update, update_by_hand
from verification.guards.rules import Table
from verification.guards.tables import ATTEMPT, BATCH, CALL, HEAD, LOOKUP, TABLES
from verification.models import Attempt, Batch, Head

pytestmark = pytest.mark.django_db
ERASABLE = (BATCH, ATTEMPT, CALL, LOOKUP)
by_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.model.__name__)
by_erasable = pytest.mark.parametrize("table", ERASABLE, ids=lambda table: table.model.__name__)
by_hand_too = pytest.mark.parametrize("change", [update, update_by_hand])


@pytest.fixture
def mei() -> User:
    return person("mei")


def texts_of(table: Table) -> list[str]:
    return sorted({text for rule in table.rules for text in rule.texts})


def test_every_table_that_holds_history_has_rules() -> None:
    names = {table.model.__name__ for table in TABLES}

    assert names == {
        "Batch", "Attempt", "Call", "Ride", "Lookup", "ZoneEvidence", "Event", "Head", "Checkpoint",
    }  # fmt: skip


@by_table
def test_of_every_column_it_is_said_whether_it_changes(table: Table) -> None:
    columns = {field.column for field in table.model._meta.local_fields}

    assert not table.columns & set(table.free)
    assert not table.rules or table.columns | set(table.free) == columns


@by_table
def test_what_no_other_row_may_have_never_changes(table: Table) -> None:
    """So no change of a row takes the place of another, but where a condition says which rows are alone."""
    meta = table.model._meta
    unique = {field.column for field in meta.local_fields if field.unique}
    unique |= {meta.get_field(name).column for one in meta.total_unique_constraints for name in one.fields}
    constant = {column for rule in table.rules if rule.when == "FALSE" for column in rule.columns}

    assert not table.rules or unique <= constant


@by_hand_too
@by_table
def test_when_all_is_over_no_column_changes(table: Table, change: Callable[..., None], mei: User) -> None:
    row = one_of_each(mei)[table.model]
    fields = [field for field in table.model._meta.local_fields if field.column not in (*table.free, "erased_at")]
    if table is HEAD:
        fields = [field for field in fields if field.column != "sequence"]
    kept = list(rows_of(table.model).values())

    changing = [field.column for field in fields if not is_refused(change, row, **{field.attname: another(row, field)})]

    assert changing == []
    assert list(rows_of(table.model).values()) == kept


@by_table
def test_what_the_services_carry_on_is_free(table: Table, mei: User) -> None:
    row = one_of_each(mei)[table.model]
    fields = [field for field in table.model._meta.local_fields if field.column in table.free]

    assert [field.column for field in fields if is_refused(update, row, **{field.attname: another(row, field)})] == []


@by_table
def test_writing_the_same_again_changes_nothing(table: Table, mei: User) -> None:
    row = one_of_each(mei)[table.model]

    if table.rules:
        row.save()
    else:
        with refused():
            row.save()


@by_hand_too
@by_erasable
def test_texts_are_erased_together_with_the_time_of_it(table: Table, change: Callable[..., None], mei: User) -> None:
    row = one_of_each(mei)[table.model]

    change(row, **dict.fromkeys(texts_of(table), ""), erased_at=LATER)

    row.refresh_from_db()
    assert not any(getattr(row, text) for text in texts_of(table))
    assert row.erased_at == LATER


def filled(table: Table, row: Row) -> list[str]:
    return [text for text in texts_of(table) if getattr(row, text)]


@by_erasable
def test_no_text_goes_without_the_time_of_it(table: Table, mei: User) -> None:
    row = one_of_each(mei)[table.model]

    assert filled(table, row)
    assert [text for text in filled(table, row) if not is_refused(update, row, **{text: ""})] == []


@by_erasable
def test_a_text_is_not_changed_under_the_name_of_erasing(table: Table, mei: User) -> None:
    row = one_of_each(mei)[table.model]

    assert [text for text in texts_of(table) if not is_refused(update, row, **{text: "x"}, erased_at=LATER)] == []


@by_erasable
def test_what_was_erased_is_not_filled_again_and_was_erased_then(table: Table, mei: User) -> None:
    row = one_of_each(mei)[table.model]
    update(row, **dict.fromkeys(texts_of(table), ""), erased_at=LATER)

    assert [text for text in texts_of(table) if not is_refused(update, row, **{text: "x"})] == []
    for other in (None, NOON):
        with refused(f"{table.model._meta.model_name}_erased"):
            update(row, erased_at=other)


def test_the_rest_may_be_erased_after_a_part(mei: User) -> None:
    attempt = one_of_each(mei)[Attempt]
    update(attempt, message="", erased_at=NOON)

    update(attempt, email="", key="", salt="", erased_at=NOON)


def test_the_head_only_grows(mei: User) -> None:
    head: Any = one_of_each(mei)[Head]

    for sequence in (head.sequence - 1, head.sequence):
        with refused("head_growth"):
            update(head, sequence=sequence, hash="f" * 64)
    update(head, sequence=head.sequence + 1, hash="f" * 64)


def test_a_decision_is_written_once_and_only_while_the_batch_waits(mei: User, settings: Any) -> None:
    told = {"decided_by": person("lena"), "decided_by_name": "lena", "decided_at": NOON, "decision_note": "Right"}
    decided = one_of_each(mei)[Batch]
    with refused("batch_decision"):
        update(decided, **told)

    waiting = Batch.objects.create(
        requested_by=mei, requested_by_name="mei", source="page", reason="r", user_client_ip="127.0.0.1",
        size=1, created_at=NOON, state="waiting",
    )  # fmt: skip
    update(waiting, **told, state="running")
    for column, other in (("decided_by_name", "mei"), ("decided_at", LATER), ("decision_note", "Wrong")):
        with refused("batch_decision"):
            update(waiting, **{column: other})
