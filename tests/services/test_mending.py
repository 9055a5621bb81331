"""Mending a paste in place: what is named changes, everything else stays letter by letter."""

from pathlib import Path

import pytest

from verification.services.addresses import Rejected
from verification.services.mending import LONGEST, Mending, place_of
from verification.services.partition import text_of
from verification.services.paste import Entry, read_paste

MESSY = (Path(__file__).parent / "messy_150.txt").read_text(encoding="utf-8")


def read(text: str) -> tuple[Mending, dict[str, Entry]]:
    """The paste, and its entries by their texts."""
    entries = read_paste(text).entries
    return Mending(text, entries), {text_of(entry): entry for entry in entries}


def typed_over(text: str, wrong: str, right: str) -> str:
    mending, entries = read(text)
    return mending.mended({place_of(entries[wrong]): right}, (), ())


@pytest.mark.parametrize("text", [MESSY, "", "\n", "a@b.com\r\n\x0bc@@d\u2028e@f.com\n\n", "a@@b\x85"])
def test_without_a_change_it_stays_as_it_is(text: str) -> None:
    entries = read_paste(text).entries
    mending = Mending(text, entries)
    shown = {place_of(entry): mending.text_at(entry) for entry in entries}

    assert len(shown) == len(entries)
    assert mending.mended(shown, (), ()) == text
    assert mending.mended({}, ("1-99", ""), ("nonsense", "0-0")) == text


def test_a_text_alone_in_its_line_is_mended_with_its_line() -> None:
    text = "first@x.org\r\nWanda wanda @example.com # by phone\r\nlast@x.org"
    mending, entries = read(text)

    assert mending.text_at(entries["@example.com"]) == "Wanda wanda @example.com # by phone"
    assert typed_over(text, "@example.com", "wanda@example.com") == "first@x.org\r\nwanda@example.com\r\nlast@x.org"


def test_one_of_several_in_a_line_is_mended_alone() -> None:
    text = "Ann <ann@example.com>, bob@@example.com; carl@example.com"
    mending, entries = read(text)

    assert mending.text_at(entries["bob@@example.com"]) == "bob@@example.com"
    assert typed_over(text, "bob@@example.com", "bob@example.com") == text.replace("@@", "@")


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("Ann <ann@gmial.com> (new)", "ann@gmial.com", "Ann <ann@gmail.com> (new)"),
        ("ann@gmial.com,bob@x.org", "ann@gmial.com", "ann@gmail.com,bob@x.org"),
        ("x@y.org zara..khan@example.com", "zara..khan@example.com", "x@y.org zara.khan@example.com"),
        ("王\u3000ａｎｎ＠gmial。com", "ann@gmial.com", "王\u3000ann@gmail.com"),
    ],
)
def test_the_likely_correction_takes_the_place_of_the_text_alone(text: str, wrong: str, right: str) -> None:
    mending, entries = read(text)

    assert mending.mended({}, {place_of(entries[wrong])}, ()) == right


def test_a_correction_is_made_only_where_there_is_one() -> None:
    mending, entries = read("not-an-address")

    assert mending.mended({}, {place_of(entries["not-an-address"])}, ()) == "not-an-address"


def test_what_is_left_out_leaves_the_other_lines_where_they_are() -> None:
    text = "a@x.org\nnobody\nb@x.org, c@@x.org\n"
    mending, entries = read(text)
    mended = mending.mended({}, (), {place_of(entries["nobody"]), place_of(entries["c@@x.org"])})

    assert mended == "a@x.org\n\nb@x.org, \n"
    assert [entry.line for entry in read_paste(mended).entries] == [1, 3]


def test_leaving_out_wins_over_a_correction() -> None:
    mending, entries = read("ann@gmial.com\nb@x.org")
    place = place_of(entries["ann@gmial.com"])

    assert mending.mended({place: "ann@gmail.com"}, {place}, {place}) == "\nb@x.org"


def test_several_changes_in_one_line_do_not_meet() -> None:
    mending, entries = read("a@@x.org, b@x.org, c@gmial.com, d@")
    places = {text: place_of(entry) for text, entry in entries.items()}
    mended = mending.mended({places["a@@x.org"]: "a@x.org"}, {places["c@gmial.com"]}, {places["d@"]})

    assert mended == "a@x.org, b@x.org, c@gmail.com, "


def test_a_typed_line_stays_one_line() -> None:
    assert typed_over("nobody\nb@x.org", "nobody", "a@x.org\r\nc@x.org") == "a@x.org c@x.org\nb@x.org"


def test_what_nobody_could_see_is_shown_as_a_sign() -> None:
    mending, entries = read("ed\u200bdie@example.com")

    assert mending.text_at(entries["ed\ufffddie@example.com"]) == "ed\ufffddie@example.com"


def test_a_text_that_is_too_long_for_a_field_stays() -> None:
    long = "x" * LONGEST + "@@example.com"
    [entry] = read_paste(long).entries
    mending = Mending(long, [entry])

    assert isinstance(entry.result, Rejected)
    assert mending.text_at(entry) == ""
    assert mending.mended({place_of(entry): ""}, (), ()) == long


def test_every_faulty_line_of_a_messy_paste_can_be_mended() -> None:
    entries = read_paste(MESSY).entries
    faulty = [entry for entry in entries if isinstance(entry.result, Rejected)]
    mended = Mending(MESSY, entries).mended(
        {place_of(entry): f"mended{number}@example.com" for number, entry in enumerate(faulty)}, (), ()
    )
    now = [text_of(entry) for entry in read_paste(mended).entries]

    assert not any(isinstance(entry.result, Rejected) for entry in read_paste(mended).entries)
    assert [text for text in now if text.startswith("mended")] == [f"mended{n}@example.com" for n in range(len(faulty))]
    assert [text for text in now if not text.startswith("mended")] == [
        text_of(entry) for entry in entries if entry not in faulty
    ]
