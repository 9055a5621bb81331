"""A lookup: one question to the provider about one address. It never sends anything."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .call import Call
from .words import LookupState


class LookupQuerySet(models.QuerySet["Lookup"]):
    def open(self) -> "LookupQuerySet":
        """Questions that have no answer yet."""
        return self.filter(state__in=(LookupState.QUEUED, LookupState.ASKING))

    def due(self, now: datetime) -> "LookupQuerySet":
        """Questions to be asked now: waiting ones, and those whose asker died."""
        waiting = Q(state=LookupState.QUEUED, due_at__lte=now)
        orphaned = Q(state=LookupState.ASKING, lease_until__lt=now)
        return self.filter(waiting | orphaned).order_by("due_at", "pk")


class Lookup(models.Model):
    """One `QueryEmailVerification`: who wanted to know, and what the provider answered."""

    email = models.CharField(_("e-mail address"), max_length=320)
    key = models.CharField(_("key"), max_length=320)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    state = models.CharField(_("state"), max_length=8, choices=LookupState.choices, default=LookupState.QUEUED)
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"))
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    # The provider's answer; its times as it wrote them, for their zone is not documented.
    verified = models.BooleanField(_("verified"), null=True)
    token_sent = models.CharField(_("last mail sent, by the provider's clock"), max_length=40, blank=True)
    verified_time = models.CharField(_("verified, by the provider's clock"), max_length=40, blank=True)
    code = models.CharField(_("code"), max_length=100, blank=True)
    message = models.TextField(_("message"), blank=True)
    request_id = models.CharField(_("request id"), max_length=100, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = LookupQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("lookup")
        verbose_name_plural = _("lookups")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LookupState.values), name="lookup_state_word"),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(state__in=(LookupState.QUEUED, LookupState.ASKING)),
                name="lookup_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["key", "-created_at"], name="lookup_by_key"),
            models.Index(
                fields=["due_at"],
                name="lookup_open",
                condition=Q(state__in=(LookupState.QUEUED, LookupState.ASKING)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ZoneEvidence(models.Model):
    """One observation of the provider's clock: its time of our own accepted send against ours."""

    lookup = models.OneToOneField(Lookup, models.PROTECT, related_name="zone_evidence")
    call = models.ForeignKey(Call, models.PROTECT, related_name="+")
    # The provider's zone as this lookup shows it, east of UTC, a multiple of 15.
    offset_minutes = models.SmallIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("evidence of the provider's zone")
        verbose_name_plural = _("evidence of the provider's zone")

    def __str__(self) -> str:
        return str(self.offset_minutes)
