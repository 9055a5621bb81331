"""The triggers that enforce the rules, in the words of SQLite and of PostgreSQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from .places import Place, places
from .rules import Rule, Table

PREFIX = "guard_"
REFUSE = f"{PREFIX}refuse"
# By these names too SQLite lets the key of a row be changed.
ROWID = ("rowid", "oid", "_rowid_")


@dataclass(frozen=True)
class Trigger:
    """A trigger, and the body of the function that it calls where triggers call functions."""

    name: str
    table: str
    statement: str
    function: str = ""
    body: str = ""


def triggers(connection: BaseDatabaseWrapper, tables: Sequence[Table]) -> dict[str, Trigger]:
    """All triggers of these tables by their names, in the words of the connection's database."""
    return {trigger.name: trigger for table in tables for trigger in _of(table, connection)}


def _of(table: Table, connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    if connection.vendor == "sqlite":
        return _on_sqlite(table, list(places(table.model, connection)))
    return _on_postgresql(table)


def _on_sqlite(table: Table, held: Sequence[Place]) -> Iterator[Trigger]:
    yield _sqlite_trigger(table, "kept", "DELETE", "TRUE")
    yield _sqlite_trigger(table, "place", "INSERT", " OR ".join(place.taken() for place in held))
    # What is unique among all rows never changes, by the rules.
    for place in held:
        if place.condition:
            # The message so names the constraint, as the index's own does.
            name = place.name.removeprefix(f"{table.model._meta.model_name}_")
            yield _sqlite_trigger(table, name, _update_of(*place.looked_at), place.taken_over(table.key))
    if not table.rules:
        yield _sqlite_trigger(table, "frozen", "UPDATE", "TRUE")
    for rule in table.rules:
        refused = f"{_refused(rule)} AND NOT EXISTS ({rule.or_exists})" if rule.or_exists else _refused(rule)
        condition = refused.replace("IS DISTINCT FROM", "IS NOT")
        act = _update_of(*rule.named, *(ROWID if "id" in rule.columns else ()))
        yield _sqlite_trigger(table, rule.name, act, condition)


def _sqlite_trigger(table: Table, rule: str, act: str, refused: str) -> Trigger:
    name = _name(table, rule)
    statement = (
        f'CREATE TRIGGER "{name}" BEFORE {act} ON "{table.name}" FOR EACH ROW WHEN {refused}'
        f" BEGIN SELECT RAISE(ABORT, '{_message(name)}'); END"
    )
    return Trigger(name, table.name, statement)


def _on_postgresql(table: Table) -> Iterator[Trigger]:
    yield _postgresql_trigger(table, "kept", "DELETE", "TRUE")
    yield _postgresql_trigger(table, "whole", "TRUNCATE")
    if not table.rules:
        yield _postgresql_trigger(table, "frozen", "UPDATE", "TRUE")
    for rule in table.rules:
        yield _postgresql_trigger(table, rule.name, _update_of(*rule.named), _refused(rule), rule.or_exists)


def _postgresql_trigger(table: Table, rule: str, act: str, refused: str = "", or_exists: str = "") -> Trigger:
    """The condition stands before the call of the function, which so costs lawful changes nothing.

    A query can't stand there; the function of a rule that has one asks it.
    """
    name = _name(table, rule)
    function = name if or_exists else REFUSE
    each = f"FOR EACH ROW WHEN ({refused})" if refused else "FOR EACH STATEMENT"
    statement = (
        f'CREATE TRIGGER "{name}" BEFORE {act} ON "{table.name}" {each}'
        f" EXECUTE FUNCTION \"{function}\"('{_message(name)}')"
    )
    return Trigger(name, table.name, statement, function, _body(or_exists))


def _body(or_exists: str) -> str:
    refuse = "RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';"
    return (
        f"BEGIN IF EXISTS ({or_exists}) THEN RETURN NEW; END IF; {refuse} END" if or_exists else f"BEGIN {refuse} END"
    )


def _refused(rule: Rule) -> str:
    """The condition that a change breaks a rule, as far as the row alone tells."""
    changes = [_changed(*rule.columns)] if rule.columns else []
    changes += [f"{_changed(text)} AND NOT {_erased(text)}" for text in rule.texts]
    return f"NOT ({rule.when}) AND ({' OR '.join(changes)})"


def _changed(*columns: str) -> str:
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"({before}) IS DISTINCT FROM ({after})"


def _erased(text: str) -> str:
    return f"(NEW.{text} = '' AND NEW.erased_at IS NOT NULL)"


def _update_of(*columns: str) -> str:
    return f"UPDATE OF {', '.join(columns)}"


def _name(table: Table, rule: str) -> str:
    return f"{PREFIX}{table.model._meta.model_name}_{rule}"


def _message(name: str) -> str:
    return f"the record keeps what was written down ({name})"
