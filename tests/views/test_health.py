"""Health: without sign-in, and honest about the database."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.views.broken import broken_database


def test_the_process_is_alive_without_a_database(client: Client) -> None:
    assert client.get(reverse("healthz")).content == b"ok\n"


@pytest.mark.django_db
def test_it_is_ready_with_its_tables(client: Client) -> None:
    response = client.get(reverse("readyz"))

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_it_is_not_ready_while_migrations_wait(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'verification'")

    response = client.get(reverse("readyz"))

    assert (response.status_code, response.content) == (503, b"migrations to be applied\n")


@pytest.mark.django_db
def test_it_is_not_ready_without_a_database(client: Client) -> None:
    with broken_database():
        response = client.get(reverse("readyz"))

    assert (response.status_code, response.content) == (503, b"database not usable\n")
