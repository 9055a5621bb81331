"""Checkpoints: signed statements of how far the trail has come, on record and as files on storage of their own.

The row is committed first; the file follows. After a breakdown between the two the next run writes the file.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from ..evidence import checkpoint_files, checkpoints
from ..evidence.checkpoint_files import NumberTaken
from ..evidence.checkpoints import CheckpointError, Stand
from ..evidence.keys import KeyUnusable, fingerprint, public_of
from ..models import Checkpoint, EventName, Head
from .ledger import Actor, Line, record
from .signing_key import end_change, key_in_force, next_key
from .tally import Tally, told

logger = logging.getLogger(__name__)

# As often as CloudTrail delivers its digest files; what was cut off since the last one would not be seen.
PERIOD = timedelta(hours=1)


def make_checkpoint(made_by: str, now: datetime) -> Checkpoint | None:
    """Put a checkpoint of the trail's end on record; None if one states it already.

    A change of key that broke off is brought to its end first. Events are counted before the head is taken, so that
    no writer waits for that. Raises KeyUnusable, OSError, and CheckpointError if the trail is behind its last
    checkpoint.
    """
    before = last_one()
    if before:
        end_change(before)
    stand = _stand(before)
    if (stand.sequence, stand.hash) == ((before.stand.sequence, before.stand.hash) if before else (0, "")):
        return None
    signed = checkpoints.make(key_in_force(before), before, stand, made_at=now)
    _prepare_for(before)
    with transaction.atomic():
        _take_head()
        if last_one() != before:
            return None  # Another process was quicker.
        return _keep(signed, made_by, now)


def change_key(actor: Actor, now: datetime) -> Checkpoint:
    """Put a new key in force, announced in a checkpoint that the old one signs; returns the new one's first.

    A change that broke off is brought to its end when this, or `make_checkpoint`, is called again: this then changes
    nothing else. Raises as that does.
    """
    broken_off = last_one()
    if broken_off and end_change(broken_off):
        return Checkpoint.objects.get(number=broken_off.number)
    make_checkpoint(actor.name, now)
    last = last_one()
    old, new = key_in_force(last), next_key()
    _prepare_for(last)
    with transaction.atomic():
        _take_head()
        before = last_one()
        number = before.number + 1 if before else 1
        keys = {"from": fingerprint(public_of(old)), "to": fingerprint(public_of(new)), "checkpoint": number}
        record(actor, now, Line(EventName.KEY_CHANGED, keys))
        row = _announce(old, new, before, actor.name, now)
    end_change(parsed(row))
    return row


def _announce(
    old: Ed25519PrivateKey, new: Ed25519PrivateKey, before: checkpoints.Checkpoint | None, made_by: str, now: datetime
) -> Checkpoint:
    stand = _stand(before)
    last_of_old = checkpoints.make(old, before, stand, made_at=now, next_key=public_of(new))
    _keep(last_of_old, made_by, now)
    # To be announced proves nothing; with a checkpoint of its own the new key vouches for all that came before.
    return _keep(checkpoints.make(new, last_of_old, stand, made_at=now), made_by, now)


def _prepare_for(before: checkpoints.Checkpoint | None) -> None:
    """Make the directory before the first checkpoint, and never again: it would hide that its storage is away."""
    if before is None:
        with suppress(OSError):  # Whoever writes into it will say what is wrong.
            settings.CHECKPOINT_DIR.mkdir(parents=True, exist_ok=True)


def _take_head() -> None:
    Head.objects.select_for_update().filter(pk=1).first()


def _stand(before: checkpoints.Checkpoint | None) -> Stand:
    head = Head.objects.filter(pk=1).first() or Head()
    tally = Tally(before.stand.counts if before else None)
    for name, details in told(before.stand.sequence if before else 0, head.sequence):
        tally.add(name, details)
    return Stand(head.sequence, head.hash, tally.counts)


def _keep(signed: checkpoints.Checkpoint, made_by: str, now: datetime) -> Checkpoint:
    return Checkpoint.objects.create(
        number=signed.number,
        made_at=now,
        made_by=made_by,
        sequence=signed.stand.sequence,
        document=signed.document.decode(),
    )


def last_one() -> checkpoints.Checkpoint | None:
    """The newest checkpoint on record, alone in its own right. Raises CheckpointError."""
    row = Checkpoint.objects.first()
    return parsed(row) if row else None


def fingerprint_in_force() -> str:
    """The name of the key that must sign the next checkpoint; empty before the first one. Raises CheckpointError."""
    last = last_one()
    return fingerprint(last.key_after) if last else ""


def parsed(row: Checkpoint) -> checkpoints.Checkpoint:
    """What a row's document says. Raises CheckpointError."""
    return checkpoints.parse(checkpoints.name_of(row.number), row.document.encode())


def write_files() -> int:
    """Write the files that CHECKPOINT_DIR lacks; returns how many. Raises OSError."""
    directory: Path = settings.CHECKPOINT_DIR
    missing = list(_without_file(directory))
    return sum(_write_file(directory, number) for number in reversed(missing))


def _without_file(directory: Path) -> Iterator[int]:
    """From the newest back to the first that is there: they are written in their order."""
    for number in Checkpoint.objects.values_list("number", flat=True):
        if (directory / checkpoints.name_of(number)).exists():
            return
        yield number


def _write_file(directory: Path, number: int) -> bool:
    try:
        checkpoint_files.write(directory, parsed(Checkpoint.objects.get(number=number)))
    except NumberTaken:
        return False  # Another process has just written it.
    return True


def keep_up(made_by: str, now: datetime) -> bool:
    """Make a checkpoint when a period has gone by, and write missing files: what a worker does. True if it did any.

    What goes wrong is logged, and tried again at the next call.
    """
    made = None
    try:
        if not Checkpoint.objects.filter(made_at__gt=now - PERIOD).exists():
            made = make_checkpoint(made_by, now)
    except (KeyUnusable, CheckpointError, OSError) as error:
        logger.error("no checkpoint made: %s", error)
    try:
        return write_files() > 0 or made is not None
    except (CheckpointError, OSError) as error:
        logger.error("checkpoints not written: %s", error)
    return made is not None
