"""The words of the record: what a batch, an attempt, a call or a lookup can be, and what each word does not promise."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """What became of one address in one batch."""

    # Recorded. Not: sent, or on its way.
    QUEUED = "queued", _("queued")
    # In a call whose record is committed and whose outcome is not recorded yet. Not: sent.
    SENDING = "sending", _("sending")
    # In the provider's SuccessList: the provider took it. Not: delivered, read or verified.
    ACCEPTED = "accepted", _("accepted")
    # The provider said no to this address. Not: that the address doesn't exist.
    REFUSED = "refused", _("refused")
    # Nothing left the house and nothing will; `Reason` says why. Not: that no earlier mail went out.
    NOT_SENT = "not_sent", _("not sent")
    # It may have gone out. Not: failed.
    UNKNOWN = "unknown", _("unknown")


IN_FLIGHT = (Status.QUEUED, Status.SENDING)
FINAL = (Status.ACCEPTED, Status.REFUSED, Status.NOT_SENT, Status.UNKNOWN)
# What may have reached the mailbox, and so starts a cooldown.
MAY_HAVE_GONE_OUT = (Status.ACCEPTED, Status.UNKNOWN)


class Reason(TextChoices):
    """Why an attempt is `not_sent`."""

    INVALID = "invalid", _("not a valid address")
    COOLDOWN = "cooldown", _("sent a short time ago")
    IN_FLIGHT = "in_flight", _("already in flight elsewhere")
    QUOTA_CLOCK = "quota_clock", _("the provider's quota for this address is used up")
    ALREADY_VERIFIED = "already_verified", _("already verified")
    REJECTED = "rejected", _("rejected by the approver")
    CANCELLED = "cancelled", _("stopped before it was sent")
    # The answer came after the lease had run out, and it said that nothing was executed.
    NOT_EXECUTED = "not_executed", _("the provider did not execute it")


class BatchState(TextChoices):
    """Whether the workers may open calls for a batch."""

    # Too large for one person alone: another one has to approve it.
    WAITING = "waiting", _("waiting for approval")
    RUNNING = "running", _("running")
    # Waits for a person: `pause_code` says for what. Its queued attempts stay queued.
    PAUSED = "paused", _("paused")
    # A person stopped or rejected it: queued attempts are cancelled, calls in hand still settle.
    STOPPED = "stopped", _("stopped")
    FINISHED = "finished", _("finished")


class Source(TextChoices):
    """The door through which a batch came."""

    PAGE = "page", _("page")
    ADMIN = "admin", _("admin")
    SHELL = "shell", _("shell")


class CallState(TextChoices):
    """What we know of one request to the Domain API."""

    # Committed before it leaves; the answer isn't recorded.
    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    # The lease ran out without an answer. A late answer may still make it `answered`.
    LAPSED = "lapsed", _("lapsed")


class LookupState(TextChoices):
    """How far a question about one address has come."""

    QUEUED = "queued", _("queued")
    ASKING = "asking", _("asking")
    ANSWERED = "answered", _("answered")
    FAILED = "failed", _("failed")


class Verdict(TextChoices):
    """What asking the provider has shown about an `unknown` attempt. Kept beside the status, never over it."""

    # The provider's last send falls into this call's time, and no other call of ours explains it.
    CONFIRMED_SENT = "confirmed_sent", _("confirmed sent")
    # The provider's last send is older than the call. The cooldown no longer counts this attempt.
    CONFIRMED_NOT_SENT = "confirmed_not_sent", _("confirmed not sent")
    # The owner followed a link: a mail reached them, this one or an earlier one.
    ALREADY_VERIFIED = "already_verified", _("already verified")
    # Asked as often as is sensible; nothing decided it.
    STILL_UNKNOWN = "still_unknown", _("still unknown")


class Language(TextChoices):
    """The language in which the provider words its answer (parameter `Lang`)."""

    EN = "en", "English"
    ZH = "zh", "中文"


class OwnCode(TextChoices):
    """Codes of our own, where the provider gave none. All other codes in the record are the provider's."""

    NO_ANSWER = "NoAnswer", _("no whole answer came back")
    UNREADABLE = "UnreadableAnswer", _("the answer could not be read")
    NOT_LISTED = "NotListed", _("the answer does not mention this address")
    BOTH_LISTS = "BothLists", _("the answer lists this address as sent and as failed")
    WORKER_LOST = "WorkerLost", _("the worker was lost before it recorded an answer")
    NO_CONNECTION = "NoConnection", _("the provider could not be reached")
    WITHHELD = "Withheld", _("too little time was left, so nothing was sent")
    # Why a batch pauses, never the code of one attempt.
    THREE_UNCLEAR = "ThreeUnclear", _("three calls in a row without a clear answer")
