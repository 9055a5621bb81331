"""The audit trail: one event for each act, chained so that no later change goes unseen."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from .batch import Batch
from .call import Call


class EventName(models.TextChoices):
    """What can happen, as `subject:verb`. A name is never given a second meaning."""

    BATCH_OPENED = "batch:opened", _("batch opened")
    # A batch that was on record before there was a trail, as it stood when the trail began.
    BATCH_ADOPTED = "batch:adopted", _("earlier batch taken into the trail")
    BATCH_APPROVED = "batch:approved", _("batch approved")
    BATCH_REJECTED = "batch:rejected", _("batch rejected")
    BATCH_PAUSED = "batch:paused", _("batch paused")
    BATCH_STOPPED = "batch:stopped", _("batch stopped")
    BATCH_RESUMED = "batch:resumed", _("batch resumed")
    RULES_OVERRIDDEN = "rules:overridden", _("rules overridden")
    CALL_SETTLED = "call:settled", _("call settled")
    CALL_LAPSED = "call:lapsed", _("call lapsed")
    ATTEMPTS_JUDGED = "attempts:judged", _("verdict on unknown outcomes")
    # A lookup that had no verdict to give; of one that had, the verdict's event tells.
    LOOKUP_ENDED = "lookup:ended", _("lookup ended")
    # Lookups that had ended when there was no event for that yet, as they stood when there was.
    LOOKUPS_ADOPTED = "lookups:adopted", _("earlier lookups taken into the trail")
    PERSON_SIGNED_IN = "person:signed_in", _("signed in")
    PERSON_SIGNED_OUT = "person:signed_out", _("signed out")
    SIGN_IN_FAILED = "sign_in:failed", _("failed to sign in")
    ACCESS_REFUSED = "access:refused", _("refused for want of a right")
    RIGHTS_CHANGED = "rights:changed", _("rights changed")
    ADDRESS_REVEALED = "address:revealed", _("address revealed")
    HISTORY_EXPORTED = "history:exported", _("history exported")
    EVIDENCE_EXPORTED = "evidence:exported", _("evidence exported")
    LEDGER_VERIFIED = "ledger:verified", _("trail checked")
    ADDRESS_ERASED = "address:erased", _("address erased")
    HISTORY_PRUNED = "history:pruned", _("history pruned")
    KEY_CHANGED = "key:changed", _("key of the checkpoints changed")


class Event(models.Model):
    """One line of the trail. Its hash covers the hash of the line before, so the lines can't be changed unseen."""

    # Without a gap, from 1 on: the place in the chain.
    sequence = models.BigIntegerField(_("number"), primary_key=True)
    name = models.CharField(_("event"), max_length=24, choices=EventName.choices)
    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("account"),
    )
    # Kept as text too: `shell:mei` for a command, `worker:…` for a worker.
    actor_name = models.CharField(_("who"), max_length=170)
    source_address = models.GenericIPAddressField(_("from"), null=True, blank=True)
    # Shared by all lines of one act.
    act = models.UUIDField(_("act"))
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="events", db_index=False, verbose_name=_("batch")
    )
    # The call that `details` names, once more as a reference.
    call = models.ForeignKey(Call, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("call"))
    # Ids, counts and digests; never an address or free text.
    details = models.JSONField(_("details"))
    payload_hash = models.CharField(_("hash of the content"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        ordering = ("-sequence",)
        verbose_name = _("event")
        verbose_name_plural = _("events")
        permissions = [
            ("read_trail", gettext_noop("Can read the audit trail")),
            ("export_evidence", gettext_noop("Can export evidence")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(name__in=EventName.values), name="event_name_word"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="event_numbered_from_one"),
        ]
        indexes = [
            models.Index(fields=["at", "sequence"], name="event_by_time"),
            models.Index(fields=["name", "-sequence"], name="event_by_name"),
            models.Index(fields=["actor_name", "-sequence"], name="event_by_actor"),
            models.Index(fields=["batch", "-sequence"], name="event_by_batch", condition=Q(batch__isnull=False)),
            models.Index(fields=["act"], name="event_by_act"),
            models.Index(fields=["source_address", "-sequence"], name="event_by_source"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.name}"


class Head(models.Model):
    """The single row that holds the end of the chain. Taken last in a transaction, and only by the ledger."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("end of the chain")
        verbose_name_plural = _("end of the chain")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="head_single_row")]

    def __str__(self) -> str:
        return str(self.sequence)


class Checkpoint(models.Model):
    """A signed, numbered statement of the head and its counts; the files of CHECKPOINT_DIR hold the same."""

    number = models.BigIntegerField(_("number"), primary_key=True)
    made_at = models.DateTimeField(_("time"))
    made_by = models.CharField(_("who"), max_length=170)
    sequence = models.BigIntegerField(_("last event"))
    # The whole file, byte for byte.
    document = models.TextField(_("document"))

    class Meta:
        ordering = ("-number",)
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")

    def __str__(self) -> str:
        return str(self.number)
