"""`manage.py export_evidence`: a bundle that proves itself, about a batch, an address or a period.

Exit 0: written; 1: not now, or nothing could be written; 2: wrong usage.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...evidence.checkpoints import CheckpointError
from ...evidence.keys import KeyUnusable
from ...forms import EvidenceForm
from ...models import database_now
from ...services import dossier
from ..acting import actor_named

NOT_WRITTEN, WRONG_USAGE = 1, 2


class Command(BaseCommand):
    help = "Write an evidence bundle; addresses and free text stand in it in full."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", default="", metavar="REF")
        parser.add_argument("--address", default="", metavar="ADDRESS")
        parser.add_argument("--since", default="", metavar="DAY", help="YYYY-MM-DD, in the desk's zone")
        parser.add_argument("--until", default="", metavar="DAY", help="the last day")
        parser.add_argument("--user", default="", metavar="NAME", help="the person in whose name it is done")
        parser.add_argument("output", type=Path, metavar="FILE", help="the zip file; it must not exist yet")

    def handle(self, *args: Any, output: Path, user: str, **options: Any) -> None:
        form = EvidenceForm({name: options[name] for name in EvidenceForm.base_fields})
        if not form.is_valid():
            said = "; ".join(str(fault) for faults in form.errors.values() for fault in faults)
            raise CommandError(said, returncode=WRONG_USAGE)
        try:
            dossier.export(form.wanted(in_full=True), output, actor_named(user), database_now())
        except dossier.StillMoving:
            raise CommandError("The batches in question are being sent right now.", returncode=NOT_WRITTEN) from None
        except (KeyUnusable, CheckpointError, OSError) as error:
            raise CommandError(str(error), returncode=NOT_WRITTEN) from error
        self.stdout.write(f"{output}: check it with  python3 {Path('verification/evidence/checker.py')} {output}")
