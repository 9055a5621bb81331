"""What asking shows about an unknown outcome: the rules alone, then a sandbox in three zones and two date formats."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from tests.desk import ACTOR
from tests.provider import Provider, resets
from tests.services.outcome_desk import ANN, BOB, Desk
from verification.aliyun.sandbox import Dates, Options, Sandbox, SandboxServer, parse_zone
from verification.models import Attempt, Lookup, LookupState, Reason, Status, Verdict
from verification.services import lookups, questions, recover
from verification.services.again import send_again
from verification.services.opening import open_call
from verification.services.request import Source
from verification.services.settle import settle
from verification.services.verdicts import ASK_AFTER, Evidence, Window, judge
from verification.services.zone import learned_offset, offset_between, read_time

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EARLY, LATE = "2026-03-04 11:00:00", "Mar 04,2026 12:00:00"
WINDOW = Window(NOON - 2 * MINUTE, NOON + 3 * MINUTE)
NOTHING = Evidence(verified=False, token_sent="", sent_at=None, before=None, settled=True, window=WINDOW, others=())


@pytest.mark.parametrize("minutes", [-2, 0, 3])
def test_a_send_within_the_call_s_time_confirms_it(minutes):
    assert judge(replace(NOTHING, sent_at=NOON + minutes * MINUTE)) == Verdict.CONFIRMED_SENT


def test_a_send_that_another_call_of_ours_explains_confirms_nothing():
    other = Window(NOON - 5 * MINUTE, NOON)
    assert judge(replace(NOTHING, sent_at=NOON - MINUTE, others=[other])) is None


def test_an_older_send_read_late_enough_shows_that_nothing_went_out():
    assert judge(replace(NOTHING, sent_at=NOON - 3 * MINUTE)) == Verdict.CONFIRMED_NOT_SENT


def test_an_older_send_read_too_early_shows_nothing():
    assert judge(replace(NOTHING, sent_at=NOON - 3 * MINUTE, settled=False)) is None


def test_a_later_send_by_somebody_else_shows_nothing():
    assert judge(replace(NOTHING, sent_at=NOON + 4 * MINUTE)) is None


def test_without_the_zone_an_unchanged_value_shows_that_nothing_went_out():
    assert judge(replace(NOTHING, token_sent=EARLY, before=EARLY)) == Verdict.CONFIRMED_NOT_SENT
    assert judge(replace(NOTHING, token_sent=EARLY, before=EARLY, settled=False)) is None


def test_without_the_zone_a_changed_value_confirms_the_only_call_that_explains_it():
    assert judge(replace(NOTHING, token_sent=LATE, before=EARLY)) == Verdict.CONFIRMED_SENT
    assert judge(replace(NOTHING, token_sent=LATE, before=EARLY, others=[WINDOW])) is None


def test_one_time_in_two_ways_of_writing_is_no_change():
    rewritten = replace(NOTHING, token_sent="Mar 04,2026 11:00:00", before=EARLY)
    assert judge(rewritten) == Verdict.CONFIRMED_NOT_SENT


def test_a_value_that_cannot_be_read_confirms_no_send():
    assert judge(replace(NOTHING, token_sent="soon", before=EARLY)) is None


def test_without_the_zone_and_without_a_value_from_before_nothing_decides():
    assert judge(replace(NOTHING, token_sent="a")) is None
    assert judge(replace(NOTHING, token_sent="", before="")) is None


def test_a_verified_address_is_said_to_be_so_whatever_the_times():
    assert judge(replace(NOTHING, verified=True, sent_at=NOON)) == Verdict.ALREADY_VERIFIED


@pytest.mark.parametrize("text", ["2017-12-25 03:38:46", "Dec 25,2017 03:38:46"])
def test_it_reads_both_ways_of_writing_a_time(text):
    assert read_time(text) == datetime(2017, 12, 25, 3, 38, 46)


@pytest.mark.parametrize("text", ["", "yesterday", "1522080000000"])
def test_it_does_not_guess_at_other_ways(text):
    assert read_time(text) is None


@pytest.mark.parametrize("hours", [-12, -5, 0, 5.75, 8, 14])
def test_it_finds_the_offset_of_a_send_of_ours(hours):
    theirs = (NOON + timedelta(hours=hours, seconds=20)).replace(tzinfo=None)
    assert offset_between(theirs, NOON, NOON + MINUTE) == timedelta(hours=hours)


@pytest.mark.parametrize("off", [timedelta(minutes=7), timedelta(hours=15), timedelta(hours=-13)])
def test_a_time_that_no_zone_explains_is_no_evidence(off):
    assert offset_between((NOON + off).replace(tzinfo=None), NOON, NOON + MINUTE) is None


@pytest.fixture
def desk(transactional_db, settings):
    settings.RESEND_COOLDOWN_MINUTES = 0
    settings.RESEND_CALLS_PER_SECOND = 0
    settings.RESEND_READ_TIMEOUT = 0.3
    return Desk(settings, User.objects.create_user("mei"))


@pytest.fixture(params=["+08:00", "+00:00", "-05:00"])
def zone(request):
    return parse_zone(request.param)


@pytest.fixture(params=list(Dates))
def sandbox(request, desk, zone):
    # The desk's clock is moved, the client's is not: the sandbox must bear with its time stamps.
    options = Options(zone=zone, dates=request.param, slow=0.6, quota=100, tolerance=timedelta(days=30))
    with SandboxServer(Sandbox(options, clock=lambda: datetime.now(UTC) + desk.ahead)) as server:
        yield server


def work(desk, server, batch):
    desk.work_off(batch, server.url)


def ask_everything_due(desk, server):
    questions.raise_due(desk.now())
    with desk.sender(server.url) as sender:
        while lookups.work_once(sender):
            pass


def teach_the_zone(desk, server):
    """Three accepted sends, each asked about."""
    for number in range(3):
        batch = desk.open(f"teacher{number}@example.com")
        work(desk, server, batch)
        attempt = batch.attempts.get()
        lookups.ask(email=attempt.email, key=attempt.key, person=None, now=desk.now())
    ask_everything_due(desk, server)


def the_attempt(batch) -> Attempt:
    return batch.attempts.get()


def test_a_mail_that_went_out_before_the_connection_broke_is_confirmed_sent(desk, sandbox, zone):
    teach_the_zone(desk, sandbox)
    assert learned_offset(desk.now()) == zone.utcoffset(None)
    batch = desk.open("cut1@example.com")
    work(desk, sandbox, batch)
    ask_everything_due(desk, sandbox)
    attempt = the_attempt(batch)
    assert (attempt.status, attempt.verdict) == (Status.UNKNOWN, Verdict.CONFIRMED_SENT)
    assert attempt.verdict_lookup and attempt.verdict_at and attempt.ask_at is None
    assert [mail.email for mail in sandbox.sandbox.sends()].count("cut1@example.com") == 1


def test_a_mail_that_never_went_out_is_confirmed_not_sent_but_only_after_the_lease(desk, sandbox):
    work(desk, sandbox, desk.open(ANN))
    desk.ahead += timedelta(hours=1)
    teach_the_zone(desk, sandbox)
    batch = desk.open(ANN)
    lose_the_answer(desk, batch)
    ask_everything_due(desk, sandbox)
    assert the_attempt(batch).verdict == ""
    desk.ahead += timedelta(minutes=10)
    ask_everything_due(desk, sandbox)
    assert (the_attempt(batch).status, the_attempt(batch).verdict) == (Status.UNKNOWN, Verdict.CONFIRMED_NOT_SENT)
    assert [mail.email for mail in sandbox.sandbox.sends()].count(ANN) == 1


def test_without_evidence_of_the_zone_nothing_is_ever_confirmed_not_sent(desk, sandbox):
    batch = desk.open("cut2@example.com")
    work(desk, sandbox, batch)
    for _ in ASK_AFTER:
        desk.ahead += timedelta(hours=9)
        ask_everything_due(desk, sandbox)
    attempt = the_attempt(batch)
    assert attempt.verdict == Verdict.STILL_UNKNOWN
    assert attempt.times_asked == len(ASK_AFTER) and attempt.ask_at is None


def test_a_value_read_before_the_call_decides_without_the_zone(desk, sandbox):
    work(desk, sandbox, desk.open(ANN))
    ask_about(desk, sandbox, ANN)
    desk.ahead += timedelta(hours=30)
    batch = desk.open(ANN, BOB)
    lose_the_answer(desk, batch)
    desk.ahead += timedelta(minutes=10)
    ask_everything_due(desk, sandbox)
    told = dict(batch.attempts.values_list("email", "verdict"))
    assert told == {ANN: Verdict.CONFIRMED_NOT_SENT, BOB: ""}


def ask_about(desk, server, email):
    lookups.ask(email=email, key=email, person=None, now=desk.now())
    ask_everything_due(desk, server)


def lose_the_answer(desk, batch):
    """A call that reaches some server, but not the sandbox: what was sent there nobody knows."""
    with Provider(resets) as provider:
        desk.call(batch, provider.url)


def test_an_address_whose_owner_followed_a_link_is_already_verified(desk, sandbox):
    batch = desk.open("cut3@example.com")
    work(desk, sandbox, batch)
    sandbox.sandbox.follow_link(sandbox.sandbox.sends()[-1].token)
    ask_everything_due(desk, sandbox)
    assert the_attempt(batch).verdict == Verdict.ALREADY_VERIFIED


def test_a_lookup_never_sends(desk, sandbox):
    work(desk, sandbox, desk.open("cut4@example.com"))
    before = len(sandbox.sandbox.sends())
    ask_everything_due(desk, sandbox)
    assert Lookup.objects.count() >= 1
    assert len(sandbox.sandbox.sends()) == before


def test_an_accepted_attempt_gets_no_verdict_and_no_question(desk, sandbox):
    batch = desk.open(ANN)
    work(desk, sandbox, batch)
    assert questions.raise_due(desk.now() + timedelta(days=1)) == 0
    assert (the_attempt(batch).status, the_attempt(batch).verdict) == (Status.ACCEPTED, "")
    assert the_attempt(batch).batch.source == Source.PAGE


def test_an_attempt_confirmed_not_sent_starts_no_cooldown(desk, sandbox, settings):
    settings.RESEND_COOLDOWN_MINUTES = 600
    batch = desk.open(ANN)
    lose_the_answer(desk, batch)
    assert desk.open(ANN).attempts.get().reason == Reason.COOLDOWN
    batch.attempts.update(verdict=Verdict.CONFIRMED_NOT_SENT, verdict_at=desk.now())
    assert desk.open(ANN).attempts.get().status == Status.QUEUED


def test_a_late_answer_overtakes_what_asking_had_shown(desk, sandbox):
    batch = desk.open(ANN)
    with desk.sender(sandbox.url) as sender:
        errand = open_call(worker="w", clock=desk.now, batch=batch)
        recover.lapse_expired(ACTOR, desk.now() + timedelta(minutes=5))
        batch.attempts.update(verdict=Verdict.CONFIRMED_NOT_SENT, verdict_at=desk.now())
        answer = sender.client.resend_email_verification(errand.emails, nonce=errand.call.nonce)
    settle(errand.call.pk, answer, ACTOR, now=desk.now())
    attempt = the_attempt(batch)
    assert (attempt.status, attempt.verdict, attempt.ask_at) == (Status.ACCEPTED, "", None)
    with pytest.raises(ValueError, match="confirmed not sent"):
        send_again(attempt, person=desk.person, source_address=None, now=desk.now())


def test_what_a_stalled_asker_was_told_long_ago_is_not_taken_for_news(desk, sandbox):
    work(desk, sandbox, desk.open(ANN))
    desk.ahead += timedelta(hours=1)
    teach_the_zone(desk, sandbox)
    batch = desk.open(ANN)
    lose_the_answer(desk, batch)
    questions.raise_due(desk.now())
    with desk.sender(sandbox.url) as sender:
        query = sender.client.query_email_verification

        def stalled(*args, **kwargs):
            answer = query(*args, **kwargs)
            desk.ahead += timedelta(minutes=8)
            return answer

        sender.client.query_email_verification = stalled
        lookups.work_once(sender)
    assert the_attempt(batch).verdict == ""
    assert Lookup.objects.filter(key=ANN, state=LookupState.ASKING).exists()


def test_a_value_read_before_another_call_of_ours_decides_nothing(desk, sandbox):
    work(desk, sandbox, desk.open(ANN))
    ask_about(desk, sandbox, ANN)
    desk.ahead += timedelta(days=3)
    work(desk, sandbox, desk.open(ANN))
    desk.ahead += timedelta(days=3)
    batch = desk.open(ANN)
    lose_the_answer(desk, batch)
    desk.ahead += timedelta(minutes=10)
    ask_everything_due(desk, sandbox)
    assert the_attempt(batch).verdict == ""
