"""Who may do what: every URL of the desk, by both methods, for everybody."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.desk import open_for
from tests.views.conftest import SignIn
from verification.models import Batch, Event, EventName, Lookup, SetupCheck
from verification.urls import urlpatterns

WHO = ("anonymous", "otto", "mei", "lena", "aki")
# What anonymous, otto (no right), mei (support), lena (lead) and aki (auditor) get. 302 is the sign-in page or, after
# an act, the page that shows its outcome; batch, address and so on are mei's.
TABLE = {
    ("home", "GET"): (302, 403, 200, 200, 200),
    ("home", "POST"): (403, 403, 405, 405, 405),
    ("sign-in", "GET"): (200, 302, 302, 302, 302),
    ("sign-in", "POST"): (200, 302, 302, 302, 302),
    ("sign-out", "GET"): (405, 405, 405, 405, 405),
    ("sign-out", "POST"): (302, 302, 302, 302, 302),
    ("language", "GET"): (405, 405, 405, 405, 405),
    ("language", "POST"): (302, 302, 302, 302, 302),
    ("resend", "GET"): (302, 403, 200, 200, 403),
    ("resend", "POST"): (403, 403, 200, 200, 403),
    ("batch", "GET"): (302, 403, 200, 200, 200),
    ("batch", "POST"): (403, 403, 405, 405, 405),
    ("batch-progress", "GET"): (302, 403, 200, 200, 200),
    ("batch-progress", "POST"): (403, 403, 405, 405, 405),
    ("batch-stop", "GET"): (405, 403, 405, 405, 405),
    ("batch-stop", "POST"): (403, 403, 302, 302, 403),
    ("batch-resume", "GET"): (405, 403, 405, 405, 405),
    ("batch-resume", "POST"): (403, 403, 302, 302, 403),
    ("batch-approve", "GET"): (405, 403, 403, 405, 403),
    ("batch-approve", "POST"): (403, 403, 403, 302, 403),
    ("batch-reject", "GET"): (405, 403, 403, 405, 403),
    ("batch-reject", "POST"): (403, 403, 403, 302, 403),
    ("approvals", "GET"): (302, 403, 403, 200, 403),
    ("approvals", "POST"): (403, 403, 403, 405, 403),
    ("history", "GET"): (302, 403, 200, 200, 200),
    ("history", "POST"): (403, 403, 405, 405, 405),
    ("history-export", "GET"): (302, 403, 403, 403, 200),
    ("history-export", "POST"): (403, 403, 403, 403, 405),
    ("address", "GET"): (302, 403, 200, 200, 200),
    ("address", "POST"): (403, 403, 405, 405, 405),
    ("address-reveal", "GET"): (405, 403, 403, 403, 405),
    ("address-reveal", "POST"): (403, 403, 403, 403, 200),
    ("address-lookup", "GET"): (405, 403, 405, 405, 403),
    ("address-lookup", "POST"): (403, 403, 302, 302, 403),
    ("attempt-again", "GET"): (405, 403, 405, 405, 403),
    ("attempt-again", "POST"): (403, 403, 404, 404, 403),
    ("attempt-meaning", "GET"): (302, 403, 200, 200, 200),
    ("attempt-meaning", "POST"): (403, 403, 405, 405, 405),
    ("trail", "GET"): (302, 403, 403, 200, 200),
    ("trail", "POST"): (403, 403, 403, 405, 405),
    ("trail-export", "GET"): (302, 403, 403, 200, 200),
    ("trail-export", "POST"): (403, 403, 403, 405, 405),
    ("evidence", "GET"): (302, 403, 403, 200, 200),
    ("evidence", "POST"): (403, 403, 403, 200, 200),
    ("setup", "GET"): (302, 403, 200, 200, 200),
    ("setup", "POST"): (403, 403, 405, 405, 405),
    ("setup-check", "GET"): (405, 403, 405, 405, 403),
    ("setup-check", "POST"): (403, 403, 302, 302, 403),
    ("healthz", "GET"): (200, 200, 200, 200, 200),
    ("healthz", "POST"): (405, 405, 405, 405, 405),
    ("readyz", "GET"): (200, 200, 200, 200, 200),
    ("readyz", "POST"): (405, 405, 405, 405, 405),
}
CASES = [
    pytest.param(name, method, who, code, id=f"{who} {method} {name}")
    for (name, method), codes in TABLE.items()
    for who, code in zip(WHO, codes, strict=True)
]


@pytest.fixture
def batch(people: dict) -> Batch:
    return open_for(people["mei"], "holder@example.com")


def path_of(name: str, batch: Batch) -> str:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    given = {"ref": batch.ref, "pk": batch.attempts.get().pk}
    return reverse(name, kwargs={key: given[key] for key in pattern.pattern.converters})


def nothing_changed(batch: Batch) -> bool:
    batch.refresh_from_db()
    untouched = (batch.state, batch.attempts.get().status) == ("running", "queued")
    asked = Lookup.objects.exists() or SetupCheck.objects.exists()
    return untouched and not asked and Batch.objects.count() == 1


def test_every_url_is_in_the_table() -> None:
    assert {(pattern.name, method) for pattern in urlpatterns for method in ("GET", "POST")} == set(TABLE)


def refusals() -> list[tuple[str, dict[str, object]]]:
    told = Event.objects.filter(name=EventName.ACCESS_REFUSED).order_by("sequence")
    return [(event.actor_name, event.details) for event in told]


@pytest.mark.parametrize(("name", "method", "who", "code"), CASES)
def test_it_admits_and_refuses(name: str, method: str, who: str, code: int, sign_in: SignIn, batch: Batch) -> None:
    response = sign_in(who).generic(method, path_of(name, batch))

    assert response.status_code == code
    refused = code == 403 and who != "anonymous"
    assert refusals() == ([(who, {"page": name, "method": method})] if refused else [])
    assert "text/html" in response["Content-Type"] or name in ("healthz", "readyz", "history-export", "trail-export")
    if method == "GET" or code >= 400:
        assert nothing_changed(batch)


@pytest.mark.parametrize("name", [name for name, method in TABLE if method == "POST"])
def test_it_refuses_a_post_without_token(name: str, batch: Batch, people: dict) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["lena"])

    response = client.post(path_of(name, batch))

    assert response.status_code == 403
    assert nothing_changed(batch)
    assert refusals() == [("lena", {"page": name, "method": "POST", "token": False})]


def test_support_may_not_stop_another_persons_batch(mei: Client, people: dict) -> None:
    batch = open_for(people["lena"], "holder@example.com")

    response = mei.post(reverse("batch-stop", args=[batch.ref]))

    assert response.status_code == 403
    assert batch.attempts.get().status == "queued"


def test_a_lead_may(lena: Client, batch: Batch) -> None:
    lena.post(reverse("batch-stop", args=[batch.ref]))

    assert batch.attempts.get().status == "not_sent"


def test_an_auditor_sends_nothing_by_a_hand_made_post(aki: Client) -> None:
    typed = {"paste": "holder@example.com", "reason": "because", "lang": "en", "step": "confirm"}

    response = aki.post(reverse("resend"), typed | {"digest": "x", "form_key": "3f0f9fd8-9d4d-4c9e-9df7-1f3d8f5e7a11"})

    assert response.status_code == 403
    assert not Batch.objects.exists()
