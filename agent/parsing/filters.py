"""Which rows a query keeps: conditions joined by and, or, not; missing relations; set operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..query import (
    All,
    AnyOf,
    Between,
    Compare,
    IsNull,
    Like,
    MetricQuery,
    Not,
    Order,
    Predicate,
    Term,
    Within,
    conjoin,
)
from .fragments import Features, Fragment

if TYPE_CHECKING:
    from .assemble import Parts

_FLIP = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}


@dataclass(frozen=True, slots=True)
class Filter:
    """A predicate with the tables it needs, perhaps with the other side of a set operation."""

    where: Predicate | None
    tables: tuple[str, ...] = ()
    having: Predicate | None = None
    combine: tuple[str, MetricQuery] | None = None
    features: Features = ()


def filters(parts: Parts) -> Iterator[Filter]:
    """Every way to keep rows."""
    missing = [f for f in parts.touches if f.negated and f.term]
    if missing:
        yield from _without(parts, missing[0])
        return
    yield from _conditions(parts, parts.conditions)


def _conditions(parts: Parts, conditions: tuple[Fragment, ...]) -> Iterator[Filter]:
    """Conditions together, and as set operations where they speak of the same column twice."""
    plain = _all(parts, conditions)
    negated = [f for f in conditions if f.negated and f.role == "cond"]
    pair = _same_column(conditions)
    joiner = _joiner(conditions, pair)
    features: list[tuple[str, float]] = []
    if pair:
        features.append((f"pair:{joiner}:{_pair_kind(pair)}:plain", 1.0))
    if negated:
        where = "own" if all(f.term and f.term.table == parts.main for f in negated) else "other"
        features.append((f"not:{where}:plain", 1.0))
    yield Filter(plain, features=tuple(features))
    yield from _scoped(parts, conditions)
    if pair:
        yield from _as_sets(parts, conditions, pair, joiner)
    if negated:
        yield from _except(parts, conditions, negated[0])


def _scoped(parts: Parts, conditions: tuple[Fragment, ...]) -> Iterator[Filter]:
    """`than the average price of cars in Rome`: later conditions hold for what is averaged."""
    for i, fragment in enumerate(conditions):
        after = conditions[i + 1 :]
        if not fragment.inner or not after or fragment.term is None:
            continue
        inner = MetricQuery((replace(fragment.term, agg=fragment.inner),), where=_all(parts, after))
        outer = conjoin(_all(parts, conditions[:i]), Compare(fragment.term, fragment.op, inner))
        yield Filter(outer, features=(("inner:scoped", 1.0),))
        both = conjoin(outer, _all(parts, after))
        yield Filter(both, features=(("inner:scoped_both", 1.0),))


def _all(parts: Parts, conditions: tuple[Fragment, ...]) -> Predicate | None:
    """The conditions joined: `or` binds to the condition before it."""
    groups: list[list[Predicate]] = []
    for fragment in conditions:
        predicate = _predicate(parts, fragment)
        if groups and fragment.connector in ("or", "nor") and predicate is not None:
            groups[-1].append(predicate)
        elif predicate is not None:
            groups.append([predicate])
    return conjoin(*(AnyOf(tuple(group)) if len(group) > 1 else group[0] for group in groups))


def _predicate(parts: Parts, fragment: Fragment) -> Predicate | None:
    term = fragment.term
    if term is None:
        return None
    if fragment.role == "null":
        return Not(IsNull(term)) if fragment.negated else IsNull(term)
    if fragment.other is not None:
        return Compare(term, fragment.op, fragment.other)
    if fragment.inner:
        inner = MetricQuery((replace(term, agg=fragment.inner),))
        return Compare(term, fragment.op, inner)
    if fragment.op in ("prefix", "suffix", "inside"):
        like = Like(term, str(fragment.values[0]), fragment.op)
        return Not(like) if fragment.negated else like
    if fragment.op == "period" or _is_year_of_date(parts, fragment):
        inside = _period(term, *_range(fragment))
        return Not(inside) if fragment.negated and inside is not None else inside
    if fragment.op == "between":
        between = Between(term, fragment.values[0], fragment.values[1])
        return Not(between) if fragment.negated else between
    op = _FLIP.get(fragment.op, "=") if fragment.negated else fragment.op
    each = tuple(Compare(term, op, value) for value in fragment.values)
    if len(each) == 1:
        return each[0]
    return All(each) if fragment.negated else AnyOf(each)


def _is_year_of_date(parts: Parts, fragment: Fragment) -> bool:
    """Whether the number of a year is compared with a date."""
    term = fragment.term
    if term is None or term.agg or parts.catalog.column_of[(term.table, term.column)].kind != "date":
        return False
    values = fragment.values
    return all(isinstance(v, int) and 1000 <= v <= 2200 for v in values) and (
        len(values) == 1 or fragment.op == "between"
    )


def _range(fragment: Fragment) -> tuple[str, str]:
    """The half-open range of time of a fragment; an empty end is open."""
    if fragment.op == "period":
        return str(fragment.values[0]), str(fragment.values[1])
    first, last = int(fragment.values[0]), int(fragment.values[-1])
    begin, after = f"{first:04d}-01-01", f"{last + 1:04d}-01-01"
    return {">": (after, ""), ">=": (begin, ""), "<": ("", begin), "<=": ("", after)}.get(
        fragment.op, (begin, after)
    )


def _period(term: Term, begin: str, end: str) -> Predicate | None:
    if begin and end:
        return Between(term, begin, end, half_open=True)
    if begin or end:
        return Compare(term, ">=" if begin else "<", begin or end)
    return None


def _same_column(conditions: tuple[Fragment, ...]) -> tuple[Fragment, ...] | None:
    """Two conditions on one column, or one condition with two values."""
    for i, fragment in enumerate(conditions):
        if len(fragment.values) == 2 and fragment.op == "=" and not fragment.negated:
            first = replace(fragment, values=fragment.values[:1])
            return first, replace(fragment, values=fragment.values[1:], connector=fragment.joiner)
        for other in conditions[i + 1 :]:
            if fragment.role == "null" or other.role == "null" or "period" in (fragment.op, other.op):
                continue
            if other.term == fragment.term and other.op != "between" and fragment.op != "between":
                return fragment, other
    return None


def _joiner(conditions: tuple[Fragment, ...], pair: tuple[Fragment, ...] | None) -> str:
    if not pair:
        return ""
    if any(f.connector == "both" for f in conditions):
        return "both"
    return pair[1].connector or "none"


def _pair_kind(pair: tuple[Fragment, ...]) -> str:
    return "equal" if all(f.op == "=" for f in pair) else "range"


def _as_sets(
    parts: Parts, conditions: tuple[Fragment, ...], pair: tuple[Fragment, ...], joiner: str
) -> Iterator[Filter]:
    """Rows that fulfil one condition and also the other: an intersection of two queries."""
    first, second = pair
    rest = tuple(
        f
        for f in conditions
        if f not in pair and not (f.term == first.term and len(f.values) == 2 and f.op == "=")
    )
    one, other = _all(parts, (*rest, first)), _all(parts, (*rest, replace(second, connector="")))
    where = "own" if first.term and first.term.table == parts.main else "other"
    if first.negated == second.negated and joiner not in ("or", "nor"):
        features: Features = (
            (f"pair:{joiner}:{_pair_kind(pair)}:intersect", 1.0),
            (f"pair:intersect:{where}", 1.0),
        )
        yield Filter(one, combine=("intersect", MetricQuery((), where=other)), features=features)
    if _pair_kind(pair) == "equal" and joiner not in ("or", "nor") and not (first.negated or second.negated):
        either = AnyOf(
            tuple(p for p in (_predicate(parts, first), _predicate(parts, second)) if p is not None)
        )
        yield Filter(conjoin(_all(parts, rest), either), features=((f"pair:{joiner}:equal:or", 1.0),))


def _except(parts: Parts, conditions: tuple[Fragment, ...], negated: Fragment) -> Iterator[Filter]:
    """Rows without those that fulfil what is negated."""
    rest = tuple(f for f in conditions if f is not negated)
    own = _all(parts, rest)
    other = _all(parts, (replace(negated, negated=False, connector=""),))
    where = "own" if negated.term and negated.term.table == parts.main else "other"
    key = _link(parts, parts.main, negated.term.table) if where == "other" and negated.term else None
    if key is not None:
        none = _none_of(parts, *key, (), other)
        yield Filter(conjoin(own, none), features=((f"not:{where}:not_in", 1.0),))
    if not (key is not None and parts.rows_asked):
        yield Filter(
            own, combine=("except", MetricQuery((), where=other)),
            features=((f"not:{where}:except", 1.0), (f"not:except:{negated.connector or 'none'}", 1.0)),
        )  # fmt: skip


def _without(parts: Parts, missing: Fragment) -> Iterator[Filter]:
    """Rows that nothing of another table points at, or that have none of it."""
    assert missing.term is not None
    table = missing.term.table
    inside = tuple(
        f for f in parts.conditions if f.term and f.term.table != parts.main and f.position > missing.position
    )
    outside = tuple(f for f in parts.conditions if f not in inside)
    own = _all(parts, outside)
    inner_where = _all(parts, inside)
    key = _link(parts, parts.main, table)
    features: Features = (("without:table", 1.0),)
    if key is not None:
        near, far = key
        tables = (table,) if far.table != table else ()
        none = _none_of(parts, near, far, tables, inner_where)
        yield Filter(conjoin(own, none), features=(*features, ("without:not_in", 1.0)))
    # Rows have keys: two of one name are two, so names of rows are not subtracted.
    if table != parts.main and not (key is not None and parts.rows_asked):
        inner = MetricQuery((), (table,), conjoin(own, inner_where))
        yield Filter(own, combine=("except", inner), features=(*features, ("without:except", 1.0)))


def _none_of(
    parts: Parts, near: Term, far: Term, tables: tuple[str, ...], where: Predicate | None
) -> Predicate:
    """Rows that nothing points at. An end that is missing points at nothing; `NOT IN` would be unknown for
    every row.
    """
    if far.column not in parts.catalog.by_name[far.table].primary_key:
        where = conjoin(where, Not(IsNull(far)))
    return Not(Within(near, MetricQuery((far,), tables, where)))


def _link(parts: Parts, main: str, other: str) -> tuple[Term, Term] | None:
    """The columns by which `main` and the way to `other` are joined: near end, far end."""
    if main == other or not main:
        return None
    tree = parts.joins.tree((main, other))
    if tree is None or not tree.joins:
        return None
    join = tree.joins[0]
    if join.left == main:
        return Term(main, join.left_column), Term(join.right, join.right_column)
    return Term(main, join.right_column), Term(join.left, join.left_column)


def super_within(term: Term, key: Term, descending: bool, n: int) -> Predicate:
    """Only the rows of the `n` with the most or least of `term`."""
    return Within(key, MetricQuery((key,), order=(Order(term, descending),), limit=n))
