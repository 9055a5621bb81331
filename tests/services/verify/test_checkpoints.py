"""Checkpoints that are missing, changed or signed by another key are named, and so is what only they can find."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pytest_django import Settings

from tests.desk import ACTOR, NOON, Clock
from tests.services.administrator import change, copy, cut, delete, rebuild, unhindered
from tests.services.story import Story, answer, carry
from verification.evidence import checkpoints as form
from verification.evidence.checkpoints import name_of
from verification.evidence.keys import KeyUnusable, new_key
from verification.models import Attempt, Checkpoint, Event, EventName, Lookup, Status
from verification.services import batches
from verification.services.checkpoints import change_key, make_checkpoint, parsed, write_files
from verification.services.leaves import ended_group
from verification.services.signing_key import key_in_force
from verification.services.verify import UnknownCheckpoint, verify

from .finding import broken, event, first

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    return tmp_path / "checkpoints"


@pytest.fixture
def signed(story: Story, directory: Path, clock: Clock) -> Story:
    """Three checkpoints: of 21, 22 and 24 events; two more events lie past them."""
    make_checkpoint("tests", clock())
    batches.resume(story.paused.pk, ACTOR, now=clock.move(minutes=1))
    make_checkpoint("tests", clock())
    carry(story.paused, clock, answer("jon@example.com"))
    carry(story.resumed, clock, answer("kim@example.com"))
    make_checkpoint("tests", clock())
    write_files()
    carry(story.overriding, clock, answer("bob@example.com"))
    return story


def rewrite_outcome(batch_of: Story) -> int:
    """Turn a yes into a no, and make the trail say so, every hash of it."""
    row = first(batch_of.answered)
    change("attempt", row.pk, status=Status.REFUSED)
    said = Event.objects.get(sequence=event(EventName.CALL_SETTLED))
    said.details["ended"] = ended_group(Attempt.objects.filter(batch=row.batch_id))
    with unhindered():
        said.save()
    rebuild()
    return row.pk


def sign_anew(key: Ed25519PrivateKey) -> None:
    """Make every checkpoint anew, with the hashes that the chain has now."""
    before = None
    for row in Checkpoint.objects.order_by("number"):
        old = parsed(row).stand
        now = Event.objects.get(sequence=old.sequence).hash
        before = form.make(key, before, form.Stand(old.sequence, now, old.counts), made_at=row.made_at)
        change("checkpoint", row.number, document=before.document.decode())


def test_a_record_with_checkpoints_is_whole_and_tells_what_lies_past_them(signed: Story, directory: Path) -> None:
    report = verify(directory, demanded=True)

    assert (report.events, report.checkpoints, report.without_file) == (25, 3, 0)
    assert report.past_last_checkpoint == 1


def test_a_chain_that_was_made_anew_is_found_by_its_checkpoint(signed: Story, directory: Path) -> None:
    rewrite_outcome(signed)

    assert broken(directory) == broken() == ("checkpoint", 1)


def test_without_a_checkpoint_it_would_not_be_found(story: Story, directory: Path) -> None:
    rewrite_outcome(story)

    assert verify(None).past_last_checkpoint == 21


def test_a_chain_and_its_checkpoints_made_anew_with_another_key_are_found(signed: Story, directory: Path) -> None:
    rewrite_outcome(signed)
    sign_anew(Ed25519PrivateKey.generate())

    assert broken() == ("checkpoint", 3)


def test_with_the_key_file_replaced_too_the_files_elsewhere_find_it(
    signed: Story, directory: Path, settings: Settings
) -> None:
    rewrite_outcome(signed)
    settings.CHECKPOINT_KEY_FILE.unlink()
    sign_anew(new_key(settings.CHECKPOINT_KEY_FILE))

    assert verify(None).checkpoints == 3
    assert broken(directory) == ("checkpoint", 1)


def test_a_key_that_was_announced_and_never_signed_vouches_for_nothing(
    signed: Story, directory: Path, settings: Settings
) -> None:
    """Anybody can announce our public key at the end of checkpoints of their own."""
    ours = parsed(Checkpoint.objects.get(number=3)).public_key
    rewrite_outcome(signed)
    theirs = Ed25519PrivateKey.generate()
    sign_anew(theirs)
    last, before = parsed(Checkpoint.objects.get(number=3)), parsed(Checkpoint.objects.get(number=2))
    announcing = form.make(theirs, before, last.stand, made_at=NOON, next_key=ours)
    change("checkpoint", 3, document=announcing.document.decode())

    assert broken() == ("checkpoint", 3)


def test_a_replaced_key_is_noticed(signed: Story, directory: Path, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE.unlink()
    new_key(settings.CHECKPOINT_KEY_FILE)

    assert broken(directory) == ("checkpoint", 3)


def test_without_the_key_file_nothing_can_be_vouched_for(signed: Story, directory: Path, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE.unlink()

    with pytest.raises(KeyUnusable):
        verify(directory)


def test_a_changed_key_goes_on_from_the_old_one(signed: Story, directory: Path, clock: Clock) -> None:
    change_key(ACTOR, clock.move(minutes=1))
    write_files()
    report = verify(directory, demanded=True)

    assert (report.checkpoints, report.past_last_checkpoint) == (6, 0)


def test_a_tail_cut_off_before_a_checkpoint_is_named_by_its_first_event(signed: Story, directory: Path) -> None:
    cut(23, adjust_head=True)

    assert broken(directory) == ("event", 24)


@pytest.mark.parametrize("number", [1, 2])
def test_a_checkpoint_taken_off_the_record_is_named(signed: Story, directory: Path, number: int) -> None:
    delete("checkpoint", number)

    assert broken(directory) == broken() == ("checkpoint", number)


def test_the_last_checkpoint_taken_off_the_record_is_named_by_its_file(signed: Story, directory: Path) -> None:
    delete("checkpoint", 3)

    assert broken(directory) == ("checkpoint", 3)
    assert verify(None).past_last_checkpoint == 3


@pytest.mark.parametrize("column", ["document", "sequence", "number"])
def test_a_changed_checkpoint_is_named(signed: Story, directory: Path, column: str) -> None:
    document = Checkpoint.objects.get(number=2).document
    value = {"document": document.replace('"sequence":22', '"sequence":20'), "sequence": 20, "number": 4}[column]
    change("checkpoint", 2, **{column: value})

    assert broken() == ("checkpoint", 2)


def test_a_file_that_is_missing_among_others_is_named(signed: Story, directory: Path) -> None:
    (directory / name_of(2)).unlink()

    assert broken(directory) == ("checkpoint", 2)


def test_a_file_that_was_changed_is_named(signed: Story, directory: Path) -> None:
    file = directory / name_of(2)
    file.write_text(file.read_text().replace('"sequence":22', '"sequence":20'))

    assert broken(directory) == ("checkpoint", 2)


def test_a_file_of_another_desk_is_named(signed: Story, directory: Path) -> None:
    other = form.make(Ed25519PrivateKey.generate(), None, parsed(Checkpoint.objects.get(number=1)).stand, made_at=NOON)
    (directory / name_of(1)).write_bytes(other.document)

    assert broken(directory) == ("checkpoint", 1)


def test_the_newest_files_may_be_late_unless_they_are_demanded(signed: Story, directory: Path) -> None:
    (directory / name_of(3)).unlink()

    assert verify(directory).without_file == 1
    assert broken(directory, demanded=True) == ("checkpoint", 3)


def test_a_statement_with_other_counts_is_named(signed: Story, directory: Path) -> None:
    last = Checkpoint.objects.get(number=3)
    stand = parsed(last).stand
    counted = form.Stand(stand.sequence, stand.hash, {**stand.counts, "attempts": 12})
    wrong = form.make(key_in_force(None), parsed(Checkpoint.objects.get(number=2)), counted, made_at=NOON)
    change("checkpoint", 3, document=wrong.document.decode())

    assert broken() == ("checkpoint", 3)


# --- From a checkpoint on ---------------------------------------------------------------------------------


@pytest.mark.parametrize("since", [1, 2, 3])
def test_from_a_checkpoint_on_the_rest_is_verified(signed: Story, directory: Path, since: int) -> None:
    seen: list[int] = []
    report = verify(directory, since=since, progress=lambda done, of: seen.append(done))

    assert report.since == {1: 21, 2: 22, 3: 24}[since]
    assert seen == list(range(report.since + 1, 26))
    assert report.counts == verify(directory).counts


def test_what_came_after_the_checkpoint_is_found(signed: Story, directory: Path) -> None:
    number = first(signed.paused).pk
    change("attempt", number, status=Status.REFUSED)

    assert broken(directory, since=2) == ("attempt", number)
    assert verify(directory, since=3).events == 25


def test_a_row_put_in_before_the_checkpoint_is_found_all_the_same(signed: Story, directory: Path) -> None:
    number = copy("attempt", first(signed.answered).pk, position=7, email="new@example.com", key="new@example.com")

    assert broken(directory, since=3) == ("attempt", number)


def test_a_lookup_without_an_event_is_found_all_the_same(signed: Story, directory: Path) -> None:
    number = copy("lookup", Lookup.objects.order_by("-pk")[0].pk)

    assert broken(directory, since=3) == ("lookup", number)


def test_from_a_checkpoint_that_is_not_there_nothing_is_verified(signed: Story, directory: Path) -> None:
    with pytest.raises(UnknownCheckpoint):
        verify(directory, since=4)
