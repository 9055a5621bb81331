"""What the commands that talk to the provider have in common."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, SystemCheckError

UNCONFIGURED = 3


class ConfiguredCommand(BaseCommand):
    """Ends with exit code 3, and says what is at fault, when a setting is missing or makes no sense."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (ImproperlyConfigured, SystemCheckError) as error:
            raise CommandError(str(error), returncode=UNCONFIGURED) from None
