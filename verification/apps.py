from typing import Any

from django.apps import AppConfig
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class VerificationConfig(AppConfig):
    name = "verification"
    verbose_name = _("Resend Desk")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers them)

        pre_migrate.connect(self._take_guards_away, sender=self)
        post_migrate.connect(self._put_guards_up, sender=self)

    def _take_guards_away(self, *, using: str, plan: list[tuple[Any, bool]], **kwargs: Any) -> None:
        from . import guards

        if any(migration.app_label == self.label for migration, _ in plan):
            guards.remove(connections[using])

    def _put_guards_up(self, *, using: str, apps: Apps = present_apps, **kwargs: Any) -> None:
        from . import guards

        if guards.fit(apps):
            guards.install(connections[using])
