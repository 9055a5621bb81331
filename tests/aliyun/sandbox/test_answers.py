"""Every shape in which the service has answered, held against the documentation's own examples."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.aliyun.sandbox.calls import DELETE, LIST, QUERY, RESEND, SUBMIT, VERIFY
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox import Shape, answers

EXAMPLES = Path(__file__).parent.parent / "answers"
JSON = "application/json;charset=utf-8"
XML = "text/xml;charset=utf-8"
QUOTA_TEXT = "The maximum number of attempts allowed to send the email verification link is exceeded."
REQUEST_ID = "0EA54E99-DB48-4CE3-A099-6ED8E451B8AC"
SENT = {"Code": "Success", "Message": "Success", "Email": "test2@aliyun.com"}
TOO_MANY = {"Code": "SendTokenQuotaExceeded", "Message": QUOTA_TEXT, "Email": "test1@aliyun.com"}
WRONG = {"Code": "ParameterIllegall", "Message": "Parameter error", "Email": "test2@aliyun.com"}
OF_2022: answers.Tree = {"RequestId": REQUEST_ID, "SuccessList": [SENT], "FailList": [TOO_MANY]}
OF_2020: answers.Tree = {"RequestId": REQUEST_ID, "SuccessList": [], "FailList": [TOO_MANY, WRONG]}


def flat(element: ElementTree.Element) -> tuple[str, str, list[object]]:
    """An element without the white space that only indents it."""
    return element.tag, (element.text or "").strip(), [flat(child) for child in element]


def test_today_s_json_is_that_of_the_documentation_of_2022() -> None:
    answer = answers.success(OF_2022, RESEND, Shape.J1)
    assert json.loads(answer.body) == json.loads((EXAMPLES / "resend-2022.json").read_bytes())
    assert (answer.status, answer.content_type) == (200, JSON)


def test_camel_case_json_is_that_of_the_documentation_of_2020() -> None:
    answer = answers.success(OF_2020, RESEND, Shape.J2)
    expected = json.loads((EXAMPLES / "resend-2020.json").read_bytes())
    assert list(json.loads(answer.body).items()) == list(expected.items())


def test_camel_case_xml_is_that_of_the_documentation_of_2020() -> None:
    answer = answers.success(OF_2020, RESEND, Shape.X2)
    assert flat(ElementTree.fromstring(answer.body)) == flat(ElementTree.parse(EXAMPLES / "resend-2020.xml").getroot())
    assert answer.content_type == XML
    assert not answer.body.startswith(b"<?xml")


def test_j3_puts_an_element_around_each_list() -> None:
    assert json.loads(answers.success(OF_2022, RESEND, Shape.J3).body) == {
        "RequestId": REQUEST_ID,
        "SuccessList": {"SendResult": [SENT]},
        "FailList": {"SendResult": [TOO_MANY]},
    }


def test_j4_gives_codes_to_failures_only() -> None:
    assert json.loads(answers.success(OF_2022, RESEND, Shape.J4).body) == {
        "failList": [{"code": "SendTokenQuotaExceeded", "email": "test1@aliyun.com", "message": QUOTA_TEXT}],
        "requestId": REQUEST_ID,
        "successList": [{"email": "test2@aliyun.com"}],
    }


def test_x1_has_a_prologue_and_keeps_empty_lists() -> None:
    body = answers.success(OF_2020, RESEND, Shape.X1).body
    root = ElementTree.fromstring(body)
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?><ResendEmailVerificationResponse>')
    assert [item.findtext("Email") for item in root.findall("FailList/SendResult")] == [
        "test1@aliyun.com",
        "test2@aliyun.com",
    ]
    assert [child.tag for child in root] == ["FailList", "RequestId", "SuccessList"]
    assert list(root.find("SuccessList") or []) == []


def test_letters_that_xml_can_not_hold_are_replaced() -> None:
    tree: answers.Tree = {"FailList": [{"Email": "a\x01<&>@example.com\ufffe"}]}
    root = ElementTree.fromstring(answers.success(tree, RESEND, Shape.X1).body)
    assert root.findtext("FailList/SendResult/Email") == "a\ufffd<&>@example.com\ufffd"


@pytest.mark.parametrize("shape", [Shape.J1, Shape.J2, Shape.J3, Shape.J4])
def test_a_set_shape_rules_over_what_is_asked_for_in_json(start: Start, shape: Shape) -> None:
    sandbox, call = start(shape=shape)
    reply = call.rpc(RESEND, {"Email": "a@example.com,refused@example.com"}, changes={"Format": "XML"})
    assert reply.headers["Content-Type"] == JSON
    assert b"refused@example.com" in reply.body
    assert [send.email for send in sandbox.sends()] == ["a@example.com"]


@pytest.mark.parametrize("shape", [Shape.X1, Shape.X2])
def test_a_set_shape_rules_over_what_is_asked_for_in_xml(start: Start, shape: Shape) -> None:
    _, call = start(shape=shape)
    reply = call.rpc(RESEND, {"Email": "a@example.com"}, changes={"Format": "JSON"})
    assert reply.headers["Content-Type"] == XML
    assert reply.xml.tag == "ResendEmailVerificationResponse"


@pytest.mark.parametrize(("shape", "path"), [(Shape.X1, "Data/EmailVerification"), (Shape.X2, "data")])
def test_a_list_of_records_in_xml(start: Start, shape: Shape, path: str) -> None:
    _, call = start(shape=shape)
    call(SUBMIT, Email="a@example.com,b@example.com")
    root = call(LIST).xml
    name = "Email" if shape is Shape.X1 else "email"
    assert root.tag == "ListEmailVerificationResponse"
    assert [record.findtext(name) for record in root.findall(path)] == ["a@example.com", "b@example.com"]
    assert root.findtext("NextPage" if shape is Shape.X1 else "nextPage") == "false"


def test_a_list_of_records_in_the_json_of_the_c_plus_plus_client(start: Start) -> None:
    _, call = start(shape=Shape.J3)
    call(SUBMIT, Email="a@example.com")
    assert [record["Email"] for record in call(LIST).json["Data"]["EmailVerification"]] == ["a@example.com"]


@pytest.mark.parametrize(
    ("shape", "name"), [(Shape.J1, "TokenSendTime"), (Shape.J2, "tokenSendTime"), (Shape.J4, "tokenSendTime")]
)
def test_a_record_stands_at_the_top(start: Start, shape: Shape, name: str) -> None:
    _, call = start(shape=shape)
    assert call(QUERY, Email="a@example.com").json[name] == "2026-02-22 20:00:00"


@pytest.mark.parametrize("action", [SUBMIT, DELETE, VERIFY])
def test_the_root_of_an_xml_answer_names_the_operation(start: Start, action: str) -> None:
    sandbox, call = start(shape=Shape.X1)
    call(RESEND, Email="a@example.com")
    reply = call(action, Email="a@example.com", Token=sandbox.sends()[0].token)
    assert reply.xml.tag == f"{action}Response"
    assert reply.xml.findtext("RequestId") == reply.headers["x-acs-request-id"]


@pytest.mark.parametrize(
    ("format", "expected"),
    [("JSON", JSON), ("json", JSON), ("XML", XML), ("", XML), pytest.param(None, XML, id="none"), ("None", XML)],
)
def test_rpc_is_answered_in_the_format_asked_for_and_else_in_xml(
    start: Start, format: str | None, expected: str
) -> None:
    _, call = start()
    good = call.rpc(RESEND, {"Email": "a@example.com"}, changes={"Format": format})
    bad = call.rpc(RESEND, {"Email": ""}, changes={"Format": format})
    assert (good.headers["Content-Type"], bad.headers["Content-Type"]) == (expected, expected)


@pytest.mark.parametrize(
    ("accept", "expected"), [("application/json", JSON), ("text/xml", XML), ("application/xml", XML), (None, JSON)]
)
def test_acs3_is_answered_as_accept_says_and_else_in_json(start: Start, accept: str | None, expected: str) -> None:
    _, call = start()
    good = call.acs3(RESEND, {"Email": "a@example.com"}, changes={"accept": accept})
    bad = call.acs3(RESEND, {"Email": ""}, changes={"accept": accept})
    assert (good.headers["Content-Type"], bad.headers["Content-Type"]) == (expected, expected)


def test_an_unknown_format_is_refused_and_nothing_sent(start: Start) -> None:
    sandbox, call = start()
    reply = call.rpc(RESEND, {"Email": "a@example.com"}, changes={"Format": "YAML"})
    assert (reply.status, reply.xml.findtext("Code")) == (400, "InvalidParameter.Format")
    assert sandbox.sends() == []


def test_the_error_envelope_in_json(start: Start) -> None:
    _, call = start()
    reply = call(RESEND)
    request_id = reply.headers["x-acs-request-id"]
    assert reply.json == {
        "RequestId": request_id,
        "HostId": call.url.removeprefix("http://"),
        "Code": "MissingEmail",
        "Message": "Email is mandatory for this action.",
        "Recommend": f"https://api.aliyun.com/troubleshoot?q=MissingEmail&product=Domain&requestId={request_id}",
    }


@pytest.mark.parametrize("shape", [Shape.X1, Shape.X2])
def test_the_error_envelope_in_xml(start: Start, shape: Shape) -> None:
    _, call = start(shape=shape, deny=frozenset({RESEND}))
    root = call(RESEND, Email="a@example.com").xml
    assert root.tag == "Error"
    assert (root.findtext("Code"), root.findtext("HostId")) == ("Forbidden.RAM", call.url.removeprefix("http://"))
    assert root.findtext("AccessDeniedDetail/AuthAction") == "domain:EmailVerificationOperation"


@pytest.mark.parametrize("shape", [Shape.J2, Shape.J4])
def test_the_error_envelope_in_camel_case(start: Start, shape: Shape) -> None:
    _, call = start(shape=shape)
    error = call(RESEND).json
    assert list(error) == ["code", "hostId", "message", "recommend", "requestId"]
    assert error["code"] == "MissingEmail"


def test_an_answer_carries_the_gateway_s_headers(start: Start) -> None:
    _, call = start()
    for reply in (call(RESEND, Email="a@example.com"), call(RESEND)):
        assert reply.headers["x-acs-request-id"] == reply.json["RequestId"]
        assert reply.headers["x-acs-request-id"] == reply.headers["x-acs-request-id"].upper()
        assert reply.headers["x-acs-trace-id"]
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert int(reply.headers["Content-Length"]) == len(reply.body)
        assert reply.headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
