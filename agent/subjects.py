"""What can be measured of a table, over which time, and by what: chosen from the catalog alone."""

from __future__ import annotations

from collections.abc import Iterable

from .catalog import Catalog, Column, Table
from .english.inflection import lemma
from .query import Term

_ADDS_UP = ("revenue", "amount", "sale", "total", "price", "cost", "value", "quantity", "count", "number")
"""Words, lemmatised, of columns whose sum is likely meant."""

MOST_GROUPS = 60
LEAST_GROUPS = 2


def measure_of(catalog: Catalog, table: Table) -> Term:
    """A metric that somebody named; else the sum of a column that adds up; else the number of rows."""
    named = next((m for m in catalog.metrics if m.table == table.name), None)
    if named is not None:
        return Term(table.name, "*", "metric", metric=named.name)
    keys = {name for owner, name in catalog.foreign_keys if owner == table.name}
    able = [c for c in table.columns if c.numeric and not c.is_id and c.name not in keys and c.distinct]
    ranked = sorted(able, key=lambda c: (_rank(c), -c.distinct))
    if ranked and _rank(ranked[0]) < len(_ADDS_UP):
        return Term(table.name, ranked[0].name, "sum")
    return Term(table.name, "*", "count")


def time_of(table: Table) -> Column | None:
    """When its rows happened: the column that was said to tell, else the first that is a date."""
    said = table.column(table.time_column) if table.time_column else None
    return said or next((c for c in table.columns if c.kind == "date"), None)


def dimensions_of(catalog: Catalog, table: Table) -> list[Term]:
    """Columns that part its rows into a few groups: its own texts, then those of tables it points at."""
    found = [_term(c) for c in table.columns if _parts(c)]
    for join in catalog.joins:
        if join.left == table.name:
            pointed = catalog.by_name[join.right]
            found += [_term(c) for c in pointed.columns if _parts(c)]
    return list(dict.fromkeys(found))


def table_about(catalog: Catalog, words: Iterable[str]) -> Table | None:
    """The table, or the table of the metric or column, that some words name best."""
    asked = {lemma(word.lower()) for word in words}
    best: tuple[float, Table] | None = None
    for table in catalog.tables:
        score = 3.0 * _likeness(asked, [table.words, *map(_words, table.synonyms)])
        metrics = [_words(m.name) for m in catalog.metrics if m.table == table.name]
        score += 2.0 * _likeness(asked, metrics)
        score += max((_likeness(asked, [c.words]) for c in table.columns), default=0.0)
        score += 0.1 * bool(time_of(table)) + 0.1 * (measure_of(catalog, table).column != "*")
        if score >= 1.0 and (best is None or score > best[0]):
            best = (score, table)
    return None if best is None else best[1]


def _likeness(asked: set[str], names: Iterable[tuple[str, ...]]) -> float:
    parts = [{lemma(word) for word in name} for name in names]
    return max((len(asked & part) / len(asked | part) for part in parts if asked), default=0.0)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.lower().replace("_", " ").split())


def _rank(column: Column) -> int:
    known = {lemma(word) for word in column.words}
    return next((at for at, word in enumerate(_ADDS_UP) if word in known), len(_ADDS_UP))


def _parts(column: Column) -> bool:
    return column.kind in ("text", "bool") and LEAST_GROUPS <= column.distinct <= MOST_GROUPS


def _term(column: Column) -> Term:
    return Term(column.table, column.name)
