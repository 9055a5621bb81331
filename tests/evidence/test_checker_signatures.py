"""The checker's own Ed25519, against the vectors of RFC 8032 and against OpenSSL's verdicts."""

import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.evidence import keys
from verification.evidence.checker import ORDER, P, is_signed

VECTORS = json.loads((Path(__file__).parent / "rfc8032.json").read_text())["vectors"]


def parts(vector: dict[str, str]) -> tuple[bytes, bytes, bytes]:
    public, signature, message = (bytes.fromhex(vector[name]) for name in ("public", "signature", "message"))
    return public, signature, message


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_published_vectors_hold(vector: dict[str, str]) -> None:
    assert is_signed(*parts(vector))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_no_changed_bit_holds(vector: dict[str, str]) -> None:
    chance = random.Random(1)
    for which in range(3):
        for _ in range(10 if parts(vector)[which] else 0):
            changed = [bytearray(part) for part in parts(vector)]
            changed[which][chance.randrange(len(changed[which]))] ^= 1 << chance.randrange(8)
            assert not is_signed(*map(bytes, changed))


def test_it_agrees_with_openssl_on_whatever_comes() -> None:
    chance = random.Random(2)
    for number in range(40):
        key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        content = chance.randbytes(number * 7)
        given = (keys.public_of(key), key.sign(content), content)
        odd = (chance.randbytes(32), chance.randbytes(64), content)
        assert is_signed(*given) and keys.is_signed(*given)
        assert is_signed(*odd) is keys.is_signed(*odd) is False


def test_a_second_form_of_the_same_signature_is_refused() -> None:
    public, signature, message = parts(VECTORS[1])
    number = int.from_bytes(signature[32:], "little") + ORDER

    assert not is_signed(public, signature[:32] + number.to_bytes(32, "little"), message)


@pytest.mark.parametrize("public", [b"", bytes(31), P.to_bytes(32, "little"), (1 + (1 << 255)).to_bytes(32, "little")])
def test_what_is_no_key_signs_nothing(public: bytes) -> None:
    assert not is_signed(public, bytes(64), b"")


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65)])
def test_what_is_no_signature_holds_for_nothing(signature: bytes) -> None:
    assert not is_signed(parts(VECTORS[0])[0], signature, b"")
