"""Query, List, Verify and Delete, and how times are written."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.aliyun.sandbox.calls import DELETE, LIST, NOW, QUERY, RESEND, SUBMIT, VERIFY, Caller, Clock
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox import Dates, parse_zone


def submit_an_hour_apart(call: Caller, clock: Clock, count: int) -> None:
    for number in range(count):
        call(SUBMIT, Email=f"person{number}@example.com")
        clock.forward(hours=1)


def milliseconds(time: datetime) -> str:
    return str(int(time.timestamp() * 1000))


def test_a_waiting_address_has_neither_time_nor_ip_of_verification(start: Start) -> None:
    _, call = start()
    call(SUBMIT, Email="a@example.com", UserClientIp="192.0.2.1")
    record = call(QUERY, Email="A@Example.com").json
    assert record.keys() == {
        "RequestId", "Email", "EmailVerificationNo", "UserId", "VerificationStatus",
        "GmtCreate", "GmtModified", "TokenSendTime", "SendIp",
    }  # fmt: skip
    assert (record["Email"], record["VerificationStatus"], record["SendIp"]) == ("a@example.com", 0, "192.0.2.1")
    assert len(record["EmailVerificationNo"]) == 32


def test_the_link_of_a_mail_verifies_its_address(start: Start, clock: Clock) -> None:
    sandbox, call = start()
    call(SUBMIT, Email="a@example.com,b@example.com")
    clock.forward(minutes=5)
    assert call(VERIFY, Token=sandbox.sends()[0].token, UserClientIp="192.0.2.7").json.keys() == {"RequestId"}
    verified, waiting = (call(QUERY, Email=f"{name}@example.com").json for name in "ab")
    assert (verified["VerificationStatus"], verified["ConfirmIp"]) == (1, "192.0.2.7")
    assert verified["VerificationTime"] == verified["GmtModified"] == "2026-03-01 20:05:00"
    assert verified["TokenSendTime"] == "2026-03-01 20:00:00"
    assert waiting["VerificationStatus"] == 0


def test_every_link_of_the_last_three_days_works(start: Start, clock: Clock) -> None:
    sandbox, call = start()
    call(SUBMIT, Email="a@example.com")
    clock.forward(hours=72)
    call(RESEND, Email="a@example.com")
    assert call(VERIFY, Token=sandbox.sends()[0].token).status == 200
    assert call(QUERY, Email="a@example.com").json["VerificationStatus"] == 1


def test_an_older_link_does_not_work(start: Start, clock: Clock) -> None:
    sandbox, call = start()
    call(SUBMIT, Email="a@example.com")
    clock.forward(hours=72, seconds=1)
    reply = call(VERIFY, Token=sandbox.sends()[0].token)
    assert (reply.status, reply.code) == (400, "ParameterIllegal")
    assert call(QUERY, Email="a@example.com").json["VerificationStatus"] == 0


def test_a_link_followed_twice_keeps_the_first_time(start: Start, clock: Clock) -> None:
    sandbox, call = start()
    call(SUBMIT, Email="a@example.com")
    for _ in range(2):
        assert call(VERIFY, Token=sandbox.sends()[0].token).status == 200
        clock.forward(hours=1)
    assert call(QUERY, Email="a@example.com").json["VerificationTime"] == "2026-03-01 20:00:00"


def test_an_unknown_token_and_none_are_refused(start: Start) -> None:
    _, call = start()
    assert call(VERIFY, Token="0b32247496409441e9e179ea7c2e0000").code == "ParameterIllegal"
    assert call(VERIFY).code == "MissingToken"


def test_only_a_verified_address_can_be_deleted(start: Start) -> None:
    sandbox, call = start(strict=True)
    call(SUBMIT, Email="a@example.com,b@example.com")
    call(VERIFY, Token=sandbox.sends()[0].token)
    reply = call(DELETE, Email="a@example.com,b@example.com,unknown@example.com")
    assert reply.codes("SuccessList") == {"a@example.com": "Success"}
    assert reply.codes("FailList") == {
        "b@example.com": "ParameterIllegall",
        "unknown@example.com": "ParameterIllegall",
    }
    assert call(QUERY, Email="a@example.com").code == "ParameterIllegal"
    assert call(QUERY, Email="b@example.com").status == 200


def test_the_links_of_a_deleted_address_are_dead_and_its_log_stays(start: Start) -> None:
    sandbox, call = start()
    call(SUBMIT, Email="a@example.com")
    token = sandbox.sends()[0].token
    call(VERIFY, Token=token)
    call(DELETE, Email="a@example.com")
    call(SUBMIT, Email="a@example.com")
    assert call(VERIFY, Token=token).code == "ParameterIllegal"
    assert call(QUERY, Email="a@example.com").json["VerificationStatus"] == 0
    assert len(sandbox.sends()) == 2


def test_a_query_is_for_one_address(start: Start) -> None:
    _, call = start()
    assert call(QUERY, Email="a@example.com,b@example.com").code == "ParameterIllegal"
    assert call(QUERY, Email="nobody").code == "ParameterIllegal"


def test_a_query_sends_nothing(start: Start) -> None:
    sandbox, call = start()
    call(QUERY, Email="a@example.com")
    call(LIST, Email="b@example.com")
    assert sandbox.sends() == []


def test_a_list_is_paged_with_the_latest_first(start: Start, clock: Clock) -> None:
    _, call = start()
    submit_an_hour_apart(call, clock, 5)
    pages = [call(LIST, PageNum=str(number), PageSize="2").json for number in (1, 2, 3, 4)]
    assert [[record["Email"][6] for record in page["Data"]] for page in pages] == [["4", "3"], ["2", "1"], ["0"], []]
    assert [page["PrePage"] for page in pages] == [False, True, True, True]
    assert [page["NextPage"] for page in pages] == [True, True, False, False]
    assert {(page["TotalItemNum"], page["TotalPageNum"], page["PageSize"]) for page in pages} == {(5, 3, 2)}
    assert [page["CurrentPageNum"] for page in pages] == [1, 2, 3, 4]


@pytest.mark.parametrize("given", [{}, {"PageNum": "0", "PageSize": "0"}, {"PageNum": "", "PageSize": ""}])
def test_a_list_begins_with_page_one_of_five_hundred(start: Start, given: dict[str, str]) -> None:
    _, call = start()
    page = call(LIST, **given).json
    assert (page["CurrentPageNum"], page["PageSize"], page["TotalItemNum"], page["Data"]) == (1, 500, 0, [])


def test_a_list_holds_up_to_five_thousand_records(start: Start) -> None:
    _, call = start()
    emails = ",".join(f"person{number}@example.com" for number in range(2000))
    call.rpc(SUBMIT, {"Email": emails}, form=["Email"])
    assert len(call(LIST, PageSize="5000").json["Data"]) == 2000


def test_a_list_is_filtered_by_address_status_and_creation(start: Start, clock: Clock) -> None:
    sandbox, call = start()
    submit_an_hour_apart(call, clock, 4)
    sandbox.follow_link(sandbox.sends()[2].token)
    window = {
        "BeginCreateTime": milliseconds(NOW + timedelta(hours=1)),
        "EndCreateTime": milliseconds(NOW + timedelta(hours=2)),
    }

    def found(**given: str) -> str:
        return "".join(record["Email"][6] for record in call(LIST, **given).json["Data"])

    assert found(Email="PERSON1@example.com") == "1"
    assert found(Email="unknown@example.com") == ""
    assert (found(VerificationStatus="1"), found(VerificationStatus="0")) == ("2", "310")
    assert found(**window) == "21"
    assert found(**window, VerificationStatus="0") == "1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PageSize", "5001"),
        ("PageNum", "-1"),
        ("PageNum", "one"),
        ("VerificationStatus", "2"),
        ("BeginCreateTime", "2026-03-01"),
        ("EndCreateTime", "999999999999999"),
        ("EndCreateTime", "9" * 30),
    ],
)
def test_a_list_refuses_what_it_can_not_read(start: Start, name: str, value: str) -> None:
    _, call = start()
    reply = call(LIST, **{name: value})
    assert (reply.status, reply.code) == (400, "ParameterIllegal")


@pytest.mark.parametrize(
    ("zone", "dates", "expected"),
    [
        ("+08:00", Dates.NEW, "2026-03-01 20:00:00"),
        ("+00:00", Dates.NEW, "2026-03-01 12:00:00"),
        ("-05:00", Dates.NEW, "2026-03-01 07:00:00"),
        ("+05:45", Dates.NEW, "2026-03-01 17:45:00"),
        ("+08:00", Dates.OLD, "Mar 01,2026 20:00:00"),
        ("-05:00", Dates.OLD, "Mar 01,2026 07:00:00"),
    ],
)
def test_times_are_written_in_the_zone_and_form_that_are_set(
    start: Start, zone: str, dates: Dates, expected: str
) -> None:
    _, call = start(zone=parse_zone(zone), dates=dates)
    call(SUBMIT, Email="a@example.com")
    assert call(QUERY, Email="a@example.com").json["TokenSendTime"] == expected
    assert call(LIST).json["Data"][0]["GmtCreate"] == expected


def test_a_clock_of_weeks_ago_writes_history(start: Start, clock: Clock) -> None:
    sandbox, call = start()
    clock.time = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    call(RESEND, Email="a@example.com")
    clock.forward(weeks=3)
    call(RESEND, Email="b@example.com")
    assert [send.sent_at.date().isoformat() for send in sandbox.sends()] == ["2026-01-05", "2026-01-26"]
