"""Evidence taken out of a record with acts of all kinds: the stand-alone checker finds it genuine."""

import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from tests.desk import ACTOR, Clock, open_for, person
from tests.services.administrator import change, copy
from tests.services.story import Story, look_up, whole_story
from verification.aliyun.errors import AddressRefused
from verification.evidence import chain, checker
from verification.models import Attempt, Event, EventName, Lookup
from verification.services import doors, keeping
from verification.services.dossier import Wanted, export
from verification.services.ledger import Line, at_page, record
from verification.services.opening import open_call
from verification.services.settle import settle
from verification.services.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)
ANN = "ann@example.com"


@pytest.fixture(autouse=True)
def _keys(settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"


@pytest.fixture
def aki() -> User:
    return person("aki")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def story(clock: Clock) -> Story:
    return whole_story(person("mei"), person("lena"), clock)


def taken(tmp_path: Path, wanted: Wanted, aki: User, clock: Clock) -> Path:
    path = tmp_path / "evidence.zip"
    export(wanted, path, at_page(aki, "198.51.100.7"), clock.move(seconds=1))
    return path


def checked(path: Path) -> tuple[int, str]:
    command = [sys.executable, "-I", checker.__file__, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def rows(path: Path, name: str) -> list[dict[str, object]]:
    with zipfile.ZipFile(path) as bundle:
        return [json.loads(line) for line in bundle.read(name).splitlines()]


@pytest.mark.parametrize("batch", ["answered", "late", "lapsed", "stopped", "paused", "resumed", "overriding"])
@pytest.mark.parametrize("in_full", [True, False])
def test_the_evidence_of_a_batch_is_genuine(
    batch: str, in_full: bool, story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    about = getattr(story, batch)
    path = taken(tmp_path, Wanted(batch=about, in_full=in_full), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    shown = [row["email"] for row in rows(path, "attempts.jsonl")]
    asked_for = list(about.attempts.order_by("pk").values_list("email", flat=True))
    assert shown == (asked_for if in_full else [""] * len(asked_for))
    assert rows(path, "batches.jsonl")[0]["reason"] == (about.reason if in_full else "")


def test_the_evidence_of_an_address_shows_it_and_no_other(
    story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    path = taken(tmp_path, Wanted(key=ANN), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    assert {row["email"] for row in rows(path, "attempts.jsonl")} == {ANN}
    with zipfile.ZipFile(path) as bundle:
        whole = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"bob@example.com" not in whole and b"dee@example.com" not in whole
    assert len(rows(path, "events.jsonl")) == Event.objects.count()


def test_the_evidence_of_a_period_holds_whatever_happened_in_it(
    story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    begins = clock.move(seconds=1)
    doors.signed_in(at_page(aki, None), begins)
    batch = open_for(person("otto"), "new@example.com", now=clock.move(seconds=1))
    path = taken(tmp_path, Wanted(since=begins, until=begins + timedelta(days=1), in_full=True), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    assert [row["id"] for row in rows(path, "batches.jsonl")] == [batch.pk]
    told = [row["payload"]["name"] for row in rows(path, "events.jsonl") if "payload" in row]
    assert told == ["person:signed_in", "batch:opened", "evidence:exported"]


def test_everything_that_ever_was_is_genuine_also_after_an_erasure(
    story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    Attempt.objects.get(email="ida@example.com")
    keeping.erase(keeping.find_address("ida@example.com", "ida@example.com"), ACTOR, clock.move(seconds=1))
    path = taken(tmp_path, Wanted(in_full=True), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    assert "ida@example.com" not in {row["email"] for row in rows(path, "attempts.jsonl")}
    assert len(rows(path, "attempts.jsonl")) == Attempt.objects.count()


@pytest.mark.parametrize("address", [True, False])
def test_a_lookup_that_gave_no_verdict_is_in_the_evidence(
    address: bool, story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    lookup = look_up(Attempt.objects.filter(key=ANN).earliest("pk"), clock, verified=True)
    other = look_up(Attempt.objects.get(email="jon@example.com"), clock, verified=True)
    path = taken(tmp_path, Wanted(key=ANN) if address else Wanted(since=lookup.created_at), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    shown = [row["id"] for row in rows(path, "lookups.jsonl")]
    assert shown == ([lookup.pk] if address else [lookup.pk, other.pk])


def test_a_lookup_about_the_address_that_ended_without_an_event_is_found(
    story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    lookup = look_up(Attempt.objects.filter(key=ANN).earliest("pk"), clock, verified=True)
    untold = copy("lookup", lookup.pk)
    path = taken(tmp_path, Wanted(key=ANN), aki, clock)

    code, said = checked(path)
    assert code == 1
    assert f"lookups.jsonl line 2 (id {untold}): no event of this bundle has it among its lookups" in said


@pytest.mark.parametrize("address", [True, False])
def test_of_lookups_that_were_adopted_the_evidence_of_an_address_shows_its_own(
    address: bool, story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    asked = [copy("lookup", Lookup.objects.latest("pk").pk, key=key) for key in (ANN, "someone@example.com")]
    leaves = [(row.pk, chain.lookup_leaf(vars(row))) for row in Lookup.objects.filter(pk__in=asked).order_by("pk")]
    with transaction.atomic():
        record(ACTOR, clock(), Line(EventName.LOOKUPS_ADOPTED, {"lookups": chain.group(leaves)}))
    verify(None)
    path = taken(tmp_path, Wanted(key=ANN) if address else Wanted(), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    shown = {row["id"] for row in rows(path, "lookups.jsonl")}
    assert shown & set(asked) == set(asked[:1] if address else asked)


@pytest.mark.parametrize(
    ("emptied", "marked"),
    [(("message",), False), (("message",), True), (("email", "key", "message", "salt"), True)],
)
def test_what_was_emptied_in_the_database_without_an_event_is_found_in_the_bundle(
    emptied: tuple[str, ...], marked: bool, story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    wrong = story.answered.attempts.get(email="bob@example.com")
    change("attempt", wrong.pk, **dict.fromkeys(emptied, ""), erased_at=clock() if marked else None)
    path = taken(tmp_path, Wanted(batch=story.answered, in_full=True), aki, clock)

    code, said = checked(path)
    gone = "message" if emptied == ("message",) else "texts"
    assert code == 1
    assert f"(id {wrong.pk}): its {gone} can't be seen, and no event has erased it" in said


@pytest.mark.parametrize("in_full", [True, False])
def test_after_all_was_pruned_the_evidence_is_genuine(
    in_full: bool, story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    later = clock.move(days=9)
    for found in keeping.find_older(later):
        keeping.prune(found, ACTOR, later)
    path = taken(tmp_path, Wanted(batch=story.answered, in_full=in_full), aki, clock)

    code, said = checked(path)
    assert code == 0, said
    assert all(row["erased_at"] and not row["salt"] for row in rows(path, "attempts.jsonl"))


def test_taking_it_out_is_on_record_and_in_the_bundle(story: Story, tmp_path: Path, aki: User, clock: Clock) -> None:
    path = taken(tmp_path, Wanted(batch=story.answered), aki, clock)

    event = Event.objects.latest("sequence")
    assert (event.name, event.actor_name, event.batch) == (EventName.EVIDENCE_EXPORTED, "aki", story.answered)
    assert event.details == {"kind": "batch", "batch": story.answered.ref, "in_full": False}
    assert rows(path, "events.jsonl")[-1]["sequence"] == event.sequence


def test_an_outcome_that_was_changed_is_found_in_the_bundle(
    story: Story, tmp_path: Path, aki: User, clock: Clock
) -> None:
    wrong = Attempt.objects.get(batch=story.answered, email="bob@example.com")
    path = taken(tmp_path, Wanted(batch=story.answered), aki, clock)
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as bundle:
        bundle.extractall(folder)
    attempts = folder / "attempts.jsonl"
    attempts.write_text(attempts.read_text().replace('"refused"', '"accepted"'))

    code, said = checked(folder)

    assert code == 1
    assert f"{wrong.pk}" in said


def test_an_attempt_whose_message_named_an_erased_address_is_genuine(aki: User, tmp_path: Path, clock: Clock) -> None:
    batch = open_for(person("mei"), ANN, now=clock())
    errand = open_call(worker="w", clock=clock)
    assert errand
    refusal = AddressRefused("ParameterIllegal", "zoe@example.com is illegal", "R-1", 400)
    settle(errand.call.pk, refusal, ACTOR, now=clock())
    keeping.erase(keeping.find_address("zoe@example.com", "zoe@example.com"), ACTOR, clock())

    path = taken(tmp_path, Wanted(batch=batch, in_full=True), aki, clock)

    assert checked(path)[0] == 0
    assert [(row["email"], row["message"]) for row in rows(path, "attempts.jsonl")] == [(ANN, "")]
