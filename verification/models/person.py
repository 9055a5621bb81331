"""What a person has chosen for themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Preference(models.Model):
    """One person's choices; they follow the person from machine to machine."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preference", verbose_name=_("person")
    )
    # A code of `settings.LANGUAGES`, or nothing: the browser decides.
    language = models.CharField(_("language"), max_length=16, blank=True)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.person_id)
