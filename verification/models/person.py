"""What a person has chosen for themselves."""

from django.conf import settings
from django.db import models


class Preference(models.Model):
    """One person's choices; they follow the person from machine to machine."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preference")
    # A code of `settings.LANGUAGES`, or nothing: the browser decides.
    language = models.CharField(max_length=16, blank=True)

    def __str__(self) -> str:
        return str(self.person_id)
