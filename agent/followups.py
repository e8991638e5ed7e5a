"""Follow-ups: a short question that changes the one before it, as in `and by region?` or `top 5 only`."""

from __future__ import annotations

import re
from dataclasses import replace

from .parsing.edges import edges_of
from .parsing.fragments import Edge, Fragment
from .parsing.sentence import Sentence
from .query import All, Between, Compare, MetricQuery, Order, Predicate, Term, conjoin, tables_of, terms_of
from .rank import Schema

_OPENING = re.compile(
    r"^\W*(and|but|or|what about|how about|now|only|just|instead|same|also"
    r"|then|(re)?(sort|order)|top|by|for|in|per)\b"
    r"|\b(instead|only|too|as well)\W*$",
    re.IGNORECASE,
)
_MOST_WORDS = 9
_ROLES = ("group", "order", "limit", "cond")


def follow(s: Sentence, previous: MetricQuery, schema: Schema) -> MetricQuery | None:
    """The previous query as the follow-up changes it; nothing when the question stands by itself."""
    if len(s) > _MOST_WORDS or not _OPENING.search(s.text):
        return None
    fragments = _fragments(s, previous)
    if not fragments:
        return None
    query = previous
    for fragment in fragments:
        query = _edited(query, fragment)
    return query if schema.joins.tree(tables_of(query)) is not None else None


def _fragments(s: Sentence, previous: MetricQuery) -> list[Fragment]:
    """What the follow-up says, left to right, the longest that suits the previous query first."""
    edges = edges_of(s)
    known = {term.table for term in previous.select} | set(tables_of(previous))
    used = {(t.table, t.column) for t in terms_of(previous.where)}
    out: list[Fragment] = []
    i = 0
    while i < len(s):
        suiting = [e for e in edges[i] if all(f.role in _ROLES for f in e.fragments)]
        if suiting:
            best = max(suiting, key=lambda e: _suits(e, known, used))
            out.extend(best.fragments)
            i = best.end
        else:
            out += _year(s, i, previous)
            i += 1
    return out


def _year(s: Sentence, i: int, previous: MetricQuery) -> list[Fragment]:
    """`what about 2025?`: a bare year, for the date that the query already filters or has at hand."""
    year = s.tokens[i].value
    if not isinstance(year, int) or not 1900 <= year <= 2100:
        return []
    catalog = s.catalog
    used = [t for t in terms_of(previous.where) if (t.table, t.column) in catalog.column_of]
    near = [Term(c.table, c.name) for table in tables_of(previous) for c in catalog.by_name[table].columns]
    for term in (*used, *near):
        if catalog.column_of[(term.table, term.column)].kind == "date":
            return [Fragment("cond", term, "period", (f"{year}-01-01", f"{year + 1}-01-01"), position=i)]
    return []


def _suits(edge: Edge, known: set[str], used: set[tuple[str, str]]) -> tuple[int, int, int, float]:
    terms = [f.term for f in edge.fragments if f.term is not None]
    again = sum((t.table, t.column) in used for t in terms)
    near = sum(t.table in known for t in terms)
    return (
        again,
        near,
        edge.end - edge.start,
        sum(value for name, value in edge.features if name == "link:score"),
    )


def _edited(query: MetricQuery, fragment: Fragment) -> MetricQuery:
    if fragment.role == "limit":
        orders = query.order or tuple(Order(t, True) for t in query.select if t.aggregated)[:1]
        return replace(query, limit=fragment.n, order=orders)
    if fragment.role == "order":
        term = fragment.term or (query.order[0].term if query.order else query.select[0])
        return replace(query, order=(Order(term, fragment.descending),))
    if fragment.role == "group" and fragment.term is not None:
        return _grouped(query, fragment.term)
    return replace(query, where=_replaced(query.where, fragment))


def _grouped(query: MetricQuery, term: Term) -> MetricQuery:
    """The measures of the query by another key; earlier keys of the same kind give way."""
    measures = tuple(t for t in query.select if t.aggregated) or (Term(query.select[0].table, "*", "count"),)
    kept = (
        tuple(t for t in query.group if bool(t.grain) != bool(term.grain))
        if term.grain or query.group
        else ()
    )
    keys = (*kept, term) if term not in kept else kept
    return replace(query, select=(*keys, *measures), group=keys, order=(), limit=None)


def _replaced(where: Predicate | None, fragment: Fragment) -> Predicate | None:
    """The filter with the new condition in the place of one on the same column."""
    made = condition(fragment)
    if made is None or fragment.term is None:
        return where
    old = where.parts if isinstance(where, All) else (where,)
    kept = [p for p in old if p is not None and fragment.term not in set(terms_of(p))]
    return conjoin(*kept, made)


def condition(fragment: Fragment) -> Predicate | None:
    """A simple condition as a predicate."""
    if fragment.term is None or not fragment.values:
        return None
    if fragment.op == "period":
        begin, end = str(fragment.values[0]), str(fragment.values[1])
        if begin and end:
            return Between(fragment.term, begin, end, half_open=True)
        return Compare(fragment.term, ">=" if begin else "<", begin or end)
    if fragment.op == "between":
        return Between(fragment.term, fragment.values[0], fragment.values[1])
    return Compare(
        fragment.term,
        fragment.op if fragment.op in ("=", "!=", ">", "<", ">=", "<=") else "=",
        fragment.values[0],
    )
