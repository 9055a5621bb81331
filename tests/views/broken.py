"""A database that can't be reached."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.utils import load_backend


@contextmanager
def broken_database() -> Iterator[None]:
    """Meanwhile every connection fails for real: the file's folder is missing, the server's port is closed."""
    intact = connections["default"]
    nowhere = {"NAME": "/nonexistent/desk.sqlite3"} if intact.vendor == "sqlite" else {"HOST": "127.0.0.1", "PORT": "9"}
    backend = load_backend(intact.settings_dict["ENGINE"])
    connections["default"] = backend.DatabaseWrapper(intact.settings_dict | nowhere, "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = intact
