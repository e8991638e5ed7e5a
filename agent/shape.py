"""How the wording of a question and the shape of a query go together, as features for the ranker."""

from __future__ import annotations

import re

from .query import All, AnyOf, Compare, MetricQuery, Not, Predicate, Within

_CUES = {
    "how_many": r"\bhow many\b|\bnumber of\b|\bcount\b",
    "how_many_first": r"^\W*(how many|count"
    r"|(find|what is|give|show|return|tell me|state)\W+(me )?the (total )?number)\b",
    "each": r"\b(each|every|per)\b",
    "most": r"\b(most|least|fewest)\b",
    "best": r"\b(highest|lowest|largest|smallest|greatest|maximum|minimum|max|min|biggest|top)\b",
    "adjective": r"\b(?!latest|interest|request|forest|guest|test|west|rest|honest)\w{3,}(iest|[^e]est)\b",
    "order": r"\b(sort|sorted|order|ordered|ascending|descending|alphabetical|alphabetically|ranked)\b",
    "not": r"\b(not|no|never|without|neither|nor|except)\b|n't\b",
    "both": r"\bboth\b",
    "or": r"\b(or|either)\b",
    "and_also": r"\b(and also|as well as|and those|also)\b",
    "distinct": r"\b(distinct|different|unique)\b",
    "than": r"\bthan\b",
    "average": r"\b(average|mean|median|avg)\b",
    "total": r"\b(total|sum)\b",
    "at_least": r"\b(at least|at most|more than|less than|fewer than|or more|or fewer)\b",
    "all": r"\ball\b",
    "which": r"^\W*(which|what|who|where|when)\b",
    "id": r"\bids?\b",
    "common": r"\b(common|popular|frequent|frequently)\b",
    "there": r"\bare there\b",
    "two_parts": r"[?.]\s+\w",
    "more_than_average": r"\b(than|above|below)( the)? (average|mean|maximum|minimum|max|min)\b",
}
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CUES.items())


def cues(question: str) -> tuple[str, ...]:
    """The cues that the wording holds."""
    return tuple(name for name, pattern in _COMPILED if pattern.search(question))


def shape(query: MetricQuery) -> tuple[str, ...]:
    """The parts that the query has."""
    aggs = {term.agg for term in query.select if term.agg}
    counts = sum(term.agg == "count" for term in query.select)
    orders = [order.term for order in query.order]
    plain = sum(not term.aggregated for term in query.select)
    flags = {
        "count": counts == 1,
        "counts": counts > 1,
        "avg": bool(aggs & {"avg", "median"}),
        "sum": "sum" in aggs,
        "extreme": bool(aggs & {"min", "max"}),
        "group": bool(query.group),
        "having": query.having is not None,
        "order": bool(query.order) and query.limit is None,
        "top": bool(query.order) and query.limit is not None,
        "top_count": bool(query.limit) and any(t.agg == "count" for t in orders),
        "distinct": query.distinct,
        "limit_only": bool(query.limit) and not query.order,
        "per_group": query.per_group is not None,
        "rows_only": query.rows_only,
        "count_distinct": any(t.distinct and t.agg for t in query.select),
        "only_measures": plain == 0 and bool(aggs),
        "all_columns": any(t.column == "*" and not t.agg for t in query.select),
        "plain1": plain == 1,
        "plain2": plain == 2,
        "plain3": plain > 2,
        "one_row": plain == 0 and not query.group,
        **_predicates(query),
    }
    return tuple(name for name, holds in flags.items() if holds)


def _predicates(query: MetricQuery) -> dict[str, bool]:
    found: set[str] = set()
    _walk(query.where, found)
    if query.combine is not None:
        found.add(query.combine[0])
    names = ("or", "not_in", "in", "not", "different", "inner", "intersect", "except", "filter")
    return {name: name in found for name in names}


def _walk(predicate: Predicate | None, found: set[str]) -> None:
    if predicate is None:
        return
    found.add("filter")
    if isinstance(predicate, (All, AnyOf)):
        if isinstance(predicate, AnyOf):
            found.add("or")
        for part in predicate.parts:
            _walk(part, found)
    elif isinstance(predicate, Not):
        found.add("not_in" if isinstance(predicate.part, Within) else "not")
    elif isinstance(predicate, Within):
        found.add("in")
    elif isinstance(predicate, Compare):
        if isinstance(predicate.value, MetricQuery):
            found.add("inner")
        elif predicate.op == "!=":
            found.add("different")


def shape_features(asked: tuple[str, ...], query: MetricQuery) -> dict[str, float]:
    """Each cue with each part, and the parts by themselves."""
    parts = shape(query)
    out = {f"has:{part}": 1.0 for part in parts}
    for cue in asked:
        for part in parts:
            out[f"{cue}+{part}"] = 1.0
    return out
