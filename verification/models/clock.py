"""The one clock of the record."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection

Clock = Callable[[], datetime]


def database_now() -> datetime:
    """The database's present time, aware, UTC.

    Leases are compared across machines, so they follow the one clock that all machines share. On SQLite that is
    the clock of the single machine that can open the file.
    """
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        # now() stands still within a transaction; a lease needs the time of this very moment.
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
