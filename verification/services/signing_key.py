"""The key that signs checkpoints: made at first use, found again after a change that broke off half-way."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from ..evidence.checkpoints import Checkpoint
from ..evidence.keys import KeyUnusable, load_key, new_key, public_of, sync_directory


def key_in_force(last: Checkpoint | None) -> Ed25519PrivateKey:
    """The key that must sign the checkpoint after `last`; before the first one it is made if need be.

    Raises KeyUnusable if no file holds it.
    """
    path: Path = settings.CHECKPOINT_KEY_FILE
    if last is None:
        return load_key(path) if path.exists() else _first_key(path)
    for file, key in _held(path):
        if public_of(key) == last.key_after:
            if file != path:
                put_in_place(path)
            return key
    raise KeyUnusable(f"{path}: it doesn't hold the key that is in force since checkpoint {last.number}")


def held_keys() -> list[bytes]:
    """The public keys of the key file, and of the key that waits to take its place. Raises KeyUnusable."""
    return [public_of(key) for _, key in _held(settings.CHECKPOINT_KEY_FILE)]


def next_key() -> Ed25519PrivateKey:
    """The key that is to be put in force: it waits beside the one in use, and is made if it isn't there yet."""
    waiting = _waiting(settings.CHECKPOINT_KEY_FILE)
    return load_key(waiting) if waiting.exists() else new_key(waiting)


def put_in_place(path: Path) -> None:
    """Put the waiting key into the key file, over the one that is in force no more."""
    os.replace(_waiting(path), path)
    sync_directory(path.parent)


def _held(path: Path) -> Iterator[tuple[Path, Ed25519PrivateKey]]:
    yield path, load_key(path)
    if (waiting := _waiting(path)).exists():
        yield waiting, load_key(waiting)


def _waiting(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _first_key(path: Path) -> Ed25519PrivateKey:
    """Several processes may come here at once: the whole file of one of them gets the name, and all use that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    new_key(temporary)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    sync_directory(path.parent)
    return load_key(path)
