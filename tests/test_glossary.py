"""The glossary holds for the Chinese catalog: a term is translated as the provider's console and the desk call it."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_locale import translations

GLOSSARY = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"
# These are ordinary English words too, or parts of other terms: the glossary speaks of them where they stand alone.
ONLY_ALONE = {
    "accepted", "answer", "attempt", "event", "evidence", "in flight", "Lead", "message", "not sent",
    "not verified yet", "queued", "reason", "refused", "sending", "unknown", "verified",
}  # fmt: skip
PLACE = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|<[^>]*>|\w+:\w+")


def terms() -> Iterator[tuple[str, list[str]]]:
    """Each English term with the Chinese ones that may stand for it, out of the tables' first two columns."""
    for line in GLOSSARY.read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| English"):
            english, chinese = (re.split("[,;] ", _bare(cell)) for cell in line.strip("|").split("|")[:2])
            for place, term in enumerate(english):
                yield term, [chinese[place]] if len(english) == len(chinese) else chinese


def _bare(cell: str) -> str:
    return re.sub(r" *\(.*?\)", "", cell).strip()


def speaks_of(term: str, english: str) -> bool:
    """Whether a message is the term, or has it within; a verb stands for an act where it is alone on a button."""
    if term in ONLY_ALONE or term.startswith("to "):
        return english.casefold().strip(" .:!") == term.casefold().removeprefix("to ")
    return bool(re.search(rf"\b{re.escape(term)}(e?s)?\b", PLACE.sub("", english)))


def test_a_term_is_translated_as_the_glossary_has_it() -> None:
    said = [(english[0], chinese[0]) for _, english, chinese in translations()]
    wrong = [
        (term, english, chinese)
        for term, allowed in terms()
        for english, chinese in said
        if speaks_of(term, english) and not any(one in chinese for one in allowed)
    ]

    assert wrong == []


def test_the_glossary_is_read_whole() -> None:
    found = dict(terms())

    assert found["verification e-mail"] == ["验证邮件"]
    assert found["to resend"] == ["重新发送", "重发"]
    assert (found["to pause"], found["to stop"]) == (["暂停"], ["停止"])
    assert len(found) > 70 and all(all(allowed) for allowed in found.values())
