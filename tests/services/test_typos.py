"""Likely slips in an address: what was meant is found, and what is right is left alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.services.addresses import Address, Rejected, read_address
from verification.services.mailboxes import WELL_KNOWN
from verification.services.typos import corrected


def meant(text: str) -> str | None:
    address = corrected(text)
    return address.email if address else None


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("mgail.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmil.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("icluod.com", "icloud.com"),
        ("yaho.com", "yahoo.com"),
        ("foxmal.com", "foxmail.com"),
        ("alyun.com", "aliyun.com"),
        ("yahooo.co.jp", "yahoo.co.jp"),
        ("yaeh.net", "yeah.net"),
    ],
)
def test_a_slip_in_the_name_of_a_large_service_is_mended(typed: str, domain: str) -> None:
    assert meant(f"ann@{typed}") == f"ann@{domain}"


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("qq.con", "qq.com"),
        ("qq.cmo", "qq.com"),
        ("163.comm", "163.com"),
        ("126.c0m", "126.com"),
        ("vip.163.con", "vip.163.com"),
        ("acme.con", "acme.com"),
        ("acme.ogr", "acme.org"),
        ("acme.comcn", "acme.com.cn"),
        ("acme.con.cn", "acme.com.cn"),
        ("yeah.ent", "yeah.net"),
        ("例子.con", "例子.com"),
    ],
)
def test_an_ending_that_no_domain_has_is_mended(typed: str, domain: str) -> None:
    assert meant(f"ann@{typed}") == f"ann@{domain}"


@pytest.mark.parametrize(
    ("typed", "domain"),
    [("163.cm", "163.com"), ("gmail.co", "gmail.com"), ("qq.om", "qq.com"), ("gmial.cm", "gmail.com")],
)
def test_a_countrys_ending_is_a_slip_behind_a_large_service_alone(typed: str, domain: str) -> None:
    assert meant(f"ann@{typed}") == f"ann@{domain}"
    assert meant(f"ann@acme.{typed.rpartition('.')[2]}") is None


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("ann@gmailcom", "ann@gmail.com"),
        ("ann@vip163.com", "ann@vip.163.com"),
        ("ann@gmailc.om", "ann@gmail.com"),
        ("ann@gmail.com.", "ann@gmail.com"),
        ("ann@gmail.com。", "ann@gmail.com"),
        ("ann@acme..com", "ann@acme.com"),
        ("ann@.acme.com", "ann@acme.com"),
        ("ann..lee@acme.com", "ann.lee@acme.com"),
        ("ann.@gmial.com", "ann@gmail.com"),
        ("ann@www.163.com", "ann@163.com"),
    ],
)
def test_dots_are_put_right(typed: str, right: str) -> None:
    assert meant(typed) == right


@pytest.mark.parametrize(
    "typed", ["ａｎｎ＠ｇｍａｉｌ．ｃｏｍ", "ann@gmail。com", "ann＠gmial.com", "ann@gm\u0430il.com"]
)
def test_full_width_and_foreign_look_alikes_are_made_plain(typed: str) -> None:
    assert meant(typed) == "ann@gmail.com"


def test_what_stands_before_the_at_keeps_its_spelling() -> None:
    assert corrected("Ann.Lee+Shop@GMIAL.com") == Address("Ann.Lee+Shop@gmail.com", "ann.lee+shop@gmail.com")


def test_a_line_that_the_paste_rejected_is_mended_too() -> None:
    rejected = read_address("ann@gmail..con")

    assert isinstance(rejected, Rejected)
    assert meant(rejected.text) == "ann@gmail.com"


@pytest.mark.parametrize("domain", sorted(WELL_KNOWN))
def test_a_large_service_is_never_mended(domain: str) -> None:
    assert meant(f"ann@{domain}") is None
    assert meant(f"Ann@{domain.upper()}") is None


@pytest.mark.parametrize(
    "domain",
    [
        *("mail.com", "ymail.com", "email.com", "hmail.com", "fmail.com"),
        *("136.com", "129.com", "q.com", "aa.com", "qs.com", "sona.com", "love.com", "life.com", "man.com", "aol.de"),
        *("hotmail.be", "hotmail.com.hk", "outlook.com.br", "yahoo.ca", "sina.com.cn", "qq.cn"),
        *("cloud.com", "never.com", "photon.me", "fox.com", "look.com", "gm.com", "gml.com"),
        *(
            "example.com",
            "acme.co",
            "acme.cm",
            "acme.com.cn",
            "acme.net",
            "company.email",
            "例子.中国",
            "mail.acme.com",
        ),
    ],
)
def test_a_real_neighbour_is_left_alone(domain: str) -> None:
    assert meant(f"ann@{domain}") is None


@pytest.mark.parametrize(
    "text", ["", "ann", "@", "ann@", "@gmial.com", "an n@gmial.com", "a@gmial.comb@qq.com", "a@b@gmial.com", "ann@acme"]
)
def test_what_nobody_can_read_is_not_guessed_at(text: str) -> None:
    assert meant(text) is None


def test_blanks_around_an_address_are_no_slip() -> None:
    assert meant(" ann@gmail.com\t") is None


@given(st.text(string.ascii_lowercase + string.digits + ".-@。＠．", max_size=40))
def test_what_was_mended_needs_no_mending(text: str) -> None:
    once = corrected(text)

    assert once is None or (once.email != text and corrected(once.email) is None)


def test_a_paste_without_an_end_is_read_in_no_time() -> None:
    assert corrected("x" * 5_000_000) is None
    assert corrected("x@" + "." * 5_000_000 + "com") is None
