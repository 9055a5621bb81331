"""What is no document of this API is called unreadable, whoever reads it."""

from collections.abc import Callable

import pytest

from verification.aliyun.documents import Value, read_document, records_in, text_of
from verification.aliyun.errors import UnreadableAnswer
from verification.aliyun.results import parse_list, parse_query, parse_resend

Parser = Callable[[int, str, bytes], object]

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l "lol">'
    + "".join(f'<!ENTITY l{i} "{f"&l{i - 1 if i else str()};" * 10}">' for i in range(10))
    + "]><R><RequestId>&l9;</RequestId></R>"
)

UNREADABLE = {
    "empty": b"",
    "blank": b" \r\n",
    "plain text": b"upstream connect error",
    "a JSON array": b'[{"Email": "a@example.com"}]',
    "a JSON string": b'"Success"',
    "half an object": b'{"RequestId": "R-1", "SuccessList": [{"Email": "a@exa',
    "endless nesting": b'{"a":' * 100_000,
    "endless nesting of elements": b"<a>" * 200_000 + b"</a>" * 200_000,
    "an endless number": b'{"Code": ' + b"9" * 5000 + b"}",
    "two objects": b"{}{}",
    "half an element": b"<ResendEmailVerificationResponse><successList>",
    "a page": b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>",
    "a page with a document type": b"<!DOCTYPE html><html><body>Not found</body></html>",
    "a billion laughs": BILLION_LAUGHS.encode(),
    "an external entity": b'<!DOCTYPE R [<!ENTITY x SYSTEM "file:///etc/hostname">]><R><Code>&x;</Code></R>',
    "an unknown entity": b"<R><Code>&x;</Code></R>",
    "not UTF-8": '{"Message": "é"}'.encode("latin-1"),
    "UTF-16": '{"Code": "Busy"}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("http_status", [200, 502])
@pytest.mark.parametrize("parse", [parse_resend, parse_query, parse_list])
def test_what_is_no_object_of_this_api_is_unreadable(name: str, http_status: int, parse: Parser) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        parse(http_status, "text/html; charset=utf-8", UNREADABLE[name])
    assert caught.value.http_status == http_status
    assert caught.value.__context__ is None
    assert "a@exa" not in str(caught.value)


def refusal_of(body: bytes, content_type: str) -> str:
    with pytest.raises(UnreadableAnswer) as caught:
        read_document(502, content_type, body)
    return caught.value.reason


def test_an_unreadable_answer_names_its_type_but_no_other_text() -> None:
    page = b"<html><body>a@example.com</body></html>"
    assert refusal_of(page, "text/html; charset=utf-8") == "neither JSON nor XML (text/html)"
    assert refusal_of(page, "a@example.com") == "neither JSON nor XML (of unknown type)"
    assert refusal_of(b"", "text/html") == "empty answer"


def test_keys_are_lower_case_at_every_depth() -> None:
    assert read_document(200, "", b'{"A": {"Bc": [{"DE": 1}]}}') == {"a": {"bc": [{"de": 1}]}}
    assert read_document(200, "", b"<R><A><Bc>1</Bc><Bc/></A></R>") == {"a": {"bc": ["1", None]}}


def test_records_keep_their_order_at_any_depth() -> None:
    value: Value = [{"email": "a"}, {"sendresult": [{"email": "b"}, None, {"email": ""}]}, {"email": " c "}]
    assert [record["email"] for record in records_in(value)] == ["a", "b", " c "]


@pytest.mark.parametrize(
    ("value", "text"),
    [(" a ", "a"), (7, "7"), (0, "0"), (None, ""), (True, ""), (1.5, ""), (["a"], ""), ({"a": "a"}, "")],
)
def test_only_a_single_value_is_text(value: Value, text: str) -> None:
    assert text_of(value) == text


def test_text_that_no_database_could_store_is_replaced() -> None:
    document = read_document(200, "", rb'{"Code": "X\u0000Y", "Message": "\ud800"}')
    assert (text_of(document["code"]), text_of(document["message"])) == ("X\ufffdY", "?")
