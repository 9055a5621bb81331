"""The Django admin: the record to look at, and one act, resending to selected attempts."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import people, record

__all__ = ["people", "record"]

admin.site.site_header = admin.site.site_title = _("Resend Desk")
admin.site.index_title = _("Record and people")
