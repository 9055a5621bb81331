"""Write the history to standard output, for machines: one line per attempt, oldest first, values unaltered."""

import os
import re
import sys
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from io import TextIOWrapper
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ...history import Filters, csv_lines, export_rows, json_lines
from ...models import database_now
from ...services import doors

WRONG_USAGE = 2
WRITERS = {"csv": csv_lines, "jsonl": json_lines}
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Command(BaseCommand):
    help = "Write attempts to standard output as JSON lines or CSV, oldest first. Times are ISO 8601, UTC."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=sorted(WRITERS), default="jsonl")
        parser.add_argument(
            "--since", metavar="D", default="", help="first day (YYYY-MM-DD), or the ISO time it begins"
        )
        parser.add_argument(
            "--until", metavar="D", default="", help="last day (YYYY-MM-DD), or the ISO time it ends before"
        )

    def handle(self, *args: Any, format: str, since: str, until: str, **options: Any) -> None:
        begin, end = _moment(since, timedelta()), _moment(until, timedelta(days=1))
        if begin and end and begin > end:
            raise CommandError("--since is later than --until", returncode=WRONG_USAGE)
        wanted = Filters(since=begin, until=end)
        doors.exported(doors.at_terminal(), "attempts", wanted.query(), format, now=database_now(), masked=False)
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        try:
            for line in WRITERS[format](export_rows(wanted)):
                self.stdout.write(line)
            self.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough. Python would complain once more when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _moment(text: str, whole_day: timedelta) -> datetime | None:
    """The moment that an argument names; a day stands for its local midnight, moved by `whole_day`."""
    if not text:
        return None
    try:
        moment = _midnight(text, whole_day) if DAY.fullmatch(text) else datetime.fromisoformat(text)
        return (timezone.make_aware(moment) if timezone.is_naive(moment) else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(f"not a date: {text}", returncode=WRONG_USAGE) from None


def _midnight(day: str, moved: timedelta) -> datetime:
    return datetime.combine(date.fromisoformat(day) + moved, time.min)
