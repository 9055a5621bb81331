"""`manage.py worker`: carry recorded attempts to the provider until SIGTERM or SIGINT."""

import signal
from typing import Any

from ...worker import House
from ..configured import ConfiguredCommand


class Command(ConfiguredCommand):
    help = "Send what is queued, until SIGTERM: then it finishes the calls in hand and ends."

    def handle(self, *args: Any, **options: Any) -> None:
        house = House()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: house.stop())
        self.stdout.write(f"Worker {house.name} is at work.")
        self.stdout.flush()
        house.run()
