"""People and groups in the admin: every change of rights is on record."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from tests.admin.desk import superuser
from tests.desk import person
from verification.models import Event, EventName

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> Client:
    return superuser()


def changed() -> list[dict[str, object]]:
    rows = Event.objects.filter(name=EventName.RIGHTS_CHANGED).order_by("sequence")
    return [row.details for row in rows]


def give(client: Client, user: User, **typed: object) -> object:
    form = {"username": user.username, "is_active": "on", "date_joined_0": "2026-03-02", "date_joined_1": "12:00:00"}
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), form | typed)


def test_rights_given_to_a_person_are_on_record(chief: Client) -> None:
    otto, lead = person("otto"), Group.objects.get(name="Lead")

    response = give(chief, otto, groups=[lead.pk], is_staff="on")

    assert response.status_code == 302
    assert otto.groups.get() == lead
    assert changed() == [
        {
            "act": "changed", "person": otto.pk, "groups": [lead.pk], "permissions": [],
            "active": True, "staff": True, "superuser": False,
        }
    ]  # fmt: skip


def test_rights_given_to_a_group_are_on_record(chief: Client) -> None:
    lead = Group.objects.get(name="Lead")

    chief.post(reverse("admin:auth_group_change", args=[lead.pk]), {"name": "Lead", "permissions": []})

    assert not lead.permissions.exists()
    assert changed() == [{"act": "changed", "group": lead.pk, "permissions": [], "members": []}]


def test_a_new_person_and_a_new_password_are_on_record(chief: Client) -> None:
    words = {"password1": "long-enough-for-ana", "password2": "long-enough-for-ana", "usable_password": "true"}
    chief.post(reverse("admin:auth_user_add"), {"username": "ana"} | words)
    ana = User.objects.get(username="ana")
    chief.post(reverse("admin:auth_user_password_change", args=[ana.pk]), words)

    assert [(said["act"], said["person"]) for said in changed()] == [("added", ana.pk), ("changed", ana.pk)]


def test_without_an_event_the_rights_stay_as_they_were(chief: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise OperationalError("the disk is full")

    otto = person("otto")
    monkeypatch.setattr("verification.services.doors.record", failing)
    chief.raise_request_exception = False

    assert give(chief, otto, is_superuser="on").status_code == 503
    otto.refresh_from_db()
    assert not otto.is_superuser


def test_nobody_deletes_a_person(chief: Client) -> None:
    otto = person("otto")

    assert chief.post(reverse("admin:auth_user_delete", args=[otto.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=otto.pk).exists()


def test_a_deleted_group_is_on_record(chief: Client) -> None:
    group = Group.objects.create(name="Guests")
    otto = person("otto")
    otto.groups.add(group)

    chief.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

    assert not Group.objects.filter(name="Guests").exists()
    assert changed() == [{"act": "deleted", "group": group.pk, "permissions": [], "members": [otto.pk]}]
