"""Shares: `share of revenue by region` is of the total, `percentage of returned orders` is of all orders.

percentage of returned orders in May  ->  part: returned, rest: in May
count(*) FILTER (WHERE part) / count(*) ... WHERE rest
"""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Catalog
from .joins import Joins
from .query import AnyOf, Between, MetricQuery, Predicate, conjoin, conjuncts, tables_of


@dataclass(frozen=True, slots=True)
class PartOfAll:
    """The conditions that make the part, and those of the part and the whole alike: their time."""

    part: Predicate
    rest: Predicate | None


def part_of_all(query: MetricQuery, catalog: Catalog) -> PartOfAll | None:
    """How a share without groups divides the conditions; nothing for any other query."""
    if not query.share or query.group:
        return None
    apart: list[Predicate] = []
    rest: list[Predicate] = []
    for predicate in conjuncts(query.where):
        (rest if _of_time(predicate, catalog) else apart).append(predicate)
    part = conjoin(*apart)
    return None if part is None else PartOfAll(part, conjoin(*rest))


def is_share(query: MetricQuery, catalog: Catalog, joins: Joins) -> bool:
    """Whether a query that asks for a share has one: of a total with groups, or of all rows, each of which is
    read once. Two periods have none, nor has what is left of a set.
    """
    if query.compare is not None or query.combine is not None:
        return False
    if query.group:
        return True
    measures = {term.table for term in query.select if term.aggregated}
    alone = not any(joins.repeats(tables_of(query), table) for table in measures)
    return part_of_all(query, catalog) is not None and alone


def _of_time(predicate: Predicate, catalog: Catalog) -> bool:
    if isinstance(predicate, AnyOf):
        return all(_of_time(part, catalog) for part in predicate.parts)
    if not isinstance(predicate, Between) or not predicate.half_open:
        return False
    column = catalog.column_of.get((predicate.term.table, predicate.term.column))
    return column is not None and column.kind == "date"
