"""What a search of the catalog finds, the likeliest first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..catalog import Catalog, Column, Table
from ..english.inflection import lemma
from ..names import name_words
from ..rank import Schema
from ..semantic.model import Verified
from ..values import normalise

KINDS = ("verified", "table", "metric", "column")
_IN_TABLE, _IN_VALUE = 0.4, 0.9


@dataclass(frozen=True, slots=True)
class Found:
    """`name`: as the other tools take it."""

    kind: str
    name: str
    about: str
    score: float


def search(
    schema: Schema, query: str, kind: str | None, limit: int, verified: Sequence[Verified] = ()
) -> list[Found]:
    """Names that stand for words of the query: as they are, in another form, as a synonym, or misspelt; and
    columns that hold its words as values."""
    asked = [word for word in normalise(query).split() if word]
    near = [schema.index.matches(word, lemma(word)) for word in asked]
    entries = (e for e in _entries(schema.catalog, verified) if kind is None or e.kind == kind)
    found = [Found(e.kind, e.name, e.about, _score(e, near, asked, schema.catalog)) for e in entries]
    ranked = sorted(found, key=lambda f: (-f.score, KINDS.index(f.kind), f.name))
    return [f for f in ranked if f.score > 0 or not asked][:limit]


@dataclass(frozen=True, slots=True)
class _Entry:
    """`words`: of its own name; `around`: of its table's."""

    kind: str
    name: str
    about: str
    words: frozenset[str]
    around: frozenset[str] = frozenset()
    column: Column | None = None


def _entries(catalog: Catalog, verified: Sequence[Verified]) -> Iterator[_Entry]:
    for vouched in verified:
        words = frozenset(map(lemma, normalise(vouched.question).split()))
        yield _Entry("verified", vouched.question, vouched.sql, words)
    for table in catalog.tables:
        words = _words(table.words, table.synonyms)
        names = ", ".join(column.name for column in table.columns)
        yield _Entry("table", table.name, f"{table.rows} rows: {names}", words)
        yield _Entry("metric", f"count({table.name})", f"rows of {table.name}", words | {"count", "number"})
        for column in table.columns:
            yield from _column_entries(catalog, table, column)
    for metric in catalog.metrics:
        words = _words(name_words(metric.name), metric.synonyms)
        yield _Entry("metric", metric.name, metric.sql, words, frozenset(name_words(metric.table)))


def _column_entries(catalog: Catalog, table: Table, column: Column) -> Iterator[_Entry]:
    words, around = _words(column.words, column.synonyms), frozenset(table.words)
    name = f"{table.name}.{column.name}"
    unit = f" in {column.unit}" if column.unit else ""
    yield _Entry("column", name, f"{column.kind}{unit}", words, around, column)
    if column.numeric and not column.is_id and (table.name, column.name) not in catalog.foreign_keys:
        yield _Entry("metric", f"sum({name})", f"total{unit}", words | {"total", "sum"}, around)


def _score(entry: _Entry, near: list[dict[str, float]], asked: list[str], catalog: Catalog) -> float:
    """How much of the query the entry stands for, and, of two that do, how little else it says."""
    total = 0.0
    for word, forms in zip(asked, near, strict=True):
        own = max((quality for form, quality in forms.items() if form in entry.words), default=0.0)
        own = own or (1.0 if not entry.words.isdisjoint((word, lemma(word))) else 0.0)
        beside = max((_IN_TABLE * q for form, q in forms.items() if form in entry.around), default=0.0)
        held = _IN_VALUE if entry.column is not None and _holds(catalog, entry.column, word) else 0.0
        total += max(own, beside, held)
    spoken = sum(1 for word in entry.words if any(word in forms for forms in near))
    return total / max(1, len(asked)) + 0.1 * spoken / max(1, len(entry.words)) if total else 0.0


def _holds(catalog: Catalog, column: Column, word: str) -> bool:
    places = (*catalog.values.find(word), *catalog.values.find_part(word))
    return any(place.table == column.table and place.column == column.name for place in places)


def _words(own: tuple[str, ...], synonyms: tuple[str, ...]) -> frozenset[str]:
    return frozenset([*own, *(word for synonym in synonyms for word in name_words(synonym))])
