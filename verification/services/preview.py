"""What a preview shows: the paste sorted into lists, the advice about each address, and how far the asking has come."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from ..aliyun.errors import AddressRefused, refusal_of
from ..models import Reason
from .addresses import Address, Rejected
from .lookups import ask_about
from .mending import Mending, place_of
from .partition import DUPLICATE, OVERRIDABLE, Line, Partition
from .recommend import Guidance, Kind, guide
from .typos import corrected

# The lists show so many lines each; their counts always tell the whole.
SHOWN_LINES = 500
# Lines with fields of their own, in each of the two lists that have them: Django takes a thousand fields in all.
MENDED_LINES = 200
# Of a longer paste these are asked about and compared with what is known; more would keep the person waiting.
ADVISED_ADDRESSES = 1_000
ADVISED = "advised"
# A mistyped address is not left out with these: its owner still waits for a mail.
STILL_NEED_A_MAIL = (Kind.RESEND, Kind.CORRECT)

Advice = Mapping[str, Guidance]


@dataclass(frozen=True)
class Row:
    """A line of a list. With a `text` it has a field in which it is mended; `meant` is its likely correction.

    What is advised about an address stands in full beside the line that is `in_doubt`, and folded at its others.
    """

    line: Line
    place: str
    advice: Guidance | None = None
    text: str = ""
    meant: Address | None = None
    in_doubt: bool = False


@dataclass(frozen=True)
class Listing:
    """One list of the preview: some of its rows, and how many there are in all."""

    fate: str
    title: str
    count: int
    rows: list[Row]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class Preview:
    """A partition with the advice about its addresses."""

    split: Partition
    mending: Mending
    advice: Advice = field(default_factory=dict)

    @property
    def lists(self) -> list[Listing]:
        titles: dict[str | None, str] = {
            None: _("Will be sent"),
            Reason.ALREADY_VERIFIED: _("Verified already"),
            Reason.COOLDOWN: _("Sent a short time ago"),
            Reason.QUOTA_CLOCK: _("Quota used up"),
            Reason.IN_FLIGHT: _("Already in flight"),
            DUPLICATE: _("Duplicates"),
            Reason.INVALID: _("Not an address"),
        }
        return [self._listing(fate or "send", title, self.split.with_fate(fate)) for fate, title in titles.items()]

    @property
    def doubtful(self) -> Listing:
        """What would be sent although another thing is recommended."""
        return self._listing(ADVISED, _("Look twice before you send"), self._against(Kind.RESEND), MENDED_LINES)

    @property
    def needless(self) -> list[str]:
        """The places of what would be sent and needs no mail now."""
        return [place_of(line.entry) for line in self._against(*STILL_NEED_A_MAIL)]

    @property
    def overridable(self) -> bool:
        return any(line.fate in OVERRIDABLE for line in self.split.lines)

    @property
    def asking(self) -> int:
        """About how many addresses a question is open."""
        return sum(guidance.facts.asking for guidance in self.advice.values())

    @property
    def unanswered(self) -> int:
        """About how many the provider was asked in vain, for whatever reason but the address itself."""
        return sum(map(_asked_in_vain, self.advice.values()))

    @property
    def unadvised(self) -> bool:
        return len(self.split.attempts) > len(self.advice)

    def _against(self, *kinds: Kind) -> list[Line]:
        return [
            line for line in self.split.to_send if (told := self._told(line)) and told.recommendation.kind not in kinds
        ]

    def _told(self, line: Line) -> Guidance | None:
        return self.advice.get(line.address.key) if line.address else None

    def _listing(self, fate: str, title: str, lines: Collection[Line], most: int = SHOWN_LINES) -> Listing:
        rows = [
            self._row(fate, line, number <= MENDED_LINES) for number, line in enumerate(list(lines)[:most], start=1)
        ]
        return Listing(fate, title, len(lines), rows)

    def _row(self, fate: str, line: Line, has_field: bool) -> Row:
        # Of an address that stands there twice all is said at the first.
        advice, meant = None if line.fate == DUPLICATE else self._told(line), None
        if has_field and isinstance(line.entry.result, Rejected):
            meant = corrected(line.entry.result.text)
        elif has_field and advice and fate == ADVISED:
            meant = advice.recommendation.corrected
        mended = has_field and (line.fate == Reason.INVALID or meant is not None)
        text = self.mending.text_at(line.entry) if mended else ""
        return Row(line, place_of(line.entry), advice, text, meant, in_doubt=fate == ADVISED)


def look(split: Partition, text: str, *, person: User, now: datetime) -> Preview:
    """The preview of a paste. Whatever isn't known about its addresses is asked for in the background."""
    addresses = list(_addresses(split))[:ADVISED_ADDRESSES]
    ask_about(addresses, person=person, now=now)
    mending = Mending(text, (line.entry for line in split.lines))
    return Preview(split, mending, guide(addresses, now))


def _addresses(split: Partition) -> Iterable[Address]:
    return (line.address for line in split.attempts if line.address)


def _asked_in_vain(guidance: Guidance) -> bool:
    facts = guidance.facts
    question = facts.question if facts.asking else facts.asked_in_vain
    code = question.code if question else ""
    return bool(code) and not isinstance(refusal_of(code), AddressRefused)
