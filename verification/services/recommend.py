"""Should I resend? One recommendation for each address, with its reason.

The rules stand in the order of `RULES`; the first that applies speaks, and where none does, resending is right. The
recommendation decides nothing: what may be sent is the partition's to say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ..aliyun.errors import AddressRefused, refusal_of
from ..models import Reason
from .addresses import Address
from .facts import Facts, facts_of
from .partition import QUOTA_CODE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Kind(TextChoices):
    """All that is ever recommended."""

    RESEND = "resend", _("Resend")
    # Until a moment, or until something else is known: the reason says what.
    WAIT = "wait", _("Wait")
    VERIFIED = "verified", _("Already verified: nothing to do")
    # To a likely address, or together with the customer.
    CORRECT = "correct", _("Correct the address")
    # The end is a guess: the provider publishes no period.
    QUOTA = "quota", _("Quota used up: wait")
    SPAM = "spam", _("Ask the customer to look in spam")
    OTHER_MAILBOX = "other_mailbox", _("Use another mailbox")


@dataclass(frozen=True)
class Recommendation:
    """What to do about one address, and why, in a whole sentence.

    `until` is the moment that it speaks of: the end of a wait, of the quota clock, or of a link's life.
    """

    kind: Kind
    reason: "StrOrPromise"
    until: datetime | None = None
    corrected: Address | None = None


@dataclass(frozen=True)
class Guidance:
    """What a page shows about one address: the recommendation first, and the facts it rests on, as they were `at`."""

    facts: Facts
    recommendation: Recommendation
    at: datetime

    @property
    def link_works(self) -> bool:
        return self.facts.link_works(self.at)


def guide(addresses: Iterable[Address], now: datetime) -> dict[str, Guidance]:
    """The recommendation for each address with its facts, by the address's key. Reads the record, changes nothing."""
    return {key: Guidance(facts, recommend(facts, now), now) for key, facts in facts_of(addresses, now).items()}


def recommend(facts: Facts, now: datetime) -> Recommendation:
    """The one recommendation for what is known at `now`."""
    return next(filter(None, (rule(facts, now) for rule in RULES)), None) or _resend(facts)


def _verified(facts: Facts, now: datetime) -> Recommendation | None:
    if not (facts.answer and facts.answer.verified):
        return None
    return Recommendation(Kind.VERIFIED, _("The provider says that the owner has followed a link."))


def _mistyped(facts: Facts, now: datetime) -> Recommendation | None:
    if facts.corrected is None:
        return None
    reason = _("It looks mistyped. Compare it with the customer before you send to the corrected one.")
    return Recommendation(Kind.CORRECT, reason, corrected=facts.corrected)


def _deaf_mailbox(facts: Facts, now: datetime) -> Recommendation | None:
    if not facts.is_deaf:
        return None
    reason = _("QQ mail is documented not to receive these mails. Ask the customer for an address elsewhere.")
    return Recommendation(Kind.OTHER_MAILBOX, reason)


def _in_flight(facts: Facts, now: datetime) -> Recommendation | None:
    if facts.held.fate != Reason.IN_FLIGHT:
        return None
    return Recommendation(Kind.WAIT, _("It is just being sent. Look at the outcome first."))


def _out_of_quota(facts: Facts, now: datetime) -> Recommendation | None:
    if facts.held.fate != Reason.QUOTA_CLOCK:
        return None
    reason = _("The provider takes no more mails to this address for a while. Ask the customer for the earlier ones.")
    return Recommendation(Kind.QUOTA, reason, facts.held.until)


def _just_sent(facts: Facts, now: datetime) -> Recommendation | None:
    if facts.held.fate != Reason.COOLDOWN:
        return None
    return Recommendation(
        Kind.WAIT, _("A mail may still be on its way: the last send is minutes old."), facts.held.until
    )


def _link_works(facts: Facts, now: datetime) -> Recommendation | None:
    if not facts.link_works(now):
        return None
    if facts.mail_is_unclear:
        reason = _(
            "The last mail may have gone out, and then its link still works. Ask the provider before you resend."
        )
    else:
        reason = _("The link in the last mail still works. Another mail would use up the address's quota.")
    return Recommendation(Kind.SPAM, reason, facts.link_until)


def _not_taken(facts: Facts, now: datetime) -> Recommendation | None:
    codes = (facts.refused_last and facts.refused_last.code, facts.asked_in_vain and facts.asked_in_vain.code)
    if not any(code and isinstance(refusal_of(code), AddressRefused) for code in codes):
        return None
    reason = _("The provider does not take it for a valid address. Compare it with the customer letter by letter.")
    return Recommendation(Kind.CORRECT, reason)


def _not_known(facts: Facts, now: datetime) -> Recommendation | None:
    if not facts.is_stranger:
        return None
    reason = _("The provider has no record of it: it may be mistyped, or was never submitted there.")
    return Recommendation(Kind.CORRECT, reason)


def _refused(facts: Facts, now: datetime) -> Recommendation | None:
    refused = facts.refused_last
    if refused is None or refused.code == QUOTA_CODE or facts.answered_since(refused):
        return None
    reason = _("The provider refused the last try. Read its words and ask it about the address before you try again.")
    return Recommendation(Kind.WAIT, reason)


RULES: tuple[Callable[[Facts, datetime], Recommendation | None], ...] = (
    # Nothing is left to do, whatever else is known.
    _verified,
    # Neither waiting nor resending helps where the mail goes to a stranger, or to a mailbox that doesn't take it.
    _mistyped,
    _deaf_mailbox,
    # What the partition holds back; it has its own order among these three.
    _in_flight,
    _out_of_quota,
    _just_sent,
    # A mail that was taken proves the address to be one, so it comes before older and newer refusals.
    _link_works,
    _not_taken,
    _not_known,
    _refused,
)


def _resend(facts: Facts) -> Recommendation:
    if facts.refused_last and facts.refused_last.code == QUOTA_CODE:
        return Recommendation(Kind.RESEND, _("The provider's quota for it should be free again."))
    if facts.refused_last:
        return Recommendation(Kind.RESEND, _("The last try was refused; the provider has been asked about it since."))
    if facts.last_mail_at:
        return Recommendation(Kind.RESEND, _("The link in the last mail has run out."))
    return Recommendation(Kind.RESEND, _("No mail to it is on record."))
