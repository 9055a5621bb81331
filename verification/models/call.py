"""A call: one signed `ResendEmailVerification` request, on record before it leaves."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .attempt import Attempt
from .batch import Batch, new_salt
from .words import CallState


class CallQuerySet(models.QuerySet["Call"]):
    def expired(self, now: datetime) -> "CallQuerySet":
        """Calls whose worker can no longer be carrying them."""
        return self.filter(state=CallState.OPEN, lease_until__lt=now)


class Call(models.Model):
    """One request, the attempts it carried in wire order, and the answer."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="calls", verbose_name=_("batch"))
    # The signature's nonce: a call can be sent once only, the gateway refuses the same nonce a second time.
    nonce = models.CharField(_("nonce"), max_length=64, unique=True)
    attempts = models.ManyToManyField(Attempt, through="Ride", related_name="calls", verbose_name=_("attempts"))
    size = models.PositiveIntegerField(_("addresses"))
    worker = models.CharField(_("worker"), max_length=120)
    endpoint = models.CharField(_("endpoint"), max_length=200)
    opened_at = models.DateTimeField(_("opened"))
    lease_until = models.DateTimeField(_("lease until"))
    state = models.CharField(_("state"), max_length=8, choices=CallState.choices, default=CallState.OPEN)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    # What the answer was, in the words of the outcome table (`services.outcomes.Answer`).
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    code = models.CharField(_("code"), max_length=100, blank=True)
    message = models.TextField(_("message"), blank=True)
    # Where the provider says that its error is explained, in its own words.
    recommend = models.CharField(_("recommended page"), max_length=500, blank=True)
    request_id = models.CharField(_("request id"), max_length=100, blank=True)
    # The trail holds H(salt, message, recommend): erased together, they leave it whole.
    salt = models.CharField(_("salt"), max_length=32, blank=True, default=new_salt)
    message_commitment = models.CharField(_("commitment to the message"), max_length=64, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ("-opened_at", "-id")
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="call_state_word"),
            models.CheckConstraint(
                condition=Q(state=CallState.ANSWERED, answered_at__isnull=False)
                | ~Q(state=CallState.ANSWERED) & Q(answered_at__isnull=True),
                name="call_answered_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="call_newest"),
            models.Index(fields=["request_id"], name="call_by_request", condition=~Q(request_id="")),
            models.Index(fields=["lease_until"], name="call_open", condition=Q(state=CallState.OPEN)),
        ]

    def __str__(self) -> str:
        return self.nonce


class Ride(models.Model):
    """One attempt's place in one call. An attempt may ride in several calls (throttled, halved)."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="rides", db_index=False, verbose_name=_("call"))
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="rides", verbose_name=_("attempt"))
    position = models.PositiveSmallIntegerField(_("place in the call"))

    class Meta:
        verbose_name = _("place in a call")
        verbose_name_plural = _("places in calls")
        ordering = ("call", "position")
        constraints = [
            models.UniqueConstraint(fields=["call", "attempt"], name="ride_once"),
            models.UniqueConstraint(fields=["call", "position"], name="ride_place"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}/{self.position}"
