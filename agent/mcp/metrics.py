"""The arguments of query_metrics to a `MetricQuery`: no language, so no doubt about what is meant. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..catalog import Catalog
from ..joins import Joins
from ..periods import Period, find_periods
from ..query import (
    AnyOf,
    Between,
    Compare,
    IsNull,
    Like,
    MetricQuery,
    Not,
    Order,
    Predicate,
    Scalar,
    Term,
    conjoin,
    tables_of,
)
from ..rank import Schema
from .data import one_line
from .terms import any_term, column_of, dates, group_term, metric_term

OPS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "starts with", "is null", "is not null")
Filters = Sequence[Mapping[str, Any]]
Time = Mapping[str, Any] | str | None


def metric_query(
    schema: Schema,
    metrics: Sequence[str],
    group_by: Sequence[str],
    filters: Filters,
    time: Time,
    order: Sequence[str],
    limit: int | None,
    now: datetime,
) -> MetricQuery:
    """Raises `ToolError` for what can't be asked, naming what is near."""
    catalog = schema.catalog
    if not metrics:
        raise ToolError("metrics is empty. Give at least one, as count(orders) or sum(orders.revenue).")
    measures = tuple(metric_term(text, catalog) for text in metrics)
    groups = tuple(group_term(text, catalog) for text in group_by)
    conditions = [_condition(each, catalog) for each in filters]
    within = _time_range(time, catalog, measures, now)
    query = MetricQuery(
        select=(*groups, *measures),
        where=conjoin(*(c for c, measured in conditions if not measured), within),
        group=groups,
        having=conjoin(*(c for c, measured in conditions if measured)),
        order=tuple(_order(text, catalog) for text in order),
        limit=limit,
    )
    _check_joined(query, measures, schema.joins)
    return query


def _condition(given: Mapping[str, Any], catalog: Catalog) -> tuple[Predicate, bool]:
    """(the condition, whether it is one over the groups)"""
    column, op, value = read_filter(given)
    term = any_term(column, catalog)
    return condition(term, op, value), term.aggregated


def read_filter(given: Mapping[str, Any]) -> tuple[str, str, Any]:
    """(column, operator, value) of what was sent."""
    surplus = set(given) - {"column", "op", "value"}
    if surplus or not isinstance(given.get("column"), str):
        raise ToolError(f"not a filter: {_json(given)}. Write {{column, op, value}}.")
    op = str(given.get("op", "=")).strip().lower()
    if op not in OPS:
        raise ToolError(f"no operator `{one_line(op, 40)}`. Known: {', '.join(OPS)}.")
    return given["column"], op, given.get("value")


def condition(term: Term, op: str, value: Any) -> Predicate:
    """One condition on a column or a measure."""
    if op in ("is null", "is not null"):
        return IsNull(term) if op == "is null" else Not(IsNull(term))
    if op in ("in", "not in"):
        if not isinstance(value, list) or not value:
            raise ToolError(f"`{op}` needs a list of values, not {_json(value)}.")
        any_of = AnyOf(tuple(Compare(term, "=", scalar(each)) for each in value))
        return any_of if op == "in" else Not(any_of)
    if op in ("contains", "starts with"):
        return Like(term, str(scalar(value)), "inside" if op == "contains" else "prefix")
    return Compare(term, op, scalar(value))


def scalar(value: Any) -> Scalar:
    """Raises `ToolError` for what is no single value."""
    finite = not isinstance(value, float) or math.isfinite(value)
    if isinstance(value, Scalar) and finite:
        return value
    raise ToolError(f"not a value to compare with: {_json(value)}. Give a text, a number, true or false.")


def _order(text: str, catalog: Catalog) -> Order:
    """`-sum(orders.revenue)`: the largest first."""
    name = text.strip()
    return Order(any_term(name.removeprefix("-"), catalog), descending=name.startswith("-"))


def _time_range(given: Time, catalog: Catalog, measures: Sequence[Term], now: datetime) -> Predicate | None:
    """Half-open, over the date column that is named, or the one that there is."""
    if not given:
        return None
    said = {"period": given} if isinstance(given, str) else dict(given)
    if surplus := set(said) - {"column", "from", "to", "period"}:
        raise ToolError(f"time has no `{one_line(min(surplus), 40)}`. It takes column, period, from, to.")
    term = _time_column(said.get("column"), catalog, measures)
    begin, end = said.get("from"), said.get("to")
    if said.get("period"):
        period = _period(str(said["period"]), now)
        begin, end = _written(period.begin), _written(period.end)
    return _range(term, _instant(begin), _instant(end))


def _range(term: Term, begin: str | None, end: str | None) -> Predicate:
    if begin and end:
        return Between(term, begin, end, half_open=True)
    if begin:
        return Compare(term, ">=", begin)
    if end:
        return Compare(term, "<", end)
    raise ToolError("time says neither period nor from nor to. An example: last quarter.")


def _time_column(name: Any, catalog: Catalog, measures: Sequence[Term]) -> Term:
    tables = list(dict.fromkeys(term.table for term in measures))
    known = dates(catalog, tables)
    if name is None:
        chosen = [f"{t}.{c}" for t in tables if (c := catalog.by_name[t].time_column)] or known
        if len(chosen) != 1:
            shown = ", ".join(f"`{each}`" for each in chosen[:3]) or "none"
            raise ToolError(f"say time.column: {shown} could be meant.")
        name = chosen[0]
    column = column_of(str(name), catalog)
    if column.kind != "date":
        shown = ", ".join(f"`{each}`" for each in known[:3]) or "none"
        raise ToolError(f"`{one_line(str(name), 80)}` holds no dates. Those that do: {shown}.")
    return Term(column.table, column.name)


def _period(phrase: str, now: datetime) -> Period:
    found = find_periods(phrase, now)
    if len(found) != 1:
        raise ToolError(f"`{one_line(phrase, 80)}` is no one period. Write `last quarter`, or from and to.")
    return found[0]


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")


def _instant(text: Any) -> str | None:
    if text is None:
        return None
    try:
        return _written(datetime.fromisoformat(str(text)))
    except ValueError:
        raise ToolError(f"not a date: {_json(text)}. Write 2026-05-31 or 2026-05-31T10:00:00.") from None


def _check_joined(query: MetricQuery, measures: Sequence[Term], joins: Joins) -> None:
    """A join that repeats the rows of a measure's table would count them several times."""
    tables = tables_of(query)
    if joins.tree(tables) is None:
        raise ToolError(f"nothing joins {', '.join(f'`{t}`' for t in tables)}. Ask about one at a time.")
    for term in measures:
        if term.agg in ("min", "max") or term.distinct:
            continue
        if many := _repeats(term.table, tables, joins):
            raise ToolError(
                f"each row of `{term.table}` has several in `{many}`, so it would be counted several times."
                f" Measure `{many}`, or write count(distinct ...), or use run_sql."
            )


def _repeats(measured: str, tables: Sequence[str], joins: Joins) -> str | None:
    """The table by which rows of the measured one are repeated, if there is one."""
    tree = joins.tree((measured, *(table for table in tables if table != measured)))
    inside = {measured}
    for join in () if tree is None else tree.joins:
        if join.left not in inside:
            return join.left
        inside.add(join.right)
    return None


def _json(value: Any) -> str:
    return one_line(json.dumps(value, default=str), 80)
