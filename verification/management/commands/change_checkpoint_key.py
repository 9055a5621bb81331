"""`manage.py change_checkpoint_key`: sign checkpoints with a new key, which the old one announces.

Exit 0: changed; 1: it could not be changed, or, where it says that it is, its checkpoints not be kept as files. A
change that broke off is brought to its end by running it again.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...evidence.checkpoints import CheckpointError
from ...evidence.keys import KeyUnusable
from ...models import database_now
from ...services import checkpoints
from ..acting import actor_named

FAILED = 1


class Command(BaseCommand):
    help = "Put a new key for the checkpoints in force; the old one signs the announcement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="", metavar="NAME", help="the person in whose name it is done")

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        actor = actor_named(user)
        try:
            made = checkpoints.change_key(actor, database_now())
            self.stdout.write(
                f"{settings.CHECKPOINT_KEY_FILE} holds the new key; checkpoint {made.number} is its first."
            )
            checkpoints.write_files()
        except (KeyUnusable, CheckpointError, OSError) as error:
            raise CommandError(str(error), returncode=FAILED) from error
