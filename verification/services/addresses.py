"""One e-mail address: reading it as a person typed it, and the key under which it is compared.

The rule for hard cases is never to make an address that nobody wrote: what can't be taken as it stands is
rejected with a reason in words.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from .characters import BLANKS, is_invisible, plain, strip, visible

# Why a text was rejected: fragments that continue a sentence about it.
NO_AT = _("it has no @")
MORE_AT = _("it has more than one @")
NOTHING_BEFORE = _("nothing stands before the @")
NOTHING_AFTER = _("nothing stands after the @")
TOO_LONG_BEFORE = _("it has more than 64 characters before the @")
TOO_LONG = _("it has more than 254 characters")
INVISIBLE = _("it has an invisible character or a control character inside")
BLANK = _("it has a blank inside")
LETTERS = _("it has characters before the @ that e-mail doesn't allow there")
DOTS = _("it has a dot at the start, before the @, or twice in a row")
LITERAL = _("it has an IP address in place of a domain")
RESERVED = _("its domain is reserved and receives no mail")
NO_DOT = _("its domain has no dot")
DOMAIN = _("its domain is not valid")
LINK = _("it is a link; write the address alone")

SHOWN = 400
LONGEST_BEFORE, LONGEST_DOMAIN, LONGEST = 64, 253, 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_ATOM = re.compile(rf"{ATOM}(\.{ATOM})*")


@dataclass(frozen=True)
class Address:
    """An address that may be written to.

    `email` is what goes to the provider: as typed, only full-width characters and invisible edges tidied.
    `key` is what all spellings of one address have in common.
    """

    email: str
    key: str


@dataclass(frozen=True)
class Rejected:
    """A text that is no address. `text` is fit for display: short, nothing invisible. `why` continues a sentence."""

    text: str
    why: Promise


def reject(text: str, why: Promise) -> Rejected:
    return Rejected(visible(text[:SHOWN]), why)


def key_of(email: str) -> str:
    """The whole address in lower case with an ASCII domain: equal for all spellings of one address.

    Takes any text, for the provider's answers are compared by it too: one that can't be parsed is its own key, in
    lower case.
    """
    text = strip(plain(email)).lower()
    before, _at, domain = text.rpartition("@")
    ascii_domain = _ascii_domain(domain) if 0 < len(domain) <= LONGEST_DOMAIN else None
    return f"{before}@{ascii_domain}" if before and ascii_domain else text


def readable(key: str) -> str:
    """A key with its domain in the letters in which people write it."""
    before, _at, domain = key.rpartition("@")
    checked = validate_email(f"x@{domain}", check_deliverability=False, allow_smtputf8=False, strict=True)
    return f"{before}@{checked.domain}"


def domain_of(key: str) -> str:
    return key.rpartition("@")[2]


def read_address(text: str) -> Address | Rejected:
    """Exactly one address, perhaps as `Name <address>` or with `mailto:`; nothing else is cut off or skipped."""
    bare = strip(plain(text))
    name, angle, inside = bare.rpartition("<")
    if angle and inside.endswith(">") and _is_display_name(name.strip()):
        bare = strip(inside[:-1])
    scheme, _colon, rest = bare.partition(":")
    if scheme.lower() == "mailto":
        return _read_mailto(rest)
    return reject(bare, LINK) if "://" in bare else read_bare(bare)


def _is_display_name(name: str) -> bool:
    quoted = len(name) > 1 and name[0] == name[-1] == '"' and '"' not in name[1:-1]
    return quoted or not set(name) & set("<>@")


def _read_mailto(rest: str) -> Address | Rejected:
    before, at, domain = rest.partition("@")
    if "@" not in domain:
        domain = domain.partition("?")[0]
    # In a link %2B means +, while in an address it is three characters of its own.
    if "%" in before + domain or before.startswith("/"):
        return reject(rest, LINK)
    return read_bare(before + at + domain)


def read_bare(text: str) -> Address | Rejected:
    """An address with nothing around it."""
    before, at, typed_domain = text.partition("@")
    domain = _dotted(typed_domain)
    for why in _faults(text, before, at, domain):
        if why is not None:
            return reject(text, why)
    email = f"{before}@{domain}"
    key = key_of(email)
    if max(len(key), len(email.encode())) > LONGEST:
        return reject(text, TOO_LONG)
    return Address(email, key)


def _faults(text: str, before: str, at: str, domain: str) -> Iterator[Promise | None]:
    """One look after the other, the later ones only at what the earlier ones have passed."""
    yield _fault_of_shape(text, before, at, domain)
    yield _fault_before(before)
    yield _fault_of_domain(domain)


def _fault_of_shape(text: str, before: str, at: str, domain: str) -> Promise | None:
    start = text[:LONGEST]
    faults = (
        (not at, NO_AT),
        ("@" in domain, MORE_AT),
        (not before, NOTHING_BEFORE),
        (not domain, NOTHING_AFTER),
        (len(before) > LONGEST_BEFORE, TOO_LONG_BEFORE),
        (len(text) > LONGEST, TOO_LONG),
        (any(map(is_invisible, start)), INVISIBLE),
        (any(character in BLANKS for character in start), BLANK),
    )
    return next((why for found, why in faults if found), None)


def _fault_before(before: str) -> Promise | None:
    if DOT_ATOM.fullmatch(before):
        return None
    return DOTS if all(DOT_ATOM.fullmatch(part) for part in before.split(".") if part) else LETTERS


def _dotted(domain: str) -> str:
    """The domain with ideographic full stops as dots, except one that seems to end a sentence.

    In `b.com。谢谢` nobody can tell whether the last word belongs to the domain: the stop stays and gets it rejected.
    """
    if domain.isascii() or len(domain) > LONGEST:
        return domain
    composed = unicodedata.normalize("NFC", domain)
    head, _stop, tail = composed.partition("。")
    ends_sentence = head.isascii() and "." in head and not tail.isascii()
    return composed if ends_sentence else composed.replace("。", ".")


def _fault_of_domain(domain: str) -> Promise | None:
    top = domain.lower().rpartition(".")[2]
    if domain.startswith("["):
        return LITERAL
    if top in SPECIAL_USE_DOMAIN_NAMES:
        return RESERVED
    if not {".", "。"} & set(domain):
        return NO_DOT
    return None if _is_one_domain(domain, top) and _ascii_domain(domain.lower()) else DOMAIN


def _is_one_domain(domain: str, top: str) -> bool:
    """Whether no neighbour seems to be stuck to it, and no character of it would silently become another one."""
    stuck = len(top) < 2 or "。" in domain or (not top.isascii() and any(c.isascii() for c in top))
    return not stuck and unicodedata.normalize("NFKC", domain) == domain


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str | None:
    """The domain as it stands in DNS, or None if it isn't one. A paste names few domains often, so answers are kept."""
    try:
        checked = validate_email(f"x@{domain}", check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    return checked.ascii_domain
