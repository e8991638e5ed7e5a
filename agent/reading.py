"""A `MetricQuery` in words, so that a user sees what was understood."""

from __future__ import annotations

from dataclasses import replace

from .catalog import Catalog
from .names import said
from .query import (
    All,
    Between,
    Compare,
    IsNull,
    Like,
    MetricQuery,
    Not,
    Predicate,
    Scalar,
    Term,
    Within,
    tables_of,
)
from .shares import part_of_all

_AGGS = {
    "count": "number of", "sum": "total", "avg": "average", "median": "median",
    "min": "lowest", "max": "highest",
}  # fmt: skip
_OPS = {
    "=": "is",
    "!=": "is not",
    ">": "is more than",
    "<": "is less than",
    ">=": "is at least",
    "<=": "is at most",
}


def reading(query: MetricQuery, catalog: Catalog) -> str:
    """What the query asks for, in one sentence without its full stop."""
    return _Reader(catalog, query).query(query)


class _Reader:
    def __init__(self, catalog: Catalog, query: MetricQuery) -> None:
        self._catalog = catalog
        self._tables = tables_of(query)

    def query(self, query: MetricQuery) -> str:
        asked = _list([self.term(term) for term in query.select], "and")
        parts = [("share of " if query.share else "") + ("distinct " if query.distinct else "") + asked]
        rate = part_of_all(query, self._catalog)
        if rate is not None:
            parts[0] += f" where {self.predicate(rate.part)}, of all"
        if query.rows_only:
            parts[0] = f"how many there are of: {parts[0]}"
        silent = [said(t) for t in query.tables if t not in {term.table for term in query.select}]
        if silent:
            parts.append(f"with {_list(silent, 'and')}")
        parts += [f"joined {way}" for way in self._ways(query)]
        hidden = [self.term(term) for term in query.group if term not in query.select]
        shown = [self.term(term) for term in query.group if term in query.select]
        if query.group and any(t.aggregated for t in query.select):
            parts.append(f"by {_list(shown or hidden, 'and')}")
        where = query.where if rate is None else rate.rest
        if where is not None:
            parts.append(f"where {self.predicate(where)}")
        if query.having is not None:
            parts.append(f"having {self.predicate(query.having)}")
        if query.order:
            keys = [
                f"{self.term(o.term)} {'highest' if o.descending else 'lowest'} first" for o in query.order
            ]
            parts.append(f"ordered by {_list(keys, 'then')}")
        if query.limit is not None:
            parts.append(f"the first {query.limit}" if query.limit > 1 else "the first one only")
        if query.per_group is not None:
            parts.append(f"the first {query.per_group} for each {_list(shown or hidden, 'and')}")
        if query.compare is not None:
            parts.append(f"beside the same for {query.compare.begin} to before {query.compare.end}")
        if query.combine is not None:
            word = {"intersect": "and also", "except": "but not", "union": "or also"}[query.combine[0]]
            other = query.combine[1]
            part = self.predicate(other.where) if other.where is not None else self.query(other)
            parts.append(f"{word} where {part}")
        return ", ".join(parts)

    def _ways(self, query: MetricQuery) -> list[str]:
        """Which of several joins is taken: its column, or the table that it leads through."""
        own = tables_of(replace(query, via=()))
        through = [t for t in tables_of(query) if t not in own]
        if through:
            return [f"through {_list([self._table(table) for table in through], 'and')}"]
        columns = [self._catalog.column_of[(left, column)] for left, column, *_ in query.via]
        return [f"by {said(column.name)}" for column in columns]

    def term(self, term: Term) -> str:
        if term.metric:
            return term.metric
        if term.column == "*":
            return f"{'number' if term.agg else 'everything'} of {said(term.table)}"
        column = self._catalog.column_of[(term.table, term.column)]
        words = said(column.name)
        table = self._catalog.by_name[term.table]
        if (len(self._tables) > 1 or len(column.words) == 1) and not {*column.words} & {*table.words}:
            words = f"{self._table(term.table)} {words}"
        if term.grain:
            return f"{term.grain} of {words}"
        if not term.agg:
            return words
        return f"{_AGGS[term.agg]} {'different ' if term.distinct else ''}{words}"

    def predicate(self, predicate: Predicate) -> str:
        if isinstance(predicate, Compare):
            return f"{self.term(predicate.term)} {_OPS[predicate.op]} {self._value(predicate.value)}"
        if isinstance(predicate, Between):
            if predicate.half_open:
                return f"{self.term(predicate.term)} is from {predicate.low} to before {predicate.high}"
            return f"{self.term(predicate.term)} is between {predicate.low} and {predicate.high}"
        if isinstance(predicate, Like):
            word = {"prefix": "starts with", "suffix": "ends with", "inside": "contains"}[predicate.where]
            return f"{self.term(predicate.term)} {word} '{predicate.text}'"
        if isinstance(predicate, IsNull):
            return f"{self.term(predicate.term)} is missing"
        if isinstance(predicate, Within):
            return f"{self.term(predicate.term)} is among ({self.query(predicate.query)})"
        if isinstance(predicate, Not):
            return f"not ({self.predicate(predicate.part)})"
        parts = [self.predicate(part) for part in predicate.parts]
        return " and ".join(parts) if isinstance(predicate, All) else f"({' or '.join(parts)})"

    def _value(self, value: Scalar | Term | MetricQuery) -> str:
        if isinstance(value, MetricQuery):
            return f"the {self.query(value)}"
        if isinstance(value, Term):
            return self.term(value)
        return f"'{value}'" if isinstance(value, str) else str(value)

    def _table(self, name: str) -> str:
        return " ".join(self._catalog.by_name[name].words)


def _list(items: list[str], last: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
