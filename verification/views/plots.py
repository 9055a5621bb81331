"""From figures to plots: the places and lengths of their bars, ready for the templates.

Places along the width are in per cent, those along the height in pixels: a plot fills any screen, and its words keep
their size.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from ..history.figures import CodeFigures, Counts, DayFigures, ProviderFigures
from ..models import IN_FLIGHT, Status

# Columns: their height, and room above for what is drawn larger than it is.
HEIGHT, HEADROOM = 160, 8
# How much of its day's share of the width a column takes; the rest parts it from the next one.
COLUMN = 0.82
# The name of a month needs so much room to both sides of its first day, in per cent.
EDGE = 5
# Lying bars: one every so many pixels, the longest nearly as long as the plot is wide.
ROW_HEIGHT, LONGEST = 44, 97.0
# What occurred at all is to be seen, however little of it there is.
LEAST_PIXELS, LEAST_PERCENT = 2, 0.6
CODES_DRAWN = 8

# In the order of the stack. What is queued or sending is one thing here: soon it is something else.
SERIES: dict[str, tuple[Status, ...]] = {
    "accepted": (Status.ACCEPTED,),
    "refused": (Status.REFUSED,),
    "unknown": (Status.UNKNOWN,),
    "not_sent": (Status.NOT_SENT,),
    "in_flight": IN_FLIGHT,
}


@dataclass(frozen=True)
class Series:
    """One colour and pattern: its name in the style sheet, and its word."""

    name: str
    word: str


@dataclass(frozen=True)
class Part:
    """A piece of a bar: where it begins and how long it is."""

    name: str
    start: str
    length: str


@dataclass(frozen=True)
class Bar:
    """`key` is a day in ISO 8601, the word for a service, or a code; `label` is the same for people. `numbers` follow
    the plot's series, `said` has them with their words, and `place` is where the bar stands.
    """

    key: str
    label: str
    numbers: tuple[int, ...]
    parts: tuple[Part, ...]
    place: str
    said: str

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True)
class Plot:
    """Only series that occur stand in it."""

    series: tuple[Series, ...]
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)

    @property
    def largest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.total)


@dataclass(frozen=True)
class Columns(Plot):
    """Standing bars, `width` wide. `marks` are the numbers beside them with their heights, `months` the places
    of the days that begin one, with its short name.
    """

    width: str
    marks: tuple[tuple[int, int], ...]
    months: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rows(Plot):
    """Lying bars, one below the other; `drawn` of them stand in the drawing, the table has them all."""

    drawn: tuple[Bar, ...]

    @property
    def height(self) -> int:
        return len(self.drawn) * ROW_HEIGHT


class Item(NamedTuple):
    key: str
    label: str
    counts: Counts


class Measure(NamedTuple):
    """How long one attempt is, how short a piece may be, to how many digits it is told (a page has hundreds of them),
    and where a piece begins that has some end and length.
    """

    unit: float
    least: float
    digits: int
    begin: Callable[[float, float], float]


def by_day(days: Sequence[DayFigures]) -> Columns:
    """The days as columns, oldest first."""
    items = [Item(some.day.isoformat(), date_format(some.day, "DATE_FORMAT"), some.counts) for some in days]
    top = _round_top(max(sum(some.counts.values()) for some in days))
    share = 100 / len(days)
    series = _occurring(items)
    places = (f"{place * share:.2f}" for place in range(len(days)))
    measure = Measure(HEIGHT / top, LEAST_PIXELS, 0, lambda end, length: HEADROOM + HEIGHT - end)
    bars = [_bar(item, series, place, _parts(item, series, measure)) for item, place in zip(items, places, strict=True)]
    marks = tuple((number, HEADROOM + HEIGHT - number * HEIGHT // top) for number in (top, top // 2, 0))
    return Columns(series, tuple(bars), f"{share * COLUMN:.2f}", marks, _months(days, share))


def _months(days: Sequence[DayFigures], share: float) -> tuple[tuple[str, str], ...]:
    begins = [(share * (place + COLUMN / 2), some.day) for place, some in enumerate(days) if some.day.day == 1]
    return tuple((f"{x:.2f}", date_format(day, "M")) for x, day in begins if EDGE < x < 100 - EDGE)


def by_provider(found: Sequence[ProviderFigures]) -> Rows:
    """The services as lying bars, in the order given."""
    return _rows([Item(some.provider.value, str(some.provider.label), some.counts) for some in found], len(found))


def by_code(found: Sequence[CodeFigures]) -> Rows:
    """The codes as lying bars, in the order given, the first few drawn."""
    return _rows([Item(some.code, some.code or _("without a code"), some.counts) for some in found], CODES_DRAWN)


def _rows(items: Sequence[Item], drawn: int) -> Rows:
    longest = max((sum(item.counts.values()) for item in items), default=1)
    series = _occurring(items)
    measure = Measure(LONGEST / longest, LEAST_PERCENT, 1, lambda end, length: end - length)
    bars = [_bar(item, series, str(row * ROW_HEIGHT), _parts(item, series, measure)) for row, item in enumerate(items)]
    return Rows(series, tuple(bars), tuple(bars[:drawn]))


def _occurring(items: Iterable[Item]) -> tuple[Series, ...]:
    found = {status for item in items for status in Status if item.counts[status]}
    return tuple(Series(name, _word(name)) for name, statuses in SERIES.items() if found.intersection(statuses))


def _word(name: str) -> str:
    return _("in flight") if name == "in_flight" else str(Status(name).label)


def _bar(item: Item, series: Sequence[Series], place: str, parts: tuple[Part, ...]) -> Bar:
    numbers = tuple(_number(item.counts, some) for some in series)
    said = [f"{number_format(n)} {some.word}" for some, n in zip(series, numbers, strict=True) if n]
    return Bar(item.key, item.label, numbers, parts, place, " · ".join([item.label, *said]))


def _parts(item: Item, series: Sequence[Series], measure: Measure) -> tuple[Part, ...]:
    numbers = [_number(item.counts, some) for some in series]
    lengths = [max(round(n * measure.unit, measure.digits), measure.least) if n else 0.0 for n in numbers]
    return tuple(
        Part(some.name, f"{measure.begin(end, length):.4g}", f"{length:.4g}")
        for some, length, end in zip(series, lengths, accumulate(lengths), strict=True)
        if length
    )


def _number(counts: Counts, series: Series) -> int:
    return sum(counts[status] for status in SERIES[series.name])


def _round_top(number: int) -> int:
    """The least round number that is no smaller and has a whole half."""
    ten = int("1".ljust(len(str(number)), "0"))
    tops = (factor * ten for factor in (1, 2, 4, 6, 8, 10))
    return next(top for top in tops if top >= number and top % 2 == 0)
