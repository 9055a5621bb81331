"""Permissions by names that people read: the database holds them in English."""

from django.contrib.auth.models import Permission
from django.forms import ModelMultipleChoiceField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# What Django permits for every table.
_OF_ANY_TABLE = {
    "add": _("Can add %(what)s"),
    "change": _("Can change %(what)s"),
    "delete": _("Can delete %(what)s"),
    "view": _("Can view %(what)s"),
}


class PermissionChoice(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Takes the place of Django's field for a person's or group's permissions."""

    def label_from_instance(self, obj: Permission) -> str:
        return f"{obj.content_type} | {_name(obj)}"


def _name(permission: Permission) -> str:
    act, _dash, table = permission.codename.partition("_")
    if table == permission.content_type.model and act in _OF_ANY_TABLE:
        return _OF_ANY_TABLE[act] % {"what": permission.content_type.name}
    return gettext(permission.name)
