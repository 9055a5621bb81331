"""Who may do what in the admin: every URL of it, by both methods, for everybody."""

from collections.abc import Iterable, Iterator
from itertools import product

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from tests.admin.desk import in_the_admin, one_of_each, signed_in, superuser
from tests.desk import open_for, person
from verification.models import Batch, Event, EventName

# Mei, of support, may not enter; Lena, a lead, and Aki, an auditor, were let in. 302 is the sign-in page, or, for an
# admin's own page, the one it leads on to.
WHO = ("anonymous", "mei", "lena", "aki", "root")
ALL = (302, 403, 200, 200, 200)
LEAD = (302, 403, 200, 403, 200)
ROOT = (302, 403, 403, 403, 200)
NONE = (302, 403, 403, 403, 403)


def on_record(model: str, seen: tuple[int, ...]) -> dict[tuple[str, str], tuple[int, ...]]:
    """A table to look at: nobody adds, changes or deletes."""
    table = {(f"{model}_{page}", method): seen for page in ("changelist", "history") for method in ("GET", "POST")}
    table |= {(f"{model}_{page}", method): NONE for page in ("add", "delete") for method in ("GET", "POST")}
    return table | {(f"{model}_change", "GET"): seen, (f"{model}_change", "POST"): NONE}


OWN = {
    ("index", "GET"): ALL,
    ("index", "POST"): ALL,
    ("login", "GET"): (200, 200, 302, 302, 302),
    ("login", "POST"): (200, 200, 200, 200, 200),
    ("logout", "GET"): (302, 302, 405, 405, 405),
    ("logout", "POST"): (302, 302, 302, 302, 302),
    ("password_change", "GET"): ALL,
    ("password_change", "POST"): ALL,
    ("password_change_done", "GET"): ALL,
    ("password_change_done", "POST"): (302, 403, 405, 405, 405),
    ("autocomplete", "GET"): NONE,
    ("autocomplete", "POST"): (302, 403, 405, 405, 405),
    ("jsi18n", "GET"): (302, 302, 200, 200, 200),
    ("jsi18n", "POST"): (302, 302, 405, 405, 405),
    ("view_on_site", "GET"): (302, 403, 404, 404, 404),
    ("view_on_site", "POST"): (302, 403, 404, 404, 404),
    ("app_list", "GET"): (302, 403, 200, 404, 200),
    ("app_list", "POST"): (302, 403, 200, 404, 200),
}
RECORD = {
    **on_record("verification_attempt", LEAD),
    **on_record("verification_batch", LEAD),
    **on_record("verification_call", LEAD),
    **on_record("verification_lookup", ROOT),
    **on_record("verification_setupcheck", ROOT),
    **on_record("verification_worker", ROOT),
}
PEOPLE = {
    **{(f"auth_user_{page}", method): ROOT for page in ("changelist", "add", "history", "change", "password_change")
       for method in ("GET", "POST")},
    **{("auth_user_delete", method): NONE for method in ("GET", "POST")},
    **{(f"auth_group_{page}", method): ROOT for page in ("changelist", "add", "history", "change", "delete")
       for method in ("GET", "POST")},
}  # fmt: skip
TABLE = OWN | RECORD | PEOPLE


def urls_of(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for url in found:
        if isinstance(url, URLResolver):
            yield from urls_of(url.url_patterns)
        else:
            yield url


PATTERNS = {url.name: url for url in urls_of(admin.site.urls[0]) if url.name}


@pytest.fixture
def batch(db: None) -> Batch:
    return open_for(person("mei"), "holder@example.com")


@pytest.fixture
def path(name: str, batch: Batch) -> str:
    """Of the page for a row that there is."""
    rows = {f"verification_{model._meta.model_name}": row for model, row in one_of_each(batch).items()}
    rows |= {"auth_user": batch.requested_by, "auth_group": Group.objects.create(name="Helpers")}
    row = rows["_".join(name.split("_")[:2])].pk if name.startswith(("auth", "verification")) else batch.pk
    given = {"object_id": row, "id": row, "app_label": "verification"}
    given["content_type_id"] = ContentType.objects.get_for_model(Batch).pk
    parts = PATTERNS[name].pattern.converters or PATTERNS[name].pattern.regex.groupindex
    return reverse(f"admin:{name}", kwargs={part: given[part] for part in parts})


def come(who: str, batch: Batch) -> Client:
    comers = {"anonymous": Client, "mei": lambda: signed_in(batch.requested_by), "root": superuser}
    return comers[who]() if who in comers else in_the_admin(who)


def test_every_url_of_the_admin_is_in_the_table() -> None:
    assert set(product(PATTERNS, ("GET", "POST"))) == set(TABLE)


@pytest.mark.parametrize("name", PATTERNS)
def test_it_admits_and_refuses(name: str, batch: Batch, path: str) -> None:
    comers = {who: come(who, batch) for who in WHO}
    for method in ("GET", "POST"):
        found = tuple(comers[who].generic(method, path).status_code for who in WHO)
        assert found == TABLE[name, method]

    told = Event.objects.filter(name=EventName.ACCESS_REFUSED).order_by("sequence")
    assert [(event.actor_name, event.details) for event in told] == [
        (who, {"page": f"admin:{name}", "method": method})
        for method in ("GET", "POST")
        for who, code in zip(WHO, TABLE[name, method], strict=True)
        if code == 403
    ]
