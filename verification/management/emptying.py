"""The end of a command that erases: nothing is called gone that SQLite's log still holds."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from ..services.keeping import StillInLog, emptied_log

STILL_IN_LOG = 1


@contextmanager
def for_good() -> Iterator[None]:
    """Empty the log of what is erased within, or end the command with 1.

    Also where nothing is left to erase: an earlier run may have ended here.
    """
    try:
        with emptied_log():
            yield
    except StillInLog as error:
        raise CommandError(str(error), returncode=STILL_IN_LOG) from None
