"""The key that signs checkpoints: made at first use, found again after a change that broke off half-way."""

import os
import secrets
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
        return load_key(path) if path.exists() else _make(path)
    end_change(last)
    key = load_key(path)
    if public_of(key) != last.key_after:
        raise KeyUnusable(f"{path}: it doesn't hold the key that is in force since checkpoint {last.number}")
    return key


def held_keys() -> list[bytes]:
    """The public keys of the key file, and of the key that waits to take its place. Raises KeyUnusable."""
    path: Path = settings.CHECKPOINT_KEY_FILE
    return [public_of(load_key(file)) for file in (path, _waiting(path)) if file == path or file.exists()]


def next_key() -> Ed25519PrivateKey:
    """The key that is to be put in force: it waits beside the one in use, and is made if it isn't there yet."""
    waiting = _waiting(settings.CHECKPOINT_KEY_FILE)
    return load_key(waiting) if waiting.exists() else _make(waiting)


def end_change(last: Checkpoint) -> bool:
    """Put the waiting key into the key file if `last` has put it in force; False if it hasn't, or none waits.

    Raises KeyUnusable and OSError.
    """
    path: Path = settings.CHECKPOINT_KEY_FILE
    waiting = _waiting(path)
    if not waiting.exists() or public_of(load_key(waiting)) != last.key_after:
        return False
    os.replace(waiting, path)
    sync_directory(path.parent)
    return True


def _waiting(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _make(path: Path) -> Ed25519PrivateKey:
    """Several processes may come here at once: the whole file of one of them gets the name, and all use that.

    Nor does one that is broken off leave half a file of this name.
    """
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
