"""The sandbox's own pages, as a browser gets them."""

import re

from tests.aliyun.sandbox.calls import LIST, QUERY, RESEND, Clock, Reply, exchange
from tests.aliyun.sandbox.conftest import Start


def visit(url: str, path: str = "/") -> Reply:
    return exchange(url, "GET", path)


def text(reply: Reply) -> str:
    return reply.body.decode()


def test_the_outbox_says_what_it_is(start: Start) -> None:
    _, call = start()
    page = visit(call.url)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html;charset=utf-8")
    assert "stand-in for the Domain API" in text(page)
    assert "No mail leaves this machine" in text(page)
    assert "Nothing has been sent yet." in text(page)


def test_the_outbox_shows_the_latest_mail_first(start: Start, clock: Clock) -> None:
    _, call = start()
    for name in ("first", "second", "third"):
        call(RESEND, Email=f"{name}@example.com")
        clock.forward(minutes=1)
    page = text(visit(call.url))
    assert re.findall(r"<b>(\w+)@example.com</b> (\S+ \S+) UTC", page) == [
        ("third", "2026-03-01 12:02:00"),
        ("second", "2026-03-01 12:01:00"),
        ("first", "2026-03-01 12:00:00"),
    ]
    assert "3 sent." in page


def test_the_link_of_a_mail_verifies_its_address(start: Start) -> None:
    _, call = start()
    call(RESEND, Email="a@example.com,b@example.com")
    links = re.findall(r'href="(/verify/[0-9a-f]{32})"', text(visit(call.url)))
    assert len(links) == 2
    page = visit(call.url, links[1])
    assert page.status == 200
    assert "<b>a@example.com</b> is verified." in text(page)
    assert call(QUERY, Email="a@example.com").json["ConfirmIp"] == "127.0.0.1"
    assert call(QUERY, Email="b@example.com").json["VerificationStatus"] == 0
    assert links[1] not in text(visit(call.url))
    assert "The address is verified." in text(visit(call.url))


def test_a_link_older_than_three_days_is_not_offered_and_does_not_work(start: Start, clock: Clock) -> None:
    _, call = start()
    call(RESEND, Email="a@example.com")
    [link] = re.findall(r'href="(/verify/\w+)"', text(visit(call.url)))
    clock.forward(days=3, seconds=1)
    assert "no longer works" in text(visit(call.url))
    assert "href" not in text(visit(call.url))
    assert visit(call.url, link).status == 404
    assert call(QUERY, Email="a@example.com").json["VerificationStatus"] == 0


def test_what_an_address_holds_is_shown_and_not_run(start: Start) -> None:
    sandbox, call = start()
    call(RESEND, Email="<script>alert('x')</script>@example.com")
    page = visit(call.url)
    assert "<script" not in text(page)
    assert "&lt;script&gt;" in text(page)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    link = f"/verify/{sandbox.sends()[0].token}"
    assert "<script" not in text(visit(call.url, link))


def test_a_long_outbox_shows_the_latest_two_hundred(start: Start) -> None:
    _, call = start()
    emails = ",".join(f"person{number}@example.com" for number in range(201))
    call.rpc(RESEND, {"Email": emails}, form=["Email"])
    page = text(visit(call.url))
    assert "201 sent, the latest 200 of them here." in page
    assert "person200@" in page
    assert "person0@" not in page


def test_other_addresses_lead_nowhere(start: Start) -> None:
    _, call = start()
    assert visit(call.url, "/verify/unknown").status == 404
    assert visit(call.url, "/favicon.ico").status == 404
    assert exchange(call.url, "POST", "/verify/unknown").status == 404


def test_a_visit_is_no_request_of_the_api(start: Start) -> None:
    sandbox, call = start()
    visit(call.url)
    visit(call.url, "/verify/unknown")
    assert sandbox.requests() == []
    assert call.acs3(LIST, {}, method="GET", target="/").status == 200
    assert len(sandbox.requests()) == 1
