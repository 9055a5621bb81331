"""The directory of checkpoints: a file for each, numbered without a gap, on storage that may be elsewhere."""

import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .checkpoints import Checkpoint, CheckpointError, Stand, follow, make, name_of, parse
from .keys import load_key, new_key, public_of, sync_directory

_NAME = re.compile(r"checkpoint-([0-9]{6,})\.json")


class NumberTaken(CheckpointError):
    """Somebody else has just written the checkpoint of this number: read the head again and make another."""


def read(directory: Path, *, trusted: str = "") -> Iterator[Checkpoint]:
    """All checkpoints of a directory, from number 1 on, checked as `follow` does. Raises CheckpointError, OSError."""
    return follow(((name_of(n), (directory / name_of(n)).read_bytes()) for n in _numbers(directory)), trusted=trusted)


def newest(directory: Path) -> Checkpoint | None:
    """The checkpoint with the highest number, alone in its own right. Raises CheckpointError, OSError."""
    numbers = _numbers(directory)
    return parse(name_of(numbers[-1]), (directory / name_of(numbers[-1])).read_bytes()) if numbers else None


def _numbers(directory: Path) -> list[int]:
    found = (_NAME.fullmatch(name) for name in os.listdir(directory))
    return sorted(int(match[1]) for match in found if match and match[0] == name_of(int(match[1])))


def write(directory: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint into a directory: whole or not at all, for good, and never over another.

    Raises NumberTaken if its number is there already, OSError if it can't be written. A directory that isn't there is
    not made: it would hide that the other storage is away.
    """
    temporary = directory / f".{checkpoint.name}.{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            file.write(checkpoint.document)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, refuses to replace what has the name.
        os.link(temporary, directory / checkpoint.name)
    except FileExistsError as error:
        raise NumberTaken(checkpoint.name, "it was written by somebody else at the same time") from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(directory)


def add(directory: Path, key: Ed25519PrivateKey, stand: Stand, *, made_at: datetime) -> Checkpoint:
    """Make and write the next checkpoint of a directory. Raises what `newest`, `make` and `write` raise."""
    checkpoint = make(key, newest(directory), stand, made_at=made_at)
    write(directory, checkpoint)
    return checkpoint


def change_key(directory: Path, key_file: Path, stand: Stand, *, made_at: datetime) -> Checkpoint:
    """Put a new key in force, and into `key_file` in place of the old one; returns the first checkpoint that it signs.

    The old key signs a checkpoint that announces the new one. Until that is done the new key waits in a file beside the
    old one (`….next`), so that after a breakdown at any point it can be called again: it goes on where it stopped.
    Raises what `add` raises, and KeyUnusable.
    """
    waiting = key_file.with_name(f"{key_file.name}.next")
    key = load_key(waiting) if waiting.exists() else new_key(waiting)
    last = newest(directory)
    if last is None or public_of(key) != last.key_after:
        last = make(load_key(key_file), last, stand, made_at=made_at, next_key=public_of(key))
        write(directory, last)
    if public_of(key) != last.public_key:
        last = add(directory, key, stand, made_at=made_at)
    os.replace(waiting, key_file)
    sync_directory(key_file.parent)
    return last
