"""A messy paste: every address in it is found, and none that nobody wrote."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.services import addresses, paste
from verification.services.addresses import Address, Rejected
from verification.services.paste import Entry, Paste, read_paste

MESSY = Path(__file__).with_name("messy_150.txt")
FIVE_MEGABYTES = 5_000_000

# One line each, with the addresses in it; everything else in the line is decoration.
READ = {
    "Name <a@b.com>; c@d.com": ["a@b.com", "c@d.com"],
    "a@b.com c@d.com": ["a@b.com", "c@d.com"],
    "a@b.com,c@d.com;e@f.com": ["a@b.com", "c@d.com", "e@f.com"],
    "a@b.com;; ,c@d.com;": ["a@b.com", "c@d.com"],
    "<a@b.com>,<c@d.com>": ["a@b.com", "c@d.com"],
    "<a@b.com><c@d.com>": ["a@b.com", "c@d.com"],
    "张伟 <a@b.com>，李娜〈c@d.com〉；e@f.com、g@h.com": ["a@b.com", "c@d.com", "e@f.com", "g@h.com"],
    "【a@b.com】《c@d.com》「e@f.com」": ["a@b.com", "c@d.com", "e@f.com"],
    "a@b.com\u060cc@d.com\u061be@f.com\u037eg@h.com": ["a@b.com", "c@d.com", "e@f.com", "g@h.com"],
    "刘洋　ａ＠ｂ．ｃｏｍ": ["a@b.com"],
    "＜a＠b。com＞": ["a@b.com"],
    "a@例子。中国，b@例子｡中国": ["a@例子.中国", "b@例子.中国"],
    '"Doe, Jane" <jane@x.com>': ["jane@x.com"],
    '"Doe, Jane"<jane@x.com>': ["jane@x.com"],
    "“Doe; Jane@home” <jane@x.com>": ["jane@x.com"],
    '"Jane # 1" <jane@x.com>': ["jane@x.com"],
    '"Doe, Jane <jane@x.com>': ["jane@x.com"],
    'Doe", Jane <jane@x.com>': ["jane@x.com"],
    '"Alice <a@b.com>; "Bob" <b@c.com>': ["a@b.com", "b@c.com"],
    '"Alice <a@b.com>; Bob" <b@c.com>': ["a@b.com", "b@c.com"],
    '"Jane "JJ" Doe" <jane@x.com>': ["jane@x.com"],
    '"jane@x.com" <Jane>': ["jane@x.com"],
    "\"'jane@x.com' via List\" <list@x.com>": ["list@x.com"],
    '"a@b.com","c@d.com"': ["a@b.com", "c@d.com"],
    '"a@b.com""c@d.com"': ["a@b.com", "c@d.com"],
    '"a@b.com; c@d.com"': ["a@b.com", "c@d.com"],
    '"Doe, Jane <jane@x.com>","active"': ["jane@x.com"],
    '"Doe ""JJ"" X","a@b.com",7': ["a@b.com"],
    '"Suite # 5","jane@x.com"': ["jane@x.com"],
    '{"email":"a@b.com","n":[1]}': ["a@b.com"],
    '["a@b.com", "c@d.com"]': ["a@b.com", "c@d.com"],
    '=HYPERLINK("mailto:a@b.com")': ["a@b.com"],
    "12\tAlice\ta@b.com\tactive": ["a@b.com"],
    "Name a@b.com": ["a@b.com"],
    "Alice<a@b.com>": ["a@b.com"],
    "Alice(a@b.com, c@d.com)": ["a@b.com", "c@d.com"],
    "Alice <a@b.com": ["a@b.com"],
    "a@b.com (work)": ["a@b.com"],
    "a@b.com(work phone)": ["a@b.com"],
    "'a@b.com', 'c@d.com'": ["a@b.com", "c@d.com"],
    "'Alice a@b.com'": ["a@b.com"],
    "‘a@b.com’": ["a@b.com"],
    "o'brien@example.com": ["o'brien@example.com"],
    "'t.hooft@example.nl": ["'t.hooft@example.nl"],
    "**a@b.com** `c@d.com` {e@f.com}": ["a@b.com", "c@d.com", "e@f.com"],
    "*a@b.com": ["*a@b.com"],
    "{curly}.hat^@example.com": ["{curly}.hat^@example.com"],
    "mailto:a@b.com <mailto:c@d.com?subject=x%20y>": ["a@b.com", "c@d.com"],
    "[a@b.com](mailto:a@b.com)": ["a@b.com", "a@b.com"],
    "Email:a@b.com 邮箱：c@d.com To: e@f.com": ["a@b.com", "c@d.com", "e@f.com"],
    "Please write to a@b.com.": ["a@b.com"],
    "(See a@b.com). Or c@d.com! Or e@f.com?": ["a@b.com", "c@d.com", "e@f.com"],
    "\ufeffa@b.com\u200b, \u202ac@d.com\u202c": ["a@b.com", "c@d.com"],
    "\u00a0a@b.com\u3000Alice": ["a@b.com"],
    "1. a@b.com": ["a@b.com"],
    "- a@b.com": ["a@b.com"],
    "A.B+c%41&x~y*z@Example.COM": ["A.B+c%41&x~y*z@Example.COM"],
    "a#b@c.com,#d@e.com": ["a#b@c.com", "#d@e.com"],
    "a@b.com # c@d.com": ["a@b.com"],
    ",,,": [],
    '"","",""': [],
    " \ufeff\u200b ": [],
}
# One line each, with what is rejected in it and why, and the addresses beside it.
REJECTED = {
    "hello world": (["hello world"], addresses.NO_AT, []),
    "hello # a@b.com": (["hello"], addresses.NO_AT, []),
    "---": (["---"], addresses.NO_AT, []),
    "a@b@c.com d@e.com": (["a@b@c.com"], addresses.MORE_AT, ["d@e.com"]),
    "a@b.com/c@d.com": (["a@b.com/c@d.com"], addresses.MORE_AT, []),
    "a@b.com\u200bc@d.com": (["a@b.com\ufffdc@d.com"], addresses.MORE_AT, []),
    "@x.com": (["@x.com"], addresses.NOTHING_BEFORE, []),
    "bob @example.com": (["@example.com"], addresses.NOTHING_BEFORE, []),
    "bob@": (["bob@"], addresses.NOTHING_AFTER, []),
    "bob@ example.com, a@b.com": (["bob@"], addresses.NOTHING_AFTER, ["a@b.com"]),
    "a@b,com": (["a@b"], addresses.NO_DOT, []),
    "alice@b.co .uk": (["alice@b.co .uk"], addresses.BLANK, []),
    "a\u200bb@c.com": (["a\ufffdb@c.com"], addresses.INVISIBLE, []),
    "a@b.com\0": (["a@b.com\ufffd"], addresses.INVISIBLE, []),
    "请联系a@b.com": (["请联系a@b.com"], addresses.LETTERS, []),
    "o’brien@example.com": (["o’brien@example.com"], addresses.LETTERS, []),
    "john[smith@x.com": (["john[smith@x.com"], addresses.LETTERS, []),
    "john(x)smith@y.com": (["john(x)smith@y.com"], addresses.LETTERS, []),
    "user:pass@example.com": (["user:pass@example.com"], addresses.LETTERS, []),
    '"john"@x.com': (['"john"@x.com'], addresses.LETTERS, []),
    '"john smith"@x.com': (['"john smith"@x.com'], addresses.BLANK, []),
    '"a@b.com smith"@x.com': (['"a@b.com smith"@x.com'], addresses.MORE_AT, []),
    '"x a@b.com"c@d.com': (['"x a@b.com"c@d.com'], addresses.MORE_AT, []),
    '"x a@b.co"m': (['a@b.co"m'], addresses.DOMAIN, []),
    '"a@b.com"c@d.com': (['"a@b.com"c@d.com'], addresses.MORE_AT, []),
    "a@b.com<br>c@d.com": (["a@b.com<br>c@d.com"], addresses.MORE_AT, []),
    "a@[192.0.2.1]": (["a@[192.0.2.1]"], addresses.LITERAL, []),
    "a@b.com谢谢": (["a@b.com谢谢"], addresses.DOMAIN, []),
    "a@b.com。谢谢": (["a@b.com。谢谢"], addresses.DOMAIN, []),
    "a@b.com… c@d.com": (["a@b.com…"], addresses.DOMAIN, ["c@d.com"]),
    "a@b.com...": (["a@b.com..."], addresses.DOMAIN, []),
    "a@b.co=": (["a@b.co="], addresses.DOMAIN, []),
    "a@b.co-": (["a@b.co-"], addresses.DOMAIN, []),
    "git@example.com:org/repo": (["git@example.com:org/repo"], addresses.DOMAIN, []),
    "https://bob@example.com/": (["https://bob@example.com/"], addresses.LINK, []),
    "'a@b.com, c@d.com'": (["'a@b.com"], paste.STRAY_MARK, ["c@d.com"]),
    "mailto:'a@b.com'": (["mailto:'a@b.com'"], paste.STRAY_MARK, []),
}
LINE_ENDS = ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"]


def emails(pasted: Paste) -> list[str]:
    return [entry.result.email for entry in pasted.entries if isinstance(entry.result, Address)]


def rejected(pasted: Paste) -> list[Rejected]:
    return [entry.result for entry in pasted.entries if isinstance(entry.result, Rejected)]


@pytest.mark.parametrize(("line", "expected"), READ.items())
def test_it_reads_the_addresses_of_a_line(line: str, expected: list[str]) -> None:
    pasted = read_paste(line)
    assert emails(pasted) == expected
    assert rejected(pasted) == []


@pytest.mark.parametrize(("line", "expected"), REJECTED.items())
def test_it_rejects_what_is_no_address(line: str, expected: tuple[list[str], str, list[str]]) -> None:
    texts, why, beside = expected
    pasted = read_paste(line)
    assert [(found.text, str(found.why)) for found in rejected(pasted)] == [(text, str(why)) for text in texts]
    assert emails(pasted) == beside


@pytest.mark.parametrize("end", LINE_ENDS)
def test_it_never_joins_two_lines(end: str) -> None:
    pasted = read_paste(f"not-an-address{end}a@b.com")
    assert [entry.line for entry in pasted.entries] == [1, 2]
    assert [found.text for found in rejected(pasted)] == ["not-an-address"]
    assert emails(pasted) == ["a@b.com"]


def test_an_open_quote_ends_with_its_line() -> None:
    assert emails(read_paste('"Doe, Jane <a@b.com>\nBob" <c@d.com>\ne@f.com')) == ["a@b.com", "c@d.com", "e@f.com"]


@pytest.mark.parametrize("comment", ["# a@b.com", "  #a@b.com", "\ufeff# a@b.com", "\u3000＃ a@b.com", "#"])
def test_it_counts_comments_and_reads_no_address_in_them(comment: str) -> None:
    assert read_paste(f"{comment}\nc@d.com # e@f.com\n") == Paste(
        (Entry(2, Address("c@d.com", "c@d.com")),), comments=2
    )


def test_a_quote_does_not_reach_into_a_comment() -> None:
    pasted = read_paste('5" disk a@b.com # note "c@d.com"')
    assert (emails(pasted), pasted.comments) == (["a@b.com"], 1)


def test_it_keeps_the_order_and_the_duplicates() -> None:
    pasted = read_paste("b@b.com\n\na@a.com, B@b.com\nb@b.com")
    assert [(entry.line, entry.result) for entry in pasted.entries] == [
        (1, Address("b@b.com", "b@b.com")),
        (3, Address("a@a.com", "a@a.com")),
        (3, Address("B@b.com", "b@b.com")),
        (4, Address("b@b.com", "b@b.com")),
    ]


def test_an_empty_paste_has_no_entries() -> None:
    assert read_paste("") == Paste((), comments=0) == read_paste(" \n\t\r\n\u3000")


def test_a_believable_mess_is_sorted_to_the_last_line() -> None:
    text = MESSY.read_text(encoding="utf-8")
    pasted = read_paste(text)
    keys = [entry.result.key for entry in pasted.entries if isinstance(entry.result, Address)]
    assert len(text.splitlines()) == 150
    assert (len(set(keys)), len(keys) - len(set(keys)), len(rejected(pasted)), pasted.comments) == (120, 8, 24, 13)
    assert [key for key in keys if key.startswith("refused")] == ["refused.customer@example.com"]
    assert not pasted.too_many


def test_up_to_the_limit_it_reads_everything() -> None:
    text = "\n".join(f"user{number}@example.com" for number in range(20)) + "\nbad\nuser1@example.com"
    pasted = read_paste(text, limit=20)
    assert (len(pasted.entries), pasted.too_many) == (22, False)


def test_it_stops_after_too_many_different_addresses() -> None:
    pasted = read_paste(", ".join(f"user{number}@example.com" for number in range(400_000)))
    assert (len(pasted.entries), pasted.too_many) == (10_001, True)


@pytest.mark.parametrize("line", ["not an address", "bob@", "bob@example.com", "Bob@b.com bob@B.com"])
def test_it_stops_after_too_many_entries_of_other_kinds(line: str) -> None:
    pasted = read_paste(f"{line}\n" * 300_000)
    assert len(pasted.entries) <= 10_002
    assert pasted.too_many


@pytest.mark.parametrize("unit", ["a", "@", '"', "<", ">", "()", "'", "。", "\ufeff", "a\u0301\u0316", '"<', " ", "ａ"])
def test_five_megabytes_in_one_line_make_one_answer(unit: str) -> None:
    line = unit * (FIVE_MEGABYTES // len(unit))
    for text in (f"{line}x@", f"@x{line}"):
        pasted = read_paste(text)
        assert [type(entry.result) for entry in pasted.entries] == [Rejected]
        assert all(len(found.text) <= 400 for found in rejected(pasted))


def test_one_address_is_found_among_five_megabytes_of_words() -> None:
    assert emails(read_paste("word " * (FIVE_MEGABYTES // 5) + "a@b.com")) == ["a@b.com"]


# What may stand directly beside an address: blanks, separators, brackets, quotes, the marks of the paste's rules.
BESIDE = re.escape("".join(paste.MARKS) + "".join(paste.BRACKETS) + "".join(paste.BRACKETS.values()) + paste.ENDINGS)
EDGE = rf"""[\s,;、،؛"“”„‟.。{BESIDE}]"""
WORDS = ["a@b.com", "c@d.org", "x@例子.中国", "bob", "smith@", "@e.com", "com", ".uk", "mailto:", "Email:", "?q=1"]
SIGNS = "#<>\"'()[]{}“”‘’`*_|~＜＞,;，；、 \t\n\r\u2028\u3000\u200b\ufeff.。．＠-"
pieces = st.sampled_from([*WORDS, *SIGNS])
messes = st.lists(pieces | st.characters(), max_size=25).map("".join)


@settings(deadline=None)
@given(messes)
def test_every_address_stands_in_the_text_with_an_edge_on_both_sides(text: str) -> None:
    normal = unicodedata.normalize("NFKC", text)
    dotted = normal.replace("。", ".")
    for email in emails(read_paste(text)):
        assert re.search(rf"(?:^|{EDGE}){re.escape(email)}(?:{EDGE}|$)", dotted) or re.search(
            rf"(?i)(?:mailto|mail|to|from|b?cc|smtp):{re.escape(email)}(?:{EDGE}|$)", dotted
        )


@settings(deadline=None)
@given(messes)
def test_every_text_with_an_at_sign_has_its_entry(text: str) -> None:
    for line in text.splitlines():
        beside_comment = re.split(r"[#＃]", line)[0]
        pasted = read_paste(line)
        if "@" in beside_comment or "＠" in beside_comment:
            assert pasted.entries
        assert all(entry.line == 1 for entry in pasted.entries)


@settings(deadline=None)
@given(st.lists(messes, max_size=4))
def test_each_line_is_read_on_its_own(lines: list[str]) -> None:
    lines = [part for line in lines for part in line.splitlines() or [""]]
    apart = [Entry(number, entry.result) for number, line in enumerate(lines, 1) for entry in read_paste(line).entries]
    together = read_paste("\n".join(lines))
    assert list(together.entries) == apart
    assert together.comments == sum(read_paste(line).comments for line in lines)
