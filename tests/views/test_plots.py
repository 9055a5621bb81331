"""From figures to the places and lengths of bars."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils import translation

from verification.history.figures import CodeFigures, DayFigures, ProviderFigures
from verification.models import Status
from verification.models.mailboxes import MailboxProvider
from verification.views import plots

FIRST = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def counts(**given: int) -> dict[Status, int]:
    return {status: given.get(status.value, 0) for status in Status}


def days(*given: dict[Status, int]) -> list[DayFigures]:
    return [DayFigures(FIRST + timedelta(days=place), some) for place, some in enumerate(given)]


def test_columns_stack_from_the_ground_up_to_a_round_top() -> None:
    plot = plots.by_day(days(counts(accepted=30, refused=10), counts()))

    assert [number for number, _height in plot.marks] == [40, 20, 0]
    assert [height for _number, height in plot.marks] == [8, 88, 168]
    assert plot.bars[0].parts == (plots.Part("accepted", "48", "120"), plots.Part("refused", "8", "40"))
    assert plot.bars[1].parts == ()


def test_columns_share_the_width() -> None:
    plot = plots.by_day(days(*[counts(accepted=1)] * 4))

    assert [bar.place for bar in plot.bars] == ["0.00", "25.00", "50.00", "75.00"]
    assert plot.width == "20.50"


def test_the_first_day_of_a_month_is_named_where_there_is_room() -> None:
    long = plots.by_day(days(*[counts()] * 90))

    # March begins at the very edge.
    assert [name for _place, name in long.months] == ["Apr", "May"]
    assert long.months[0][0] == "34.90"


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (7, 8), (9, 10), (10, 10), (11, 20), (66, 80), (81, 100), (1_234, 2_000)]
)
def test_the_top_is_round_and_has_a_whole_half(most: int, top: int) -> None:
    plot = plots.by_day(days(counts(accepted=most)))

    assert [number for number, _height in plot.marks] == [top, top // 2, 0]


def test_one_among_thousands_is_still_to_be_seen() -> None:
    plot = plots.by_day(days(counts(accepted=9_999, unknown=1)))

    assert plot.bars[0].parts[1] == plots.Part("unknown", "6", "2")


def test_queued_and_sending_are_one_series_and_only_what_occurs_is_one() -> None:
    plot = plots.by_day(days(counts(accepted=1), counts(queued=2, sending=3)))

    assert [(some.name, some.word) for some in plot.series] == [("accepted", "accepted"), ("in_flight", "in flight")]
    assert [bar.numbers for bar in plot.bars] == [(1, 0), (0, 5)]


def test_a_bar_says_what_it_shows() -> None:
    plot = plots.by_day(days(counts(accepted=1_200, refused=3), counts(accepted=1)))

    assert [bar.said for bar in plot.bars] == [
        "1 Mar 2026 · 1,200 accepted · 3 refused",
        "2 Mar 2026 · 1 accepted",
    ]
    assert (plot.total, plot.largest.label) == (1_204, "1 Mar 2026")


def test_rows_lie_below_each_other_the_longest_nearly_as_wide_as_the_plot() -> None:
    plot = plots.by_provider(
        [
            ProviderFigures(MailboxProvider.QQ, counts(accepted=6, refused=2)),
            ProviderFigures(MailboxProvider.OTHER, counts(accepted=4)),
        ]
    )

    assert [bar.label for bar in plot.bars] == ["QQ Mail", "other domains"]
    assert [bar.place for bar in plot.drawn] == ["0", "44"]
    assert plot.height == 88
    assert plot.bars[0].parts == (plots.Part("accepted", "0", "72.8"), plots.Part("refused", "72.8", "24.2"))
    assert plot.bars[1].parts == (plots.Part("accepted", "0", "48.5"),)


def test_of_many_codes_the_first_are_drawn_and_all_are_in_the_table() -> None:
    plot = plots.by_code([CodeFigures(f"Code{number}", counts(refused=1)) for number in range(20)])

    assert len(plot.drawn) == plots.CODES_DRAWN
    assert len(plot.bars) == 20
    assert plot.height == plots.CODES_DRAWN * plots.ROW_HEIGHT


def test_what_came_without_a_code_is_said_in_words() -> None:
    (bar,) = plots.by_code([CodeFigures("", counts(unknown=1))]).bars

    assert (bar.key, bar.label) == ("", "without a code")


def test_without_codes_there_is_nothing_to_draw() -> None:
    plot = plots.by_code([])

    assert (plot.bars, plot.height) == ((), 0)


def test_words_and_days_are_those_of_the_language() -> None:
    with translation.override("zh-hans"):
        plot = plots.by_day(days(*[counts(accepted=1_200)] * 60))

    assert plot.bars[0].said.startswith("2026年3月1日 · 1,200 ")
    assert [name for _place, name in plot.months] == ["四月"]
