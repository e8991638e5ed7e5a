"""A short report about a subject: its total, trend, top and bottom, and what stands out.

Each line is one query and one sentence made of its rows: nothing is said that no SQL says.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .catalog import Catalog, Column, Table
from .narrative import shown
from .query import Between, MetricQuery, Order, Term
from .subjects import dimensions_of, measure_of, table_about, time_of

_ASKS = re.compile(
    r"^\W*(?:please\s+)?(?:analy[sz]e|(?:an? )?(?:report|overview) (?:on|about|of)|summari[sz]e"
    r"|give me an? (?:report|overview|summary) (?:on|of)"
    r"|how (?:is|are|did) (?=.*\b(?:doing|do|going|performing)\b))\s*(?P<subject>.+)$",
    re.IGNORECASE,
)
_DAY_S = 86_400
_GRAINS = (("day", 45 * _DAY_S), ("week", 200 * _DAY_S), ("month", 6 * 365 * _DAY_S))
MOST_PERIODS = 400
MOST_NAMED = 3
_FAR = 2.5
"""Standard deviations from the mean at which a period stands out."""
_LEAST_FOR_OUTLIERS = 6


@dataclass(frozen=True, slots=True)
class Ask:
    """One line to be: `kind` is total, trend, top or bottom; `about`: what the sentence names."""

    kind: str
    query: MetricQuery
    about: str


def subject_of(question: str) -> str | None:
    """
    >>> subject_of("analyze sales"), subject_of("how many sales?")
    ('sales', None)
    """
    found = _ASKS.match(question)
    return None if found is None else found["subject"].strip(" ?.!")


def plan_report(subject: str, catalog: Catalog, now: datetime) -> tuple[Table, list[Ask]] | None:
    """`None` where nothing is called like the subject."""
    table = table_about(catalog, re.findall(r"\w+", subject))
    if table is None:
        return None
    measure, when = measure_of(catalog, table), time_of(table)
    name = _name(measure, table)
    totals = tuple(dict.fromkeys((measure, Term(table.name, "*", "count"))))
    asks = [Ask("total", MetricQuery(totals, tables=(table.name,)), name)]
    if when is not None and isinstance(when.low, datetime) and isinstance(when.high, datetime):
        bucket = Term(table.name, when.name, grain=_grain(when.low, when.high))
        until = Between(
            Term(table.name, when.name), str(when.low)[:19], now.isoformat(sep=" ")[:19], half_open=True
        )
        series = MetricQuery(
            (bucket, measure), group=(bucket,), order=(Order(bucket),), where=until, limit=MOST_PERIODS
        )
        asks.append(Ask("trend", series, bucket.grain))
    for dimension in dimensions_of(catalog, table)[:1]:
        for kind, descending in (("top", True), ("bottom", False)):
            order = (Order(measure, descending=descending),)
            ranked = MetricQuery((dimension, measure), group=(dimension,), order=order, limit=MOST_NAMED)
            asks.append(Ask(kind, ranked, dimension.column))
    return table, asks


def sentence(ask: Ask, rows: Sequence[Sequence[Any]]) -> list[str]:
    """What the rows of a line say; the trend also tells what stands out."""
    if not rows:
        return []
    match ask.kind:
        case "total":
            over = f" over {shown(rows[0][1])} rows" if len(rows[0]) > 1 else ""
            return [f"In all, {ask.about} is {shown(rows[0][0])}{over}."]
        case "trend":
            return _trend(ask.about, [(row[0], float(row[1] or 0)) for row in rows])
        case kind:
            named = ", ".join(f"{shown(name)} ({shown(value)})" for name, value in rows)
            return [f"{'Highest' if kind == 'top' else 'Lowest'} by {ask.about}: {named}."]


def _trend(grain: str, series: list[tuple[Any, float]]) -> list[str]:
    """The last whole period against the one before; the last one in the rows may not be over yet."""
    whole = series[:-1] if len(series) > 2 else series
    if len(whole) < 2:
        return []
    (_, before), (when, last) = whole[-2], whole[-1]
    rate = f" {abs(last - before) / abs(before):.0%}" if before else ""
    way = "unchanged" if last == before else f"up{rate}" if last > before else f"down{rate}"
    lines = [f"Per {grain}, the last whole one ({shown(when)}) is {shown(last)}, {way} on the one before."]
    values = [value for _, value in whole]
    spread = statistics.pstdev(values) if len(values) >= _LEAST_FOR_OUTLIERS else 0.0
    mean = statistics.fmean(values)
    far = [(at, value) for at, value in whole if spread and abs(value - mean) > _FAR * spread]
    if far:
        named = ", ".join(f"{shown(at)} ({shown(value)})" for at, value in far[:MOST_NAMED])
        lines.append(f"Standing out, at more than {_FAR:g} standard deviations from {shown(mean)}: {named}.")
    elif spread:
        lines.append(f"No {grain} stands out: all lie within {_FAR:g} standard deviations of {shown(mean)}.")
    return lines


def _grain(low: datetime, high: datetime) -> str:
    span = (high - low).total_seconds()
    return next((grain for grain, most in _GRAINS if span <= most), "year")


def _name(measure: Term, table: Table) -> str:
    if measure.metric:
        return measure.metric
    column: Column | None = table.column(measure.column)
    return (
        f"the number of {' '.join(table.words)}" if column is None else f"the sum of {' '.join(column.words)}"
    )
