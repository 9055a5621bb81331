"""`manage.py prune_history`: take personal data out of what is older than the retention.

Exit 0: done, or nothing to do; 1: SQLite's log may still hold what was erased; 2: wrong usage.
"""

from argparse import ArgumentParser
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ...models import database_now
from ...services.keeping import find_older, prune
from ..acting import actor_named
from ..agreeing import agreed
from ..emptying import for_good

WRONG_USAGE = 2


class Command(BaseCommand):
    help = "Take addresses and free text out of batches that were opened before a day and have ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before", metavar="DAY", default="", help="YYYY-MM-DD; otherwise RESEND_KEEP_DAYS days ago"
        )
        parser.add_argument("--user", default="", metavar="NAME", help="the person in whose name it is done")
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args: Any, before: str, user: str, yes: bool, **options: Any) -> None:
        moment, actor = _moment(before), actor_named(user)
        counts: Counter[str] = Counter()
        for found in find_older(moment):
            counts.update(found.counts)
        if not counts.total():
            with for_good():
                self.stdout.write(f"Nothing to prune before {moment.isoformat()}.")
            return
        self.stdout.write(f"Rows of before {moment.isoformat()} that lose addresses and text (their stubs stay):")
        for table in ("batches", "attempts", "calls", "lookups"):
            self.stdout.write(f"  {table:<10} {counts[table]:>9,}")
        if agreed(self.stdout, yes=yes):
            with for_good():
                for found in find_older(moment):
                    prune(found, actor, database_now())
            self.stdout.write("Pruned.")


def _moment(before: str) -> datetime:
    today = timezone.localdate(database_now())
    if before:
        try:
            day = date.fromisoformat(before)
        except ValueError:
            raise CommandError(f"not a day: {before}", returncode=WRONG_USAGE) from None
    elif settings.RESEND_KEEP_DAYS:
        day = today - timedelta(days=settings.RESEND_KEEP_DAYS)
    else:
        raise CommandError("Name a day with --before, or set RESEND_KEEP_DAYS.", returncode=WRONG_USAGE)
    if day > today:
        raise CommandError("--before lies in the future.", returncode=WRONG_USAGE)
    return timezone.make_aware(datetime.combine(day, time.min))
