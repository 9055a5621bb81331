"""The state of the house: the workers that are alive, the common pace, and the last check of the setup."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

# A worker writes its pulse every 5 seconds; three missed ones and it counts as gone.
PULSE_SECONDS = 5
ALIVE_WITHIN = timedelta(seconds=3 * PULSE_SECONDS)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self, now: datetime) -> "WorkerQuerySet":
        return self.filter(stopped_at=None, seen_at__gte=now - ALIVE_WITHIN)


class Worker(models.Model):
    """One worker process and the last time it gave a sign of life."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last seen"))
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ("-seen_at",)
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        indexes = [models.Index(fields=["-seen_at"], name="worker_seen")]

    def __str__(self) -> str:
        return self.name


class PaceQuerySet(models.QuerySet["Pace"]):
    def held(self, now: datetime) -> "PaceQuerySet":
        return self.filter(hold_until__gt=now)


class Pace(models.Model):
    """The single row that all workers share: when the next call may go, and the rate learned from throttling."""

    next_at = models.DateTimeField(null=True, blank=True)
    # Calls a second; None while no throttling was met and there is no ceiling.
    rate = models.FloatField(null=True, blank=True)
    # The provider asked us to wait: nothing goes out before.
    hold_until = models.DateTimeField(null=True, blank=True)
    throttled_at = models.DateTimeField(null=True, blank=True)
    grown_at = models.DateTimeField(null=True, blank=True)
    throttles_in_row = models.PositiveIntegerField(default=0)

    objects = PaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("pace")
        verbose_name_plural = _("pace")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="pace_single_row")]

    def __str__(self) -> str:
        return f"{self.rate} calls a second"


class SetupCheck(models.Model):
    """One check of endpoint, clock, key and permission, made by a worker at a person's request."""

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    created_at = models.DateTimeField(_("created"))
    claimed_at = models.DateTimeField(_("taken up"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    endpoint = models.CharField(_("endpoint"), max_length=200, blank=True)
    # What came back, in the words of the outcome table; `lists` means that the question was answered.
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    code = models.CharField(_("code"), max_length=100, blank=True)
    message = models.TextField(_("message"), blank=True)
    request_id = models.CharField(_("request id"), max_length=100, blank=True)
    # Our clock minus the provider's, in seconds.
    skew_seconds = models.FloatField(_("difference of the clocks in seconds"), null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("setup check")
        verbose_name_plural = _("setup checks")

    def __str__(self) -> str:
        return str(self.pk)
