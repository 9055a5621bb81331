"""The checkpoints: on record and as files, numbered without a gap, signed by the keys in force up to one of ours."""

from collections.abc import Iterator
from pathlib import Path

from ...evidence import checkpoint_files
from ...evidence.checkpoints import Checkpoint, CheckpointError, follow, name_of
from ...evidence.keys import fingerprint
from ...models import Checkpoint as CheckpointRow
from ..checkpoints import last_one, parsed
from ..signing_key import held_keys


class Witnesses:
    """All checkpoints in their order. `number` and `sequence` are those of the last one read, 0 before the first."""

    def __init__(self, directory: Path | None, *, demanded: bool = False) -> None:
        self._directory, self._demanded = directory, demanded
        self.number = self.sequence = self.without_file = 0

    def read(self) -> Iterator[Checkpoint]:
        """Raises CheckpointError for the first that is missing or wrong, KeyUnusable, OSError."""
        files = checkpoint_files.read(self._directory) if self._directory else iter(())
        for checkpoint in follow(_documents(), trusted=_trusted()):
            file = next(files, None)
            if file is None:
                if self._demanded:
                    raise CheckpointError(checkpoint.name, "its file is missing")
                self.without_file += 1
            elif file.document != checkpoint.document:
                raise CheckpointError(checkpoint.name, "its file is not the one that is on record")
            self.number, self.sequence = checkpoint.number, checkpoint.stand.sequence
            yield checkpoint
        if extra := next(files, None):
            raise CheckpointError(extra.name, "only its file is there; it was taken off the record")


def _documents() -> Iterator[tuple[str, bytes]]:
    for row in CheckpointRow.objects.order_by("number").iterator(chunk_size=100):
        if parsed(row).stand.sequence != row.sequence:
            raise CheckpointError(name_of(row.number), "its row names another event than its document")
        yield name_of(row.number), row.document.encode()


def _trusted() -> str:
    """The fingerprint of the key that is in force, which has to be ours; "" if nothing was ever signed."""
    last = last_one()
    if last is None:
        return ""
    if last.key_after not in held_keys():
        raise CheckpointError(last.name, f"the key in force after it, {fingerprint(last.key_after)}, is not ours")
    return fingerprint(last.key_after)
