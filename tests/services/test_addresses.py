"""One address: what is taken, as what it goes out, under which key it is compared, and why it is rejected."""

import string

import pytest
from django.utils import translation
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from verification.services import addresses
from verification.services.addresses import Address, Rejected, domain_of, key_of, read_address

# What an address may hold before the @, dots aside (RFC 5322, section 3.2.3).
ATOM = string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~"
locals_ = st.text(ATOM, min_size=1, max_size=12)
labels = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
domains = st.builds("{}.{}".format, labels, st.sampled_from(["com", "org", "例子.中国", "co.uk"]))

TAKEN = {
    "bob@example.com": "bob@example.com",
    "  bob@example.com\n": "bob@example.com",
    "\ufeffbob@example.com\u200b": "bob@example.com",
    "\u202abob@example.com\u202c": "bob@example.com",
    "<bob@example.com>": "bob@example.com",
    "< bob@example.com >": "bob@example.com",
    "Bob <bob@example.com>": "bob@example.com",
    "Bob, the Builder <bob@example.com>": "bob@example.com",
    '"bob@home" <bob@example.com>': "bob@example.com",
    "“Doe, Bob” <bob@example.com>": "bob@example.com",
    "张伟＜bob＠example．com＞": "bob@example.com",
    "mailto:bob@example.com": "bob@example.com",
    "MAILTO:bob@example.com?subject=Your%20domain": "bob@example.com",
    "ｂｏｂ＠ｅｘａｍｐｌｅ．ｃｏｍ": "bob@example.com",
    "bob@例子。中国": "bob@例子.中国",
    "bob@例子｡中国": "bob@例子.中国",
    "bob@mail。example。com": "bob@mail.example.com",
    "bob@bu\u0308cher.example": "bob@bücher.example",
}
UNCHANGED = [
    "Bob.Smith@Example.COM",
    "o'brien@example.com",
    "'t.hooft@example.nl",
    "bob+tag@example.com",
    "x*y~z@example.com",
    "a&b#c@example.com",
    "#bob@example.com",
    "bob%41@example.com",
    "{bob}@example.com",
    "A@XN--FSQU00A.xn--fiqs8s",
    "bob@Bücher.example",
    "b" * 64 + "@example.com",
]
REJECTED = {
    "": addresses.NO_AT,
    "bob": addresses.NO_AT,
    "bob at example.com": addresses.NO_AT,
    "bob@@example.com": addresses.MORE_AT,
    "a@example.com,b@example.com": addresses.MORE_AT,
    "a@example.com <b@example.com>": addresses.MORE_AT,
    "mailto:a@example.com?cc=b@example.com": addresses.MORE_AT,
    "@example.com": addresses.NOTHING_BEFORE,
    "bob@": addresses.NOTHING_AFTER,
    "bo\u200bb@example.com": addresses.INVISIBLE,
    "bob@exam\u00adple.com": addresses.INVISIBLE,
    "bob@exam\ufe0fple.com": addresses.INVISIBLE,
    "bob@exam\U000e0101ple.com": addresses.INVISIBLE,
    "bob@example.com\0": addresses.INVISIBLE,
    "bob@example.com\r\nBcc: eve": addresses.INVISIBLE,
    "bob smith@example.com": addresses.BLANK,
    "bob@exam\u00a0ple.com": addresses.BLANK,
    "böb@example.com": addresses.LETTERS,
    "bob¹@example.com": addresses.LETTERS,
    "bob™@example.com": addresses.LETTERS,
    "o’brien@example.com": addresses.LETTERS,
    "谢谢。bob@example.com": addresses.LETTERS,
    "ok。bob@example.com": addresses.LETTERS,
    "a,bob@example.com": addresses.LETTERS,
    '"bob"@example.com': addresses.LETTERS,
    '"bob smith"@example.com': addresses.BLANK,
    "<bob@example.com": addresses.LETTERS,
    "user:bob@example.com": addresses.LETTERS,
    ".bob@example.com": addresses.DOTS,
    "bob.@example.com": addresses.DOTS,
    "bob..smith@example.com": addresses.DOTS,
    "bob@localhost": addresses.RESERVED,
    "bob@shop.test": addresses.RESERVED,
    "bob@shop.INVALID": addresses.RESERVED,
    "bob@[192.0.2.1]": addresses.LITERAL,
    "bob@example": addresses.NO_DOT,
    "bob@192.0.2.1": addresses.DOMAIN,
    "bob@example.c": addresses.DOMAIN,
    "bob@example..com": addresses.DOMAIN,
    "bob@example.com.": addresses.DOMAIN,
    "bob@-example.com": addresses.DOMAIN,
    "bob@my_host.com": addresses.DOMAIN,
    "bob@example.com,": addresses.DOMAIN,
    "bob@example.com谢谢": addresses.DOMAIN,
    "bob@example.com。谢谢": addresses.DOMAIN,
    "bob@of\ufb01ce.com": addresses.DOMAIN,
    "bob@xn--zzzzzzzz.com": addresses.DOMAIN,
    "https://bob@example.com": addresses.LINK,
    "mailto:bob%2Bx@example.com": addresses.LINK,
    "mailto://bob@example.com": addresses.LINK,
    "b" * 65 + "@example.com": addresses.TOO_LONG_BEFORE,
    "bob@" + "example." * 32 + "com": addresses.TOO_LONG,
    "b" * 64 + "@" + ".".join(["中" * 40] * 2) + ".com": addresses.TOO_LONG,
}


@pytest.mark.parametrize(("text", "email"), TAKEN.items())
def test_it_takes_the_address_out_of_what_surrounds_it(text: str, email: str) -> None:
    assert read_address(text) == Address(email, key_of(email))


@pytest.mark.parametrize("email", UNCHANGED)
def test_it_hands_on_an_address_unchanged(email: str) -> None:
    result = read_address(email)
    assert isinstance(result, Address)
    assert result.email == email


@pytest.mark.parametrize(("text", "why"), REJECTED.items())
def test_it_rejects_what_is_no_address_and_says_why(text: str, why: str) -> None:
    result = read_address(text)
    assert isinstance(result, Rejected)
    assert str(result.why) == str(why)


def test_its_reasons_are_put_into_words_when_they_are_shown() -> None:
    result = read_address("bob")
    assert isinstance(result, Rejected)
    with translation.override(None):
        assert str(result.why) == "it has no @"


def test_a_rejected_text_is_cut_and_shows_what_was_invisible() -> None:
    assert read_address("b\u200bo\0b") == Rejected("b\ufffdo\ufffdb", addresses.NO_AT)
    long = read_address("b" * 5_000_000)
    assert isinstance(long, Rejected)
    assert long.text == "b" * 400


@pytest.mark.parametrize(
    "spelling", ["a@例子.中国", "A@XN--FSQU00A.xn--fiqs8s", "a@例子。中国", " A@xn--fsqu00a.中国", "ａ＠例子．中国"]
)
def test_all_spellings_of_an_address_have_one_key(spelling: str) -> None:
    assert key_of(spelling) == "a@xn--fsqu00a.xn--fiqs8s"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        ("Not An Address", "not an address"),
        ("Bob@", "bob@"),
        ("@Example.com", "@example.com"),
        ("A@B@Example.com", "a@b@example.com"),
        ("Bob@Shop.Test", "bob@shop.test"),
        ("用户@例子.中国", "用户@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_any_text_has_a_key(text: str, key: str) -> None:
    assert key_of(text) == key


def test_different_addresses_have_different_keys() -> None:
    spellings = ["bob@example.com", "bob+x@example.com", "b.ob@example.com", "bob@example.org", "bob%40@example.com"]
    assert len({key_of(spelling) for spelling in spellings}) == len(spellings)


def test_the_domain_of_a_key_is_what_follows_the_at_sign() -> None:
    assert domain_of(key_of("Bob@例子.中国")) == "xn--fsqu00a.xn--fiqs8s"
    assert domain_of("bob@example.com") == "example.com"


@settings(deadline=None)
@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()) | st.builds("{}@{}".format, locals_, domains))
def test_a_key_is_its_own_key(text: str) -> None:
    assert key_of(key_of(text)) == key_of(text)


@settings(deadline=None)
@given(locals_, domains)
def test_case_and_spelling_of_the_domain_make_no_other_key(local: str, domain: str) -> None:
    email = f"{local}@{domain}"
    in_ascii = f"{local}@{domain.encode('idna').decode()}"
    assert key_of(email.upper()) == key_of(email) == key_of(in_ascii)


@settings(deadline=None)
@given(st.text(ATOM + ".", min_size=1, max_size=70), domains)
def test_it_agrees_with_the_validator_about_what_stands_before_the_at_sign(local: str, domain: str) -> None:
    assume(not local.startswith("mailto"))
    email = f"{local}@{domain}"
    try:
        expected = validate_email(email, check_deliverability=False, allow_smtputf8=False, strict=True).original
    except EmailNotValidError:
        expected = None
    result = read_address(email)
    assert (result.email if isinstance(result, Address) else None) == expected


@settings(deadline=None)
@given(st.text(ATOM + ".@ <>\"'():,;。\u200b\u0301中é", max_size=40))
def test_whatever_it_takes_stood_in_the_text(text: str) -> None:
    result = read_address(text)
    if isinstance(result, Address):
        assert result.email in text.replace("。", ".")
        assert result.email.count("@") == 1
        assert validate_email(result.email, check_deliverability=False, allow_smtputf8=False, strict=True)
