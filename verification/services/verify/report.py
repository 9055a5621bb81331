"""What verifying finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class Broken(Exception):
    """The first entry that isn't as it was recorded: its table, its id, and what is wrong in words."""

    def __init__(self, table: str, id: int | None, what: str) -> None:
        super().__init__(f"{table} {id}: {what}")
        self.table, self.id, self.what = table, id, what


@dataclass(frozen=True)
class Report:
    """A trail that is whole: how long it is, and how far the checkpoints vouch for it.

    `since` is the event after which was verified. `without_file` counts checkpoints on record that the directory lacks.
    """

    events: int
    since: int
    checkpoints: int
    without_file: int
    past_last_checkpoint: int
    counts: Mapping[str, int] = field(default_factory=dict)
