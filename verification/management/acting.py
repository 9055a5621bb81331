"""In whose name a command acts."""

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from ..services.doors import at_terminal
from ..services.ledger import Actor, at_shell


def actor_named(name: str) -> Actor:
    """The person of that name; without a name the account of the machine. Ends with 2 for an unknown person."""
    if not name:
        return at_terminal()
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no active person named {name!r}.", returncode=2)
    return at_shell(person)
