"""Measures whose rows joins would repeat: they are added up over each row once.

revenue of orders by product:  one order has many items, so its revenue would count once for each
-> the different (product, order, revenue), then the sum by product
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .catalog import Catalog
from .joins import Joins
from .query import OF_NUMBERS, MetricQuery, Term, own_terms, tables_of, terms_of


@dataclass(frozen=True, slots=True)
class Once:
    """The columns of the inner query, each with the name the outer one calls it by."""

    names: tuple[tuple[Term, str], ...]

    def name_of(self, term: Term) -> str:
        """What a column, or its grain, is called outside."""
        return dict(self.names)[Term(term.table, term.column, grain=term.grain)]


def repeated(query: MetricQuery, joins: Joins) -> tuple[str, ...]:
    """The tables whose rows are added up more than once as the query is joined."""
    added = [t for t in own_terms(query) if (t.agg in OF_NUMBERS and not t.distinct) or t.metric]
    tables = tables_of(query)
    return tuple(dict.fromkeys(t.table for t in added if joins.repeats(tables, t.table)))


def once(query: MetricQuery, joins: Joins, catalog: Catalog) -> Once | None:
    """The inner query's columns where one table's measures are repeated and its rows can be told apart.

    Nothing else may be measured: a column of another table would part the rows again.
    """
    found = repeated(query, joins)
    if len(found) != 1 or query.per_group is not None:
        return None
    table = catalog.by_name[found[0]]
    key = catalog.key_of(table.name)
    terms = [t for t in own_terms(query) if t.aggregated]
    inside = {t.table for t in terms} | ({query.compare.term.table} if query.compare else set())
    if key is None or inside != {table.name}:
        return None
    needed = [*_plain(query), Term(table.name, key.name), *_measured(query)]
    if any(term.metric for term in terms):
        needed += [Term(table.name, column.name) for column in table.columns]
    names: dict[Term, str] = {}
    for term in needed:
        short, long = term.grain or term.column, f"{term.table}_{term.column}_{term.grain}".rstrip("_")
        names.setdefault(term, long if short.lower() in {n.lower() for n in names.values()} else short)
    return Once(tuple(names.items()))


def _plain(query: MetricQuery) -> Iterator[Term]:
    """Columns outside of aggregates, and outside of the filter, which stays inside."""
    outside = [*query.select, *query.group, *terms_of(query.having), *(o.term for o in query.order)]
    if query.compare is not None:
        outside.append(query.compare.term)
    for term in outside:
        if not term.aggregated and term.column != "*":
            yield Term(term.table, term.column, grain=term.grain)


def _measured(query: MetricQuery) -> Iterator[Term]:
    for term in own_terms(query):
        if term.agg and term.column != "*":
            yield Term(term.table, term.column)
