"""How a rule about a table is written: which columns change only while which condition holds.

Conditions are SQL over OLD and NEW, the row before and after a change, in words that every database here reads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Model


@dataclass(frozen=True)
class Rule:
    """Columns that change only while `when` holds, or while the query `or_exists` finds a row.

    The columns among `texts` may besides become empty, in a row whose `erased_at` is set by then.
    """

    name: str
    columns: tuple[str, ...] = ()
    when: str = "FALSE"
    texts: tuple[str, ...] = ()
    or_exists: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that the rule speaks of."""
        return (*self.columns, *self.texts)


@dataclass(frozen=True)
class Table:
    """The rules of one table. Each of its columns stands in a rule, or among the `free` ones; no rules: no changes."""

    model: type[Model]
    rules: tuple[Rule, ...] = ()
    free: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return str(self.model._meta.pk.column)

    @property
    def columns(self) -> set[str]:
        """The columns that the rules speak of."""
        return {column for rule in self.rules for column in rule.named}


def one_of(words: Iterable[str]) -> str:
    """Words as SQL has them after IN."""
    return "({})".format(", ".join(f"'{word}'" for word in words))


def moves(column: str, allowed: Mapping[str, Iterable[str]]) -> str:
    """The condition that a column goes from one word to another that is allowed after it."""
    pairs = (f"{before}>{after}" for before, afters in allowed.items() for after in afters)
    return f"OLD.{column} || '>' || NEW.{column} IN {one_of(pairs)}"
