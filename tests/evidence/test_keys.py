"""The signing key: made once, kept for its owner, read again, and named without being shown."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.evidence.keys import KeyUnusable, fingerprint, is_signed, load_key, new_key, public_of, public_pem


def test_a_new_key_is_kept_for_its_owner_alone_and_is_the_same_when_read(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key.pem")

    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert public_of(load_key(tmp_path / "key.pem")) == public_of(key)


def test_a_key_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key.pem")

    with pytest.raises(KeyUnusable, match=r"key\.pem: File exists"):
        new_key(tmp_path / "key.pem")

    assert public_of(load_key(tmp_path / "key.pem")) == public_of(key)


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_without_a_key_is_named_and_what_it_holds_is_not_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)

    with pytest.raises(KeyUnusable, match=r"key\.pem: it holds no private key") as raised:
        load_key(tmp_path / "key.pem")

    assert raised.value.__suppress_context__
    assert "c2VjcmV0" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match=r"absent\.pem: No such file"):
        load_key(tmp_path / "absent.pem")


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "X25519"], capture_output=True, check=True)
    (tmp_path / "key.pem").write_bytes(made.stdout)

    with pytest.raises(KeyUnusable, match="another kind than Ed25519"):
        load_key(tmp_path / "key.pem")


def test_a_signature_holds_for_its_key_and_content_only() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signature = key.sign(b"content")

    assert is_signed(public_of(key), signature, b"content")
    assert not is_signed(public_of(key), signature, b"contents")
    assert not is_signed(public_of(other), signature, b"content")
    assert not is_signed(b"too short", signature, b"content")


def test_the_fingerprint_is_what_public_tools_give(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (tmp_path / "public.pem").write_bytes(public_pem(public_of(key)))
    line = "openssl pkey -pubin -in public.pem -outform DER | tail -c 32 | sha256sum"
    told = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert told.stdout.split()[0] == fingerprint(public_of(key))
