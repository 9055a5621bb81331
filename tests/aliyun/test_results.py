"""Every shape of answer that has existed becomes the same values."""

import json
from pathlib import Path

import pytest

from verification.aliyun.errors import (
    AddressRefused,
    Answered,
    DomainApiError,
    SetupRefused,
    Throttled,
    UnclearRefusal,
    UnreadableAnswer,
)
from verification.aliyun.results import (
    AddressResult,
    ResendAnswer,
    VerificationRecord,
    parse_list,
    parse_query,
    parse_resend,
)

ANSWERS = Path(__file__).parent / "answers"
REQUEST_ID = "0EA54E99-DB48-4CE3-A099-6ED8E451B8AC"
QUOTA = "The maximum number of attempts allowed to send the email verification link is exceeded."

ACCEPTED = AddressResult("a@example.com", "Success", "Success")
REFUSED = AddressResult("b@example.com", "SendTokenQuotaExceeded", "Too many.")

PASCAL_A = {"Code": "Success", "Message": "Success", "Email": "a@example.com"}
PASCAL_B = {"Code": "SendTokenQuotaExceeded", "Message": "Too many.", "Email": "b@example.com"}
CAMEL_A = {"code": "Success", "message": "Success", "email": "a@example.com"}
CAMEL_B = {"code": "SendTokenQuotaExceeded", "message": "Too many.", "email": "b@example.com"}

J1 = {"RequestId": "R-1", "SuccessList": [PASCAL_A], "FailList": [PASCAL_B]}
J2 = {"failList": [CAMEL_B], "requestId": "R-1", "successList": [CAMEL_A]}
J3 = {"RequestId": "R-1", "SuccessList": {"SendResult": [PASCAL_A]}, "FailList": {"SendResult": [PASCAL_B]}}
J3_ONE = {"RequestId": "R-1", "SuccessList": {"SendResult": PASCAL_A}, "FailList": {"SendResult": PASCAL_B}}
ONE_OBJECT = {"RequestId": "R-1", "SuccessList": PASCAL_A, "FailList": CAMEL_B}
ODD_CASE = {"REQUESTID": "R-1", "SUCCESSLIST": [PASCAL_A], "faillist": [CAMEL_B]}
X1 = """<?xml version="1.0" encoding="UTF-8"?>
<ResendEmailVerificationResponse>
  <FailList><SendResult><Email>b@example.com</Email><Message>Too many.</Message>
    <Code>SendTokenQuotaExceeded</Code></SendResult></FailList>
  <RequestId>R-1</RequestId>
  <SuccessList><SendResult><Email>a@example.com</Email><Message>Success</Message><Code>Success</Code></SendResult>
  </SuccessList>
</ResendEmailVerificationResponse>"""
X2 = """<ResendEmailVerificationResponse>
  <failList><code>SendTokenQuotaExceeded</code><email>b@example.com</email><message>Too many.</message></failList>
  <requestId>R-1</requestId>
  <successList><code>Success</code><email>a@example.com</email><message>Success</message></successList>
</ResendEmailVerificationResponse>"""
X2_NAMESPACE = X2.replace("Response>", 'Response xmlns="http://domain.example/doc">', 1)

SHAPES = {
    "J1": json.dumps(J1),
    "J2": json.dumps(J2),
    "J3": json.dumps(J3),
    "J3 with one object": json.dumps(J3_ONE),
    "one object instead of a list": json.dumps(ONE_OBJECT),
    "keys in odd cases": json.dumps(ODD_CASE),
    "X1": X1,
    "X2": X2,
    "X2 in a namespace": X2_NAMESPACE,
}

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


def resend(body: str | bytes, http_status: int = 200, content_type: str = "") -> ResendAnswer:
    raw = body.encode() if isinstance(body, str) else body
    return parse_resend(http_status, content_type, raw)


def error_of(body: str | bytes, http_status: int = 200, content_type: str = "") -> DomainApiError:
    with pytest.raises(DomainApiError) as caught:
        resend(body, http_status, content_type)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_the_documented_answer_of_2022_is_understood() -> None:
    assert resend((ANSWERS / "resend-2022.json").read_bytes()) == ResendAnswer(
        REQUEST_ID,
        200,
        accepted=(AddressResult("test2@aliyun.com", "Success", "Success"),),
        refused=(AddressResult("test1@aliyun.com", "SendTokenQuotaExceeded", QUOTA),),
    )


@pytest.mark.parametrize("name", ["resend-2020.json", "resend-2020.xml"])
def test_the_documented_answers_of_2020_are_understood(name: str) -> None:
    assert resend((ANSWERS / name).read_bytes()) == ResendAnswer(
        REQUEST_ID,
        200,
        accepted=(),
        refused=(
            AddressResult("test1@aliyun.com", "SendTokenQuotaExceeded", QUOTA),
            AddressResult("test2@aliyun.com", "ParameterIllegall", "Parameter error"),
        ),
    )


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("start", ["", "\ufeff", "\r\n  ", "\ufeff\n"])
@pytest.mark.parametrize("content_type", ["", "application/json;charset=utf-8", "text/xml", "text/html"])
def test_every_shape_gives_the_same_answer_whatever_its_content_type(name: str, start: str, content_type: str) -> None:
    body = start + (SHAPES[name].removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n'))
    assert resend(body, 200, content_type) == ResendAnswer("R-1", 200, (ACCEPTED,), (REFUSED,))


def test_an_xml_prologue_is_accepted_even_after_a_byte_order_mark() -> None:
    assert resend("\ufeff" + X1) == resend(X1) == ResendAnswer("R-1", 200, (ACCEPTED,), (REFUSED,))


@pytest.mark.parametrize(
    "refused",
    [{}, {"FailList": None}, {"FailList": []}, {"FailList": {}}, {"FailList": ""}, {"FailList": {"SendResult": None}}],
)
def test_a_missing_null_or_empty_list_is_empty(refused: dict[str, object]) -> None:
    body = json.dumps({"RequestId": "R-1", "SuccessList": [PASCAL_A], **refused})
    assert resend(body) == ResendAnswer("R-1", 200, (ACCEPTED,), ())


@pytest.mark.parametrize("element", ["", "<FailList/>", "<FailList></FailList>", "<FailList> \n </FailList>"])
def test_a_missing_or_empty_xml_list_is_empty(element: str) -> None:
    body = f"<R><SuccessList><SendResult><Email>a@example.com</Email></SendResult></SuccessList>{element}</R>"
    assert resend(body) == ResendAnswer("", 200, (AddressResult("a@example.com", "", ""),), ())


def test_an_item_may_hold_the_address_alone() -> None:
    body = '{"successList": [{"email": "a@example.com"}, {"email": "b@example.com", "code": null}]}'
    assert resend(body).accepted == (
        AddressResult("a@example.com", "", ""),
        AddressResult("b@example.com", "", ""),
    )


def test_an_address_in_both_lists_stays_in_both() -> None:
    body = json.dumps({"SuccessList": [PASCAL_A], "FailList": [PASCAL_A]})
    assert resend(body) == ResendAnswer("", 200, (ACCEPTED,), (ACCEPTED,))


def test_the_same_list_in_both_cases_is_read_as_one() -> None:
    body = '{"SuccessList": [{"Email": "a@example.com"}], "successList": [{"email": "b@example.com"}]}'
    assert [result.email for result in resend(body).accepted] == ["a@example.com", "b@example.com"]


def test_lists_decide_even_beside_an_error_code_and_status() -> None:
    body = json.dumps({**J1, "Code": "NetworkIOError"})
    assert resend(body, 500) == ResendAnswer("R-1", 500, (ACCEPTED,), (REFUSED,))


@pytest.mark.parametrize("body", ["{}", '{"RequestId": "R-1"}', '{"Code": "Success"}', "<R/>", "<R>text</R>"])
def test_an_answer_without_lists_and_code_accepts_and_refuses_nobody(body: str) -> None:
    answer = resend(body)
    assert answer.accepted == answer.refused == ()


@pytest.mark.parametrize("body", ["{}", '{"RequestId": "R-1"}', '{"Code": "Success"}', "<R/>"])
@pytest.mark.parametrize("http_status", [302, 400, 502])
def test_such_an_answer_under_an_error_status_is_unreadable(body: str, http_status: int) -> None:
    error = error_of(body, http_status)
    assert isinstance(error, UnreadableAnswer)
    assert error.http_status == http_status


ENVELOPES = {
    "JSON": '{"RequestId": "R-1", "HostId": "h", "Code": "CODE", "Message": "m", "Recommend": "r"}',
    "lower camel": '{"requestId": "R-1", "hostId": "h", "code": "CODE", "message": "m", "recommend": "r"}',
    "beside empty lists": '{"RequestId": "R-1", "HostId": "h", "Code": "CODE", "Message": "m", "Recommend": "r",'
    ' "SuccessList": [], "FailList": []}',
    "XML": '<?xml version="1.0" encoding="UTF-8"?><Error><RequestId>R-1</RequestId><HostId>h</HostId>'
    "<Code>CODE</Code><Message>m</Message><Recommend>r</Recommend></Error>",
}


@pytest.mark.parametrize("name", ENVELOPES)
@pytest.mark.parametrize("http_status", [200, 302, 400, 403, 500])
@pytest.mark.parametrize(
    ("code", "leaf"),
    [
        ("ParameterIllegal", AddressRefused),
        ("Forbidden.RAM", SetupRefused),
        ("Throttling.User", Throttled),
        ("NetworkIOError", UnclearRefusal),
    ],
)
def test_an_error_envelope_raises_its_leaf_by_code_alone(
    name: str, http_status: int, code: str, leaf: type[Answered]
) -> None:
    error = error_of(ENVELOPES[name].replace("CODE", code), http_status)
    assert type(error) is leaf
    assert isinstance(error, Answered)
    assert (error.code, error.message, error.request_id) == (code, "m", "R-1")
    assert (error.http_status, error.host_id, error.recommend) == (http_status, "h", "r")


def test_an_envelope_may_leave_out_everything_but_the_code() -> None:
    error = error_of("<Error><Code>Busy</Code></Error>", 400)
    assert isinstance(error, UnclearRefusal)
    assert (error.message, error.request_id, error.host_id, error.recommend) == ("", "", "", "")


def test_the_wait_of_a_throttled_call_is_handed_on() -> None:
    with pytest.raises(Throttled) as caught:
        parse_resend(400, "", b'{"Code": "Throttling"}', retry_after=0.25)
    assert caught.value.retry_after == 0.25


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
def test_what_is_no_object_of_this_api_is_unreadable(name: str, http_status: int, parse: object) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        parse(http_status, "text/html; charset=utf-8", UNREADABLE[name])  # type: ignore[operator]
    assert caught.value.http_status == http_status
    assert caught.value.__context__ is None
    assert "a@exa" not in str(caught.value)


def test_an_unreadable_answer_names_its_type_but_no_other_text() -> None:
    page = b"<html><body>a@example.com</body></html>"
    assert str(error_of(page, 502, "text/html; charset=utf-8")) == "neither JSON nor XML (text/html) (HTTP 502)"
    assert str(error_of(page, 502, "a@example.com")) == "neither JSON nor XML (of unknown type) (HTTP 502)"
    assert str(error_of(b"", 502, "text/html")) == "empty answer (HTTP 502)"


def test_text_that_no_database_could_store_is_replaced() -> None:
    body = r'{"FailList": [{"Email": "a@example.com", "Code": "X\u0000Y", "Message": "\ud800"}]}'
    assert resend(body).refused == (AddressResult("a@example.com", "X\ufffdY", "?"),)


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
def test_a_question_can_be_refused_too(parse: object) -> None:
    with pytest.raises(SetupRefused, match="Forbidden"):
        parse(400, "", b'{"Code": "Forbidden.RAM"}')  # type: ignore[operator]
    with pytest.raises(UnreadableAnswer):
        parse(503, "", b"{}")  # type: ignore[operator]
