"""A batch: one act of one person."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from .words import IN_FLIGHT, BatchState, Language, Source

# No vowels and no look-alikes, so that a reference can be read out over the telephone and never spells a word.
REF_LETTERS = "23456789bcdfghjkmnpqrstvwxz"


def new_ref() -> str:
    """An opaque, unguessable name for a batch (27^10 of them), short enough to paste into a ticket."""
    return "".join(secrets.choice(REF_LETTERS) for _ in range(10))


def new_salt() -> str:
    """Random, so that nobody who holds a commitment alone can try out what it was made of."""
    return secrets.token_hex(16)


class BatchQuerySet(models.QuerySet["Batch"]):
    def open(self) -> "BatchQuerySet":
        """Batches whose attempts are not all final yet."""
        return self.filter(finished_at=None)


class Batch(models.Model):
    """1..N addresses that one person asked to resend to, with the reason."""

    ref = models.CharField(_("batch"), max_length=12, unique=True, default=new_ref, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("account")
    )
    # Kept as text too: a renamed or removed account must not change who asked.
    requested_by_name = models.CharField(_("requested by"), max_length=150)
    source = models.CharField(_("came through"), max_length=8, choices=Source.choices)
    source_address = models.GenericIPAddressField(_("from"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    ticket = models.CharField(_("ticket"), max_length=64, blank=True)
    lang = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.EN)
    user_client_ip = models.GenericIPAddressField(_("client IP sent along"))
    override_reason = models.CharField(_("override"), max_length=500, blank=True)
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="resends", verbose_name=_("follows batch")
    )
    # One rendered form makes one batch, however often it is submitted.
    form_key = models.UUIDField(_("key of the form"), null=True, blank=True)
    content_digest = models.CharField(_("digest of the content"), max_length=64, blank=True)
    # The trail holds H(salt, free texts): erased together, they leave it whole.
    salt = models.CharField(_("salt"), max_length=32, blank=True, default=new_salt)
    text_commitment = models.CharField(_("commitment to the texts"), max_length=64, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    state = models.CharField(_("state"), max_length=8, choices=BatchState.choices, default=BatchState.RUNNING)
    # The other person who approved or rejected it; kept as text too.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account of the approver"),
    )
    decided_by_name = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_note = models.CharField(_("why"), max_length=500, blank=True)
    size = models.PositiveIntegerField(_("addresses"))
    pause_code = models.CharField(_("cause of the pause"), max_length=100, blank=True)
    pause_message = models.TextField(_("message of the pause"), blank=True)
    pause_request_id = models.CharField(_("request id of the pause"), max_length=100, blank=True)
    # Set while the provider can't be reached: nothing is opened before `wait_until`.
    wait_until = models.DateTimeField(_("waits until"), null=True, blank=True)
    setbacks = models.PositiveIntegerField(_("failed connections"), default=0)
    setback_since = models.DateTimeField(_("not reached since"), null=True, blank=True)
    unclear_in_row = models.PositiveIntegerField(_("unclear calls in a row"), default=0)
    last_call_at = models.DateTimeField(_("last call"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        permissions = [
            ("send_batch", gettext_noop("Can resend verification e-mails")),
            ("approve_batch", gettext_noop("Can approve batches of others")),
            ("stop_any_batch", gettext_noop("Can stop and resume batches of others")),
            ("override_rules", gettext_noop("Can override cooldown and quota clock with a reason")),
            ("read_history", gettext_noop("Can read the whole history")),
            ("export_history", gettext_noop("Can export the history")),
            ("see_addresses", gettext_noop("Can see addresses in full")),
            ("reveal_address", gettext_noop("Can reveal masked addresses, one at a time")),
            ("export_addresses", gettext_noop("Can export addresses in full")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_word"),
            models.CheckConstraint(condition=Q(lang__in=Language.values), name="batch_lang_word"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="batch_source_word"),
            models.CheckConstraint(
                condition=~Q(state=BatchState.FINISHED) | Q(finished_at__isnull=False),
                name="batch_finished_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=BatchState.PAUSED) | ~Q(pause_code=""), name="batch_pause_has_cause"
            ),
            models.CheckConstraint(
                condition=Q(reason__gt="") | Q(erased_at__isnull=False), name="batch_reason_unless_erased"
            ),
            models.UniqueConstraint(fields=["requested_by", "form_key"], name="batch_one_per_form"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="batch_newest"),
            models.Index(fields=["requested_by", "-created_at"], name="batch_by_person"),
            models.Index(fields=["ticket"], name="batch_by_ticket", condition=~Q(ticket="")),
            models.Index(fields=["last_call_at"], name="batch_open", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def in_flight(self) -> int:
        """How many of its attempts are queued or sending."""
        return self.attempts.filter(status__in=IN_FLIGHT).count()
