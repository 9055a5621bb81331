"""People and groups. A change of rights is on record; people are deactivated, never deleted."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from ..models import database_now
from ..services import doors
from ..views.access import actor_of
from .permissions import PermissionChoice

admin.site.unregister(User)
admin.site.unregister(Group)


class RightsOnRecord(admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes an event wherever Django's admin notes what it did, which is within the transaction of the change."""

    # An action deletes outside of the form's transaction.
    actions = None

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Permission:
            kwargs["form_class"] = PermissionChoice
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[arg-type]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._tell(request, obj, "added")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._tell(request, obj, "changed")
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._tell(request, obj, "deleted")
        return super().log_deletions(request, queryset)

    def _tell(self, request: HttpRequest, obj: Model, act: str) -> None:
        doors.rights_changed(actor_of(request), {"act": act} | self.rights_of(obj), database_now())

    def rights_of(self, obj: Any) -> dict[str, Any]:
        """The rights as they now stand, by ids."""
        raise NotImplementedError


@admin.register(User)
class PersonAdmin(RightsOnRecord, UserAdmin):  # type: ignore[type-arg]
    # What happened is nothing to be typed.
    readonly_fields = ("last_login", "date_joined")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # What somebody did stays theirs; an inactive person can't sign in.
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def rights_of(self, obj: Any) -> dict[str, Any]:
        return {
            "person": obj.pk,
            "groups": sorted(obj.groups.values_list("pk", flat=True)),
            "permissions": sorted(obj.user_permissions.values_list("pk", flat=True)),
            "active": obj.is_active,
            "staff": obj.is_staff,
            "superuser": obj.is_superuser,
        }


@admin.register(Group)
class RoleAdmin(RightsOnRecord, GroupAdmin):
    def rights_of(self, obj: Any) -> dict[str, Any]:
        return {
            "group": obj.pk,
            "permissions": sorted(obj.permissions.values_list("pk", flat=True)),
            "members": sorted(obj.user_set.values_list("pk", flat=True)),
        }
