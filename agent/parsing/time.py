"""Patterns for time: periods as ranges of a date column, grains as groups, one period against another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..catalog import Column
from ..english import lexicon as lex
from ..english.inflection import words
from ..periods import Period, shifted
from ..query import Term
from .fragments import Edge, Features, Fragment
from .sentence import Sentence

AGAINST = words("versus vs against compare")
"""What sets one period against another."""
_BEFORE_PERIOD = lex.PREPOSITIONS | lex.COPULAS | lex.DETERMINERS


def period_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`this quarter`, `before 2020`: rows of that time, by a date column near by."""
    for period, end in s.periods_at(i):
        for column, features in _date_columns(s, i, end):
            fragment = _within(column, period, i)
            yield Edge(i, end, (fragment,), (*features, ("pat:period", 1.0)), "rel")
    for mention in s.columns(i):
        column = s.column(mention)
        if column.kind != "date":
            continue
        j = s.skip(mention.end, _BEFORE_PERIOD)
        for start in {mention.end, j}:
            for period, end in s.periods_at(start):
                features = (*s.link_features(mention, "cond"), ("pat:column_period", 1.0))
                yield Edge(i, end, (_within(column, period, i),), features, "rel")


def grain_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`by month`, `weekly`: a group for each unit of a date column."""
    for unit, end in s.grains_at(i):
        for column, features in _date_columns(s, i, end):
            term = Term(column.table, column.name, grain=unit)
            yield Edge(
                i, end, (Fragment("group", term, position=i),), (*features, ("pat:grain", 1.0)), "group"
            )


def comparison_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`compared with last month`, `versus the year before`: the same measure over another period."""
    for comparison, end in s.comparisons_at(i):
        base = comparison.base
        period = comparison.period
        if base is None and comparison.shift is not None and s.periods:
            period = period or s.periods[0][0]
            base = shifted(period, comparison.shift)
        if base is None:
            continue
        for column, features in _date_columns(s, i, end):
            fragments = [_within(column, base, i, "compare")]
            if comparison.period is not None:
                fragments.append(_within(column, comparison.period, i))
            yield Edge(i, end, tuple(fragments), (*features, ("pat:compare", 1.0)), "rel")


def second_period(s: Sentence, i: int) -> Iterator[Edge]:
    """`compare ... with last month`: where two periods are set against each other, the second is the base."""
    if len(s.periods) != 2 or not any(
        s.low(k).startswith("compar") or s.low(k) in AGAINST for k in range(len(s))
    ):
        return
    base, start, end = s.periods[1]
    if i in (start, start - 1) and s.low(start - 1) in AGAINST | {"with", "to", "and", "than"}:
        for column, features in _date_columns(s, i, end):
            fragment = _within(column, base, i, "compare")
            yield Edge(i, end, (fragment,), (*features, ("pat:compare", 1.0)), "rel")


def _within(column: Column, period: Period, i: int, role: str = "cond") -> Fragment:
    values = (_written(period.begin), _written(period.end))
    return Fragment(role, Term(column.table, column.name), "period", values, position=i)


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")


def _date_columns(s: Sentence, i: int, end: int) -> list[tuple[Column, Features]]:
    """Date columns, those of the tables spoken of first, with their features; at most four."""
    found: list[tuple[float, Column, Features]] = []
    for table in s.catalog.tables:
        for column in table.columns:
            if column.kind != "date":
                continue
            near = s.affinity(table.name, i, end)
            chosen = column.name == table.time_column
            rank = {"none": 0.0, "neighbour": 1.0, "unspoken": 0.5}.get(near, 2.0) + chosen
            features: list[tuple[str, float]] = [(f"near:time:{near}", 1.0)]
            if chosen:
                features.append(("time:chosen", 1.0))
            if {"birth", "death", "born", "dob"} & set(column.words):
                features.append(("time:life", 1.0))
                rank -= 1.0
            if sum(c.kind == "date" for c in table.columns) == 1:
                features.append(("time:only", 1.0))
            found.append((rank, column, tuple(features)))
    found.sort(key=lambda entry: -entry[0])
    return [(column, features) for _, column, features in found[:4]]
