"""Patterns for numbers before their column, or without one: `over 5 points`, `third grade`, `after 2010`."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Column
from ..english import lexicon as lex
from ..english.tokens import number_at, ordinal
from ..query import Scalar, Term
from .conditions import COMPARE, COMPARED_BY, type_feature
from .fragments import Edge, Features, Fragment
from .sentence import Found, Sentence


def comparison_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """A comparison before its column, or with a column that goes unnamed: `more than 5 points`, `after
    2010`.
    """
    found = s.match(i, COMPARE)
    between = s.low(i) in ("between", "from") and found is None
    if (
        found is None
        and not between
        and s.low(i) not in ("in", "on", "during", "for", "of", "with", "have", "has")
    ):
        return
    if between:
        yield from _between_unnamed(s, i)
        return
    start, op = found or (i + 1, "=")
    start = s.skip(start, lex.DETERMINERS | {"year", "of", "month"})
    for mention in s.columns(start) if found else ():
        column = s.column(mention)
        for scalar in s.scalars(mention.end, column):
            if scalar.quality in ("number", "date") and (column.kind != "text" or column.measurable):
                fragment = Fragment(
                    "cond", Term(mention.table, mention.column), op, (scalar.value,), position=i
                )
                features = (
                    *s.link_features(mention, "cond"),
                    ("pat:cmp_col_num", 1.0),
                    *type_feature(column, scalar),
                )
                yield Edge(i, scalar.end, (fragment,), features, "rel")
    number = number_at(s.tokens, start)
    dated = start < len(s) and s.tokens[start].kind == "date"
    if number is None and not dated:
        return
    value: Scalar = number[0] if number else str(s.tokens[start].value)
    end = number[1] if number else start + 1
    after = s.skip(end, ("%", "percent", "in", "of", "for", "the", "their", "on"))
    for mention in s.columns(after):
        column = s.column(mention)
        fits = type_feature(column, Found(value, end, "number"))
        if op not in ("=", "!=") and column.kind == "text" and not column.measurable:
            continue
        fragment = Fragment("cond", Term(mention.table, mention.column), op, (value,), position=i)
        features = (*s.link_features(mention, "cond"), ("pat:cmp_col", 1.0), (f"op:{op}", 1.0), *fits)
        yield Edge(i, mention.end, (fragment,), features, "rel")
    yield from _unnamed(s, i, end, op, value)
    if op != "=" and isinstance(value, (int, float)) and 0 < value < 130:
        yield from _aged(s, i, end, op, value)


def _unnamed(s: Sentence, i: int, end: int, op: str, value: Scalar) -> Iterator[Edge]:
    """A year or date without a column: any column of time."""
    if isinstance(value, (int, float)) and not 1000 <= value <= 2200:
        return
    for column in _time_columns(s):
        near = s.affinity(column.table, i, end)
        fits = type_feature(column, Found(value, end, "number"))
        fragment = Fragment("cond", Term(column.table, column.name), op, (value,), position=i)
        yield Edge(
            i,
            end,
            (fragment,),
            ((f"near:time:{near}", 1.0), ("pat:time", 1.0), (f"prep:{s.low(i)}", 1.0), *fits),
            "rel",
        )


def _time_columns(s: Sentence) -> list[Column]:
    found = [
        c
        for t in s.catalog.tables
        for c in t.columns
        if c.kind == "date"
        or {"date", "year", "time", "founded", "established", "opened", "built"} & set(c.words)
    ]
    found.sort(key=lambda c: s.affinity(c.table, 0, len(s)) in ("none", "neighbour", "unspoken"))
    return found[:5]


def _between_unnamed(s: Sentence, i: int) -> Iterator[Edge]:
    low = number_at(s.tokens, s.skip(i + 1, ("the", "year", "years")))
    if low is None:
        return
    high = number_at(s.tokens, s.skip(low[1], ("and", "to", "the", "-")))
    if high is None:
        return
    values: tuple[Scalar, ...] = (low[0], high[0])
    after = s.skip(high[1], ("in", "of", "for"))
    for mention in s.columns(after):
        fragment = Fragment("cond", Term(mention.table, mention.column), "between", values, position=i)
        yield Edge(
            i, mention.end, (fragment,), (*s.link_features(mention, "cond"), ("pat:between", 1.0)), "rel"
        )
    if 1000 <= low[0] <= high[0] <= 2200:
        for column in _time_columns(s):
            near = s.affinity(column.table, i, high[1])
            fragment = Fragment("cond", Term(column.table, column.name), "between", values, position=i)
            yield Edge(i, high[1], (fragment,), ((f"near:time:{near}", 1.0), ("pat:between", 1.0)), "rel")


def _aged(s: Sentence, i: int, end: int, op: str, value: Scalar) -> Iterator[Edge]:
    """`under 40`, `over 60 years old`: an age, where there is one."""
    stop = s.skip(end, ("year", "years", "old", "of", "age"))
    for table in s.catalog.tables:
        for column in table.columns:
            if "age" in column.words and column.numeric:
                near = s.affinity(column.table, i, end)
                said: Features = (
                    ("pat:age_said" if stop > end else "pat:age", 1.0),
                    (f"near:time:{near}", 1.0),
                )
                fragment = Fragment("cond", Term(column.table, column.name), op, (value,), position=i)
                yield Edge(i, stop, (fragment,), said, "rel")


def ordinal_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """`third grade`: the column has that number."""
    number = ordinal(s.low(i))
    if number is None:
        return
    joined = "-" in s.low(i)
    for mention in s.columns(i) if joined else s.columns(i + 1):
        column = s.column(mention)
        if (column.numeric or str(number) in column.values) and not column.is_id:
            fragment = Fragment("cond", Term(mention.table, mention.column), "=", (number,), position=i)
            features = (*s.link_features(mention, "cond"), ("pat:ordinal", 1.0))
            yield Edge(i, mention.end, (fragment,), features, "rel")


def number_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """`with two beds`: the column is that number."""
    number = number_at(s.tokens, i)
    if number is None or s.low(s.back(i)) in COMPARED_BY:
        return
    for mention in s.columns(number[1]):
        column = s.column(mention)
        if column.numeric and not column.is_id:
            fits = type_feature(column, Found(number[0], number[1], "number"))
            fragment = Fragment("cond", Term(mention.table, mention.column), "=", (number[0],), position=i)
            yield Edge(
                i,
                mention.end,
                (fragment,),
                (*s.link_features(mention, "cond"), ("pat:num_col", 1.0), *fits),
                "rel",
            )
