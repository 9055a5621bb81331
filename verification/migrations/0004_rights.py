"""The rights that come with the trail, for the groups that are there.

Django makes the rows of permissions only after all migrations have run, so this migration makes those that it grants.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEES = ("batch.see_addresses",)
TRAIL = ("event.read_trail", "event.export_evidence")
RIGHTS = {
    "Support": SEES,
    "Lead": (*SEES, *TRAIL),
    # An Auditor sees addresses masked, and one at a time in full.
    "Auditor": ("batch.reveal_address", *TRAIL),
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name__in=RIGHTS):
        for right in RIGHTS[group.name]:
            model, codename = right.split(".")
            content_type, _ = types.get_or_create(app_label="verification", model=model)
            name = dict(apps.get_model("verification", model)._meta.permissions)[codename]
            permission, _ = permissions.get_or_create(
                codename=codename, content_type=content_type, defaults={"name": name}
            )
            group.permissions.add(permission.pk)


class Migration(migrations.Migration):
    dependencies = [("verification", "0003_ledger")]

    # Going back leaves the rights; they grant nothing there.
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
