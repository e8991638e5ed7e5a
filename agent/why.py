"""Why a number changed: the period beside the one before it, and what contributed most.

why did it fall in May?  -->  May and April of the measure asked before, parted by each dimension there is;
                              the one in which few groups explain most of the change is told
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .catalog import Catalog
from .narrative import shown
from .periods import Period, Shift, find_comparisons, find_periods, shifted
from .query import Between, Comparison, MetricQuery, Predicate, Term, conjoin, conjuncts, tables_of
from .subjects import dimensions_of, measure_of, time_of

_VERBS = (
    r"\b(fall|fell|drop|dropped|decline|declined|decrease|decreased|down|sink|sank|shrink|lower|less|fewer|"
    r"rise|rose|raise|increase|increased|grow|grew|jump|jumped|climb|up|higher|more|change|changed|differ|spike)"
)
_WHY = re.compile(
    rf"^\W*(why|what caused|what explains|what is behind|what drove|how come)\b.*{_VERBS}", re.IGNORECASE
)
_NAMED = re.compile(
    r"^\W*(?:why|how come)\s+(?:did|does|do|has|have|had|is|was|are|were)?\s*(?:(?:it|that|this|they)\b)?"
    rf"(?P<subject>.*?)\s+(?:been\s+|gone\s+)?{_VERBS}",
    re.IGNORECASE,
)
MOST_DIMENSIONS = 8
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Why:
    """What is compared: `[begin, end)` with the base before it, and a query for each dimension."""

    measure: Term
    period: Period
    base: Period
    total: MetricQuery
    parted: tuple[tuple[Term, MetricQuery], ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    name: str
    now: float
    before: float

    @property
    def change(self) -> float:
        return self.now - self.before


def asks_why(question: str) -> bool:
    """
    >>> asks_why("why did it fall in May?"), asks_why("why is the sky blue")
    (True, False)
    """
    return _WHY.match(question) is not None


def named_measure(question: str) -> str:
    """What is said to have changed; empty where only a pronoun stands for it.

    >>> named_measure("why did revenue in the north fall in May?"), named_measure("why did it fall in May?")
    ('revenue in the north', '')
    """
    found = _NAMED.match(question)
    return found["subject"].strip() if found else ""


def as_measure(query: MetricQuery | None, catalog: Catalog) -> MetricQuery | None:
    """A query for one measure, a plain number being added up; `None` for anything else."""
    if query is None or len(query.select) != 1 or query.group:
        return None
    term = query.select[0]
    if term.aggregated:
        return query
    column = catalog.column_of.get((term.table, term.column))
    summed = column is not None and column.numeric and not column.is_id
    return replace(query, select=(replace(term, agg="sum"),), distinct=False) if summed else None


def plan_why(question: str, previous: MetricQuery, catalog: Catalog, now: datetime) -> Why | None:
    """`None` where no measure over time was asked before, or no period can be told."""
    measure = next((term for term in previous.select if term.aggregated), None)
    table = catalog.by_name[(measure.table if measure else tables_of(previous)[0])]
    measure = measure or measure_of(catalog, table)
    when = _time(previous, catalog, table.name)
    period = _period(question, previous, when, now)
    if when is None or period is None or period.begin is None or period.end is None:
        return None
    compared = find_comparisons(question, now)
    base = compared[0].base if compared and compared[0].base else shifted(period, Shift("period"))
    if base is None or base.begin is None or base.end is None:
        return None
    where = conjoin(
        _without(previous.where, when),
        Between(when, period.begin.isoformat(sep=" "), period.end.isoformat(sep=" "), half_open=True),
    )
    compare = Comparison(when, base.begin.isoformat(sep=" "), base.end.isoformat(sep=" "))
    total = MetricQuery((measure,), where=where, compare=compare)
    parted = tuple(
        (dimension, replace(total, select=(dimension, measure), group=(dimension,)))
        for dimension in dimensions_of(catalog, catalog.by_name[measure.table])[:MOST_DIMENSIONS]
    )
    return Why(measure, period, base, total, parted)


def contributions(rows: Sequence[Sequence[Any]]) -> list[Contribution]:
    """Groups of (name, now, before), the largest change first."""
    found = [Contribution(str(r[0]), float(r[1] or 0), float(r[2] or 0)) for r in rows]
    return sorted(found, key=lambda c: -abs(c.change))


def explains(found: Sequence[Contribution], change: float) -> float:
    """How much more of a change the first few groups bring than their size alone would, at most 1.

    Large groups have a large part in any change; what tells is who has more of it than of the whole.
    """
    size = sum(abs(c.now) + abs(c.before) for c in found)
    if not change or not size:
        return 0.0
    more = [c.change / change - (abs(c.now) + abs(c.before)) / size for c in found[:MOST_NAMED]]
    return min(1.0, sum(part for part in more if part > 0))


def told(why: Why, now: float, before: float, dimension: Term | None, found: Sequence[Contribution]) -> str:
    """The finding in two or three sentences."""
    if not now and not before:
        return f"There is nothing to compare, neither in {why.base.reading} nor in {why.period.reading}."
    change = now - before
    verb = "did not change" if not change else "fell" if change < 0 else "rose"
    rate = f" ({abs(change) / abs(before):.0%})" if before and change else ""
    line = (
        f"It {verb} from {shown(before)} ({why.base.reading}) to {shown(now)} ({why.period.reading}){rate}."
    )
    if dimension is None or not change:
        return line
    main = [c for c in found[:MOST_NAMED] if c.change]
    parts = ", ".join(f"{c.name} {'+' if c.change > 0 else '-'}{shown(abs(c.change))}" for c in main)
    return f"{line} Most of it by {dimension.column}: {parts}."


def _period(question: str, previous: MetricQuery, when: Term | None, now: datetime) -> Period | None:
    asked = _asked_before(previous, when, now)
    said = [p for p in find_periods(question, now) if p.begin is not None and p.end is not None]
    return asked if not said else _within(said[0], asked)


def _asked_before(previous: MetricQuery, when: Term | None, now: datetime) -> Period | None:
    for part in conjuncts(previous.where):
        if isinstance(part, Between) and part.term == when:
            begin, end = (datetime.fromisoformat(str(side)) for side in (part.low, part.high))
            return Period(0, 0, "", begin.replace(tzinfo=now.tzinfo), end.replace(tzinfo=now.tzinfo), "")
    return None


def _within(said: Period, asked: Period | None) -> Period:
    """`May` after a question about 2025 is May of 2025."""
    if asked is None or asked.begin is None or asked.end is None or said.begin is None or said.end is None:
        return said
    begin, end = said.begin, said.end
    while begin >= asked.end:
        begin, end = begin.replace(year=begin.year - 1), end.replace(year=end.year - 1)
    return replace(said, begin=begin, end=end) if begin >= asked.begin else said


def _time(previous: MetricQuery, catalog: Catalog, table: str) -> Term | None:
    for part in conjuncts(previous.where):
        if isinstance(part, Between) and part.half_open:
            return part.term
    grained = next((term for term in previous.group if term.grain), None)
    if grained is not None:
        return replace(grained, grain="")
    column = time_of(catalog.by_name[table])
    return None if column is None else Term(table, column.name)


def _without(where: Predicate | None, when: Term) -> Predicate | None:
    kept = [p for p in conjuncts(where) if not (isinstance(p, Between) and p.term == when)]
    return conjoin(*kept)
