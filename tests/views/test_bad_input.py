"""Bad input gets a clear sentence at its field, and nothing that was typed is lost."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.desk import addresses
from tests.views.pages import faults, fields, listed, preview, typed, words
from verification.models import Batch

ONE = "one@example.com"


def sentences(response: object) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", fault) for fault in faults(response))


BAD_PASTES = {
    "empty": ("", "Paste at least one address."),
    "blank": (" \n\t\n ", "There is no address in it."),
    "comments only": ("# nothing\n# here", "There is no address in it."),
    "no address": ("hello", "Line 1: “hello” can't be sent to: it has no @."),
    "an address of 400 characters": (
        f"\n{'a' * 60}@{'b' * 50}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.{'g' * 39}.example",
        "it has more than 254 characters",
    ),
    "a control character": ("one\x07two@example.com", "a control character inside"),
    "a NUL": ("one\0two@example.com", "a control character inside"),
    "5 MB in one line": ("x" * 5_000_000, "it has no @"),
    "5 MB in one address": (f"{'x' * 5_000_000}@example.com", "it has more than 64 characters before the @"),
    "10,001 addresses": ("\n".join(addresses(10_001)), "A batch takes 10,000 addresses at most"),
}


@pytest.mark.parametrize(("paste", "sentence"), BAD_PASTES.values(), ids=BAD_PASTES)
def test_a_bad_paste(paste: str, sentence: str, mei: Client) -> None:
    response = preview(mei, typed(paste=paste, ticket="T-1"))

    assert response.status_code == 200
    assert sentence in sentences(response)
    assert fields(response)["paste"].replace("\r\n", "\n") == paste
    assert (fields(response)["reason"], fields(response)["ticket"]) == ("The link has expired", "T-1")
    assert not Batch.objects.exists()


def test_ten_thousand_addresses_are_taken(mei: Client) -> None:
    assert "10,000 addresses will be sent" in words(preview(mei, typed(*addresses(10_000))))


def test_a_bad_address_among_good_ones_is_listed_in_the_preview(mei: Client) -> None:
    shown = preview(mei, typed(ONE, "one\x07two@example.com", f"{'a' * 400}@example.com"))

    assert listed(shown, "send") == [ONE]
    assert "It has an invisible character or a control character inside." in words(shown)
    assert "It has more than 64 characters before the @." in words(shown)


def test_many_faults_are_counted(mei: Client) -> None:
    said = sentences(preview(mei, typed("a", "b", "c", "d", "e")))

    assert "Line 3: “c”" in said and "Line 4" not in said
    assert "2 more are no addresses either." in said


BAD_WORDS = {
    "no reason": ({"reason": ""}, "Say why"),
    "a blank reason": ({"reason": "  "}, "Say why"),
    "a reason of 10,000": ({"reason": "x" * 10_000}, "This takes 500 characters at most; you typed 10,000."),
    "a ticket of 65": ({"ticket": "x" * 65}, "This takes 64 characters at most; you typed 65."),
    "a NUL in the reason": ({"reason": "a\0b"}, "There is a control character in it"),
    "a bell in the ticket": ({"ticket": "a\x07b"}, "There is a control character in it"),
    "a language nobody speaks here": ({"lang": "tlh"}, "Select a valid choice."),
}


@pytest.mark.parametrize(("bad", "sentence"), BAD_WORDS.values(), ids=BAD_WORDS)
def test_bad_words(bad: dict[str, str], sentence: str, mei: Client) -> None:
    response = preview(mei, typed(ONE, **bad))

    assert response.status_code == 200
    assert sentence in sentences(response)
    kept = {name: value for name, value in bad.items() if name != "lang" and value.strip()}
    assert fields(response) | kept == fields(response)
    assert fields(response)["paste"] == ONE
    assert not Batch.objects.exists()


def test_a_reason_of_500_characters_in_two_lines_is_taken(mei: Client) -> None:
    assert "1 address will be sent" in words(preview(mei, typed(ONE, reason="é" * 249 + "\r\n" + "字" * 249)))


@pytest.mark.parametrize("field", ["digest", "form_key", "resend_of"])
@pytest.mark.parametrize("value", ["", "nonsense", "\0"])
def test_a_tampered_confirmation_sends_nothing(field: str, value: str, mei: Client) -> None:
    confirmed = fields(preview(mei, typed(ONE))) | {field: value, "step": "confirm"}
    if field == "resend_of" and not value:
        confirmed["digest"] = "nonsense"

    response = mei.post(reverse("resend"), confirmed)

    assert response.status_code == 200
    assert not Batch.objects.exists()
    assert sentences(response).strip() or "Things have changed" in words(response)


def test_an_earlier_batch_that_is_not_on_record_is_left_out_from_then_on(mei: Client) -> None:
    first = preview(mei, typed(ONE, resend_of="nonsense"))

    again = preview(mei, fields(first) | {"lang": "en"})

    assert "The batch that this one would follow is not on record" in sentences(first)
    assert "resend_of" not in fields(first)
    assert listed(again, "send") == [ONE]


BAD_FILTERS = {
    "since": "nonsense",
    "until": "9999-12-31",
    "status": "lost",
    "address": "a\0b",
    "domain": "x" * 300,
    "operator": "a\0b",
    "ticket": "\0",
    "batch": "x" * 13,
    "code": "a\0b",
}


@pytest.mark.parametrize(("name", "value"), BAD_FILTERS.items(), ids=BAD_FILTERS)
def test_a_bad_filter(name: str, value: str, mei: Client) -> None:
    response = mei.get(reverse("history"), {name: value})

    assert response.status_code == 200
    assert sentences(response).strip()
    assert "the filter can't be understood" in words(response)


@pytest.mark.parametrize("cursor", ["x", "\0", "o99999999999999999999-1", "o1-999999999999999999"])
def test_a_bad_cursor_shows_a_page(cursor: str, mei: Client) -> None:
    assert mei.get(reverse("history"), {"cursor": cursor}).status_code == 200


@pytest.mark.parametrize("path", ["/batches/aaaaaaaaaa/", "/addresses/0/", f"/addresses/{'9' * 30}/", "/x\0y/", "/é/"])
def test_what_does_not_exist_is_said_kindly(path: str, mei: Client) -> None:
    response = mei.get(path)

    assert response.status_code == 404
    assert "There is nothing here" in words(response)


def test_a_thousand_unknown_fields_get_a_page_of_ours(mei: Client) -> None:
    response = mei.post(reverse("resend"), {f"field{number}": "x" for number in range(1_500)})

    assert response.status_code == 400
    assert "This request can't be read" in words(response)
