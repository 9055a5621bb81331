"""`manage.py verify_ledger`: is the audit trail whole, and is the record as the trail says?

Exit 0: whole; 1: broken, or not to be verified; 2: wrong usage. What was found is put on record, with who checked.
"""

import gc
import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from ...evidence.keys import KeyUnusable
from ...models import database_now
from ...services import doors
from ...services.verify import Broken, Progress, UnknownCheckpoint, verify
from ..acting import actor_named

BROKEN, WRONG_USAGE = 1, 2
BAR_WIDTH = 40


class Command(BaseCommand):
    help = "Check the audit trail, the record against it, and the signed checkpoints."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="demand all checkpoints as files in it")
        parser.add_argument("--from", type=int, default=0, dest="since", metavar="N", help="begin at checkpoint N")
        parser.add_argument("--user", default="", metavar="NAME", help="the person in whose name it is done")

    def handle(self, *args: Any, checkpoints: Path | None, since: int, user: str, **options: Any) -> None:
        actor = actor_named(user)
        show = self._say_json if options["json"] else self._say
        # What was loaded at the start stays; it would be searched for garbage again and again.
        gc.freeze()
        try:
            with _bar() as progress:
                report = verify(checkpoints or _default(), since=since, demanded=bool(checkpoints), progress=progress)
        except Broken as broken:
            show({"whole": False, "table": broken.table, "id": broken.id, "what": broken.what})
            self._put_on_record(partial(doors.found_broken, actor, broken.table, broken.id))
            sys.exit(BROKEN)
        except UnknownCheckpoint as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except (KeyUnusable, OSError) as error:
            show({"whole": False, "table": "checkpoint", "id": None, "what": f"it can't be verified: {error}"})
            self._put_on_record(partial(doors.not_verified, actor))
            sys.exit(BROKEN)
        except DatabaseError as error:
            show({"whole": False, "table": "database", "id": None, "what": f"it can't be read: {error}"})
            self._put_on_record(partial(doors.not_verified, actor))
            sys.exit(BROKEN)
        show({"whole": True} | vars(report))
        self._put_on_record(partial(doors.verified, actor, report.since, report.events, report.checkpoints))

    def _put_on_record(self, tell: Callable[[datetime], None]) -> None:
        """A chain that is broken may still take one more event; if it doesn't, that is said, and the finding stays."""
        try:
            tell(database_now())
        except (DatabaseError, TypeError, ValueError) as error:
            self.stderr.write(f"What was found could not be recorded: {error}")

    def _say_json(self, said: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(said))

    def _say(self, said: dict[str, Any]) -> None:
        if not said["whole"]:
            self.stdout.write(f"BROKEN: {said['table']} {said['id'] or ''}: {said['what']}")
            return
        since, events, checkpoints = said["since"], f"{said['events']:,} events", f"{said['checkpoints']:,} checkpoints"
        if since:
            later = said["events"] - since
            self.stdout.write(f"WHOLE AFTER EVENT {since:,}: the last {later:,} of {events}, {checkpoints}.")
            self.stdout.write(f"Events 1 to {since:,}, and the rows of which they speak, were not checked again.")
        else:
            self.stdout.write(f"WHOLE: {events}, {checkpoints}.")
        past = said["past_last_checkpoint"]
        self.stdout.write(f"{past:,} events lie past the last checkpoint; were they cut off, it would not be seen.")
        if said["without_file"]:
            self.stdout.write(f"{said['without_file']:,} checkpoints have no file yet.")


def _default() -> Path | None:
    directory: Path = settings.CHECKPOINT_DIR
    return directory if directory.is_dir() else None


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar, where a person looks on."""
    shown = -1

    def show(done: int, of: int) -> None:
        nonlocal shown
        if (percent := done * 100 // of) != shown:
            shown = percent
            bar = "#" * (percent * BAR_WIDTH // 100)
            print(f"\r[{bar:<{BAR_WIDTH}}] {percent:>3} %", end="", file=sys.stderr, flush=True)

    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    try:
        yield show
    finally:
        print(file=sys.stderr)
