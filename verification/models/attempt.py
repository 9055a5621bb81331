"""An attempt: one address in a batch and what became of it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .batch import Batch, new_salt
from .words import FINAL, IN_FLIGHT, MAY_HAVE_GONE_OUT, Reason, Status, Verdict


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def in_flight(self) -> "AttemptQuerySet":
        """Released attempts whose outcome is still open; those that wait for approval hold nobody back."""
        return self.filter(status__in=IN_FLIGHT, released=True)

    def queued(self) -> "AttemptQuerySet":
        return self.filter(status=Status.QUEUED)

    def of_keys(self, keys: Iterable[str]) -> "AttemptQuerySet":
        return self.filter(key__in=keys)

    def may_have_gone_out_since(self, moment: datetime) -> "AttemptQuerySet":
        gone_out = self.filter(status__in=MAY_HAVE_GONE_OUT, finished_at__gt=moment)
        return gone_out.exclude(status=Status.UNKNOWN, verdict=Verdict.CONFIRMED_NOT_SENT)

    def undecided(self) -> "AttemptQuerySet":
        """Unknown attempts about which asking has shown nothing yet."""
        return self.filter(status=Status.UNKNOWN, verdict__in=("", Verdict.STILL_UNKNOWN))

    def newest_first(self) -> "AttemptQuerySet":
        return self.order_by("-created_at", "-id")


class Attempt(models.Model):
    """A fact: it is never edited or deleted by a person, only carried on by the send service."""

    # Without an index of their own: the compound ones below begin with the same column.
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="attempts", db_index=False, verbose_name=_("batch"))
    position = models.PositiveIntegerField(_("place in the paste"))
    email = models.CharField(_("e-mail address"), max_length=320)
    # The address's identity: lower case, ASCII domain.
    key = models.CharField(_("key"), max_length=320)
    domain = models.CharField(_("domain"), max_length=255)
    # The batch's person and time once more, for the history filters' indexes.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("account")
    )
    created_at = models.DateTimeField(_("created"))

    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.QUEUED)
    reason = models.CharField(_("why not sent"), max_length=16, choices=Reason.choices, blank=True)
    # The provider's words about this address, or about the last call that carried it.
    code = models.CharField(_("code"), max_length=100, blank=True)
    message = models.TextField(_("message"), blank=True)
    request_id = models.CharField(_("request id"), max_length=100, blank=True)
    last_call = models.ForeignKey(
        "Call", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("last call")
    )
    calls_made = models.PositiveIntegerField(_("calls"), default=0)
    # The largest group it may travel in; halved whenever its group was refused for one address's sake.
    group_limit = models.PositiveIntegerField(_("largest group"), default=1_000)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # False while its batch waits for approval.
    released = models.BooleanField(_("released"), default=True)
    # The trail holds H(salt, texts) of the address and of the message: erased together, they leave it whole.
    salt = models.CharField(_("salt"), max_length=32, blank=True, default=new_salt)
    address_commitment = models.CharField(_("commitment to the address"), max_length=64, blank=True)
    message_commitment = models.CharField(_("commitment to the message"), max_length=64, blank=True)
    # HMAC of the key: answers whether an address was ever asked for, without showing others. Erased with the address.
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    # The attempt, of this or another batch, for whose sake nothing was sent: it says who sends or sent instead.
    held_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("held back by")
    )
    # The earlier attempt that this one was made to repair.
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="resends", verbose_name=_("sent again for")
    )

    # What asking has shown about an `unknown` attempt, and the lookup that is the evidence.
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict.choices, blank=True)
    verdict_at = models.DateTimeField(_("verdict reached"), null=True, blank=True)
    verdict_lookup = models.ForeignKey(
        "Lookup", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("evidence of the verdict")
    )
    # When to ask next, while nothing is decided.
    ask_at = models.DateTimeField(_("next question"), null=True, blank=True)
    times_asked = models.PositiveSmallIntegerField(_("times asked"), default=0)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="attempt_status_word"),
            models.CheckConstraint(condition=Q(reason__in=["", *Reason.values]), name="attempt_reason_word"),
            models.CheckConstraint(
                condition=Q(status__in=FINAL, finished_at__isnull=False)
                | Q(status__in=IN_FLIGHT, finished_at__isnull=True),
                name="attempt_final_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.NOT_SENT) & ~Q(reason="") | ~Q(status=Status.NOT_SENT) & Q(reason=""),
                name="attempt_not_sent_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.SENDING) | Q(last_call__isnull=False),
                name="attempt_sending_in_call",
            ),
            models.UniqueConstraint(
                fields=["key"], condition=Q(status__in=IN_FLIGHT, released=True), name="attempt_one_in_flight"
            ),
            models.UniqueConstraint(fields=["batch", "key"], condition=~Q(key=""), name="attempt_once_per_batch"),
            models.CheckConstraint(
                condition=Q(key__gt="", email__gt="", salt__gt="") | Q(erased_at__isnull=False),
                name="attempt_address_unless_erased",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(status__in=FINAL), name="attempt_erased_is_final"
            ),
            models.CheckConstraint(condition=Q(verdict__in=["", *Verdict.values]), name="attempt_verdict_word"),
            models.CheckConstraint(
                condition=Q(verdict="") | Q(verdict_at__isnull=False), name="attempt_verdict_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="attempt_newest"),
            # The classes let PostgreSQL find what begins alike in any locale; SQLite takes no notice of them.
            models.Index(
                fields=["key", "-created_at", "-id"],
                name="attempt_by_key",
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
            ),
            models.Index(fields=["domain", "-created_at", "-id"], name="attempt_by_domain"),
            models.Index(fields=["status", "-created_at", "-id"], name="attempt_by_status"),
            models.Index(fields=["code", "-created_at", "-id"], name="attempt_by_code"),
            models.Index(fields=["requested_by", "-created_at", "-id"], name="attempt_by_person"),
            models.Index(fields=["batch", "status", "position"], name="attempt_of_batch"),
            models.Index(fields=["last_call"], name="attempt_in_call", condition=Q(status=Status.SENDING)),
            models.Index(fields=["fingerprint"], name="attempt_by_print", condition=~Q(fingerprint="")),
            models.Index(fields=["ask_at"], name="attempt_to_ask", condition=Q(ask_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"
