"""Places that only one row of a table may hold: its key, its unique values, and what is unique while a condition holds.

SQLite's REPLACE removes the row that holds a place without a DELETE trigger, unless the connection asks for these. So
before a row takes a place it is looked whether another one holds it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, UniqueConstraint

COLUMN = re.compile(r'"(\w+)"')


@dataclass(frozen=True)
class Place:
    """Columns whose values together only one row may have, or only one of those for which the condition holds."""

    name: str
    table: str
    columns: tuple[str, ...]
    condition: str = ""

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The columns that decide who holds the place."""
        return tuple(dict.fromkeys((*self.columns, *COLUMN.findall(self.condition))))

    def taken(self) -> str:
        """The condition that a new row would take the place of another."""
        return f"{self._wanted('NEW')} AND {self._held()}" if self.condition else self._held()

    def taken_over(self, key: str) -> str:
        """The condition that a changed row would, which didn't hold the place before; `key` tells rows apart."""
        same = " AND ".join(f"OLD.{column} IS NEW.{column}" for column in self.columns)
        held = self._held(f" AND {key} <> OLD.{key}")
        return f"{self._wanted('NEW')} AND ({self._wanted('OLD')} AND {same}) IS NOT TRUE AND {held}"

    def _wanted(self, row: str) -> str:
        return COLUMN.sub(rf'{row}."\1"', self.condition)

    def _held(self, by: str = "") -> str:
        condition = f" AND {self.condition}" if self.condition else ""
        same = " AND ".join(f"{column} = NEW.{column}" for column in self.columns)
        return f'EXISTS (SELECT 1 FROM "{self.table}" WHERE {same}{condition}{by})'


def places(model: type[Model], connection: BaseDatabaseWrapper) -> Iterator[Place]:
    """The places in a model's table, as its fields and constraints have them."""
    meta, table = model._meta, model._meta.db_table
    for field in meta.local_fields:
        if field.unique:
            yield Place(field.name, table, (str(field.column),))
    for constraint in meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            columns = tuple(str(meta.get_field(name).column) for name in constraint.fields)  # type: ignore[union-attr]
            yield Place(constraint.name, table, columns, _condition(constraint, model, connection))


def _condition(constraint: UniqueConstraint, model: type[Model], connection: BaseDatabaseWrapper) -> str:
    """As the index has it, its columns quoted and without the table; empty if it is over all rows."""
    return constraint._get_condition_sql(model, connection.schema_editor()) or ""  # type: ignore[attr-defined]
