"""The checkpoints: on record and as files, numbered without a gap, signed by the keys in force up to one of ours."""

from collections.abc import Collection, Iterator
from pathlib import Path

from django.db.models import F

from ...evidence import checkpoint_files
from ...evidence.checkpoints import Checkpoint, CheckpointError, follow, name_of, parse
from ...evidence.keys import fingerprint
from ...models import Checkpoint as CheckpointRow
from ..signing_key import held_keys
from .report import Broken
from .rows import Written, in_slices


class Witnesses:
    """All checkpoints in their order. `number` and `sequence` are those of the last one read, 0 before the first."""

    def __init__(self, directory: Path | None, *, demanded: bool = False) -> None:
        self._directory, self._demanded = directory, demanded
        self.number = self.sequence = self.without_file = 0

    def read(self) -> Iterator[Checkpoint]:
        """Raises CheckpointError for the first that is missing or wrong, KeyUnusable, OSError."""
        ours = held_keys() if CheckpointRow.objects.exists() else []
        files = checkpoint_files.read(self._directory) if self._directory else iter(())
        signers: set[bytes] = set()
        for checkpoint in follow(_documents()):
            self._compare(checkpoint, next(files, None))
            self.number, self.sequence = checkpoint.number, checkpoint.stand.sequence
            signers.add(checkpoint.public_key)
            yield checkpoint
        if extra := next(files, None):
            raise CheckpointError(extra.name, "only its file is there; it was taken off the record")
        if signers:
            _vouch(checkpoint, signers, ours)

    def _compare(self, checkpoint: Checkpoint, file: Checkpoint | None) -> None:
        if file is None:
            if self._demanded:
                raise CheckpointError(checkpoint.name, "its file is missing")
            self.without_file += 1
        elif file.document != checkpoint.document:
            raise CheckpointError(checkpoint.name, "its file is not the one that is on record")


def _documents() -> Iterator[tuple[str, bytes]]:
    for number in CheckpointRow.objects.filter(number__lt=1).values_list("number", flat=True)[:1]:
        raise Broken("checkpoint", number, "checkpoints are numbered from 1 on")
    rows = CheckpointRow.objects.values_list("number", "sequence", "document", Written(F("made_at")))
    for number, sequence, document, made_at in in_slices(rows, "number"):
        name = name_of(number)
        if not isinstance(document, str):
            raise CheckpointError(name, "it is not a checkpoint")
        stated = parse(name, document.encode())
        if stated.stand.sequence != sequence:
            raise CheckpointError(name, "its row names another event than its document")
        if stated.made_at != made_at:
            raise CheckpointError(name, "its row names another time than its document")
        yield name, document.encode()


def _vouch(last: Checkpoint, signers: Collection[bytes], ours: Collection[bytes]) -> None:
    """The key in force has to be ours, and to have signed: anybody can announce a public key of somebody else."""
    key = last.key_after
    if key not in ours:
        raise CheckpointError(last.name, f"the key in force after it, {fingerprint(key)}, is not ours")
    if key not in signers:
        raise CheckpointError(last.name, f"the key in force after it, {fingerprint(key)}, has signed nothing")
