"""From text to a statement that only lacks its data: dialect, AS OF, statement kind, tree, checks, rules.

None of this depends on tables or parameters, so it is done once for a text and kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..core.asof import AsOf, Now
from ..core.errors import Invalid, nearest
from .asof_syntax import Point, cut_points
from .bind import Bound, bind
from .engine import Engine
from .materialized.known import Views, expanded, token
from .rules import apply_rules
from .statements import CreateTable, Explain, Insert, Query, Statement, read_statement
from .syntax import Source, parse, spliced

KEPT = 512
LONGEST_KEPT = 100_000
"""Characters; longer texts are mostly INSERT VALUES and seldom come twice."""


@dataclass(frozen=True)
class PreparedPoint:
    """An AS OF in the text. `source`: its expression as `SELECT expression`."""

    point: Point
    source: Source
    bound: Bound

    @property
    def expression(self) -> Any:
        return self.source.tree["select_list"][0]


@dataclass(frozen=True)
class Prepared:
    """A statement; `bound` and `points` are those of its query, if it has one.

    `consumed`: which of the `?` stood in an AS OF, from 0. `told`: of the views that it reads, for EXPLAIN.
    """

    statement: Statement
    bound: Bound | None
    points: Mapping[str, PreparedPoint]
    consumed: frozenset[int] = frozenset()
    told: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """What DuckDB runs: the text as it came, with the splices of the rules."""
        assert self.bound is not None
        source = self.bound.source
        return spliced(source.text, [*source.removed, *self.bound.splices])


class Preparations:
    """The plan cache of one database."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Hashable, ...], Prepared] = OrderedDict()

    def get(
        self, sql: str, dialect: str | None, views: Views | None = None, as_of: AsOf | None = None
    ) -> Prepared:
        """Raises `Invalid` for what is not allowed or no SQL, `NotFound` for another database.

        `views`: those that there are; their queries at the point `as_of` take the place of their names.
        """
        if not isinstance(sql, str):
            raise Invalid(f"SQL is text, not {type(sql).__name__}", hint="give a string")
        key = (sql.strip(), (dialect or "duckdb").lower())
        prepared = self._remembered(key, lambda: self._prepare(*key))
        point = as_of or Now()
        if not views or not (views_token := token(views, prepared.bound, point)):
            return prepared
        return self._remembered((*key, views_token), lambda: self._over_views(prepared, views, point))

    def _remembered(self, key: tuple[Hashable, ...], make: Callable[[], Prepared]) -> Prepared:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        prepared = make()
        if len(str(key[0])) <= LONGEST_KEPT:
            with self._lock:
                self._kept[key] = prepared
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return prepared

    def _over_views(self, prepared: Prepared, views: Views, as_of: AsOf) -> Prepared:
        bound = prepared.bound
        assert bound is not None
        text, told = expanded(bound, views, as_of)
        source = parse(text, self._engine)
        bound = apply_rules(bind(source, self._database, bound.points))
        return replace(prepared, bound=bound, told=told)

    def _prepare(self, sql: str, dialect: str) -> Prepared:
        cut = cut_points(sql, _dialect(dialect))
        statement = read_statement(_translated(cut.text, dialect))
        query = _query(statement)
        if query is None:
            return Prepared(statement, None, {})
        source = parse(query.text, self._engine)
        points = {name: self._point(point, dialect) for name, point in cut.points.items()}
        bound = apply_rules(bind(source, self._database, cut.points))
        consumed = frozenset(at for point in cut.points.values() for at in point.positions)
        return Prepared(statement, bound, points, consumed)

    def _point(self, point: Point, dialect: str) -> PreparedPoint:
        source = parse(_translated(f"SELECT {point.expression}", dialect), self._engine)
        bound = apply_rules(bind(source, self._database, {}))
        names = {node["column_names"][-1].lower() for node in bound.column_refs}
        if bound.refs or not names <= {"current_timestamp", "current_date", "localtimestamp"}:
            raise Invalid(
                f"AS OF needs a constant, not {point.expression}", hint="write AS OF TIMESTAMP '2026-11-01'"
            )
        return PreparedPoint(point, source, bound)


def _query(statement: Statement) -> Query | None:
    match statement:
        case Query():
            return statement
        case Explain(query) | Insert(query=query) | CreateTable(query=query):
            return query
        case _:
            return None


def _dialect(name: str) -> Any:
    """sqlglot's dialect of that name. Raises `Invalid` for an unknown one."""
    from sqlglot.dialects.dialect import Dialect, Dialects

    try:
        return Dialect.get_or_raise(name)
    except ValueError:
        known = [d.value for d in Dialects if d.value]
        raise Invalid(f"unknown dialect `{name}`", hint=nearest(name, known)) from None


def _translated(sql: str, dialect: str) -> str:
    """The same statement in DuckDB's dialect. Raises `Invalid` where it has no counterpart."""
    if dialect == "duckdb":
        return sql
    import sqlglot
    from sqlglot.errors import ErrorLevel, SqlglotError

    try:
        texts = sqlglot.transpile(sql, read=dialect, write="duckdb", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise Invalid(
            f"not {dialect} SQL that can be translated: {str(error).splitlines()[0]}",
            hint="write it in DuckDB's dialect, without dialect=",
        ) from None
    return ";".join(texts)
