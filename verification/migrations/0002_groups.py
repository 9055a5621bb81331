"""The three groups and what each may do.

Django makes the rows of permissions only after all migrations have run, so this migration makes those that it grants;
Django finds them afterwards and adds the rest.
"""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SUPPORT = ("send_batch", "read_history")
VIEW = ("view_batch", "view_attempt", "view_call")
GROUPS = {
    "Support": SUPPORT,
    "Lead": (*SUPPORT, "approve_batch", "stop_any_batch", "override_rules", *VIEW),
    "Auditor": ("read_history", "export_history", *VIEW),
}


def create_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for name, codenames in GROUPS.items():
        group, _created = groups.get_or_create(name=name)
        group.permissions.add(*(_permission(apps, alias, codename).pk for codename in codenames))


def _permission(apps: Apps, alias: str, codename: str) -> models.Model:
    model, name = _named(apps, codename)
    types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    content_type, _created = types.get_or_create(app_label="verification", model=model)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    permission: models.Model
    permission, _created = permissions.get_or_create(
        codename=codename, content_type=content_type, defaults={"name": name}
    )
    return permission


def _named(apps: Apps, codename: str) -> tuple[str, str]:
    """The model that a permission belongs to, and the name that Django would give the permission."""
    declared = dict(apps.get_model("verification", "Batch")._meta.permissions)
    if codename in declared:
        return "batch", declared[codename]
    model = codename.removeprefix("view_")
    return model, f"Can view {apps.get_model('verification', model)._meta.verbose_name_raw}"


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0001_record"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # Going back leaves the groups: people are in them.
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
