"""Every shape of a query's and a list's answer becomes the same records."""

import json
from collections.abc import Callable

import pytest

from verification.aliyun.errors import SetupRefused, UnreadableAnswer
from verification.aliyun.results import VerificationRecord, parse_list, parse_query

Parser = Callable[[int, str, bytes], object]

RECORD = VerificationRecord(
    email="a@example.com",
    verification_no="0b32247496409441e9e179ea7c2e0123",
    user_id="1219541161213057",
    verified=True,
    created="2018-01-25 18:51:49",
    modified="2018-01-26 10:00:00",
    token_sent="Dec 25,2017 03:38:46",
    verified_at="2018-01-26 10:00:00",
    send_ip="127.0.0.1",
    confirm_ip="198.51.100.7",
)
PASCAL_RECORD = {
    "Email": "a@example.com",
    "EmailVerificationNo": "0b32247496409441e9e179ea7c2e0123",
    "UserId": "1219541161213057",
    "VerificationStatus": 1,
    "GmtCreate": "2018-01-25 18:51:49",
    "GmtModified": "2018-01-26 10:00:00",
    "TokenSendTime": "Dec 25,2017 03:38:46",
    "VerificationTime": "2018-01-26 10:00:00",
    "SendIp": "127.0.0.1",
    "ConfirmIp": "198.51.100.7",
}
CAMEL_RECORD = {name[0].lower() + name[1:]: value for name, value in PASCAL_RECORD.items()}
XML_RECORD = "".join(f"<{name}>{value}</{name}>" for name, value in PASCAL_RECORD.items())
PAGE = {"CurrentPageNum": 2, "PageSize": 500, "TotalPageNum": 3, "TotalItemNum": 1001, "RequestId": "R-1"}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**PASCAL_RECORD, "RequestId": "R-1"}),
        json.dumps({**CAMEL_RECORD, "requestId": "R-1"}),
        f"<QueryEmailVerificationResponse><RequestId>R-1</RequestId>{XML_RECORD}</QueryEmailVerificationResponse>",
    ],
)
def test_a_query_gives_the_record(body: str) -> None:
    answer = parse_query(200, "", body.encode())
    assert (answer.request_id, answer.http_status, answer.record) == ("R-1", 200, RECORD)


def test_a_waiting_record_leaves_out_what_has_not_happened() -> None:
    answer = parse_query(200, "", b'{"Email": "a@example.com", "VerificationStatus": 0}')
    assert answer.record == VerificationRecord("a@example.com", "", "", False, "", "", "", "", "", "")


def test_a_record_without_a_status_is_neither_verified_nor_waiting() -> None:
    answer = parse_query(200, "", b'{"Email": "a@example.com", "VerificationStatus": null}')
    assert answer.record is not None
    assert answer.record.verified is None


def test_a_query_may_find_no_record() -> None:
    assert parse_query(200, "", b'{"RequestId": "R-1"}').record is None


@pytest.mark.parametrize(
    "data",
    [
        [PASCAL_RECORD, CAMEL_RECORD],
        {"EmailVerification": [PASCAL_RECORD, CAMEL_RECORD]},
        [{"EmailVerification": PASCAL_RECORD}, {"emailVerification": CAMEL_RECORD}],
    ],
)
def test_a_list_gives_its_page_of_records(data: object) -> None:
    answer = parse_list(200, "", json.dumps({**PAGE, "Data": data}).encode())
    assert (answer.request_id, answer.http_status) == ("R-1", 200)
    assert (answer.page, answer.page_size, answer.total_pages, answer.total_items) == (2, 500, 3, 1001)
    assert answer.records == (RECORD, RECORD)


@pytest.mark.parametrize("records", [1, 2])
def test_a_list_in_xml_gives_its_records(records: int) -> None:
    page = "".join(f"<{name}>{value}</{name}>" for name, value in PAGE.items())
    data = f"<EmailVerification>{XML_RECORD}</EmailVerification>" * records
    answer = parse_list(200, "text/xml", f"<R>{page}<Data>{data}</Data></R>".encode())
    assert answer.records == (RECORD,) * records
    assert answer.total_items == 1001


@pytest.mark.parametrize("data", [{"Data": None}, {"Data": []}, {"Data": {}}, {}])
def test_a_list_may_be_empty(data: dict[str, object]) -> None:
    answer = parse_list(200, "", json.dumps({"TotalItemNum": 0, **data}).encode())
    assert (answer.records, answer.total_items, answer.page) == ((), 0, 0)


def test_an_answer_without_any_list_is_not_an_empty_list() -> None:
    with pytest.raises(UnreadableAnswer, match="no list of records"):
        parse_list(200, "", b'{"RequestId": "R-1"}')


@pytest.mark.parametrize("parse", [parse_query, parse_list])
def test_a_question_can_be_refused_too(parse: Parser) -> None:
    with pytest.raises(SetupRefused, match="Forbidden"):
        parse(400, "", b'{"Code": "Forbidden.RAM"}')
    with pytest.raises(UnreadableAnswer):
        parse(503, "", b"{}")
