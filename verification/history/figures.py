"""The figures of the last 90 days: by day, by the service that runs the mailbox, by code.

Attempts are many, and nearly all of them are accepted. So these are only counted in an index, by status and by domain;
what became of the others is read, and the rest is subtraction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.db.models import Case, CharField, Count, Value, When

from ..models import Attempt, Status
from ..models.mailboxes import PROVIDER_OF, MailboxProvider
from .spans import Span, counts_within, days_until, span_of

DAYS = 90

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


@dataclass(frozen=True)
class _Trouble:
    """So many attempts that are not accepted, alike in these ways."""

    status: Status
    code: str
    provider: MailboxProvider
    count: int


def figures(now: datetime, tz: tzinfo) -> Figures:
    """The days are those of the zone `tz`, today the last of them."""
    days = days_until(now.astimezone(tz).date(), DAYS)
    spans = [span_of(day, tz) for day in days]
    by_day = counts_within(spans)
    whole = spans[0][0], spans[-1][1]
    trouble = _trouble(whole)
    accepted = sum(counts[Status.ACCEPTED] for counts in by_day)
    return Figures(
        days=tuple(map(DayFigures, days, by_day)),
        providers=_by_provider(trouble, _asked_of_known(whole), accepted),
        codes=_by_code(trouble),
    )


def _trouble(span: Span) -> list[_Trouble]:
    domains: dict[MailboxProvider, list[str]] = {provider: [] for provider in MailboxProvider}
    for domain, provider in PROVIDER_OF.items():
        domains[provider].append(domain)
    provider_of = Case(
        *(When(domain__in=known, then=Value(provider.value)) for provider, known in domains.items() if known),
        default=Value(MailboxProvider.OTHER.value),
        output_field=CharField(),
    )
    others = [status for status in Status if status is not Status.ACCEPTED]
    rows = Attempt.objects.filter(status__in=others, created_at__gte=span[0], created_at__lt=span[1])
    alike = rows.order_by().annotate(provider=provider_of).values_list("status", "code", "provider")
    return [
        _Trouble(Status(status), code, MailboxProvider(provider), count)
        for status, code, provider, count in alike.annotate(Count("pk"))
    ]


def _asked_of_known(span: Span) -> Counter[MailboxProvider]:
    """How many attempts went to each service that is known by its domains."""
    rows = Attempt.objects.filter(domain__in=PROVIDER_OF, created_at__gte=span[0], created_at__lt=span[1])
    asked: Counter[MailboxProvider] = Counter()
    for domain, count in rows.order_by().values_list("domain").annotate(Count("pk")):
        asked[PROVIDER_OF[domain]] += count
    return asked


def _by_provider(
    trouble: Iterable[_Trouble], asked: Counter[MailboxProvider], accepted: int
) -> tuple[ProviderFigures, ...]:
    counts = {provider: dict.fromkeys(Status, 0) for provider in MailboxProvider}
    for some in trouble:
        counts[some.provider][some.status] += some.count
    # Between two queries an attempt may get its outcome; no figure becomes negative by that.
    for provider in asked:
        counts[provider][Status.ACCEPTED] = max(0, asked[provider] - sum(counts[provider].values()))
    known = sum(counts[provider][Status.ACCEPTED] for provider in asked)
    counts[MailboxProvider.OTHER][Status.ACCEPTED] = max(0, accepted - known)
    found = [ProviderFigures(provider, said) for provider, said in counts.items() if any(said.values())]
    found.sort(key=lambda some: (some.provider is MailboxProvider.OTHER, -sum(some.counts.values())))
    return tuple(found)


def _by_code(trouble: Iterable[_Trouble]) -> tuple[CodeFigures, ...]:
    counts: dict[str, dict[Status, int]] = {}
    for some in trouble:
        if some.status in (Status.REFUSED, Status.UNKNOWN):
            counts.setdefault(some.code, dict.fromkeys(Status, 0))[some.status] += some.count
    found = [CodeFigures(code, said) for code, said in counts.items()]
    return tuple(sorted(found, key=lambda some: (-sum(some.counts.values()), some.code)))
