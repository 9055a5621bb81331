"""Spans of time, and how many attempts were asked for within each.

An index holds each attempt's status and time side by side. Counted in it span by span, the attempts themselves are
never read; a grouping by day would read them all and cast every one of their times.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db import connection

from ..models import Attempt, Status

# From the first moment on, up to the second one, which is not in it.
Span = tuple[datetime, datetime]

_COUNTS = """
    WITH span (place, since, until) AS (VALUES {spans}), word (status) AS (VALUES {words})
    SELECT place, word.status, (
        SELECT COUNT(*) FROM {attempts} AS attempt
        WHERE attempt.status = word.status AND attempt.created_at >= since AND attempt.created_at < until
    )
    FROM span CROSS JOIN word
"""


def midnight(day: date, tz: tzinfo) -> datetime:
    """The moment at which a day begins in a zone; where the clock skips midnight, the first moment after it."""
    return datetime.combine(day, time.min, tz).astimezone(UTC)


def days_until(last: date, count: int) -> list[date]:
    """So many days, the last one included, oldest first."""
    return [last - timedelta(days=ago) for ago in reversed(range(count))]


def span_of(day: date, tz: tzinfo) -> Span:
    """The whole of a day in a zone: 23 or 25 hours where the clock was changed."""
    return midnight(day, tz), midnight(day + timedelta(days=1), tz)


def counts_within(spans: Sequence[Span]) -> list[dict[Status, int]]:
    """How many attempts asked for within each span stand in each status today; one query, spans may overlap."""
    counts = [dict.fromkeys(Status, 0) for _ in spans]
    for place, status, count in _counted(spans):
        counts[place][Status(status)] = count
    return counts


def _counted(spans: Sequence[Span]) -> Iterator[tuple[int, str, int]]:
    if not spans:
        return
    sql = _COUNTS.format(
        spans=", ".join(["(%s, %s, %s)"] * len(spans)),
        words=", ".join(["(%s)"] * len(Status)),
        attempts=connection.ops.quote_name(Attempt._meta.db_table),
    )
    as_stored = connection.ops.adapt_datetimefield_value
    bounds = [value for place, span in enumerate(spans) for value in (place, *map(as_stored, span))]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*bounds, *Status.values])
        yield from cursor.fetchall()
