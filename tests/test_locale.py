"""The Chinese catalog: whole, in step with the sources, compiled, and with every placeholder in its place."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tools.messages import MO, PO, as_mo, as_po, in_step, messages, read, untranslated

ROOT = Path(__file__).resolve().parent.parent
# Names that are the same in Chinese.
SAME = {"Gmail", "iCloud"}
# Written in Latin letters in Chinese too, so nothing of it is a Chinese character.
LATIN = SAME | {
    "%(day)s, %(time)s (%(zone)s)",
    "%(kind)s: %(reason)s",
    "%(when)s by %(who)s",
    "%(why)s.",
    "%(who)s, %(when)s",
    "Access key",
    "Access key id",
    "Outlook, Hotmail, Live",
}
PLACE = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}|</?\w+[^>]*>")
RUN_MAKE_MESSAGES = "run `make messages`, then translate what it lists"


def translations() -> Iterator[tuple[Message, list[str], list[str]]]:
    """Each message with its English forms and its Chinese ones."""
    for message in read():
        if message.id:
            english = [message.id] if isinstance(message.id, str) else list(message.id)
            chinese = [message.string] if isinstance(message.string, str) else list(message.string or ())
            yield message, english, chinese


def test_the_catalog_holds_just_the_messages_of_the_sources() -> None:
    wanted = {(context, message if isinstance(message, str) else message[0]) for context, message in messages()}
    held = {(message.context, english[0]) for message, english, _ in translations()}

    assert wanted ^ held == set(), RUN_MAKE_MESSAGES
    assert PO.read_bytes() == as_po(in_step(read())), RUN_MAKE_MESSAGES


def test_the_compiled_catalog_is_made_from_it() -> None:
    assert MO.read_bytes() == as_mo(in_step(read())), RUN_MAKE_MESSAGES


def test_every_message_is_translated() -> None:
    assert untranslated(read()) == []


def test_no_translation_is_a_guess_or_a_leftover() -> None:
    assert [message.id for message, *_ in translations() if message.fuzzy] == []
    assert read().obsolete == {}


def test_no_translation_is_still_english() -> None:
    left = {message.id for message, english, chinese in translations() if set(english) & set(chinese)}

    assert left == SAME


def test_every_translation_is_chinese() -> None:
    other = {
        message.id for message, _, chinese in translations() if not re.search(r"[\u4e00-\u9fff]", "".join(chinese))
    }

    assert other == LATIN


def test_every_translation_has_the_places_of_its_message() -> None:
    # The plural is the form that holds every place: a singular may say "the one".
    wrong = [
        message.id
        for message, english, chinese in translations()
        if any(Counter(PLACE.findall(form)) != Counter(PLACE.findall(english[-1])) for form in chinese)
    ]

    assert wrong == []


def test_chinese_sentences_have_chinese_punctuation() -> None:
    odd = [
        form
        for _, _, chinese in translations()
        for form in chinese
        if re.search(r"[\u4e00-\u9fff)s][,;!?]|[\u4e00-\u9fff][.:](?!\w)|\([^)]*[\u4e00-\u9fff]", form)
    ]

    assert odd == []


def test_no_two_catalogs_differ_by_the_day_they_were_made() -> None:
    assert not re.search(rb"Date|Babel|\n#:", PO.read_bytes())


@pytest.mark.parametrize("script", sorted((ROOT / "static").glob("*.js")), ids=lambda script: script.name)
def test_scripts_take_their_words_from_the_page(script: Path) -> None:
    assert "gettext(" not in script.read_text()


def test_lazy_words_words_with_a_context_and_those_of_templates_are_gathered() -> None:
    found = set(messages())

    assert (None, "Resend Desk") in found  # in Python and in a template
    assert (None, "queued") in found  # lazy
    assert (None, "alive") in found  # an argument of a template's tag
    assert (None, ("%(n)s row", "%(n)s rows")) in found
    assert ("first day", "From") in found
