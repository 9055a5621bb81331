"""An empty database of its own, for a script that isn't a test but works as one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Work with a new database, and give its URL to hand on to other processes; it is gone afterwards.

    It is made on the server of the settings; with SQLite it is a file in `folder`.
    """
    on_file = connection.vendor == "sqlite"
    name = str(folder / "desk.sqlite3") if on_file else f"crash_{token_hex(6)}"
    settings.DATABASES["default"]["TEST"]["NAME"] = name
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield (
            f"sqlite:///{name}" if on_file else urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        )
    finally:
        teardown_databases(made, verbosity=0)
