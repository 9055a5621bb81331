"""`manage.py erase_address`: take one person's address out of the record, at that person's lawful request.

Exit 0: erased, or nothing to erase; 1: something about it is open, or may still lie in SQLite's log; 2: wrong use.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...models import database_now
from ...services.addresses import Rejected, read_address
from ...services.keeping import Found, StillInFlight, erase, find_address
from ..acting import actor_named
from ..agreeing import agreed
from ..emptying import for_good

STILL_OPEN = 1
WRONG_USAGE = 2


class Command(BaseCommand):
    help = "Take an address out of the record for good; the audit trail stays whole and keeps the rows' numbers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS", help="the address; - reads it from standard input")
        parser.add_argument("--user", default="", metavar="NAME", help="the person in whose name it is done")
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args: Any, address: str, user: str, yes: bool, **options: Any) -> None:
        # Arguments stand in the list of processes and in the shell's history.
        typed = sys.stdin.readline().strip() if address == "-" else address.strip()
        read = read_address(typed)
        if isinstance(read, Rejected):
            raise CommandError(f"That is no address: {read.why}.", returncode=WRONG_USAGE)
        actor = actor_named(user)
        found = _found(read.key, typed)
        if not any(found.counts.values()):
            with for_good():
                self.stdout.write("The address is nowhere in the record.")
            return
        self.stdout.write("Rows that lose it, with all text that names it:")
        for table, count in found.counts.items():
            self.stdout.write(f"  {table:<10} {count:>9,}")
        if agreed(self.stdout, yes=yes):
            with for_good():
                # The question may have stood for hours: somebody may have asked for the address meanwhile.
                erase(_found(read.key, typed), actor, database_now())
            self.stdout.write("Erased.")


def _found(key: str, typed: str) -> Found:
    try:
        return find_address(key, typed)
    except StillInFlight:
        said = "A send or a question about it, or a batch that names it, is still open."
        raise CommandError(said, returncode=STILL_OPEN) from None
