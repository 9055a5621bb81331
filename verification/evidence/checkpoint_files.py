"""The directory of checkpoints: a file for each, numbered without a gap, on storage that may be elsewhere."""

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from .checkpoints import Checkpoint, CheckpointError, follow, name_of
from .keys import sync_directory

_NAME = re.compile(r"checkpoint-([0-9]{6,})\.json")


class NumberTaken(CheckpointError):
    """A checkpoint of this number is there already: somebody else has just written it."""


def read(directory: Path) -> Iterator[Checkpoint]:
    """All checkpoints of a directory, from number 1 on, checked as `follow` does. Raises CheckpointError, OSError."""
    return follow((name_of(number), (directory / name_of(number)).read_bytes()) for number in _numbers(directory))


def _numbers(directory: Path) -> list[int]:
    found = (_NAME.fullmatch(name) for name in os.listdir(directory))
    return sorted(int(match[1]) for match in found if match and match[0] == name_of(int(match[1])))


def write(directory: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint into a directory: whole or not at all, for good, and never over another.

    Raises NumberTaken, and OSError if it can't be written. A directory that isn't there is not made: it would hide that
    the other storage is away.
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
        raise NumberTaken(checkpoint.name, "it is there already") from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(directory)
