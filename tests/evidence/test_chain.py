"""The form of the chain, against values worked out by hand with other tools, and the groups against every fault."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.evidence import chain

AT = datetime(2026, 3, 2, 12, 0, 0, 1500, tzinfo=UTC)
EVENT = {
    "name": "batch:opened",
    "at": AT,
    "actor_id": 7,
    "actor": "mei",
    "from": "192.0.2.4",
    "act": uuid.UUID("11111111-2222-3333-4444-555555555555"),
    "batch": 3,
    "details": {"size": 2, "语": "例"},
}
WRITTEN = (
    '{"act":"11111111-2222-3333-4444-555555555555","actor":"mei","actor_id":7,"at":"2026-03-02T12:00:00.001500Z",'
    '"batch":3,"details":{"size":2,"语":"例"},"from":"192.0.2.4","name":"batch:opened"}'
)
IDS = st.sets(st.integers(1, 60), max_size=30).map(sorted)


def rows_of(ids: list[int]) -> list[tuple[int, bytes]]:
    return [(number, chain.leaf([number, "accepted"])) for number in ids]


def test_a_value_is_written_in_one_way_only() -> None:
    assert chain.canonical(EVENT) == WRITTEN.encode()


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    there = AT.astimezone(timezone(timedelta(hours=8)))

    assert chain.canonical([there]) == b'["2026-03-02T12:00:00.001500Z"]'


@pytest.mark.parametrize("value", [datetime(2026, 3, 2), float("nan"), "\ud800", b"bytes", {1, 2}])
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        chain.canonical([value])


def test_an_event_read_back_from_its_text_has_the_same_hash() -> None:
    expected = hashlib.sha256(WRITTEN.encode()).hexdigest()

    assert chain.payload_hash(EVENT) == expected
    assert chain.payload_hash(json.loads(WRITTEN)) == expected
    assert chain.payload_hash(EVENT | {"hash": "not of the payload"}) == expected


@pytest.mark.parametrize("name", sorted(EVENT))
def test_every_part_of_an_event_is_in_its_hash(name: str) -> None:
    assert chain.payload_hash(EVENT | {name: "something else"}) != chain.payload_hash(EVENT)


def test_the_chain_is_what_sha256sum_gives() -> None:
    # printf '%064d:1:%064d' 0 0 | sha256sum
    first = chain.chained(chain.GENESIS, 1, "0" * 64)

    assert first == "05a37e1ea54878700828e3fdc9cab2e8de82e3faa9bc8c5580bf05620186e10d"


def test_the_next_hash_tells_of_the_one_before_the_number_and_the_payload() -> None:
    told = {chain.chained(*parts) for parts in (("a", 1, "b"), ("c", 1, "b"), ("a", 2, "b"), ("a", 1, "d"))}

    assert len(told) == 4


def test_a_commitment_hides_behind_its_salt_and_keeps_texts_apart() -> None:
    assert chain.commitment("s", "a", "b") == hashlib.sha256(b'["s","a","b"]').hexdigest()
    assert chain.commitment("s", "a", "b") != chain.commitment("s", "ab")
    assert chain.commitment("s", "a") != chain.commitment("t", "a")


def test_no_commitment_is_made_to_no_text() -> None:
    row = {"salt": "s", "message": "", "recommend": ""}

    assert chain.committed("call", "message_commitment", row) == ""
    assert chain.committed("call", "message_commitment", row | {"message": "no"}) == chain.commitment("s", "no", "")


@pytest.mark.parametrize(("name", "kind"), sorted(chain.GROUPS.items()))
def test_every_value_of_a_row_is_in_its_leaf(name: str, kind: tuple[str, Callable[[chain.Row], bytes]]) -> None:
    columns = {
        "opened": chain.OPENED, "ended": chain.ENDED, "calls": chain.CALL, "batches": chain.BATCH,
        "judged": chain.JUDGED, "lookups": chain.LOOKUP,
    }[name]  # fmt: skip
    row = dict.fromkeys(columns, "")

    assert kind[1](row) == hashlib.sha256(json.dumps([""] * len(columns), separators=(",", ":")).encode()).digest()
    assert len({kind[1](row | {column: "changed"}) for column in columns} | {kind[1](row)}) == len(columns) + 1


def test_a_leaf_of_the_database_is_that_of_the_bundle() -> None:
    row = {"id": 5, "batch_id": 2, "position": 1, "address_commitment": "c", "created_at": AT}
    in_bundle = json.loads(chain.canonical(row))

    assert in_bundle["created_at"] == "2026-03-02T12:00:00.001500Z"
    assert chain.opened_leaf(in_bundle) == chain.opened_leaf(row)


def test_a_group_holds_ranges_short_leaves_and_one_digest() -> None:
    rows = rows_of([4, 5, 6, 9])
    said = chain.group(rows)

    assert said == {
        "count": 4,
        "ids": [[4, 6], [9, 9]],
        "leaves": base64.b64encode(b"".join(leaf[:6] for _, leaf in rows)).decode(),
        "digest": hashlib.sha256(b"".join(leaf for _, leaf in rows)).hexdigest(),
    }
    assert list(chain.ids_of(said)) == [4, 5, 6, 9]


@pytest.mark.parametrize("ids", [[2, 1], [1, 1]])
def test_a_group_takes_its_rows_in_ascending_order_only(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="comes after"):
        chain.group(rows_of(ids))


@given(IDS)
def test_rows_that_are_as_they_were_pass(ids: list[int]) -> None:
    said = json.loads(chain.canonical(chain.group(rows_of(ids))))

    assert chain.check_group(said, iter(rows_of(ids))) is None


@given(IDS.filter(bool), st.data())
def test_the_row_that_is_missing_changed_or_too_many_is_named(ids: list[int], data: st.DataObject) -> None:
    said, rows = chain.group(rows_of(ids)), rows_of(ids)
    place = data.draw(st.integers(0, len(ids) - 1))
    extra = data.draw(st.integers(1, 70).filter(lambda number: number not in ids))

    assert chain.check_group(said, rows[:place] + rows[place + 1 :]) == (ids[place], "missing")
    changed = [*rows[:place], (ids[place], chain.leaf(["other"])), *rows[place + 1 :]]
    assert chain.check_group(said, changed) == (ids[place], "changed")
    assert chain.check_group(said, sorted([*rows, (extra, b"")])) == (extra, "unexpected")


def test_a_row_that_is_forged_up_to_its_short_leaf_is_found_by_the_digest() -> None:
    rows = rows_of([1, 2])
    forged = [(1, rows[0][1][:6] + bytes(26)), rows[1]]

    assert chain.check_group(chain.group(rows), forged) == (None, "contradicts")


@pytest.mark.parametrize(
    "change",
    [
        {"count": 3}, {"ids": [[1, 3]]}, {"ids": [[2, 2], [1, 1]]}, {"ids": [[1, 2], [2, 1]]}, {"ids": [[1.0, 2.0]]},
        {"ids": [[1, 10**18]]}, {"ids": [1, 2]}, {"ids": "12"}, {"ids": None}, {"leaves": ""}, {"leaves": "?"},
        {"leaves": 5}, {"digest": "0" * 64}, {"digest": None},
    ],
)  # fmt: skip
def test_a_group_that_contradicts_itself_is_found(change: dict[str, object]) -> None:
    assert chain.check_group(chain.group(rows_of([1, 2])) | change, rows_of([1, 2])) == (None, "contradicts")


@pytest.mark.parametrize("said", [{}, [], None, "ids"])
def test_what_is_no_group_contradicts_itself(said: object) -> None:
    assert chain.check_group(said, []) == (None, "contradicts")  # type: ignore[arg-type]
