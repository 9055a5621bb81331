"""A desk on which everything has happened that a page can show, made by the services."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings

from tests.answered import REQUEST
from tests.desk import ACTOR, addresses, open_for
from tests.services.known import DAY, HOUR, asked
from verification.aliyun.errors import NotConnected, SetupRefused, Throttled
from verification.aliyun.results import AddressResult, ResendAnswer
from verification.models import Attempt, Batch, LookupState, Pace, SetupCheck, Worker, database_now
from verification.services import batches, checkpoints, keeping, lookups, pace, setup
from verification.services.approve import approve, reject
from verification.services.ledger import at_page
from verification.services.opening import open_call
from verification.services.outcomes import Result
from verification.services.settle import settle

MINUTE = timedelta(minutes=1)
LONG = f"{'a-rather-long-name.' * 3}x@{'and-a-long-domain.' * 8}example.com"
WHY = "客户反映：修改注册人信息之后一直没有收到验证邮件，垃圾箱里也找不到；域名将于下周被暂停解析，请尽快重新发送。"
QUOTA = "SendTokenQuotaExceeded"
MAILBOXES = ("gmail.com", "163.com", "outlook.com", "example.com", "qq.com", "例子.example.org")
# Batches of the last weeks: how many days ago, and of how many addresses.
PAST = tuple((days, 6 + days * 5 % 13) for days in range(88, 1, -2))


@dataclass(frozen=True)
class House:
    """Batches and addresses by the state that their pages show."""

    batches: dict[str, Batch]
    addresses: dict[str, Attempt]


def furnish(people: dict[str, User]) -> House:
    """Weeks of history, then one batch and one address in each state."""
    now = database_now()
    for days, size in PAST:
        _past_batch(people["mei" if days % 4 else "lena"], now - days * DAY, days, size)
    found = known_addresses(people["mei"], now)
    kept = _batches(people, now - 30 * MINUTE)
    found["in flight"] = kept["running"].attempts.order_by("position")[44]
    _checked(people["mei"], now)
    checkpoints.make_checkpoint("worker:desk-1", now)
    return House(kept, found)


def as_usual() -> None:
    """A worker is alive, and the provider takes calls."""
    now = database_now()
    Pace.objects.update(hold_until=None, next_at=None)
    Worker.objects.update_or_create(name="desk-1", defaults={"started_at": now - HOUR, "seen_at": now})


def no_worker() -> None:
    Worker.objects.update(seen_at=database_now() - HOUR)


def throttled() -> None:
    now = database_now()
    pace.throttled(now, opened_at=now, retry_after=600)


def unreachable(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(wait_until=database_now() + 10 * MINUTE)


def lists(*accepted: str, refused: dict[str, str] | None = None) -> ResendAnswer:
    """The provider's answer; an address in none of its lists ends `unknown`."""
    yes = tuple(AddressResult(email, "Success", "Success") for email in accepted)
    no = tuple(AddressResult(email, code, "The provider's own words.") for email, code in (refused or {}).items())
    return ResendAnswer(REQUEST, 200, yes, no)


def _carry(batch: Batch, at: datetime, result: Result | None = None) -> None:
    errand = open_call(worker="desk-1", clock=lambda: at, batch=batch)
    assert errand
    if result is not None:
        settle(errand.call.pk, result, ACTOR, now=at + timedelta(seconds=1))


def _past_batch(who: User, at: datetime, number: int, size: int) -> None:
    emails = [f"holder{number}.{place}@{MAILBOXES[(number + place) % len(MAILBOXES)]}" for place in range(size)]
    batch = open_for(who, *emails, now=at, reason="Link expired", ticket=f"SUP-{4000 + number}")
    refused = {email: ("ParameterIllegal", QUOTA, "InvalidEmail")[place % 3] for place, email in enumerate(emails[::6])}
    _carry(batch, at, lists(*(email for email in emails if email not in refused), refused=refused))


def _sent(who: User, email: str, at: datetime, code: str = "") -> Attempt:
    batch = open_for(who, email, now=at, reason=WHY, ticket="SUP-4711")
    _carry(batch, at, lists(refused={email: code}) if code else lists(email))
    return batch.attempts.get()


def known_addresses(mei: User, now: datetime) -> dict[str, Attempt]:
    """One address for each thing that can be recommended, and one for each thing that can be known about one."""
    found = {
        "resend": _sent(mei, "li.wei@example.com", now - 5 * DAY),
        "verified": _sent(mei, "zhang.min@example.com", now - 4 * DAY),
        "correct": _sent(mei, "anna.berg@gmial.com", now - 4 * DAY),
        "other mailbox": _sent(mei, "10001@qq.com", now - 3 * DAY),
        "spam": _sent(mei, LONG, now - 26 * HOUR),
        "quota": _sent(mei, "chen.hao@example.com", now - 2 * HOUR, QUOTA),
        "odd refusal": _sent(mei, "sato.yui@example.com", now - 2 * HOUR, "Brand.New"),
        "not reached": _sent(mei, "k.novak@example.com", now - 2 * HOUR),
        "asking": _sent(mei, "wang.fang@example.com", now - HOUR),
        "erased": _sent(mei, "gone@example.com", now - HOUR),
        "wait": _sent(mei, "liu.yang@example.com", now - MINUTE),
    }
    asked(found["verified"].email, at=now - HOUR, verified=True, verified_time="2026-03-01 08:00:00")
    asked(found["not reached"].email, at=now - 90 * MINUTE, verified=False)
    asked(found["not reached"].email, LookupState.FAILED, at=now - HOUR, code="NoConnection")
    lookups.ask(email=found["asking"].email, key=found["asking"].key, person=mei, now=now)
    keeping.erase(keeping.find_address("gone@example.com", "gone@example.com"), ACTOR, now)
    return found


def _batches(people: dict[str, User], at: datetime) -> dict[str, Batch]:
    mei = people["mei"]
    with override_settings(RESEND_APPROVAL_ABOVE=5):
        waiting, approved, rejected = (
            open_for(mei, *addresses(12, word), now=at, reason=WHY, ticket="SUP-4720")
            for word in ("waiting", "approved", "rejected")
        )
        lead = at_page(people["lena"], "192.0.2.7")
    approve(approved.pk, lead, note=WHY, now=at)
    reject(rejected.pk, lead, note=WHY, now=at)
    kept = {
        "finished": open_for(mei, "e.smith@gmail.com", LONG.replace("x@", "y@"), *addresses(4), now=at, reason=WHY),
        "waiting": waiting,
        "approved": approved,
        "rejected": rejected,
        "paused": open_for(mei, *addresses(3, "paused"), now=at, ticket="SUP-4715"),
        "throttled": open_for(mei, *addresses(3, "throttled"), now=at),
        "unreachable": open_for(mei, *addresses(3, "unreachable"), now=at),
        "stopped": open_for(mei, *addresses(3, "stopped"), now=at),
        "running": open_for(mei, *addresses(45, "running"), now=at, reason=WHY, ticket="SUP-4718"),
    }
    finished = [attempt.email for attempt in kept["finished"].attempts.order_by("position")]
    # The last one stands in no list, so nobody knows what became of it.
    _carry(kept["finished"], at, lists(*finished[:3], refused={finished[3]: QUOTA, finished[4]: "Brand.New"}))
    _carry(kept["paused"], at, SetupRefused("Forbidden.RAM", "User not authorized to operate.", REQUEST))
    _carry(kept["throttled"], at, Throttled("Throttling.User"))
    _carry(kept["unreachable"], at, NotConnected("refused"))
    batches.stop(kept["stopped"].pk, ACTOR, now=at)
    _carry(kept["running"], at, lists(*addresses(18, "running"), refused={addresses(19, "running")[-1]: QUOTA}))
    _carry(kept["running"], database_now())
    for batch in kept.values():
        batch.refresh_from_db()
    return kept


def _checked(mei: User, now: datetime) -> None:
    check = setup.ask_check(person=mei, now=now - MINUTE)
    SetupCheck.objects.filter(pk=check.pk).update(
        claimed_at=now,
        finished_at=now,
        endpoint=settings.DOMAIN_API_ENDPOINT,
        outcome="setup_refused",
        code="Forbidden.RAM",
        skew_seconds=1.5,
    )
