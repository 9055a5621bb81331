"""An answer that comes when the lease has long run out, and what it was about is erased by then."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from tests.desk import ACTOR, NOON, open_for, outcomes
from tests.guards.record import LATER, accepted
from verification.aliyun.errors import AddressRefused, SetupRefused
from verification.models import Batch, BatchState, Call, CallState
from verification.services import keeping, recover
from verification.services.opening import open_call
from verification.services.settle import settle

pytestmark = pytest.mark.django_db
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def lapsed(mei: User) -> Call:
    errand = open_call(worker="w", clock=lambda: NOON, batch=open_for(mei, ANN, BOB, now=NOON))
    assert errand
    recover.lapse_expired(ACTOR, NOON + timedelta(hours=1))
    return Call.objects.get()


def test_the_outcome_of_an_erased_address_stays_unknown_and_the_others_become_known(lapsed: Call) -> None:
    keeping.erase(keeping.find_address(ANN, ANN), ACTOR, LATER)

    settle(lapsed.pk, accepted(ANN, BOB), ACTOR, now=LATER)

    assert outcomes(Batch.objects.get()) == {"": "unknown", BOB: "accepted"}
    assert Call.objects.get().state == CallState.ANSWERED


def test_the_words_about_what_was_pruned_are_not_written(lapsed: Call) -> None:
    for found in keeping.find_older(LATER):
        keeping.prune(found, ACTOR, LATER)

    settle(lapsed.pk, AddressRefused("ParameterIllegal", f"{ANN} is illegal", "R-2", 400), ACTOR, now=LATER)

    call = Call.objects.get()
    assert (call.state, call.code, call.request_id) == (CallState.ANSWERED, "ParameterIllegal", "R-2")
    assert (call.message, call.recommend, call.message_commitment) == ("", "", "")
    assert outcomes(Batch.objects.get()) == {"": "unknown"}


def test_the_words_of_a_pause_do_not_bring_an_erased_address_back(mei: User) -> None:
    batch = open_for(mei, ANN, BOB, now=NOON)
    batch.attempts.update(group_limit=1)
    errand = open_call(worker="w", clock=lambda: NOON, batch=batch)
    assert errand and errand.emails == (ANN,)
    recover.lapse_expired(ACTOR, NOON + timedelta(hours=1))
    keeping.erase(keeping.find_address(ANN, ANN), ACTOR, LATER)

    settle(errand.call.pk, SetupRefused("Forbidden.RAM", f"You may not mail {ANN}", "R-3"), ACTOR, now=LATER)

    batch.refresh_from_db()
    assert (batch.state, batch.pause_code, batch.pause_request_id) == (BatchState.PAUSED, "Forbidden.RAM", "R-3")
    assert batch.pause_message == ""
