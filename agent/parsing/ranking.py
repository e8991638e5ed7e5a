"""Patterns for order: superlatives, `top 5`, sorting, and how often something must occur."""

from __future__ import annotations

from collections.abc import Iterator

from ..english import adjectives
from ..english import lexicon as lex
from ..english.inflection import degree
from ..english.tokens import number_at
from ..query import Term
from .conditions import COMPARE, TRAILING, measured_columns
from .fragments import Edge, Features, Fragment
from .measures import metric_term
from .sentence import Sentence, phrases, plain

_UP, _DOWN = phrases(plain(lex.ASCENDING)), phrases(plain(lex.DESCENDING))
_ORDER = phrases(plain(lex.ORDER_CUES))
_COUNT = phrases(plain(lex.COUNT_CUES))
_FILL = lex.DETERMINERS | {"of", "value", "amount"}
_IN_TIME = {"first": "early", "last": "late"}
"""`the first order`, as its adjective."""


def superlative_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`the 3 oldest`, `most expensive`, `the highest salary`, `the most students`, `most common`."""
    n, j = _leading_number(s, i)
    low = s.low(j)
    found = degree(low)
    base = found[0] if found and found[1] == "est" else ""
    if base and not adjectives.measures(base) and adjectives.measures(base + "e"):
        base += "e"
    if low in ("most", "least", "more"):
        yield from _most(s, i, j, n)
    if low in _IN_TIME and s.near_tables(j + 1):
        base = _IN_TIME[low]
    sign = _direction(low, base)
    if sign == 0:
        return
    flag: Features = ((f"sup:n{min(n, 2)}", 1.0),)
    yield from _ranked_by(
        s, i, j + 1, sign, n, (*flag, (f"sup:{'most' if low in ('most', 'least') else 'est'}", 1.0))
    )
    if base:
        for column, by, features in measured_columns(s, j, base):
            fragment = Fragment("super", Term(column.table, column.name), n=n, descending=by > 0, position=i)
            yield Edge(i, j + 1, (fragment,), (*flag, *features, ("sup:adj", 1.0)), "")


def _leading_number(s: Sentence, i: int) -> tuple[int, int]:
    """`top 3`, `3`, or nothing before a superlative: how many, and where the superlative stands."""
    j = i + 1 if s.low(i) in ("top", "first", "bottom") else i
    number = number_at(s.tokens, j)
    if number and isinstance(number[0], int) and 0 < number[0] <= 1000:
        return number[0], number[1]
    return 1, i


def _direction(low: str, base: str) -> int:
    if low in lex.MORE_WORDS and low != "more":
        return lex.MORE_WORDS[low]
    if base in adjectives.GENERAL_DEGREE:
        return adjectives.GENERAL_DEGREE[base]
    measured = adjectives.measures(base) if base else ()
    return measured[0].sign if measured else 0


def _ranked_by(s: Sentence, i: int, j: int, sign: int, n: int, features: Features) -> Iterator[Edge]:
    """What is the highest: a count, an aggregate or a column at j."""
    counted = s.match(s.skip(j, _FILL), _COUNT)
    start = s.skip(counted[0] if counted else j, _FILL | {"different", "distinct", "total"})
    agg = lex.AGGREGATES.get(s.low(s.skip(j, _FILL)), "")
    if agg:
        start = s.skip(s.skip(j, _FILL) + 1, _FILL)
    direct = s.skip(j, lex.DETERMINERS)
    mentions = list(s.near_columns(start))
    if direct < start:
        mentions += [m for m in s.columns(direct) if m.end > start]
    for mention in s.metrics(direct):
        fragment = Fragment("super", metric_term(mention), n=n, descending=sign > 0, position=i)
        yield Edge(i, mention.end, (fragment,), (*features, *s.link_features(mention, "metric")), "")
    for mention in mentions:
        column = s.column(mention)
        link = s.link_features(mention, "super")
        kind = "number" if column.numeric and not column.is_id else column.kind
        if not counted or mention.start < start or (column.numeric and not column.is_id):
            term = Term(mention.table, mention.column, agg)
            fragment = Fragment("super", term, n=n, descending=sign > 0, position=i)
            yield Edge(i, mention.end, (fragment,), (*features, *link, (f"sup:col:{kind}", 1.0)), "")
        term = Term(mention.table, mention.column, "count", True)
        fragment = Fragment("super", term, n=n, descending=sign > 0, position=i)
        yield Edge(
            i, mention.end, (fragment,), (*features, *link, (f"sup:count_col:{bool(counted)}", 1.0)), ""
        )
    for mention in s.near_tables(start):
        fragment = Fragment("super", Term(mention.table, "*", "count"), n=n, descending=sign > 0, position=i)
        link = s.link_features(mention, "table")
        yield Edge(i, mention.end, (fragment,), (*features, *link, (f"sup:count:{bool(counted)}", 1.0)), "")


def _most(s: Sentence, i: int, j: int, n: int) -> Iterator[Edge]:
    """`most common`, `most recent`, `most expensive`; `most` with a verb counts rows."""
    word = s.low(j + 1).removesuffix("ly") if s.low(j + 1) not in lex.POPULAR else s.low(j + 1)
    sign = -1 if s.low(j) == "least" else 1
    if s.low(j) == "more":
        return
    if word in lex.POPULAR:
        fragment = Fragment("super", Term("", "*", "count"), n=n, descending=sign > 0, position=i)
        yield Edge(i, j + 2, (fragment,), (("sup:popular", 1.0),), "")
    for column, by, features in measured_columns(s, j, word):
        descending = by * sign > 0
        fragment = Fragment("super", Term(column.table, column.name), n=n, descending=descending, position=i)
        yield Edge(i, j + 2, (fragment,), (*features, ("sup:adj", 1.0)), "")
    fragment = Fragment("super", Term("", "*", "count"), n=n, descending=sign > 0, position=i)
    yield Edge(i, j + 1, (fragment,), (("sup:open", 1.0),), "")


def column_is_most(s: Sentence, i: int) -> Iterator[Edge]:
    """`whose age is the highest`, `with salary highest`."""
    for mention in s.columns(i):
        j = s.skip(mention.end, lex.COPULAS | lex.DETERMINERS)
        found = degree(s.low(j))
        low = s.low(j)
        sign = _direction(low, found[0] if found and found[1] == "est" else "")
        if sign and j > mention.end:
            term = Term(mention.table, mention.column)
            fragment = Fragment("super", term, n=1, descending=sign > 0, position=i)
            yield Edge(i, j + 1, (fragment,), (*s.link_features(mention, "super"), ("sup:after", 1.0)), "")


def limit_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`top 5`, `first three`."""
    if s.low(i) not in ("top", "first", "bottom", "last"):
        return
    number = number_at(s.tokens, i + 1)
    if number and isinstance(number[0], int) and 0 < number[0] <= 1000:
        down = s.low(i) in ("top", "last")
        ranked = "ranked" if s.low(i) in ("top", "bottom") else ""
        limit = Fragment("limit", op=ranked, n=number[0], descending=down, position=i)
        yield Edge(i, number[1], (limit,), (("limit:n", 1.0),), "")
        for edge in _ranked_by(s, i, number[1], 1 if down else -1, number[0], (("limit:by", 1.0),)):
            term = edge.fragments[0].term
            column = s.catalog.column_of.get((term.table, term.column)) if term else None
            if column is None or column.kind != "text" or column.measurable:
                yield edge  # `top 3 products` are not the last of the alphabet


def number_of_rows(s: Sentence, i: int) -> Iterator[Edge]:
    """`three cities with the most ...`: a number before what is asked for."""
    number = number_at(s.tokens, i)
    if (
        number
        and isinstance(number[0], int)
        and 1 < number[0] <= 100
        and (s.columns(number[1]) or s.tables(number[1]))
    ):
        yield Edge(i, number[1], (Fragment("limit", n=number[0], position=i),), (("limit:bare", 1.0),), "")


def order_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`sorted by age in descending order`, `in ascending order of name`, `alphabetically`."""
    j, cue, direction = i, False, ""
    while j < len(s):
        way = _way(s, j)
        cued = s.match(j, _ORDER)
        if cued and not cue:
            j, cue = cued[0], True
        elif way and not direction:
            direction, j = way[1], way[0]
        elif (s.low(j) in lex.ORDER_VERBS and j == i and s.low(i) not in ("list", "rank", "order")) or (
            s.low(j)
            in ("of", "by", "the", "their", "its", "from", "on", "them", "results", "result", "each", "to")
            and j > i
        ):
            j += 1
        else:
            break
    if not cue and not direction:
        if s.low(i) == "by" and any(s.low(k) in ("top", "bottom") for k in range(i)):
            for term, end, features in _sort_terms(s, s.skip(i + 1, lex.DETERMINERS)):
                bottom = any(s.low(k) == "bottom" for k in range(i))
                fragment = Fragment("order", term, descending=not bottom, position=i)
                yield Edge(i, end, (fragment,), (*features, ("order:top_by", 1.0)), "order")
        if s.low(i) == "by":
            yield from (
                edge
                for edge in _ordered_terms(
                    s, i, s.skip(i + 1, lex.DETERMINERS), "", (("order:by", 1.0),), (), 0
                )
                if s.low(edge.end - 1) in ("order", "ascending", "descending", "alphabetically")
            )
        return
    base: Features = ((f"order:{'cue' if cue else 'way'}", 1.0),)
    yield from _ordered_terms(s, i, j, direction, base, (), 0)
    if direction:
        letters = any(s.low(k).startswith(("alphabet", "lexic")) for k in range(i, j))
        fragment = Fragment(
            "order", None, "letters" if letters else "", descending=direction == "down", position=i
        )
        yield Edge(i, j, (fragment,), (*base, ("order:open", 1.0)), "order")


def _way(s: Sentence, i: int) -> tuple[int, str] | None:
    up, down = s.match(i, _UP), s.match(i, _DOWN)
    if down and (not up or down[0] >= up[0]):
        return down[0], "down"
    return (up[0], "up") if up else None


def _ordered_terms(
    s: Sentence, i: int, j: int, direction: str, base: Features, before: tuple[Fragment, ...], depth: int
) -> Iterator[Edge]:
    for term, end, features in _sort_terms(s, j):
        way, stop = direction, end
        k = s.skip(end, (",", "and", "-", "(", "sorted", "listed", "ordered"))
        later = _way(s, k)
        if not way and later:
            way, stop = later[1], later[0]
        fragments = (*before, Fragment("order", term, descending=way == "down", position=i))
        now = (*base, *features)
        yield Edge(i, stop, fragments, now, "order")
        after = s.skip(stop, (",", "and", "then", "by"))
        if after > stop and depth == 0:
            yield from _ordered_terms(s, i, after, "", (*now, ("order:second", 1.0)), fragments, 1)


def _sort_terms(s: Sentence, j: int) -> Iterator[tuple[Term, int, Features]]:
    """What can be sorted by at j."""
    counted = s.match(j, _COUNT)
    if counted:
        start = s.skip(counted[0], _FILL | {"different"})
        for mention in s.near_tables(start):
            yield (
                Term(mention.table, "*", "count"),
                mention.end,
                (*s.link_features(mention, "table"), ("order:count", 1.0)),
            )
        for mention in s.named_columns(start):
            column = s.column(mention)
            if column.numeric:
                yield Term(mention.table, mention.column), mention.end, s.link_features(mention, "order")
        yield Term("", "*", "count"), counted[0], (("order:count_open", 1.0),)
    for mention in s.metrics(j):
        yield metric_term(mention), mention.end, s.link_features(mention, "metric")
    agg = lex.AGGREGATES.get(s.low(j), "")
    start = s.skip(j + 1, _FILL) if agg else j
    for mention in s.named_columns(start):
        yield Term(mention.table, mention.column, agg), mention.end, s.link_features(mention, "order")
    if agg:
        for mention in s.named_columns(j):
            yield Term(mention.table, mention.column), mention.end, s.link_features(mention, "order")
    for mention in s.tables(j):
        if any(column.table == mention.table for column in s.columns(mention.end)):
            continue  # `invoice amount` is the amount
        yield (
            Term(mention.table, "*", "count"),
            mention.end,
            (*s.link_features(mention, "table"), ("order:table_count", 1.0)),
        )
        for column in s.catalog.names_of(mention.table)[:1]:
            yield (
                Term(mention.table, column.name),
                mention.end,
                (*s.link_features(mention, "table"), ("order:table", 1.0)),
            )


def having_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`at least 3 pets`, `more than one student`, `two or more orders`, `twice`, `several`."""
    compare = s.match(i, COMPARE)
    op, j = (compare[1], compare[0]) if compare else ("=", i)
    value: float | int
    if s.low(j) in ("multiple", "several"):
        op, value, end = ">", 1, j + 1
    elif s.low(j) in ("once", "twice"):
        value, end = (1 if s.low(j) == "once" else 2), j + 1
    else:
        number = number_at(s.tokens, j)
        if number is None or not isinstance(number[0], int):
            return
        value, end = number
    trailing = s.match(end, TRAILING)
    if trailing:
        op, end = trailing[1], trailing[0]
    cue = "cmp" if compare or trailing else "bare"
    after = s.skip(end, ("different", "distinct", "of", "the", "kinds", "types", "or", "more"))
    base: Features = ((f"having:{cue}", 1.0), (f"having:op{op}", 1.0))
    for mention in s.near_tables(after):
        fragment = Fragment("having", Term(mention.table, "*", "count"), op, (value,), position=i)
        rows = s.catalog.by_name[mention.table].rows
        much: Features = (("having:implausible", 1.0),) if rows and value > rows else ()
        yield Edge(i, mention.end, (fragment,), (*base, *much, *s.link_features(mention, "table")), "rel")
    for mention in s.near_columns(after):
        if not s.column(mention).numeric or s.column(mention).is_id:
            term = Term(mention.table, mention.column, "count", True)
            fragment = Fragment("having", term, op, (value,), position=i)
            features = (*base, *s.link_features(mention, "having"), ("having:col", 1.0))
            yield Edge(i, mention.end, (fragment,), features, "rel")
    if s.low(end) in ("times", "time") or s.low(j) in ("once", "twice"):
        fragment = Fragment("having", Term("", "*", "count"), op, (value,), position=i)
        yield Edge(i, s.skip(end, ("times", "time")), (fragment,), (*base, ("having:times", 1.0)), "rel")
    elif compare or trailing:
        fragment = Fragment("having", Term("", "*", "count"), op, (value,), position=i)
        yield Edge(i, end, (fragment,), (*base, ("having:open", 1.0)), "rel")


def count_compared_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`whose number of orders is more than 3`, `the average age is above 20`."""
    counted = s.match(i, _COUNT)
    agg = lex.AGGREGATES.get(s.low(i), "")
    if not counted and not agg:
        return
    start = s.skip(counted[0] if counted else i + 1, _FILL | {"number"})
    options: list[tuple[Term, int, Features]] = []
    if counted:
        options += [
            (Term(m.table, "*", "count"), m.end, s.link_features(m, "table")) for m in s.tables(start)
        ]
        if s.low(i) == "total" or s.low(i + 1) == "total":
            numbers = [m for m in s.columns(start) if s.column(m).numeric and not s.column(m).is_id]
            options += [
                (Term(m.table, m.column, "sum"), m.end, s.link_features(m, "having")) for m in numbers
            ]
    else:
        options += [
            (Term(m.table, m.column, agg), m.end, s.link_features(m, "having")) for m in s.columns(start)
        ]
    for term, end, features in options:
        j = s.skip(end, lex.COPULAS | lex.DETERMINERS)
        compare = s.match(j, COMPARE)
        op, k = (compare[1], s.skip(compare[0], lex.DETERMINERS)) if compare else ("=", j)
        number = number_at(s.tokens, k)
        if number:
            trailing = s.match(number[1], TRAILING)
            op, stop = (trailing[1], trailing[0]) if trailing else (op, number[1])
            fragment = Fragment("having", term, op, (number[0],), position=i)
            yield Edge(i, stop, (fragment,), (*features, ("having:compared", 1.0)), "rel")
