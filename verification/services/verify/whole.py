"""The whole check, in its order."""

import re
from collections.abc import Iterator
from pathlib import Path

from ...evidence.chain import GENESIS
from ...evidence.checkpoints import Checkpoint, CheckpointError
from ...models import Head
from ..tally import Tally
from .erased import check_erased
from .groups import Unit, some_at_a_time
from .report import Broken, Report
from .snapshot import snapshot
from .states import check_decisions, check_ends, check_pauses, check_releases, check_states
from .totals import check_evidence, check_in_hand, check_late_answers, check_lookups, check_totals, check_verdicts
from .trail import Progress, Trail
from .witnesses import Witnesses


class UnknownCheckpoint(Exception):
    """There is no checkpoint of the number from which verifying was to begin."""


def verify(
    directory: Path | None,
    *,
    since: int = 0,
    demanded: bool = False,
    progress: Progress = lambda done, of: None,
) -> Report:
    """Check the trail and the record against it; `directory` holds the files of the checkpoints, None for none.

    `demanded` takes a checkpoint without its file for a broken one; otherwise the newest may still lack theirs.

    With `since`, the number of a checkpoint, what it states is taken from it, and only what came later is checked; the
    number of rows is checked all the same. Raises Broken for the first entry that isn't as it was recorded,
    UnknownCheckpoint, KeyUnusable if the signing key can't be read, OSError if the directory can't.
    """
    with snapshot():
        witnesses = Witnesses(directory, demanded=demanded)
        try:
            return _verify(witnesses, since, progress)
        except CheckpointError as error:
            raise Broken("checkpoint", _number_of(error), error.what) from error


def _verify(witnesses: Witnesses, since: int, progress: Progress) -> Report:
    checkpoints = witnesses.read()
    begin = _skip_to(since, checkpoints)
    tally = Tally(begin.stand.counts if begin else None)
    start, before = (begin.stand.sequence, begin.stand.hash) if begin else (0, GENESIS)
    head = Head.objects.filter(pk=1).first() or Head(hash=GENESIS)
    trail = Trail(head, start, before, tally)
    events = trail.walk(checkpoints, progress)
    verdicts = sum(Unit(some).check() for some in some_at_a_time(events))
    check_late_answers()
    check_totals(tally.counts)
    check_in_hand()
    check_lookups()
    if not start:
        check_verdicts(verdicts)
    check_evidence()
    check_states()
    check_ends()
    check_releases()
    check_pauses()
    check_decisions()
    check_erased()
    return Report(
        events=head.sequence,
        since=start,
        checkpoints=witnesses.number,
        without_file=witnesses.without_file,
        past_last_checkpoint=head.sequence - witnesses.sequence,
        counts=tally.counts,
    )


def _skip_to(number: int, checkpoints: Iterator[Checkpoint]) -> Checkpoint | None:
    if not number:
        return None
    for checkpoint in checkpoints:
        if checkpoint.number == number:
            return checkpoint
    raise UnknownCheckpoint(f"There is no checkpoint {number}.")


def _number_of(error: CheckpointError) -> int:
    return int("".join(re.findall("[0-9]", error.name)))
