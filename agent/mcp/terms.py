"""Plain text to terms of a query: `sum(orders.revenue)`, `month(orders.order_date)`, a metric.

Every name is checked against what the caller sees; an unknown one is answered with those that are near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from mcp.server.mcpserver.exceptions import ToolError

from ..catalog import Catalog, Column
from ..query import OF_NUMBERS, Term
from .data import one_line
from .failures import candidates, unknown

AGGREGATES = ("count", *OF_NUMBERS, "min", "max")
GRAINS = ("hour", "day", "week", "month", "quarter", "year")

_CALL = re.compile(r"^(\w+)\s*\(\s*(distinct\s+)?(.+?)\s*\)$", re.IGNORECASE)


def metric_term(text: str, catalog: Catalog) -> Term:
    """A named metric, or an aggregate of a column or of a table's rows."""
    for metric in catalog.metrics:
        if metric.name.lower() == text.strip().lower():
            return Term(metric.table, agg="metric", metric=metric.name)
    found = _CALL.match(text.strip())
    if found is None or found[1].lower() not in AGGREGATES:
        named = [metric.name for metric in catalog.metrics]
        raise ToolError(_no_metric(text, candidates(text, named) if named else []))
    aggregate, distinct, inner = found[1].lower(), bool(found[2]), found[3]
    if aggregate == "count" and not distinct:
        table = _table(inner.removesuffix(".*"), catalog)
        if table is not None:
            return Term(table, agg="count")
    column = column_of(inner, catalog)
    if aggregate in OF_NUMBERS and not column.numeric:
        numbers = [f"{c.table}.{c.name}" for c in catalog.column_of.values() if c.numeric and not c.is_id]
        raise unknown("number to add up called", inner, numbers)
    return Term(column.table, column.name, agg=aggregate, distinct=distinct)


def group_term(text: str, catalog: Catalog) -> Term:
    """A column, or a date by hour, day, week, month, quarter or year."""
    found = _CALL.match(text.strip())
    if found is None:
        column = column_of(text, catalog)
        return Term(column.table, column.name)
    grain = found[1].lower()
    if grain not in GRAINS:
        raise ToolError(f"`{one_line(grain, 40)}` is no unit of time. Known: {', '.join(GRAINS)}")
    column = column_of(found[3], catalog)
    if column.kind != "date":
        raise unknown("date called", found[3], dates(catalog))
    return Term(column.table, column.name, grain=grain)


def any_term(text: str, catalog: Catalog) -> Term:
    """A measure or a group, whichever the text names."""
    found = _CALL.match(text.strip())
    named = any(metric.name.lower() == text.strip().lower() for metric in catalog.metrics)
    measure = named or (found is not None and found[1].lower() in AGGREGATES)
    return metric_term(text, catalog) if measure else group_term(text, catalog)


def column_of(text: str, catalog: Catalog) -> Column:
    """`table.column`, or a column's name that only one table has."""
    name = text.strip().replace('"', "")
    columns = catalog.column_of.values()
    exact = [c for c in columns if f"{c.table}.{c.name}".lower() == name.lower()]
    bare = [c for c in columns if c.name.lower() == name.lower()]
    found = exact or bare
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"`{c.table}.{c.name}`" for c in found[:3])
        raise ToolError(f"`{one_line(name, 80)}` is in {len(found)} tables: {shown}. Name one of them.")
    raise unknown("column", name, (f"{c.table}.{c.name}" for c in columns))


def dates(catalog: Catalog, tables: Iterable[str] = ()) -> list[str]:
    """Columns that hold dates, of some tables or of all."""
    among = frozenset(tables)
    found = [c for c in catalog.column_of.values() if c.kind == "date"]
    return [f"{c.table}.{c.name}" for c in found if not among or c.table in among]


def plain(term: Term) -> Term:
    """The column itself."""
    return replace(term, grain="", agg="", distinct=False)


def _table(name: str, catalog: Catalog) -> str | None:
    folded = name.strip().lower()
    if folded == "*" and len(catalog.tables) == 1:
        return catalog.tables[0].name
    return next((t.name for t in catalog.tables if t.name.lower() == folded), None)


def _no_metric(text: str, near: list[str]) -> str:
    forms = "Write sum(table.column), count(table) or count(distinct table.column)"
    known = f", or a metric: {', '.join(f'`{name}`' for name in near)}" if near else ""
    return f"no metric `{one_line(text, 80)}`. {forms}{known}."
