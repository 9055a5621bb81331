"""What a check of the setup has found, part by part: connection, clock, key and right."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from ..models import SetupCheck
from .advice import for_code, meaning_for_question
from .outcomes import Answer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A clock kept by NTP is within a second; the provider refuses time stamps that are 15 minutes off.
TOLERATED_SKEW_SECONDS = 60.0


class Verdict(TextChoices):
    GOOD = "good", _("good")
    BAD = "bad", _("to be fixed")
    OPEN = "open", _("not known")


@dataclass(frozen=True)
class Finding:
    """One part of the setup; `next_step` is empty unless something is to be done."""

    part: "StrOrPromise"
    verdict: Verdict
    words: "StrOrPromise"
    next_step: "StrOrPromise" = ""


CONNECTION, CLOCK, KEY, RIGHT = "connection", "clock", "key", "right"
PARTS = {
    CONNECTION: (_("Connection"), _("The endpoint answers as the Domain API.")),
    CLOCK: (_("Clock"), _("The provider took our time stamp.")),
    KEY: (_("Access key"), _("Key and signature were accepted.")),
    RIGHT: (_("Right to ask"), _("The key may ask for the state of addresses.")),
}
# Which part a code finds fault with, the first that fits.
_FAULTS = (
    ("InvalidTimeStamp", CLOCK),
    ("IllegalTimestamp", CLOCK),
    ("Forbidden.AccessKeyDisabled", KEY),
    ("Forbidden", RIGHT),
    ("NoPermission", RIGHT),
    ("InvalidProduct", CONNECTION),
    ("InvalidAction", CONNECTION),
    ("InvalidVersion", CONNECTION),
)


def findings(check: SetupCheck) -> list[Finding]:
    """The findings of a finished check, one for each part."""
    fault = None if check.outcome == Answer.LISTS else _part_at_fault(check)
    return [
        _with_skew(_finding(part, fault, check), check) if part == CLOCK else _finding(part, fault, check)
        for part in PARTS
    ]


def _part_at_fault(check: SetupCheck) -> str:
    if check.outcome == Answer.SETUP_REFUSED:
        return next((part for prefix, part in _FAULTS if check.code.startswith(prefix)), KEY)
    return CONNECTION


def _finding(part: str, fault: str | None, check: SetupCheck) -> Finding:
    label, words = PARTS[part]
    if part == fault:
        return _fault(label, check)
    # Who is refused for want of a right was recognised; any other refusal leaves the rest open.
    if fault is None or fault == RIGHT or part == CONNECTION:
        return Finding(label, Verdict.GOOD, words)
    return Finding(label, Verdict.OPEN, _("This check did not get so far."))


def _fault(label: "StrOrPromise", check: SetupCheck) -> Finding:
    meaning, next_step = meaning_for_question(check.code), for_code(check.code).next_step
    if check.outcome == Answer.SETUP_REFUSED or check.outcome == Answer.NO_CONNECTION:
        return Finding(label, Verdict.BAD, meaning, next_step)
    return Finding(label, Verdict.OPEN, meaning, _("Check again in a minute."))


def _with_skew(finding: Finding, check: SetupCheck) -> Finding:
    if check.skew_seconds is None or finding.verdict is Verdict.BAD:
        return finding
    seconds = abs(check.skew_seconds)
    if seconds <= TOLERATED_SKEW_SECONDS:
        return Finding(finding.part, Verdict.GOOD, _("Our clock agrees with the provider's."))
    apart = _("Our clock and the provider's are %(seconds)s seconds apart.") % {"seconds": localize(round(seconds))}
    return Finding(finding.part, Verdict.BAD, apart, _("Operators: set the machine's clock (UTC, kept by NTP)."))
