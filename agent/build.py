"""A `MetricQuery` as SQL in DuckDB's dialect, through sqlglot's syntax tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlglot import exp, parse_one

from .catalog import Catalog, Join
from .english.inflection import words
from .errors import Unconnected
from .fanout import Once, once
from .joins import Joins, JoinTree
from .outputs import output_names
from .query import (
    OF_NUMBERS,
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
    Scalar,
    Term,
    Within,
    conjoin,
    conjuncts,
    tables_of,
)
from .shares import part_of_all

_OPS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, ">": exp.GT, "<": exp.LT, ">=": exp.GTE, "<=": exp.LTE,
}  # fmt: skip
_AGGS: dict[str, type[exp.AggFunc]] = {
    "count": exp.Count, "sum": exp.Sum, "avg": exp.Avg, "median": exp.Median, "min": exp.Min, "max": exp.Max,
}  # fmt: skip


def build_sql(query: MetricQuery, catalog: Catalog, joins: Joins) -> str:
    """The SQL text; `Unconnected` when no joins connect what the query speaks of."""
    return _Builder(catalog, joins).answer(query).sql(dialect="duckdb")


class _Builder:
    def __init__(self, catalog: Catalog, joins: Joins) -> None:
        self._catalog = catalog
        self._joins = joins
        self._qualify = False
        self._once: Once | None = None

    def answer(self, query: MetricQuery) -> exp.Query:
        """The outermost query: groups that nothing sorts are in the order of their keys, so months follow
        each other and the same question has the same rows in the same order.
        """
        keys = tuple(Order(term) for term in query.select if not term.aggregated and term.column != "*")
        sorted_by_itself = query.order or query.combine or query.rows_only or query.per_group
        if query.group and keys and not sorted_by_itself:
            query = replace(query, order=keys)
        return self.query(query)

    def query(self, query: MetricQuery) -> exp.Query:
        outer = self._qualify, self._once
        select: exp.Query = self._select(query)
        self._qualify, self._once = outer
        if query.rows_only:
            inner = exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier("found")))
            return exp.Select(expressions=[exp.Count(this=exp.Star())], from_=exp.From(this=inner))
        if query.combine is None:
            return select
        other = self.query(query.combine[1])
        kind = {"intersect": exp.Intersect, "except": exp.Except, "union": exp.Union}[query.combine[0]]
        return kind(this=select, expression=other, distinct=True)

    def _select(self, query: MetricQuery) -> exp.Select:
        tables = tables_of(query)
        tree = self._joins.tree(tables)
        if tree is None:
            raise Unconnected(tables)
        tree = tree.through(tuple(Join(*join) for join in query.via))
        self._qualify, self._once = bool(tree.joins), None
        where = self._where(query)
        source = self._source(tree, where)
        inner = once(query, self._joins, self._catalog)
        if inner is not None:
            source = self._each_row_once(inner, source)
            self._qualify, self._once = False, inner
        select = exp.Select(expressions=self._outputs(query), **source)
        if query.group and query.per_group is None:
            select.set("group", exp.Group(expressions=[self._term(term) for term in query.group]))
        if query.having is not None:
            select.set("having", exp.Having(this=self._predicate(query.having)))
        if query.order:
            keys = [
                exp.Ordered(this=self._term(o.term), desc=o.descending, nulls_first=not o.descending)
                for o in (*query.order, *_ties(query))
            ]
            order = exp.Order(expressions=keys)
            select.set(*self._first_of_each(query, order) if query.per_group else ("order", order))
        if query.limit is not None:
            select.set("limit", exp.Limit(expression=exp.Literal.number(query.limit)))
        if query.distinct:
            select.set("distinct", exp.Distinct())
        return select

    def _first_of_each(self, query: MetricQuery, order: exp.Order) -> tuple[str, exp.Expr]:
        """Only the first rows of each group, in that order."""
        keys = [self._term(term) for term in query.group]
        number = exp.Window(this=exp.RowNumber(), partition_by=keys, order=order)
        return "qualify", exp.Qualify(
            this=exp.LTE(this=number, expression=exp.Literal.number(query.per_group))
        )

    def _source(self, tree: JoinTree, where: Predicate | None) -> dict[str, Any]:
        """The joined tables and their filter, as parts of a SELECT."""
        joins = []
        inside = {tree.root}
        for join in tree.joins:
            new = join.right if join.left in inside else join.left
            inside.add(new)
            on = exp.EQ(
                this=_name(join.left, join.left_column), expression=_name(join.right, join.right_column)
            )
            joins.append(exp.Join(this=_table(new), on=on))
        found: dict[str, Any] = {"from_": exp.From(this=_table(tree.root)), "joins": joins}
        return found if where is None else {**found, "where": exp.Where(this=self._predicate(where))}

    def _each_row_once(self, inner: Once, source: dict[str, Any]) -> dict[str, Any]:
        """What `inner` needs of the joined tables, in place of the tables."""
        columns = [_named(self._term(term), name) for term, name in inner.names]
        select = exp.Select(expressions=columns, distinct=exp.Distinct(), **source)
        alias = exp.TableAlias(this=exp.to_identifier("once"))
        return {"from_": exp.From(this=exp.Subquery(this=select, alias=alias))}

    def _outputs(self, query: MetricQuery) -> list[exp.Expr]:
        """The select list, with names for what has none."""
        made: list[exp.Expr] = []
        for term, name in zip(query.select, output_names(query, self._catalog), strict=True):
            columns = self._output(query, term)
            names = (name, f"{name}_before" if name else "")
            made += [_named(column, name) for column, name in zip(columns, names, strict=False)]
        return made

    def _output(self, query: MetricQuery, term: Term) -> list[exp.Expr]:
        """A term as it is given back: a measure also over another period, or as its share of the total."""
        made = self._column(term)
        if not term.aggregated:
            return [made]
        if query.compare is not None:
            asked = [
                p for p in conjuncts(query.where) if isinstance(p, Between) and p.term == query.compare.term
            ]
            other = Between(query.compare.term, query.compare.begin, query.compare.end, half_open=True)
            return [
                exp.Filter(this=self._column(term), expression=exp.Where(this=self._predicate(period)))
                for period in (*asked[:1], other)
            ]
        return [self._share(query, made)] if query.share else [made]

    def _share(self, query: MetricQuery, measure: exp.Expr) -> exp.Expr:
        """A measure divided by its total: of all groups, or of the rows of the part and the others alike."""
        rate = part_of_all(query, self._catalog)
        if rate is None:
            return _ratio(measure, exp.Window(this=exp.Sum(this=measure.copy())))
        where = exp.Where(this=self._predicate(rate.part))
        part = exp.Filter(this=measure.copy(), expression=where)
        return _ratio(part, exp.Nullif(this=measure, expression=exp.Literal.number(0)))

    def _where(self, query: MetricQuery) -> Predicate | None:
        """The filter; with a comparison, of both periods; with a part of all, of both alike."""
        rate = part_of_all(query, self._catalog)
        if query.compare is None:
            return query.where if rate is None else rate.rest
        other = Between(query.compare.term, query.compare.begin, query.compare.end, half_open=True)
        asked = [p for p in conjuncts(query.where) if isinstance(p, Between) and p.term == query.compare.term]
        rest = [p for p in conjuncts(query.where) if p not in asked[:1]]
        return conjoin(*rest, AnyOf((*asked[:1], other))) if asked else query.where

    def _column(self, term: Term) -> exp.Expr:
        if term.column == "*" and not term.agg:
            return exp.Column(this=exp.Star(), table=_identifier(term.table)) if self._qualify else exp.Star()
        return self._term(term)

    def _term(self, term: Term) -> exp.Expr:
        if term.metric:
            return self._metric(term)
        if term.column == "*":
            return exp.Count(this=exp.Star())
        if self._once is not None and not term.agg:
            return exp.column(_identifier(self._once.name_of(term)))
        column: exp.Expr = self._plain(term)
        if term.grain:
            return exp.func("DATE_TRUNC", exp.Literal.string(term.grain), column, dialect="duckdb")
        if not term.agg:
            return column
        if term.agg in OF_NUMBERS and not self._catalog.column_of[(term.table, term.column)].numeric:
            column = exp.TryCast(this=column, to=exp.DataType.build("DOUBLE"))
        if term.distinct:
            column = exp.Distinct(expressions=[column])
        return _AGGS[term.agg](this=column)

    def _metric(self, term: Term) -> exp.Expr:
        """A named metric's own expression, its columns qualified where several tables are read."""
        metric = next(m for m in self._catalog.metrics if m.name == term.metric)
        parsed = parse_one(metric.sql, dialect="duckdb")
        for column in parsed.find_all(exp.Column):
            column.set("table", _identifier(term.table) if self._qualify else None)
            known = self._catalog.by_name[term.table].column(column.name)
            if self._once is not None and known is not None:
                column.set("this", _identifier(self._once.name_of(Term(term.table, known.name))))
        return parsed

    def _plain(self, term: Term) -> exp.Column:
        if self._once is not None:
            return _name("", self._once.name_of(Term(term.table, term.column)))
        return _name(term.table if self._qualify else "", term.column)

    def _predicate(self, predicate: Predicate) -> exp.Expr:
        if isinstance(predicate, Compare):
            return self._compare(predicate)
        if isinstance(predicate, Between):
            low, high = (
                self._literal(predicate.low, predicate.term),
                self._literal(predicate.high, predicate.term),
            )
            if predicate.half_open:
                return exp.and_(
                    exp.GTE(this=self._term(predicate.term), expression=low),
                    exp.LT(this=self._term(predicate.term), expression=high),
                )
            return exp.Between(this=self._term(predicate.term), low=low, high=high)
        if isinstance(predicate, Like):
            return self._like(predicate)
        if isinstance(predicate, IsNull):
            return exp.Is(this=self._term(predicate.term), expression=exp.Null())
        if isinstance(predicate, Within):
            return exp.In(
                this=self._term(predicate.term), query=exp.Subquery(this=self.query(predicate.query))
            )
        if isinstance(predicate, Not) and isinstance(predicate.part, IsNull):
            return exp.Is(this=self._term(predicate.part.term), expression=exp.Not(this=exp.Null()))
        if isinstance(predicate, Not):
            return exp.Not(this=exp.Paren(this=self._predicate(predicate.part)))
        parts = [self._predicate(part) for part in predicate.parts]
        return exp.and_(*parts) if isinstance(predicate, All) else exp.Paren(this=exp.or_(*parts))

    def _compare(self, predicate: Compare) -> exp.Expr:
        right: exp.Expr
        if isinstance(predicate.value, MetricQuery):
            right = exp.Subquery(this=self.query(predicate.value))
        elif isinstance(predicate.value, Term):
            right = self._term(predicate.value)
        else:
            right = self._literal(predicate.value, predicate.term, self._numbers_in_text(predicate))
        left = self._term(predicate.term)
        if self._numbers_in_text(predicate):
            left = exp.TryCast(this=left, to=exp.DataType.build("DOUBLE"))
        return _OPS[predicate.op](this=left, expression=right)

    def _numbers_in_text(self, predicate: Compare) -> bool:
        """Whether a number is compared by size with a column of text."""
        term = predicate.term
        if term.column == "*" or term.agg == "count" or not isinstance(predicate.value, (int, float)):
            return False
        return self._catalog.column_of[(term.table, term.column)].kind == "text" and predicate.op not in (
            "=",
            "!=",
        )

    def _like(self, predicate: Like) -> exp.Expr:
        text = predicate.text
        pattern = {"prefix": f"{text}%", "suffix": f"%{text}", "inside": f"%{text}%"}[predicate.where]
        column = self._term(predicate.term)
        if self._catalog.column_of[(predicate.term.table, predicate.term.column)].kind != "text":
            column = exp.Cast(this=column, to=exp.DataType.build("TEXT"))
        return exp.ILike(this=column, expression=exp.Literal.string(pattern))

    def _literal(self, value: Scalar, term: Term, as_number: bool = False) -> exp.Expr:
        counted = term.column == "*" or term.agg in ("count", "metric")
        column = None if counted else self._catalog.column_of[(term.table, term.column)]
        if isinstance(value, bool):
            return exp.Boolean(this=value)
        if isinstance(value, (int, float)):
            if column is not None and column.kind in ("date", "time"):
                return _instant(f"{int(value):04d}-01-01")
            number = exp.Literal.number(repr(value))
            as_text = column is not None and column.kind == "text" and not as_number
            return exp.Literal.string(str(value)) if as_text else number
        if column is not None and column.kind == "date":
            return _instant(str(value))
        return exp.Literal.string(str(value))


def _ties(query: MetricQuery) -> tuple[Order, ...]:
    """Further keys that part what is equal by the asked ones: then the first rows are always the same."""
    if query.limit is None:
        return ()
    asked = {order.term for order in query.order}
    more = [
        t for t in (*query.group, *query.select) if t not in asked and not (t.column == "*" and not t.agg)
    ]
    if query.distinct:
        more = [term for term in more if term in query.select]
    return tuple(Order(term) for term in dict.fromkeys(more) if query.group or not term.aggregated)


def _ratio(part: exp.Expr, total: exp.Expr) -> exp.Expr:
    return exp.Div(this=exp.Mul(this=part, expression=exp.Literal.number("1.0")), expression=total)


def _instant(text: str) -> exp.Expr:
    """A date or timestamp as text that DuckDB compares with either."""
    try:
        parsed: date = datetime.fromisoformat(text)
    except ValueError:
        return exp.TryCast(this=exp.Literal.string(text), to=exp.DataType.build("TIMESTAMP"))
    return exp.Cast(this=exp.Literal.string(str(parsed)), to=exp.DataType.build("TIMESTAMP"))


def _named(made: exp.Expr, name: str) -> exp.Expr:
    """The expression under a name, which is left out where it has it already."""
    return made if name in ("", made.alias_or_name) else exp.alias_(made, _identifier(name))


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(
        name, quoted=not name.isidentifier() or not name.islower() or name in _RESERVED or None
    )


def _table(name: str) -> exp.Table:
    return exp.Table(this=_identifier(name))


def _name(table: str, column: str) -> exp.Column:
    return exp.Column(this=_identifier(column), table=_identifier(table) if table else None)


_RESERVED = words(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint
    create default deferrable desc describe distinct do else end except false fetch for foreign from
    grant group having in initially intersect into lambda lateral leading limit not null offset on only
    or order pivot placing primary qualify references returning select show some summarize symmetric
    table then to trailing true union unique using variadic when where window with
    """
)
