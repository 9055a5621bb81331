"""Checkpoints: what each states, and that no number, no key and no byte can be other than it was."""

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.evidence.chain import GENESIS, canonical
from verification.evidence.checkpoints import Checkpoint, CheckpointError, Stand, follow, make, name_of, parse
from verification.evidence.keys import fingerprint, public_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS, NEXT, THEIRS = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3))
Named = tuple[str, bytes]


def stand(sequence: int) -> Stand:
    return Stand(sequence, f"{sequence:064x}", {"events": sequence, "batches": 1})


def after(before: Checkpoint | None, key: Ed25519PrivateKey = OURS, **changes: Any) -> Checkpoint:
    number = before.number + 1 if before else 1
    return make(key, before, stand(number * 10), made_at=NOON + timedelta(hours=number), **changes)


def series(count: int, key: Ed25519PrivateKey = OURS, before: Checkpoint | None = None) -> list[Checkpoint]:
    made = []
    for _ in range(count):
        before = after(before, key)
        made.append(before)
    return made


def named(checkpoints: list[Checkpoint]) -> list[Named]:
    return [(one.name, one.document) for one in checkpoints]


def fault_of(documents: list[Named]) -> str:
    with pytest.raises(CheckpointError) as raised:
        list(follow(documents))
    return str(raised.value)


def forged(checkpoint: Checkpoint, key: Ed25519PrivateKey = THEIRS, **changes: Any) -> Named:
    """The same checkpoint with other words in it, signed by whoever forges it."""
    statement = json.loads(checkpoint.document)["statement"] | {"key": fingerprint(public_of(key))} | changes
    signed = {
        "statement": statement,
        "signature": base64.b64encode(key.sign(canonical(statement))).decode(),
        "public_key": base64.b64encode(public_of(key)).decode(),
    }
    return checkpoint.name, canonical(signed) + b"\n"


def test_a_checkpoint_states_the_head_its_counts_and_the_one_before() -> None:
    first, second = series(2)
    statement = json.loads(second.document)["statement"]

    assert first.previous == GENESIS
    assert statement == {
        "number": 2,
        "made_at": "2026-03-02T14:00:00.000000Z",
        "sequence": 20,
        "hash": f"{20:064x}",
        "counts": {"events": 20, "batches": 1},
        "previous": first.digest,
        "key": fingerprint(public_of(OURS)),
    }


def test_a_whole_series_is_read_as_it_was_made() -> None:
    made = series(5)

    assert list(follow(named(made))) == made
    assert list(follow([])) == []


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_a_gap_is_named(cut: int) -> None:
    documents = named(series(5))
    del documents[cut]

    assert fault_of(documents) == f"{name_of(cut + 1)}: it is missing; {name_of(cut + 2)} is there"


def test_two_that_are_swapped_are_named() -> None:
    one, two, three = named(series(3))

    assert fault_of([one, (two[0], three[1]), (three[0], two[1])]) == "checkpoint-000002.json: it holds number 3"
    assert fault_of([one, three, two]) == "checkpoint-000002.json: it is missing; checkpoint-000003.json is there"


def test_one_that_was_replaced_by_the_key_s_own_holder_is_found_by_the_next() -> None:
    made = series(3)
    documents = named(made)
    documents[1] = forged(made[1], OURS, sequence=11)

    assert fault_of(documents) == "checkpoint-000003.json: it doesn't follow the checkpoint before it"


def test_a_forged_signature_is_named() -> None:
    made = series(3)
    statement = json.loads(made[2].document)
    statement["statement"]["sequence"] = 31

    assert fault_of([*named(made[:2]), (made[2].name, canonical(statement) + b"\n")]) == (
        "checkpoint-000003.json: its signature is wrong"
    )


def test_a_foreign_key_cannot_carry_on() -> None:
    made = series(3)

    assert "checkpoint-000003.json: it is signed by the key" in fault_of([*named(made[:2]), forged(made[2])])


def test_an_announced_key_carries_on() -> None:
    made = series(2)
    made.append(after(made[-1], next_key=public_of(NEXT)))
    made += series(2, NEXT, made[-1])

    assert list(follow(named(made))) == made


def test_the_old_key_signs_nothing_after_its_last_word() -> None:
    last = after(None, next_key=public_of(NEXT))
    statement_of_old_key = forged(after(last, NEXT), OURS)

    with pytest.raises(CheckpointError, match="but in force was"):
        after(last, OURS)
    assert "but in force was" in fault_of([*named([last]), statement_of_old_key])


def test_the_chain_cannot_go_back_or_change_its_hash() -> None:
    first = after(None)

    with pytest.raises(CheckpointError, match="its last event is 9, before it 10"):
        make(OURS, first, stand(9), made_at=NOON)
    with pytest.raises(CheckpointError, match="gives event 10 another hash"):
        make(OURS, first, Stand(10, "f" * 64, {}), made_at=NOON)
    assert make(OURS, first, stand(10), made_at=NOON).number == 2


def test_no_byte_can_be_another() -> None:
    whole = after(None, next_key=public_of(NEXT))

    for place, flip in itertools.product(range(len(whole.document)), (1, 4, 32, 128)):
        changed = bytearray(whole.document)
        changed[place] ^= flip
        with pytest.raises(CheckpointError):
            parse(whole.name, bytes(changed))


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"null", b"{}", b"{" * 20_000, b'{"statement":5,"signature":"","public_key":""}', b"\xff"],
)
def test_what_is_no_checkpoint_is_named(document: bytes) -> None:
    with pytest.raises(CheckpointError, match=r"checkpoint-000001\.json: it is not"):
        parse(name_of(1), document)


@pytest.mark.parametrize("changes", [{"number": "1"}, {"sequence": 1.0}, {"counts": []}, {"next_key": "QUJD"}])
def test_a_statement_of_another_form_is_refused_even_if_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match="it is not"):
        parse(name_of(1), forged(after(None), OURS, **changes)[1])
