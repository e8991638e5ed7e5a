"""`MetricQuery`: the typed meaning of a question, before any SQL.

Everything is a frozen value that goes to a dict and back, so a meaning can be stored, shown, compared and
edited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

Scalar = str | int | float | bool
OF_NUMBERS = ("sum", "avg", "median")
"""Aggregates that need numbers, and that are wrong where joins repeat rows."""


@dataclass(frozen=True, slots=True)
class Term:
    """A column, or an aggregate of one; column `*` counts rows of `table`; `metric` names one of the
    catalog.
    """

    table: str
    column: str = "*"
    agg: str = ""
    distinct: bool = False
    grain: str = ""
    metric: str = ""

    @property
    def aggregated(self) -> bool:
        """Whether it stands for many rows."""
        return bool(self.agg or self.metric)


@dataclass(frozen=True, slots=True)
class Compare:
    """`term op value`, where the value may be another term or the one value of a query."""

    term: Term
    op: str
    value: Scalar | Term | MetricQuery


@dataclass(frozen=True, slots=True)
class Between:
    """`low <= term <= high`; `half_open` leaves the upper end out."""

    term: Term
    low: Scalar
    high: Scalar
    half_open: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """Text that holds `text` at its start (prefix), end (suffix) or anywhere (inside)."""

    term: Term
    text: str
    where: str = "inside"


@dataclass(frozen=True, slots=True)
class IsNull:
    """The value is missing."""

    term: Term


@dataclass(frozen=True, slots=True)
class Within:
    """The term's value is among those that a query gives."""

    term: Term
    query: MetricQuery


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds."""

    parts: tuple[Predicate, ...]


Predicate = Compare | Between | Like | IsNull | Within | Not | All | AnyOf


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key."""

    term: Term
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same measure over an earlier time range `[begin, end)` of `term`, beside the asked one."""

    term: Term
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked: columns and measures, over which rows, by what, in which order, how many.

    `tables` are relations that must be joined though no term names them; `via` are the joins (table,
    column, table, column) to take where others would connect the tables as well. `combine` joins the
    result with that of another query (intersect, except, union). `per_group` keeps so many rows for each
    value of the group keys, in the given order, and groups nothing. `rows_only` asks how many rows the
    query has.
    `share` divides the first measure by its total. `compare` adds the measure over another time range.
    """

    select: tuple[Term, ...]
    tables: tuple[str, ...] = ()
    where: Predicate | None = None
    group: tuple[Term, ...] = ()
    having: Predicate | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    distinct: bool = False
    combine: tuple[str, MetricQuery] | None = None
    per_group: int | None = None
    rows_only: bool = False
    share: bool = False
    compare: Comparison | None = None
    via: tuple[tuple[str, str, str, str], ...] = ()


def conjoin(*parts: Predicate | None) -> Predicate | None:
    """All given parts together, flattened; nothing where there are none."""
    flat: list[Predicate] = []
    for part in parts:
        if isinstance(part, All):
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def conjuncts(predicate: Predicate | None) -> tuple[Predicate, ...]:
    """The parts that must all hold; `conjoin` puts them together again."""
    return predicate.parts if isinstance(predicate, All) else () if predicate is None else (predicate,)


def terms_of(predicate: Predicate | None) -> Iterator[Term]:
    """The terms of a predicate, not those of queries inside it."""
    if isinstance(predicate, Compare):
        yield predicate.term
        if isinstance(predicate.value, Term):
            yield predicate.value
    elif isinstance(predicate, (Between, Like, IsNull, Within)):
        yield predicate.term
    elif isinstance(predicate, Not):
        yield from terms_of(predicate.part)
    elif isinstance(predicate, (All, AnyOf)):
        for part in predicate.parts:
            yield from terms_of(part)


def own_terms(query: MetricQuery) -> Iterator[Term]:
    """Every term of the query itself."""
    yield from query.select
    yield from terms_of(query.where)
    yield from query.group
    yield from terms_of(query.having)
    for order in query.order:
        yield order.term


def tables_of(query: MetricQuery) -> tuple[str, ...]:
    """Every relation the query itself reads, in the order of first mention."""
    named = [term.table for term in own_terms(query) if term.table]
    between = [table for join in query.via for table in (join[0], join[2])]
    return tuple(dict.fromkeys([*named, *query.tables, *between]))


def inner_queries(query: MetricQuery) -> Iterator[MetricQuery]:
    """Every query inside the query."""
    found = [*_inside(query.where), *_inside(query.having)]
    if query.combine is not None:
        found.append(query.combine[1])
    for inner in found:
        yield inner
        yield from inner_queries(inner)


def _inside(predicate: Predicate | None) -> Iterator[MetricQuery]:
    if isinstance(predicate, Compare) and isinstance(predicate.value, MetricQuery):
        yield predicate.value
    elif isinstance(predicate, Within):
        yield predicate.query
    elif isinstance(predicate, Not):
        yield from _inside(predicate.part)
    elif isinstance(predicate, (All, AnyOf)):
        for part in predicate.parts:
            yield from _inside(part)


_KINDS: dict[str, type] = {
    kind.__name__.lower(): kind
    for kind in (
        Term,
        Compare,
        Between,
        Like,
        IsNull,
        Within,
        Not,
        All,
        AnyOf,
        Order,
        Comparison,
        MetricQuery,
    )
}


def to_dict(value: object) -> Any:
    """The value as plain dicts, lists and scalars; defaults are left out."""
    if isinstance(value, tuple):
        return [to_dict(item) for item in value]
    name = type(value).__name__.lower()
    kind = _KINDS.get(name)
    if kind is None:
        return value
    out: dict[str, Any] = {"kind": name}
    for field in fields(kind):
        item = getattr(value, field.name)
        if item != field.default:
            out[field.name] = to_dict(item)
    return out


def from_dict(value: Any) -> Any:
    """What `to_dict` was given."""
    if isinstance(value, list):
        return tuple(from_dict(item) for item in value)
    if not isinstance(value, Mapping):
        return value
    kind = _KINDS[value["kind"]]
    return kind(**{name: from_dict(item) for name, item in value.items() if name != "kind"})
