"""`manage.py make_checkpoint`: sign where the audit trail stands, now.

Exit 0: made, or nothing new to sign; 1: it could not be made or kept.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...evidence.checkpoints import CheckpointError
from ...evidence.keys import KeyUnusable
from ...models import database_now
from ...services import checkpoints
from ..acting import actor_named

NOT_MADE = 1


class Command(BaseCommand):
    help = "Make a checkpoint of the audit trail, and write the files that CHECKPOINT_DIR lacks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="", metavar="NAME", help="the person in whose name it is done")

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        actor = actor_named(user)
        try:
            made = checkpoints.make_checkpoint(actor.name, database_now())
            checkpoints.write_files()
        except (KeyUnusable, CheckpointError, OSError) as error:
            raise CommandError(str(error), returncode=NOT_MADE) from error
        said = (
            f"Checkpoint {made.number}, up to event {made.sequence:,}." if made else "Nothing new since the last one."
        )
        self.stdout.write(said)
