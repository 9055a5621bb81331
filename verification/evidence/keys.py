"""The Ed25519 key that signs checkpoints and bundles: made, kept in a file, read, named by its fingerprint."""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class KeyUnusable(Exception):
    """The file of the signing key isn't there, can't be read or written, or holds no Ed25519 key. Names the file."""


def new_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and keep it in a new file (PEM, PKCS 8, not encrypted) that only its owner may read.

    Raises KeyUnusable if the file is there already, for it may hold a key that is in force, or can't be written.
    """
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}") from error
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """The key of a file. Raises KeyUnusable."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError):
        # Without the cause: what a parser says about a key may show some of it.
        raise KeyUnusable(f"{path}: it holds no private key, or an encrypted one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path}: it holds a key of another kind than Ed25519")
    return key


def public_of(key: Ed25519PrivateKey) -> bytes:
    """The public key, 32 bytes."""
    return key.public_key().public_bytes_raw()


def public_pem(public: bytes) -> bytes:
    """A public key in the form that other tools read (PEM, SubjectPublicKeyInfo)."""
    return Ed25519PublicKey.from_public_bytes(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(public: bytes) -> str:
    """The name of a public key: SHA-256 of its 32 bytes, in hex. What an auditor notes down and compares."""
    return hashlib.sha256(public).hexdigest()


def is_signed(public: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def sync_directory(path: Path) -> None:
    """Make sure that a name put into the directory outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
