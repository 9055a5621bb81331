"""The record's tables: attempts, calls and batches, and beside them lookups, checks of the setup and workers."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..history.filters import address_is, batch_is, ticket_is
from ..models import Attempt, Batch, Call, Lookup, Ride, SetupCheck, Status, Worker
from ..services.addresses import key_of
from ..services.outcomes import Answer
from ..views.access import sees_addresses
from .readonly import InFullAdmin, ReadOnlyAdmin
from .resend import resend


class RideInline(admin.TabularInline):  # type: ignore[type-arg]
    """Which attempts a call carried, or which calls carried an attempt."""

    model = Ride
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_addresses(request) and request.user.has_perm("verification.view_call")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CallsOfAttempt(RideInline):
    fields = ("call", "position", "outcome")
    readonly_fields = ("outcome",)
    verbose_name_plural = _("calls that carried it")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ride]:
        return super().get_queryset(request).select_related("call").order_by("-call")

    @admin.display(description=_("outcome"))
    def outcome(self, ride: Ride) -> str:
        word = Answer(ride.call.outcome).label if ride.call.outcome else ""
        return f"{word} {ride.call.code}".strip()


class AttemptsOfCall(RideInline):
    fields = ("position", "attempt", "email", "status")
    readonly_fields = ("email", "status")
    verbose_name_plural = _("attempts that it carried")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ride]:
        return super().get_queryset(request).select_related("attempt").order_by("position")

    @admin.display(description=_("e-mail address"))
    def email(self, ride: Ride) -> str:
        return ride.attempt.email

    @admin.display(description=_("status"))
    def status(self, ride: Ride) -> str:
        return str(Status(ride.attempt.status).label)


@admin.register(Attempt)
class AttemptAdmin(InFullAdmin):
    actions = (resend,)
    inlines = (CallsOfAttempt,)
    list_display = ("created_at", "who", "email", "status", "code", "batch")
    # Batches are loaded after the page: a join would be made for every row that has to be sorted for it.
    list_select_related = ()
    list_filter = ("status", "created_at", "requested_by")
    search_fields = ("key",)
    search_help_text = _("A whole address, batch, request id or ticket.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        return super().get_queryset(request).prefetch_related("batch")

    @admin.display(description=_("requested by"))
    def who(self, attempt: Attempt) -> str:
        return attempt.batch.requested_by_name

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("verification.send_batch")

    def found_by(self, term: str) -> Q:
        if "@" in term:
            return address_is(term)
        if Batch.objects.filter(ref=term).exists():
            return batch_is(term)
        # With the numbers in hand the database can't choose to walk the whole table for them.
        carried = Ride.objects.filter(call__in=_calls_with(term)).values_list("attempt", flat=True)
        return Q(pk__in=list(carried)) if carried else ticket_is(term)


@admin.register(Call)
class CallAdmin(InFullAdmin):
    inlines = (AttemptsOfCall,)
    list_display = ("opened_at", "batch", "size", "state", "outcome", "code", "request_id", "worker")
    list_select_related = ("batch",)
    list_filter = ("opened_at",)
    search_fields = ("request_id",)
    search_help_text = _("A whole request id or batch.")

    def found_by(self, term: str) -> Q:
        batch = Batch.objects.filter(ref=term).first()
        return Q(batch=batch) if batch else Q(pk__in=_calls_with(term))


@admin.register(Batch)
class BatchAdmin(InFullAdmin):
    list_display = ("created_at", "requested_by_name", "ref", "size", "state", "ticket", "reason")
    list_filter = ("created_at", "requested_by")
    readonly_fields = ("its_attempts",)
    search_fields = ("ref",)
    search_help_text = _("A whole batch or ticket.")

    @admin.display(description=_("attempts"))
    def its_attempts(self, batch: Batch) -> SafeString:
        url = f"{reverse('admin:verification_attempt_changelist')}?{urlencode({'q': batch.ref})}"
        return format_html('<a href="{}">{}</a>', url, batch.size)

    def found_by(self, term: str) -> Q:
        return Q(ref=term) | Q(ticket=term) & ~Q(ticket="")


@admin.register(Lookup)
class LookupAdmin(InFullAdmin):
    list_display = ("created_at", "requested_by", "email", "state", "verified", "code")
    list_select_related = ("requested_by",)
    ordering = ("-pk",)
    search_fields = ("key",)
    search_help_text = _("A whole address.")

    def found_by(self, term: str) -> Q:
        return Q(key=key_of(term))


@admin.register(SetupCheck)
class SetupCheckAdmin(InFullAdmin):
    list_display = ("created_at", "requested_by", "outcome", "code", "request_id")
    list_select_related = ("requested_by",)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("name", "started_at", "seen_at", "stopped_at")


def _calls_with(request_id: str) -> list[int]:
    # SQLite takes the partial index only for a query that repeats its condition.
    return list(Call.objects.filter(request_id=request_id).exclude(request_id="").values_list("pk", flat=True))
