"""Every shape of a resend's answer that has existed becomes the same values."""

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
from verification.aliyun.results import AddressResult, ResendAnswer, parse_resend

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


@pytest.mark.parametrize(
    ("lists", "accepted", "refused"),
    [
        ({"SuccessList": [PASCAL_A], "FailList": [PASCAL_B]}, (ACCEPTED,), (REFUSED,)),
        ({"SuccessList": [PASCAL_A]}, (ACCEPTED,), ()),
        ({"SuccessList": [], "FailList": [PASCAL_B]}, (), (REFUSED,)),
    ],
)
def test_lists_decide_even_beside_an_error_code_and_status(
    lists: dict[str, object], accepted: tuple[AddressResult, ...], refused: tuple[AddressResult, ...]
) -> None:
    body = json.dumps({**lists, "RequestId": "R-1", "Code": "NetworkIOError"})
    assert resend(body, 500) == ResendAnswer("R-1", 500, accepted, refused)


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
