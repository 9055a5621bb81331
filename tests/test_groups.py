"""The groups of an empty database, right after the migrations: what their members may do, and what not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
SUPPORT = {"send_batch", "read_history", "see_addresses"}
TRAIL = {"read_trail", "export_evidence"}
VIEW = {"view_batch", "view_attempt", "view_call"}
MAY = {
    "Support": SUPPORT,
    "Lead": SUPPORT | TRAIL | VIEW | {"approve_batch", "stop_any_batch", "override_rules"},
    "Auditor": VIEW | TRAIL | {"read_history", "export_history", "reveal_address"},
}
ALL = set().union(*MAY.values())

# Signs in as a member of each group, and as nobody in particular, and reports what the database lets them do.
SIGN_IN = """
import json, django
django.setup()
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

def told(role):
    user = User.objects.create_user(role or "nobody", password="a long enough one")
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    signed_in = client.login(username=user.username, password="a long enough one")
    found = User.objects.get(pk=client.session["_auth_user_id"])
    return {"signed_in": signed_in, "may": sorted(found.get_all_permissions()), "staff": found.is_staff}

report = {role: told(role) for role in ["", *Group.objects.values_list("name", flat=True)]}
ours = Permission.objects.filter(content_type__app_label="verification")
report["names"] = dict(ours.values_list("codename", "name"))
report["count"] = ours.count()
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database without a single table."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('empty') / 'desk.sqlite3'}"
        return
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def python(database: str, *arguments: str) -> str:
    environment = os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def report(empty_database: str) -> dict[str, Any]:
    python(empty_database, "manage.py", "migrate", "--verbosity=0")
    told: dict[str, Any] = json.loads(python(empty_database, "-c", SIGN_IN).splitlines()[-1])
    return told


def test_there_are_exactly_three_groups(report: dict[str, Any]) -> None:
    assert set(report) - {"", "names", "count"} == set(MAY)


@pytest.mark.parametrize("role", MAY)
def test_a_member_signs_in_and_may_do_exactly_what_the_role_says(role: str, report: dict[str, Any]) -> None:
    told = report[role]

    assert told["signed_in"]
    assert set(told["may"]) == {f"verification.{codename}" for codename in MAY[role]}


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        ("send_batch", {"Support", "Lead"}),
        ("approve_batch", {"Lead"}),
        ("stop_any_batch", {"Lead"}),
        ("override_rules", {"Lead"}),
        ("export_history", {"Auditor"}),
        ("export_addresses", set()),
        ("see_addresses", {"Support", "Lead"}),
        ("reveal_address", {"Auditor"}),
        ("read_trail", {"Lead", "Auditor"}),
        ("export_evidence", {"Lead", "Auditor"}),
        ("read_history", {"Support", "Lead", "Auditor"}),
    ],
)
def test_nobody_but_these_roles_has_the_right(right: str, roles: set[str], report: dict[str, Any]) -> None:
    having = {role for role in ["", *MAY] if f"verification.{right}" in report[role]["may"]}

    assert having == roles


def test_no_role_may_add_change_or_delete_anything(report: dict[str, Any]) -> None:
    rights = {right.partition(".")[2] for role in MAY for right in report[role]["may"]}

    assert not [right for right in rights if right.startswith(("add_", "change_", "delete_"))]


def test_somebody_in_no_group_signs_in_and_may_do_nothing(report: dict[str, Any]) -> None:
    assert report[""] == {"signed_in": True, "may": [], "staff": False}


def test_no_group_opens_the_admin_by_itself(report: dict[str, Any]) -> None:
    assert not any(report[role]["staff"] for role in MAY)


def test_django_finds_the_permissions_and_makes_none_twice(report: dict[str, Any]) -> None:
    names = report["names"]

    assert len(names) == report["count"]
    assert names.keys() >= ALL
    assert names["view_attempt"] == "Can view attempt"
    assert names["change_attempt"] == "Can change attempt"
    assert names["send_batch"] == "Can resend verification e-mails"


def test_migrating_again_changes_nothing(report: dict[str, Any], empty_database: str) -> None:
    assert "No migrations to apply" in python(empty_database, "manage.py", "migrate")
