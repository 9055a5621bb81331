"""`manage.py worker`: carry recorded attempts to the provider until SIGTERM or SIGINT."""

import signal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from ...worker import House


class Command(BaseCommand):
    help = "Send what is queued, until SIGTERM: then it finishes the calls in hand and ends."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            house = House()
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=3) from None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: house.stop())
        self.stdout.write(f"Worker {house.name} is at work.")
        self.stdout.flush()
        house.run()
