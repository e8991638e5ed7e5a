"""Keys that nobody declared: primary keys by uniqueness and name, joins by names, types and shared values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .catalog import Column, Join, Table


def infer_primary_key(table_words: tuple[str, ...], columns: Sequence[Column]) -> tuple[str, ...]:
    """The unique column whose name says id, the table's own first; else nothing."""
    unique = [c for c in columns if c.unique]
    own = [c for c in unique if c.is_id and (set(c.words[:-1]) <= set(table_words))]
    for found in (own, [c for c in unique if c.is_id], [c for c in unique[:1] if c is columns[0]]):
        if found:
            return (found[0].name,)
    return ()


def infer_joins(tables: tuple[Table, ...], given: tuple[Join, ...]) -> tuple[Join, ...]:
    """Joins between tables that no given join connects, each at most once for a pair of tables."""
    from .catalog import Join

    linked = {frozenset((join.left, join.right)) for join in given}
    found: list[Join] = []
    for one in tables:
        for other in tables:
            if one is other or frozenset((one.name, other.name)) in linked:
                continue
            pair = _best_pair(one, other)
            if pair is not None:
                found.append(Join(one.name, pair[0].name, other.name, pair[1].name, given=False))
                linked.add(frozenset((one.name, other.name)))
    return tuple(found)


def _best_pair(one: Table, other: Table) -> tuple[Column, Column] | None:
    """A column of `one` that points at a key of `other`, or nothing."""
    for key in other.columns:
        if not (key.unique or key.name in other.primary_key) or key.kind not in ("number", "text"):
            continue
        for column in one.columns:
            if column.kind == key.kind and _points(column, key, other) and _included(column, key):
                return column, key
    return None


def _points(column: Column, key: Column, table: Table) -> bool:
    """Whether the names suit: the same telling name, or `<table> id` for the table's `id`."""
    if column.words == key.words:
        return len(key.words) > 1 or key.words[0] not in ("id", "name", "key", "code", "number", "type")
    return column.is_id and key.is_id and column.words[:-1] == table.words


def _included(column: Column, key: Column) -> bool:
    if column.values and key.values:
        known = set(key.values)
        return sum(value in known for value in column.values) >= 0.8 * len(column.values)
    return True
