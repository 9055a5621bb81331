"""Likely slips of the keyboard in an address, and what was probably meant.

What comes out is a guess for a person to look at; nothing is ever sent to it by itself. So a guess is made only where
what was typed is no real domain, or is one slip away from the domain of a large mailbox service.
"""

import re
from functools import lru_cache

from .addresses import Address, read_bare
from .characters import plain, strip
from .mailboxes import WELL_KNOWN

# Endings that no domain has: none of them is a top-level domain.
_NO_ENDINGS = {
    "com": (
        *("con", "cim", "cpm", "xom", "vom"),  # a key beside
        *("cmo", "ocm"),  # letters swapped
        *("comm", "coom", "ccom", "come", "comn", "coml", "conm", "copm"),  # a letter too many
        *("cnm", "cmm", "cob"),  # a wrong letter
        *("c0m", "corn"),  # looks alike
    ),
    "net": ("nte", "ent", "ner", "nett"),
    "org": ("ogr", "rog", "orgg"),
    "cn": ("ccn", "cnn"),
    "com.cn": ("comcn", "con.cn", "cmo.cn", "comm.cn"),
    "net.cn": ("netcn",),
}
_MENDED_ENDING = {wrong: right for right, wrongs in _NO_ENDINGS.items() for wrong in wrongs}
# Endings of countries. Behind the name of a large mailbox service, which has no such domain, they are slips.
_COUNTRIES_LIKE = {"cm": "com", "co": "com", "om": "com", "ne": "net"}
# Names too short to tell a slip from another domain by comparing letters: only slips seen often.
_SHORT_NAMES = {
    "yaeh.net": "yeah.net",
    "shou.com": "sohu.com",
    "lvie.com": "live.com",
    "l63.com": "163.com",  # a small L for the digit
    "l26.com": "126.com",
}
_LONG_ENOUGH = 5


def _long_names() -> dict[str, list[str]]:
    """By ending, the names of well-known domains that are long enough to be told by comparing letters."""
    names: dict[str, list[str]] = {}
    for name, _dot, ending in (domain.partition(".") for domain in sorted(WELL_KNOWN)):
        if len(name) >= _LONG_ENOUGH:
            names.setdefault(ending, []).append(name)
    return names


_LONG_NAMES = _long_names()
# Real domains of others, one slip away from a mailbox service that begins with the same letter.
_NEIGHBOURS = {"navel.com", "never.com", "photon.me"}
_WITHOUT_DOTS = {domain.replace(".", ""): domain for domain in sorted(WELL_KNOWN)}


def corrected(text: str) -> Address | None:
    """The address that was probably meant by one that somebody typed, readable or not; None where nothing is odd.

    Full-width characters count as a slip too, although the reader of addresses takes them.
    """
    typed = strip(text)
    read = read_bare(plain(typed))
    before, at, domain = (read.email if isinstance(read, Address) else read.text).rpartition("@")
    if not at:
        return None
    likely = f"{_single_dots(before)}@{_domain_meant(_single_dots(domain))}"
    meant = read_bare(likely) if likely != typed else None
    return meant if isinstance(meant, Address) and meant.email != typed else None


def _single_dots(text: str) -> str:
    """Without dots at the edges, which mostly come from the sentence around, and without doubled ones."""
    return re.sub(r"\.{2,}", ".", text.strip(".。"))


@lru_cache(maxsize=4096)
def _domain_meant(typed: str) -> str:
    domain = typed.lower()
    mended = _with_ending(domain, _MENDED_ENDING)
    for guess in (mended, mended.removeprefix("www."), _with_ending(mended, _COUNTRIES_LIKE)):
        if known := _well_known(guess):
            return typed if known == domain else known
    return typed if mended == domain else mended


def _with_ending(domain: str, mended: dict[str, str]) -> str:
    """The domain with its last two labels, or the last one, replaced where the table has them."""
    parts = domain.split(".")
    for count in (2, 1):
        name, ending = ".".join(parts[:-count]), ".".join(parts[-count:])
        if name and ending in mended:
            return f"{name}.{mended[ending]}"
    return domain


def _well_known(domain: str) -> str | None:
    """The mailbox service's domain that this is, or is a slip for."""
    if domain in WELL_KNOWN:
        return domain
    if domain in _NEIGHBOURS:
        return None
    return _SHORT_NAMES.get(domain) or _WITHOUT_DOTS.get(domain.replace(".", "")) or _one_slip_away(domain)


def _one_slip_away(domain: str) -> str | None:
    name, _dot, ending = domain.partition(".")
    near = [known for known in _LONG_NAMES.get(ending, ()) if _is_slip(name, known)]
    # Two that are as near as each other: nobody can tell which was meant.
    return f"{near[0]}.{ending}" if len(near) == 1 else None


def _is_slip(typed: str, name: str) -> bool:
    """Whether a name was typed with one letter too few, too many or wrong, or with two neighbours swapped.

    The first letter must be right, for people look at it, and gmail, ymail, email and hmail are different services.
    """
    if typed[:1] != name[0] and sorted(typed) != sorted(name):
        return False
    pairs = enumerate(zip(typed, name, strict=False))
    same = next((n for n, (one, other) in pairs if one != other), min(len(typed), len(name)))
    left, right = typed[same:], name[same:]
    one_letter = left[1:] == right[1:] or left[1:] == right or left == right[1:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return one_letter or swapped
