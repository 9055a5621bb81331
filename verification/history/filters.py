"""What a person looks for in the history, and the pages of what matches. An index of its own serves each filter."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from ..models import Attempt, Batch
from ..models.attempt import AttemptQuerySet
from ..services.addresses import domain_of, key_of
from .keyset import Page, page_of

LAST_CHARACTER = "\U0010ffff"
NOBODY = 0


class Unindexed(Func):
    """A column by its value alone: SQLite looks for no index on it. PostgreSQL knows better and sees the column."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


@dataclass(frozen=True)
class Filters:
    """Empty fields don't filter. `until` is exclusive; `address` with a * at its end finds all that begin so.

    `fingerprint` finds a whole address for who may not see the others.
    """

    address: str = ""
    domain: str = ""
    status: str = ""
    code: str = ""
    operator: str = ""
    ticket: str = ""
    batch: str = ""
    since: datetime | None = None
    until: datetime | None = None
    fingerprint: str = ""

    def query(self) -> dict[str, str]:
        """The URL parameters that make these filters again: field names, moments in ISO 8601 and UTC."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value if isinstance(value, str) else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            for name, value in said.items()
            if value
        }


def matching(wanted: Filters) -> AttemptQuerySet:
    conditions: list[Q | Exact] = list(_rare(wanted))
    for field, value in _common(wanted):
        # SQLite guesses by the width of an index, and so takes the one that tells least.
        conditions.append(Exact(Unindexed(field) if conditions else F(field), value))
    return Attempt.objects.filter(*conditions, **_moments(wanted))


def page(wanted: Filters, cursor: str = "", size: int = 50) -> Page:
    """A page of the attempts that match, newest first, each with its batch and its person loaded.

    A cursor that isn't one of ours gives the first page.
    """
    # Loaded after the page, not joined: a join would be made for every row that has to be sorted for the page.
    return page_of(matching(wanted).prefetch_related("batch", "requested_by"), cursor, size)


def _rare(wanted: Filters) -> Iterator[Q]:
    """Conditions that few attempts meet."""
    if wanted.address:
        yield address_is(wanted.address)
    if wanted.fingerprint:
        # SQLite takes the partial index only for a query that repeats its condition.
        yield Q(fingerprint=wanted.fingerprint) & ~Q(fingerprint="")
    if wanted.batch:
        yield batch_is(wanted.batch.strip())
    if wanted.ticket:
        yield ticket_is(wanted.ticket.strip())
    if wanted.domain:
        yield Q(domain=domain_of(key_of(f"x@{wanted.domain.strip().removeprefix('@')}")))


def _common(wanted: Filters) -> Iterator[tuple[str, str | int]]:
    """Conditions that many attempts meet, the more telling ones first."""
    if wanted.code:
        yield "code", wanted.code.strip()
    if wanted.operator:
        yield "requested_by_id", _person(wanted.operator.strip())
    if wanted.status:
        yield "status", wanted.status


def _moments(wanted: Filters) -> dict[str, datetime]:
    moments = {"created_at__gte": wanted.since, "created_at__lt": wanted.until}
    return {lookup: moment for lookup, moment in moments.items() if moment}


def _person(username: str) -> int:
    # Looked up first: with the number in hand both databases walk the person's own index in order.
    return User.objects.filter(username=username).values_list("pk", flat=True).first() or NOBODY


def address_is(text: str) -> Q:
    """Attempts on one address, however it is spelt; with a * at its end, on all whose key begins so."""
    bare = text.strip()
    if not bare.endswith("*"):
        return Q(key=key_of(bare))
    begin = key_of(bare[:-1])
    if connection.vendor == "sqlite":
        return Q(key__gte=begin, key__lt=begin + LAST_CHARACTER)
    # PostgreSQL sorts by the database's language, in which what begins alike needn't stand together. It makes the
    # LIKE a range itself where its index compares bytes.
    return Q(key__startswith=begin)


def batch_is(ref: str) -> Q:
    """Attempts of the batch with this name."""
    found = Batch.objects.filter(ref=ref).values_list("pk", "created_at").first()
    # All attempts of a batch carry its time, so the time leads to them in order, without a sort.
    return Q(batch=found[0], created_at=found[1]) if found else Q(pk__in=())


def ticket_is(ticket: str) -> Q:
    """Attempts of all batches with this ticket. Costs as much as these batches have attempts."""
    # SQLite takes the partial index only for a query that repeats its condition.
    return Q(batch__in=Batch.objects.filter(ticket=ticket).exclude(ticket="").values("pk"))
