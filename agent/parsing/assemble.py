"""Fragments to queries: each reading of a question becomes one or more `MetricQuery` values with features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from ..catalog import Catalog, Join
from ..joins import Joins, JoinTree
from ..query import (
    AnyOf,
    Between,
    Comparison,
    MetricQuery,
    Not,
    Order,
    Predicate,
    Term,
    Within,
    conjoin,
    conjuncts,
    inner_queries,
    tables_of,
)
from ..shares import is_share
from .filters import Filter, filters, super_within
from .fragments import Fragment
from .heads import Head, heads
from .sentence import Sentence
from .time import AGAINST

MOST = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A meaning with what speaks for it; `score` is the weighted sum."""

    query: MetricQuery
    features: dict[str, float] = field(compare=False)
    score: float = 0.0
    skipped: tuple[int, ...] = ()


@dataclass(frozen=True)
class Parts:
    """The fragments of one reading by what they do."""

    catalog: Catalog
    joins: Joins
    heads: tuple[Fragment, ...]
    touches: tuple[Fragment, ...]
    conditions: tuple[Fragment, ...]
    havings: tuple[Fragment, ...]
    supers: tuple[Fragment, ...]
    groups: tuple[Fragment, ...]
    orders: tuple[Fragment, ...]
    limits: tuple[Fragment, ...]
    promoted: bool = False
    compare: Comparison | None = None
    share: bool = False
    spoken: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    everything: bool = False
    words: frozenset[str] = frozenset()

    @property
    def main(self) -> str:
        """The table that the question is about: whose rows are asked for or counted, or the first
        one named.
        """
        for fragment in self.heads:
            if fragment.role in ("entity", "count") and fragment.term and fragment.term.table:
                return fragment.term.table
        for fragment in self.heads:
            if fragment.term and fragment.term.table:
                return fragment.term.table
        return ""

    @property
    def rows_asked(self) -> bool:
        """Whether rows are asked for, and not columns of them."""
        return all(fragment.role == "entity" for fragment in self.heads)


def parts_of(fragments: tuple[Fragment, ...], s: Sentence) -> Parts | None:
    """Fragments sorted by role, open counts bound to the table they count; nothing where nothing is
    asked for.
    """
    by: dict[str, list[Fragment]] = {}
    for fragment in fragments:
        by.setdefault(fragment.role, []).append(fragment)
    asked = [f for f in fragments if f.role in ("project", "entity", "count")]
    touches = by.get("touch", [])
    promoted = False
    if not asked and touches and not touches[0].negated:
        asked, touches, promoted = [replace(touches[0], role="entity")], touches[1:], True
    if not asked and by.get("group"):
        first = by["group"][0]
        asked, promoted = (
            [replace(first, role="project" if first.term and first.term.column != "*" else "entity")],
            True,
        )
    if not asked:
        return None
    bound = [_bound(f, touches, fragments) for f in asked]
    if any(f is None for f in bound):
        return None
    return Parts(
        s.catalog,
        s.joins,
        tuple(f for f in bound if f is not None),
        tuple(touches),
        tuple(f for f in fragments if f.role in ("cond", "null")),
        tuple(by.get("having", ())),
        tuple(by.get("super", ())),
        tuple(by.get("group", ())),
        tuple(by.get("order", ())),
        tuple(by.get("limit", ())),
        promoted,
        _comparison(by.get("compare", [])),
        "share" in by,
        s.spoken_tables,
        s.valued_tables,
        s.asks_everything,
        s.meant_words,
    )


def _comparison(found: list[Fragment]) -> Comparison | None:
    """The other period that a measure is compared with."""
    if not found or found[0].term is None:
        return None
    return Comparison(found[0].term, str(found[0].values[0]), str(found[0].values[1]))


def _bound(count: Fragment, touches: list[Fragment], fragments: tuple[Fragment, ...]) -> Fragment | None:
    """A count with the table it counts: the next one named, else the first, else that of any other
    fragment.
    """
    if count.role != "count" or (count.term and count.term.table):
        return count
    later = [f for f in touches if f.position > count.position]
    others = [f for f in fragments if f.term and f.term.table and f is not count]
    for found in (later, touches, others):
        if found and found[0].term:
            return replace(count, term=replace(count.term or Term(""), table=found[0].term.table))
    return None


def candidates(fragments: tuple[Fragment, ...], s: Sentence) -> Iterator[Candidate]:
    """Every query that the fragments may mean together."""
    parts = parts_of(fragments, s)
    if parts is None or len(parts.supers) > 2:
        return
    for head, kept in list(product(heads(parts), filters(parts)))[:MOST]:
        yield from _joined(parts, head, kept)


def _joined(parts: Parts, head: Head, kept: Filter) -> Iterator[Candidate]:
    """The query of one head and one filter: with every table spoken of, and with only those it needs."""
    order, limit, ordered = _order(parts, head)
    if order is None:
        return
    per_group = limit if head.per_group else None
    if per_group is not None:
        limit = None
        select = tuple(replace(t, agg="") if t.agg in ("max", "min") else t for t in head.select)
        head = replace(head, select=select)
    where = kept.where
    if head.nested_super:
        nested = _nested(parts)
        if nested is None:
            return
        where = conjoin(where, *nested)
    either = _united(where)
    if either != where and parts.words & AGAINST:
        return  # `this month vs last month` are not one time
    where = either
    query = MetricQuery(
        head.select,
        kept.tables,
        where,
        head.group,
        conjoin(kept.having, head.having),
        order,
        limit,
        head.distinct,
        kept.combine,
        per_group,
        head.rows_only,
        share=parts.share,
        compare=parts.compare,
    )
    unasked = head.group and not parts.groups  # `share of revenue` names no groups
    if parts.share and (unasked or not is_share(query, parts.catalog, parts.joins)):
        return
    if query.compare is not None and not any(term.aggregated for term in query.select):
        return  # only measures are set beside those of another time
    features = dict(head.features)
    for name, value in (*kept.features, *ordered):
        features[name] = features.get(name, 0.0) + value
    if parts.promoted:
        features["head:promoted"] = 1.0
    elsewhere = _times_elsewhere(query, parts)
    if elsewhere:
        features["time:elsewhere"] = float(elsewhere)
    if _times_apart(query, parts):
        features["time:apart"] = 1.0
    touched = tuple(
        f.term.table
        for f in parts.touches
        if f.term and not f.negated and f.term.table not in tables_of(query)
    )
    if touched:
        full = replace(query, tables=tuple(dict.fromkeys((*query.tables, *touched))))
        yield from _combined(parts, full, {**features, "touch:joined": float(len(touched))})
        features["touch:left_out"] = float(len(touched))
    yield from _combined(parts, query, features)


def _united(where: Predicate | None) -> Predicate | None:
    """Periods of one date that share no instant, as any of them: `in January and March`."""
    within: dict[Term, list[Between]] = {}
    for part in conjuncts(where):
        if isinstance(part, Between) and part.half_open and part.low and part.high:
            within.setdefault(part.term, []).append(part)
    for periods in within.values():
        if max(str(p.low) for p in periods) >= min(str(p.high) for p in periods):
            rest = [part for part in conjuncts(where) if part not in periods]
            where = conjoin(*rest, AnyOf(tuple(periods)))
    return where


def _times_elsewhere(query: MetricQuery, parts: Parts) -> int:
    """How many periods and grains are of other tables than what is measured."""
    measured = {term.table for term in query.select if term.aggregated}
    timed = [f.term.table for f in parts.conditions if f.op == "period" and f.term is not None]
    timed += [term.table for term in query.group if term.grain]
    return sum(table not in measured for table in timed) if measured else 0


def _times_apart(query: MetricQuery, parts: Parts) -> bool:
    """`orders by month this year`: whether the months are of one date and the year of another."""
    periods = {(f.term.table, f.term.column) for f in parts.conditions if f.op == "period" and f.term}
    grains = {(term.table, term.column) for term in query.group if term.grain}
    return bool(periods and grains) and not periods & grains


def _nested(parts: Parts) -> tuple[Predicate, ...] | None:
    """Superlatives as conditions: only the rows of the n with the most or least."""
    out: list[Predicate] = []
    for fragment in parts.supers:
        key = parts.catalog.key_of(fragment.term.table) if fragment.term else None
        if fragment.term is None or key is None:
            return None
        n = max(fragment.n, *(limit.n for limit in parts.limits), 1)
        out.append(super_within(fragment.term, Term(key.table, key.name), fragment.descending, n))
    return tuple(out)


def _combined(parts: Parts, query: MetricQuery, features: dict[str, float]) -> Iterator[Candidate]:
    """The query, with the other side of a set operation built from its own select list."""
    measured = any(term.aggregated for term in query.select)
    if query.combine is not None and measured and not (query.group and query.combine[0] == "intersect"):
        counted = _counted_rows(parts, query)
        if counted is None:
            return
        query, features = counted, {**features, "combine:counted": 1.0}
    if query.combine is not None:
        kind, inner = query.combine
        other = replace(
            query,
            where=inner.where,
            having=inner.having,
            tables=inner.tables,
            combine=None,
            order=(),
            limit=None,
            group=query.group if inner.having is not None else (),
        )
        if inner.where is None and inner.having is None and set(inner.tables) <= set(tables_of(query)):
            return
        if kind == "except":
            query = replace(query, order=(), limit=None)
        query = replace(query, combine=(kind, replace(other, distinct=False)), distinct=False)
    tables = tables_of(query)
    tree = parts.joins.tree(tables)
    if tree is None or any(parts.joins.tree(tables_of(inner)) is None for inner in inner_queries(query)):
        return
    extra = len(tree.tables) - len(tables)
    features["join:count"] = float(len(tree.joins))
    features[f"join:{min(len(tree.joins), 4)}"] = 1.0
    features["join:extra"] = float(extra)
    unspoken = [t for t in tables if t not in parts.spoken]
    if parts.spoken:
        features["tables:unspoken"] = float(len(unspoken))
    features[f"tables:unspoken:{'some' if parts.spoken else 'none'}"] = float(len(unspoken))
    if parts.valued & set(unspoken):
        features["tables:valued"] = 1.0
    if any(not join.given for join in tree.joins):
        features["join:inferred"] = 1.0
    if tree.ways:
        features["join:tied"] = 1.0
    for via, chosen in _ways(parts, tree):
        yield Candidate(replace(query, via=via) if via else query, {**features, **chosen})


def _ways(
    parts: Parts, tree: JoinTree
) -> Iterator[tuple[tuple[tuple[str, str, str, str], ...], dict[str, float]]]:
    """Which way to take where several are as short: the one that the question's words suit, or either.

    Two tables may have several joins, or be connected through one table or another.
    """
    several = [found for j in tree.joins if len(found := parts.joins.between(j.left, j.right)) > 1]
    ways = [(join,) for join in several[0]] if several else list(tree.ways)
    if not ways:
        yield (), {}
        return
    common = set.intersection(*(set(_way_words(parts, way)) for way in ways))
    for way in ways:
        said = [w for w in _way_words(parts, way) if w not in common and len(w) > 2 and w in parts.words]
        name = "join:said" if said else "join:unsaid"
        yield tuple((j.left, j.left_column, j.right, j.right_column) for j in way), {name: 1.0}


def _way_words(parts: Parts, way: tuple[Join, ...]) -> Iterator[str]:
    for join in way:
        for table, column in ((join.left, join.left_column), (join.right, join.right_column)):
            yield from parts.catalog.column_of[(table, column)].words
            if len(way) > 1:
                yield from parts.catalog.by_name[table].words


def _counted_rows(parts: Parts, query: MetricQuery) -> MetricQuery | None:
    """An aggregate over rows that also fulfil, or do not fulfil, another condition: by the row's key."""
    key = parts.catalog.key_of(parts.main) if parts.main else None
    if key is None or query.combine is None:
        return None
    kind, inner = query.combine
    term = Term(parts.main, key.name)
    within: Predicate = Within(term, MetricQuery((term,), inner.tables, inner.where))
    if inner.having is not None:
        return None
    if kind == "except":
        return replace(query, where=conjoin(query.where, Not(within)), combine=None)
    first = Within(term, MetricQuery((term,), query.tables, query.where))
    return replace(query, where=conjoin(first, within), tables=(), combine=None)


def _order(parts: Parts, head: Head) -> tuple[tuple[Order, ...] | None, int | None, list[tuple[str, float]]]:
    """Sort keys and limit; nothing as keys when something cannot be sorted by."""
    keys: list[Order] = []
    limit: int | None = None
    features: list[tuple[str, float]] = []
    for fragment in parts.supers:
        if head.nested_super:
            break
        term = _counted(fragment, head)
        if term is None:
            return None, None, []
        keys.append(Order(term, fragment.descending))
        limit = fragment.n
    for fragment in parts.orders:
        term = fragment.term
        if term is None:
            if keys and len(keys) == len(parts.supers) and parts.supers:
                keys[-1] = replace(keys[-1], descending=fragment.descending)
                continue
            measured = [t for t in head.select if t.aggregated]
            term = measured[0] if measured and head.group and fragment.op != "letters" else head.select[0]
            if term.column == "*" and not term.agg:
                return None, None, []
        elif term.column == "*" and not term.table:
            term = replace(term, table=parts.main)
        keys.append(Order(term, fragment.descending))
    for fragment in parts.limits:
        if head.nested_super:
            continue
        limit = fragment.n
        if fragment.op == "ranked" and not keys:
            if "by" in parts.words:
                return None, None, []  # `top 5 customers by orders` are in an order
            features.append(("limit:unranked", 1.0))
        features.append(("limit:ordered" if keys else "limit:unordered", 1.0))
        if fragment.descending and keys and not parts.orders:
            keys[-1] = replace(keys[-1], descending=True)
    for fragment in parts.supers:
        if fragment.term is not None and not fragment.term.aggregated and fragment.term.column != "*":
            column = parts.catalog.column_of[(fragment.term.table, fragment.term.column)]
            features.append(("top:unique" if column.unique else "top:repeated", 1.0))
    if head.totals:
        keys = [replace(o, term=replace(o.term, agg="sum")) for o in keys]
    if len(parts.supers) > 1:
        features.append(("super:two", 1.0))
    plain_key = any(not o.term.aggregated for o in keys)
    if (
        head.group
        and not head.per_group
        and plain_key
        and any(o.term not in head.group for o in keys if not o.term.aggregated)
    ):
        keys, ok = _group_keys(keys, head)
        if not ok:
            return None, None, []
        features.append(("order:aggregated", 1.0))
    return tuple(keys), limit, features


def _group_keys(keys: list[Order], head: Head) -> tuple[list[Order], bool]:
    """Sort keys of a grouped query: a column that is no group key must be aggregated in the select list."""
    out: list[Order] = []
    for order in keys:
        term = order.term
        if not term.aggregated and term not in head.group:
            same = [
                t for t in head.select if t.aggregated and (t.table, t.column) == (term.table, term.column)
            ]
            if not same and not any(term.table == g.table for g in head.group):
                return keys, False
            term = same[0] if same else replace(term, agg="max")
        out.append(replace(order, term=term))
    return out, True


def _counted(fragment: Fragment, head: Head) -> Term | None:
    """The term of a superlative; a count of nothing named counts the rows of each group."""
    term = fragment.term
    if term is not None and term.column == "*":
        if not head.group:
            return None
        return replace(term, table=term.table or head.group[-1].table)
    return term
