"""Asking before what can't be undone."""

import sys

from django.core.management.base import CommandError, OutputWrapper


def agreed(out: OutputWrapper, *, yes: bool) -> bool:
    """Whether the person at the terminal types "yes". Where nobody can be asked it takes `--yes`, or ends with 2."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("Nobody can be asked here. Say --yes if it is to be done.", returncode=2)
    out.write('This can\'t be undone. Type "yes" to go on: ', ending="")
    out.flush()
    said = sys.stdin.readline().strip() == "yes"
    if not said:
        out.write("Nothing was changed.")
    return said
