"""The figures of the last 90 days: by day, by the service that runs the mailbox, by code.

Attempts are many, and nearly all of them are accepted. So these are only counted in an index, by status and by domain;
what became of the others is read, and the rest is subtraction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.db.models import Count

from ..models import Attempt, Status
from ..models.attempt import AttemptQuerySet
from ..models.mailboxes import PROVIDER_OF, MailboxProvider
from .spans import counts_within, days_until, span_of

DAYS = 90
NOT_ACCEPTED = tuple(status for status in Status if status is not Status.ACCEPTED)

Counts = Mapping[Status, int]


@dataclass(frozen=True)
class DayFigures:
    day: date
    counts: Counts


@dataclass(frozen=True)
class ProviderFigures:
    provider: MailboxProvider
    counts: Counts


@dataclass(frozen=True)
class CodeFigures:
    """How many attempts ended refused or unknown with a code; "" stands for those without one."""

    code: str
    counts: Counts


@dataclass(frozen=True)
class Figures:
    """`days` are all of the 90, oldest first, days without an attempt too. Services and codes that did not occur are
    left out; the most frequent stand first, the domains of no large service last.
    """

    days: tuple[DayFigures, ...]
    providers: tuple[ProviderFigures, ...]
    codes: tuple[CodeFigures, ...]


def figures(now: datetime, tz: tzinfo) -> Figures:
    """The days are those of the zone `tz`, today the last of them."""
    days = days_until(now.astimezone(tz).date(), DAYS)
    spans = [span_of(day, tz) for day in days]
    by_day = counts_within(spans)
    totals = {status: sum(counts[status] for counts in by_day) for status in Status}
    within = Attempt.objects.filter(created_at__gte=spans[0][0], created_at__lt=spans[-1][1]).order_by()
    return Figures(
        days=tuple(map(DayFigures, days, by_day)),
        providers=_by_provider(within, totals),
        codes=_by_code(within),
    )


def _by_provider(within: AttemptQuerySet, totals: Counts) -> tuple[ProviderFigures, ...]:
    counts = {provider: dict.fromkeys(Status, 0) for provider in MailboxProvider}
    known = within.filter(domain__in=PROVIDER_OF)
    others = known.filter(status__in=NOT_ACCEPTED)
    for domain, status, count in others.values_list("domain", "status").annotate(Count("pk")):
        counts[PROVIDER_OF[domain]][Status(status)] += count
    for provider, asked in _asked(known).items():
        counts[provider][Status.ACCEPTED] = _rest(asked, counts[provider].values())
    counts[MailboxProvider.OTHER] = {
        status: _rest(total, (said[status] for said in counts.values())) for status, total in totals.items()
    }
    found = [ProviderFigures(provider, said) for provider, said in counts.items() if any(said.values())]
    return tuple(sorted(found, key=lambda some: (some.provider is MailboxProvider.OTHER, -sum(some.counts.values()))))


def _asked(known: AttemptQuerySet) -> Counter[MailboxProvider]:
    asked: Counter[MailboxProvider] = Counter()
    for domain, count in known.values_list("domain").annotate(Count("pk")):
        asked[PROVIDER_OF[domain]] += count
    return asked


def _rest(total: int, parts: Iterable[int]) -> int:
    # Between two queries an attempt may get its outcome; no figure becomes negative by that.
    return max(0, total - sum(parts))


def _by_code(within: AttemptQuerySet) -> tuple[CodeFigures, ...]:
    counts: dict[str, dict[Status, int]] = {}
    ended = within.filter(status__in=(Status.REFUSED, Status.UNKNOWN))
    for code, status, count in ended.values_list("code", "status").annotate(Count("pk")):
        counts.setdefault(code, dict.fromkeys(Status, 0))[Status(status)] = count
    found = [CodeFigures(code, said) for code, said in counts.items()]
    return tuple(sorted(found, key=lambda some: (-sum(some.counts.values()), some.code)))
