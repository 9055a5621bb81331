"""The record in the admin: to look at, for those who may, and for nobody to change."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.desk import INLINE, MODELS, carried, in_the_admin, one_of_each, superuser, url_of
from tests.desk import NOON, addresses, person, rewrite
from tests.history.rows import settled
from verification.models import Attempt, Batch, Call, SetupCheck

pytestmark = pytest.mark.django_db

SHOWN_TO_LEADS = (Attempt, Call, Batch)


@pytest.fixture
def record() -> dict[type[Any], Any]:
    return one_of_each(settled(person("mei"), "a@example.com", "b@example.com", ticket="T-1"))


@pytest.mark.parametrize("model", MODELS)
def test_not_even_a_superuser_changes_the_record_by_any_url(model: type[Any], record: dict[type[Any], Any]) -> None:
    client, row = superuser(), record[model]
    before = model.objects.values().get(pk=row.pk)

    answers = [
        client.get(url_of(model, "add")),
        client.post(url_of(model, "add"), {"email": "x@example.com"}),
        client.post(url_of(model, "change", row.pk), {"email": "x@example.com", "_save": "Save"}),
        client.get(url_of(model, "delete", row.pk)),
        client.post(url_of(model, "delete", row.pk), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert model.objects.values().get(pk=row.pk) == before
    assert not model.objects.filter(email="x@example.com").exists() if hasattr(row, "email") else True


@pytest.mark.parametrize("model", MODELS)
def test_nobody_deletes_by_an_action(model: type[Any], record: dict[type[Any], Any]) -> None:
    client = superuser()
    count = model.objects.count()

    page = client.get(url_of(model, "changelist"))
    asked = {"action": "delete_selected", ACTION_CHECKBOX_NAME: str(record[model].pk), "post": "yes"}
    client.post(url_of(model, "changelist"), asked)

    assert "delete_selected" not in page.content.decode()
    assert model.objects.count() == count


@pytest.mark.parametrize("model", SHOWN_TO_LEADS)
def test_a_lead_looks_at_the_lists_and_at_each_row(model: type[Any], record: dict[type[Any], Any]) -> None:
    client = in_the_admin("lena")

    assert client.get(url_of(model, "changelist")).status_code == 200
    assert client.get(url_of(model, "change", record[model].pk)).status_code == 200
    assert client.get(url_of(model, "history", record[model].pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_without_the_view_permission_nothing_is_shown(model: type[Any], record: dict[type[Any], Any]) -> None:
    client = in_the_admin("otto", f"change_{model._meta.model_name}", f"delete_{model._meta.model_name}")
    User.objects.get(username="otto").user_permissions.remove(
        *User.objects.get(username="otto").user_permissions.filter(codename__startswith="view_")
    )

    assert client.get(url_of(model, "changelist")).status_code == 403
    assert client.get(url_of(model, "change", record[model].pk)).status_code == 403


def test_the_right_to_send_alone_opens_no_admin(record: dict[type[Any], Any], client: Client) -> None:
    client.force_login(User.objects.get(username="mei"))

    answer = client.get(url_of(Attempt, "changelist"))

    assert answer.status_code == 403


def test_users_and_groups_are_kept_here_too() -> None:
    client = superuser()

    assert client.get(url_of(User, "changelist")).status_code == 200
    assert client.get(url_of(Group, "add")).status_code == 200


def test_the_list_of_attempts_shows_when_who_what_and_what_became_of_it() -> None:
    batch = settled(person("mei"), "a@example.com", code="OK")

    page = in_the_admin("lena").get(url_of(Attempt, "changelist")).content.decode()

    for shown in ("2 Mar 2026", "mei", "a@example.com", "accepted", "OK", batch.ref):
        assert shown in page


def test_a_call_shows_the_attempts_it_carried_and_an_attempt_its_calls() -> None:
    batch = settled(person("mei"), "a@example.com", "b@example.com")
    call = carried(batch, "REQ-1", "throttled")
    rewrite(Call.objects.all(), code="Throttling.User")
    client = in_the_admin("lena")

    of_call = client.get(url_of(Call, "change", call.pk)).content.decode()
    of_attempt = client.get(url_of(Attempt, "change", batch.attempts.all()[0].pk)).content.decode()

    assert "a@example.com" in of_call and "b@example.com" in of_call
    assert call.nonce in of_attempt and "asked to wait Throttling.User" in of_attempt


def test_a_batch_leads_to_its_attempts() -> None:
    mei = person("mei")
    batch = settled(mei, "a@example.com")
    settled(mei, "other@example.com")
    client = in_the_admin("lena")
    link = f"{url_of(Attempt, 'changelist')}?q={batch.ref}"

    assert link in client.get(url_of(Batch, "change", batch.pk)).content.decode()
    assert found_in(client.get(link)) == ["a@example.com"]


def found_in(answer: Any) -> list[str]:
    return sorted(getattr(row, "email", "") or row.ref for row in answer.context["cl"].result_list)


@pytest.mark.parametrize("term", ["A@Example.com", "REQ-1", "T-1", "ref of the batch"])
def test_an_attempt_is_found_by_whole_values(term: str) -> None:
    mei = person("mei")
    batch = settled(mei, "a@example.com", ticket="T-1")
    carried(batch, "REQ-1")
    carried(settled(mei, "aa@example.com", "b@example.com", ticket="T-10"), "REQ-10")
    client = in_the_admin("lena")

    answer = client.get(url_of(Attempt, "changelist"), {"q": batch.ref if term.startswith("ref") else f" {term} "})

    assert found_in(answer) == ["a@example.com"]


@pytest.mark.parametrize("term", ["example.com", "a@", "REQ", "T-", "%", "nothing"])
def test_parts_of_values_find_nothing(term: str) -> None:
    carried(settled(person("mei"), "a@example.com", ticket="T-1"), "REQ-1")
    client = in_the_admin("lena")

    for model in SHOWN_TO_LEADS:
        assert not client.get(url_of(model, "changelist"), {"q": term}).context["cl"].result_list


def test_an_attempt_carried_by_two_calls_is_found_by_either() -> None:
    batch = settled(person("mei"), "a@example.com")
    carried(batch, "REQ-1", "throttled")
    second = carried(settled(User.objects.get(username="mei"), "b@example.com"), "REQ-2")
    rewrite(second.rides.all(), attempt=batch.attempts.get())
    client = in_the_admin("lena")

    for term in ("REQ-1", "REQ-2"):
        assert found_in(client.get(url_of(Attempt, "changelist"), {"q": term})) == ["a@example.com"]


def test_batches_and_calls_are_found_by_their_names() -> None:
    mei = person("mei")
    batch = settled(mei, "a@example.com", ticket="T-1")
    call = carried(batch, "REQ-1")
    carried(settled(mei, "b@example.com", ticket="T-10"), "REQ-10")
    client = in_the_admin("lena")

    for term in (batch.ref, "T-1"):
        assert found_in(client.get(url_of(Batch, "changelist"), {"q": term})) == [batch.ref]
    for term in (batch.ref, "REQ-1"):
        assert list(client.get(url_of(Call, "changelist"), {"q": term}).context["cl"].result_list) == [call]


@pytest.mark.parametrize("term", ["a@example.com", "REQ-1", "T-1", "nothing"])
def test_a_search_compares_no_parts_and_ignores_no_case(term: str) -> None:
    carried(settled(person("mei"), "a@example.com", ticket="T-1"), "REQ-1")
    client = in_the_admin("lena")

    with CaptureQueriesContext(connection) as queries:
        client.get(url_of(Attempt, "changelist"), {"q": term})

    said = " ".join(query["sql"].upper() for query in queries)
    assert " LIKE " not in said and "UPPER(" not in said


def test_no_list_counts_further_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.admin.readonly.BoundedPaginator.most", 3)
    settled(person("mei"), *addresses(5))
    client = in_the_admin("lena")

    with CaptureQueriesContext(connection) as queries:
        page = client.get(url_of(Attempt, "changelist"))

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "verification_attempt" in query["sql"]]
    assert len(counts) == 1 and "LIMIT 3" in counts[0]
    assert "The first 3;" in page.content.decode()


def test_a_number_stands_beside_the_search_only_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.admin.readonly.BoundedPaginator.most", 3)
    mei = person("mei")
    settled(mei, *addresses(5), ticket="T-5")
    settled(mei, "a@example.com", "b@example.com", ticket="T-2")
    client = in_the_admin("lena")

    pages = [client.get(url_of(Attempt, "changelist"), {"q": term}).content.decode() for term in ("", "T-5", "T-2")]

    assert ["results (" in page for page in pages] == [False, False, True]
    assert "2 results (" in pages[2]


def test_a_short_list_is_counted_exactly() -> None:
    settled(person("mei"), *addresses(5))

    assert "5 rows" in in_the_admin("lena").get(url_of(Attempt, "changelist")).content.decode()


@pytest.mark.parametrize("model", SHOWN_TO_LEADS)
def test_the_queries_of_a_list_do_not_grow_with_its_rows(model: type[Any]) -> None:
    mei, client = person("mei"), in_the_admin("lena")
    # The first request of a session also notes that it is alive.
    client.get(url_of(model, "changelist"))
    used = []
    for number in range(2):
        for copy in range(1 + 3 * number):
            batch = settled(mei, f"a{number}-{copy}@example.com", at=NOON + timedelta(hours=number))
            carried(batch, f"REQ-{number}-{copy}")
        with CaptureQueriesContext(connection) as queries:
            client.get(url_of(model, "changelist"))
        used.append(len(queries))

    assert used[0] == used[1]


def test_the_queries_of_a_call_do_not_grow_with_its_attempts() -> None:
    mei, client = person("mei"), in_the_admin("lena")
    used = []
    # The first page of a sign-in asks more than those that follow.
    for place, count in enumerate((1, 1, 8)):
        call = carried(settled(mei, *addresses(count, f"of{place}-")))
        with CaptureQueriesContext(connection) as queries:
            client.get(url_of(Call, "change", call.pk))
        used.append(len(queries))

    assert used[1] == used[2]


def test_filters_narrow_the_list() -> None:
    mei = person("mei")
    settled(mei, "a@example.com")
    settled(mei, "b@example.com", status="refused")
    settled(person("aki"), "c@example.com")
    client = in_the_admin("lena")

    assert found_in(client.get(url_of(Attempt, "changelist"), {"status__exact": "refused"})) == ["b@example.com"]
    assert found_in(client.get(url_of(Attempt, "changelist"), {"requested_by__id__exact": mei.pk})) == [
        "a@example.com",
        "b@example.com",
    ]


@pytest.mark.parametrize("model", MODELS)
def test_no_page_needs_script_or_style_within_it(model: type[Any], record: dict[type[Any], Any]) -> None:
    client = superuser()

    for url in (url_of(model, "changelist"), url_of(model, "change", record[model].pk)):
        answer = client.get(url)
        assert answer["Content-Security-Policy"]
        assert not INLINE.findall(answer.content.decode())


def test_the_admin_says_in_which_zone_its_times_are(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"

    assert "Times in Asia/Shanghai" in in_the_admin("lena").get(url_of(Attempt, "changelist")).content.decode()


def test_the_admin_bears_the_name_of_the_desk() -> None:
    assert "Resend Desk" in in_the_admin("lena").get(url_of(Attempt, "changelist")).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_a_search_by_hand_is_answered_whether_there_is_one_or_not(
    model: type[Any], record: dict[type[Any], Any]
) -> None:
    page = superuser().get(url_of(model, "changelist"), {"q": "a"})

    assert page.status_code == 200


def test_a_check_of_the_setup_is_for_who_sees_addresses_in_full() -> None:
    """What the provider said may name one."""
    check = SetupCheck.objects.create(requested_by=person("mei"), created_at=NOON, message="About zoe@example.com")

    for name, seen in (("aki", 403), ("lena", 200)):
        response = in_the_admin(name, "view_setupcheck").get(url_of(SetupCheck, "change", check.pk))
        assert response.status_code == seen
        assert ("zoe@example.com" in response.content.decode()) == (seen == 200)
