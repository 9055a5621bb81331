"""What is known about addresses before anybody decides to send: from the record, and from the provider's answers.

One address costs as many queries as a thousand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q

from ..models import Attempt, Lookup, LookupState, Status, Verdict
from .addresses import Address, domain_of
from .mailboxes import is_deaf
from .newest import newest, newest_answers
from .partition import Line, chunks, partition
from .paste import Entry
from .typos import corrected
from .zone import LATEST, learned_offset, moment_of

# Documented: the link must be followed within 3 days of the mail.
LINK_LIFE = timedelta(days=3)
DAY, MONTH = timedelta(hours=24), timedelta(days=30)
# Before any record.
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Facts:
    """What is known about one address at one moment.

    `held` is what the rules would do with it now. `answer` is the newest question that the provider answered, and as
    old as its `answered_at`; `question` is the newest of all, which may be open or have failed. Sends are the
    attempts that may have gone out. `provider_sent_at` is the provider's own time of its last mail, wherever that was
    asked for; while the zone of its clock is not learned, the earliest moment that this time can mean. `corrected` is
    what was probably meant by an address that looks mistyped, and `is_deaf` tells that these mails are documented not
    to arrive at its mailbox.
    """

    address: Address
    held: Line
    corrected: Address | None = None
    is_deaf: bool = False
    answer: Lookup | None = None
    question: Lookup | None = None
    last_send: Attempt | None = None
    last_refusal: Attempt | None = None
    sends_in_day: int = 0
    sends_in_month: int = 0
    provider_sent_at: datetime | None = None
    zone_is_known: bool = False

    @property
    def any_on_record(self) -> bool:
        """Whether the record holds anything about it, beside questions without an answer."""
        return bool(self.answer or self.last_send or self.last_refusal or self.held.earlier)

    @property
    def last_mail_at(self) -> datetime | None:
        """When the last mail may have gone out, ours or one that only the provider knows of."""
        ours = self.last_send.finished_at if self.last_send else None
        return max(filter(None, (ours, self.provider_sent_at)), default=None)

    @property
    def link_until(self) -> datetime | None:
        """Until when the link of the last mail works, at the least; it may lie in the past."""
        return self.last_mail_at + LINK_LIFE if self.last_mail_at else None

    def link_works(self, now: datetime) -> bool:
        return self.link_until is not None and now < self.link_until

    @property
    def asking(self) -> bool:
        """Whether a question about it is open."""
        return self.question is not None and self.question.state in (LookupState.QUEUED, LookupState.ASKING)

    @property
    def asked_in_vain(self) -> Lookup | None:
        """The newest question, if it failed and no mail went out since."""
        failed = self.question if self.question and self.question.state == LookupState.FAILED else None
        return failed if failed and not self._sent_after(failed.answered_at) else None

    @property
    def refused_last(self) -> Attempt | None:
        """The last refusal, if nothing went out since."""
        refusal = self.last_refusal
        return refusal if refusal and not self._sent_after(refusal.finished_at) else None

    @property
    def mail_is_unclear(self) -> bool:
        """Whether nobody knows if the last mail went out."""
        last = self.last_send
        if last is None or last.finished_at != self.last_mail_at:
            return False
        return last.status == Status.UNKNOWN and last.verdict in ("", Verdict.STILL_UNKNOWN)

    @property
    def is_stranger(self) -> bool:
        """Whether the provider has said that it knows nothing of the address, and nothing went out since."""
        if self.answer is None or self._sent_after(self.answer.answered_at):
            return False
        return self.answer.verified is None and not self.answer.token_sent

    def answered_since(self, attempt: Attempt) -> bool:
        """Whether the provider has said anything about the address since an attempt ended."""
        answered_at = self.answer and self.answer.answered_at
        return bool(answered_at and attempt.finished_at and answered_at > attempt.finished_at)

    def _sent_after(self, moment: datetime | None) -> bool:
        ours = self.last_send and self.last_send.finished_at
        return bool(ours and moment and ours > moment)


def facts_of(addresses: Iterable[Address], now: datetime) -> dict[str, Facts]:
    """The facts of each address by its key. Reads the record, changes nothing."""
    by_key = {address.key: address for address in addresses}
    offset = learned_offset(now)
    facts: dict[str, Facts] = {}
    for keys in chunks(list(by_key)):
        facts |= _facts([by_key[key] for key in keys], now, offset)
    return facts


def _facts(addresses: Sequence[Address], now: datetime, offset: timedelta | None) -> dict[str, Facts]:
    keys = [address.key for address in addresses]
    attempts = Attempt.objects.of_keys(keys)
    gone_out = attempts.may_have_gone_out_since(EVER).select_related("batch")
    held = partition([Entry(0, address) for address in addresses], now=now).lines
    answers = newest_answers(keys)
    questions = newest(Lookup.objects.filter(key__in=keys), "created_at")
    sends = newest(gone_out, "finished_at")
    refusals = newest(attempts.filter(status=Status.REFUSED).select_related("batch"), "finished_at")
    counts = _sends_lately(keys, now)
    return {
        address.key: Facts(
            address=address,
            held=line,
            corrected=corrected(address.email),
            is_deaf=is_deaf(domain_of(address.key)),
            answer=(answer := answers.get(address.key)),
            question=questions.get(address.key),
            last_send=sends.get(address.key),
            last_refusal=refusals.get(address.key),
            sends_in_day=counts[address.key][0],
            sends_in_month=counts[address.key][1],
            provider_sent_at=moment_of(answer.token_sent, LATEST if offset is None else offset) if answer else None,
            zone_is_known=offset is not None,
        )
        for address, line in zip(addresses, held, strict=True)
    }


def _sends_lately(keys: Sequence[str], now: datetime) -> dict[str, tuple[int, int]]:
    """How many sends each key had in the last 24 hours and in the last 30 days."""
    sends = Attempt.objects.of_keys(keys).may_have_gone_out_since(now - MONTH).order_by().values_list("key")
    in_day = Count("pk", filter=Q(finished_at__gt=now - DAY))
    found = {key: (day, month) for key, day, month in sends.annotate(day=in_day, month=Count("pk"))}
    return dict.fromkeys(keys, (0, 0)) | found
