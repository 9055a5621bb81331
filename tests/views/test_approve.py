"""Four eyes on the pages: who sees what of a batch that waits, and what another person's decision shows afterwards."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.desk import addresses, open_for, outcomes
from tests.history.rows import settled
from tests.views.conftest import SignIn
from tests.views.pages import words
from verification.models import Batch, BatchState, Event, database_now
from verification.services import batches
from verification.services.ledger import at_page

TEXTS = addresses(3)

pytestmark = pytest.mark.usefixtures("three_are_many")


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


def url(act: str, batch: Batch) -> str:
    return reverse(f"batch-{act}", args=[batch.ref])


def page_of(client: Client, batch: Batch) -> Any:
    response = client.get(reverse("batch", args=[batch.ref]))
    assert response.status_code == 200
    return response


def source(response: Any) -> str:
    return response.content.decode()


def ask(client: Client, act: str, batch: Batch) -> Any:
    """Press the button on the batch's page."""
    return client.post(url(act, batch))


def decide(client: Client, act: str, batch: Batch, note: str = "") -> Any:
    """Press the button of the page that tells what would happen."""
    return client.post(url(act, batch), {"confirm": "yes", "note": note}, follow=True)


def is_untouched(batch: Batch) -> bool:
    kept = Batch.objects.get(pk=batch.pk)
    waits = (kept.state, kept.decided_at) == (BatchState.WAITING, None)
    return waits and set(batch.attempts.values_list("status", "released")) == {("queued", False)}


def test_its_author_reads_that_it_waits_and_for_whom(mei: Client, waiting: Batch, people: dict, root: User) -> None:
    assert people["lena"]

    page = page_of(mei, waiting)

    said = words(page)
    assert "mei asks to send to 3 addresses: they wait for approval." in said
    assert "Reason: Registry mail of <May>" in said and "you need not wait here" in said
    assert "Who can approve it: lena, root." in said
    assert 'id="approve"' not in source(page) and 'id="reject"' not in source(page)
    assert 'id="stop"' in source(page)
    assert "No worker is alive" not in said and "per cent done" not in source(page)


def test_who_may_approve_is_offered_to(lena: Client, waiting: Batch) -> None:
    page = page_of(lena, waiting)

    assert "mei asks to send to 3 addresses: they wait for approval." in words(page)
    assert f'action="{url("approve", waiting)}"' in source(page)
    assert f'action="{url("reject", waiting)}"' in source(page)


def test_who_may_only_read_is_offered_nothing(aki: Client, waiting: Batch) -> None:
    page = page_of(aki, waiting)

    assert "they wait for approval" in words(page)
    assert url("approve", waiting) not in source(page) and url("reject", waiting) not in source(page)


def test_an_approver_who_is_the_only_one_reads_that_it_takes_another(lena: Client, people: dict) -> None:
    page = page_of(lena, open_for(people["lena"], *TEXTS))

    assert "At present there is no other person with the right to approve." in words(page)
    assert "Ask the operators to put another person into the group Lead." in words(page)
    assert 'id="approve"' not in source(page)


@pytest.mark.parametrize("inactive", [False, True])
def test_who_has_left_is_nobody_to_approve(inactive: bool, lena: Client, people: dict, root: User) -> None:
    batch = open_for(people["lena"], *TEXTS)
    User.objects.filter(pk=root.pk).update(is_active=not inactive)

    assert ("there is no other person with the right" in words(page_of(lena, batch))) is inactive


def test_asking_shows_what_would_happen_now_and_does_nothing(lena: Client, waiting: Batch, people: dict) -> None:
    settled(people["lena"], TEXTS[0], at=database_now())
    open_for(people["lena"], TEXTS[1])

    page = ask(lena, "approve", waiting)

    said = words(page)
    assert page.status_code == 200
    assert "1 Will be sent 1 sent a short time ago 1 already in flight elsewhere" in said
    assert "Approve: send to 1 address" in said
    assert all(word in said for word in ("mei", "Registry mail of <May>", "T-7", "Nothing has been sent yet."))
    assert is_untouched(waiting)


def test_who_sees_addresses_masked_sees_them_so_in_the_ticket_too(sign_in: SignIn, people: dict) -> None:
    people["otto"].user_permissions.set(Permission.objects.filter(codename__in=("read_history", "approve_batch")))
    batch = open_for(people["mei"], *TEXTS, reason="For anna@example.com", ticket="anna@example.com")

    said = words(ask(sign_in("otto"), "approve", batch))

    assert said.count("a…a@example.com") == 2
    assert "anna@" not in said


def test_approving_releases_and_names_both(lena: Client, mei: Client, waiting: Batch) -> None:
    done = decide(lena, "approve", waiting, note="Seen the list")

    assert "Approved: 3 addresses are released for sending." in words(done)
    assert outcomes(waiting) == dict.fromkeys(TEXTS, "queued")
    assert not waiting.attempts.filter(released=False).exists()
    kept = Batch.objects.get(pk=waiting.pk)
    for page in (done, page_of(mei, waiting)):
        said = words(page)
        assert "approved by lena" in said and "Asked by mei" in said and "Approved by lena" in said
        assert "Seen the list" in said
        assert kept.decided_at and f'<time datetime="{kept.decided_at.isoformat()}"' in source(page)
        assert "Rejected" not in said and "wait for approval" not in said


def test_a_note_is_not_needed_to_approve(lena: Client, waiting: Batch) -> None:
    done = decide(lena, "approve", waiting)

    assert "Approved by lena" in words(done) and "Note of the approver" not in words(done)


def test_rejecting_ends_it_and_tells_why(lena: Client, mei: Client, waiting: Batch) -> None:
    asked = ask(lena, "reject", waiting)
    assert "3 Will not be sent" in words(asked) and is_untouched(waiting)

    done = decide(lena, "reject", waiting, note="Wrong <list>")

    assert "Rejected: 3 addresses will not be sent." in words(done)
    assert outcomes(waiting) == dict.fromkeys(TEXTS, "not_sent rejected")
    said = words(page_of(mei, waiting))
    assert "lena has rejected this batch. Wrong <list>" in said and "Rejected by lena" in said
    assert "pproved by" not in said


@pytest.mark.parametrize("note", ["", "   ", "x" * 501, "bell\a"])
def test_rejecting_takes_a_reason(note: str, lena: Client, waiting: Batch) -> None:
    page = decide(lena, "reject", waiting, note=note)

    assert page.status_code == 200
    assert 'class="faults"' in source(page)
    assert is_untouched(waiting)


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_a_hand_made_post_of_the_author_is_refused(act: str, lena: Client, people: dict) -> None:
    own = open_for(people["lena"], *TEXTS)

    assert ask(lena, act, own).status_code == 403
    assert decide(lena, act, own, note="x").status_code == 403
    assert is_untouched(own)
    assert Event.objects.filter(name="access:refused", actor=people["lena"]).count() == 2


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_a_superuser_is_refused_on_their_own_too(act: str, root: User) -> None:
    client = Client()
    client.force_login(root)
    own = open_for(root, *TEXTS)

    assert ask(client, act, own).status_code == 403
    assert decide(client, act, own, note="x").status_code == 403
    assert is_untouched(own)
    assert 'id="approve"' not in source(page_of(client, own))


@pytest.mark.parametrize("who", ["mei", "aki", "otto"])
@pytest.mark.parametrize("act", ["approve", "reject"])
def test_without_the_right_a_hand_made_post_is_refused(act: str, who: str, sign_in: SignIn, waiting: Batch) -> None:
    assert decide(sign_in(who), act, waiting, note="x").status_code == 403
    assert is_untouched(waiting)


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_opened_as_a_page_it_does_nothing(act: str, lena: Client, waiting: Batch) -> None:
    assert lena.get(url(act, waiting), {"confirm": "yes", "note": "x"}).status_code == 405
    assert is_untouched(waiting)


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_a_decision_that_comes_too_late_says_who_was_first(act: str, lena: Client, root: User, waiting: Batch) -> None:
    other = Client()
    other.force_login(root)
    decide(other, "approve", waiting, note="The first")

    asked = lena.post(url(act, waiting), follow=True)
    done = decide(lena, act, waiting, note="The second")

    for page in (asked, done):
        assert "Nothing was changed: root has decided about the batch before." in words(page)
    assert "The first" in words(done) and "The second" not in words(done)
    assert outcomes(waiting) == dict.fromkeys(TEXTS, "queued")
    assert Event.objects.filter(name="batch:approved").count() == 1


def test_pressed_twice_it_is_approved_once(lena: Client, waiting: Batch) -> None:
    decide(lena, "approve", waiting)
    again = decide(lena, "approve", waiting)

    assert "lena has decided about the batch before" in words(again)
    assert Event.objects.filter(name="batch:approved").count() == 1


def test_what_was_stopped_meanwhile_is_not_approved(lena: Client, waiting: Batch, people: dict) -> None:
    batches.stop(waiting.pk, at_page(people["mei"], None), now=database_now())

    done = decide(lena, "approve", waiting)

    assert "Nothing was changed: the batch does not wait for approval." in words(done)
    assert outcomes(waiting) == dict.fromkeys(TEXTS, "not_sent cancelled")


def test_its_author_may_stop_it_while_it_waits(mei: Client, waiting: Batch) -> None:
    response = mei.post(url("stop", waiting), follow=True)

    assert "Stopped: 3 addresses will not be sent." in words(response)
    assert outcomes(waiting) == dict.fromkeys(TEXTS, "not_sent cancelled")


def test_it_is_not_to_be_resumed(lena: Client, waiting: Batch) -> None:
    assert "The batch was not paused." in words(lena.post(url("resume", waiting), follow=True))
    assert is_untouched(waiting)
