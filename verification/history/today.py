"""The figures of the day, and what is usual by this time of this weekday."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from ..models import Attempt, Status
from .spans import Span, counts_within, midnight, span_of

# With how many of the weeks before a day is compared.
WEEKS = 4


@dataclass(frozen=True)
class Today:
    """`counts` are of the attempts asked for since `since`, the last local midnight.

    `usual` is the average of the same weekday up to the same time of day, over the last `weeks` weeks, four at most;
    weeks before the first attempt of all don't count, and with none left it holds only zeros.
    """

    since: datetime
    counts: Mapping[Status, int]
    usual: Mapping[Status, float]
    weeks: int


def today(now: datetime, tz: tzinfo) -> Today:
    day = now.astimezone(tz).date()
    earlier = _same_hours(now, tz)
    counts, *before = counts_within([span_of(day, tz), *earlier])
    usual = {status: sum(counted[status] for counted in before) / max(len(before), 1) for status in Status}
    return Today(midnight(day, tz).astimezone(tz), counts, usual, len(before))


def began() -> datetime | None:
    """When the very first attempt was asked for."""
    return Attempt.objects.order_by("created_at").values_list("created_at", flat=True).first()


def _same_hours(now: datetime, tz: tzinfo) -> list[Span]:
    """The same weekday's hours so far, in the weeks that the record knows."""
    first = began()
    local = now.astimezone(tz)
    moments = [(local - timedelta(weeks=ago)).astimezone(UTC) for ago in range(1, WEEKS + 1)]
    return [(midnight(moment.astimezone(tz).date(), tz), moment) for moment in moments if first and moment > first]
