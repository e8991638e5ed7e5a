"""From text to a statement that only lacks its data: dialect, AS OF, statement kind, tree, checks, rules.

None of this depends on tables or parameters, so it is done once for a text and kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from ..core.asof import AsOf, Now
from ..core.errors import Invalid, nearest
from .asof_syntax import Point, cut_points
from .bind import Bound, bind
from .engine import Engine
from .materialized.known import Views, expanded, token
from .parameters import Given, texts_given
from .policy.restrict import Means, Restricted, restricted
from .policy.sight import Sight
from .rules import apply_rules
from .rules.as_of import points_in_time
from .statements import CreateTable, Explain, Insert, Query, Statement, read_statement
from .syntax import Source, parse, spliced

KEPT = 512
T = TypeVar("T")

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
    `restricted`: what a policy made of it.
    """

    statement: Statement
    bound: Bound | None
    points: Mapping[str, PreparedPoint]
    consumed: frozenset[int] = frozenset()
    told: tuple[str, ...] = ()
    restricted: Restricted | None = None

    @cached_property
    def text(self) -> str:
        """What DuckDB runs: the text as it came, with the splices of the rules."""
        assert self.bound is not None
        source = self.bound.source
        return spliced(source.text, [*source.removed, *self.bound.splices])


@dataclass(frozen=True)
class _Parsed:
    """A statement before any rule. `named`: the tables it names."""

    statement: Statement
    bound: Bound | None = None
    points: Mapping[str, PreparedPoint] = field(default_factory=dict)
    consumed: frozenset[int] = frozenset()

    @cached_property
    def named(self) -> tuple[str, ...]:
        assert self.bound is not None
        return tuple(ref.name.lower() for ref in points_in_time(self.bound).refs)


class Preparations:
    """The plan cache of one database."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Hashable, ...], Any] = OrderedDict()

    def get(
        self,
        sql: str,
        dialect: str | None,
        views: Views | None = None,
        as_of: AsOf | None = None,
        *,
        sight: Sight | None = None,
        params: Given = None,
    ) -> Prepared:
        """Raises `Invalid` for what is not allowed or no SQL, `NotFound` for another database, `Denied`.

        `views`: those that there are; their queries at the point `as_of` take the place of their names.
        `sight`: what may be seen. It comes first: what a view's own query reads was its maker's to see.
        """
        if not isinstance(sql, str):
            raise Invalid(f"SQL is text, not {type(sql).__name__}", hint="give a string")
        key = (sql.strip(), (dialect or "duckdb").lower())
        if sight is None:
            kept: tuple[Hashable, ...] = key
            prepared = self._remembered(key, lambda: self._prepared(self._parsed(*key)))
        else:
            kept, prepared = self._seen(key, sight, texts_given(params))
        point = as_of or Now()
        if not views or not (views_token := token(views, prepared.bound, point)):
            return prepared
        return self._remembered((*kept, views_token), lambda: self._over_views(prepared, views, point))

    def _seen(
        self, key: tuple[str, str], sight: Sight, texts: frozenset[str]
    ) -> tuple[tuple[Hashable, ...], Prepared]:
        """The statement over what may be seen, and the key it is kept by."""
        parsed = self._remembered(("parsed", *key), lambda: self._parsed(*key))
        if parsed.bound is None:
            return key, self._prepared(parsed)
        seen_key = (*key, sight.key(parsed.named), texts)
        means = Means(sight.access, sight.tables, sight.reads, self._engine, texts)
        return seen_key, self._remembered(seen_key, lambda: self._prepared(parsed, means))

    def _remembered(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        with self._lock:
            found: T | None = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        prepared = make()
        if sum(len(part) for part in key if isinstance(part, str)) <= LONGEST_KEPT:
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

    def _parsed(self, sql: str, dialect: str) -> _Parsed:
        cut = cut_points(sql, _dialect(dialect))
        statement = read_statement(_translated(cut.text, dialect))
        query = _query(statement)
        if query is None:
            return _Parsed(statement)
        source = parse(query.text, self._engine)
        points = {name: self._point(point, dialect) for name, point in cut.points.items()}
        consumed = frozenset(at for point in cut.points.values() for at in point.positions)
        return _Parsed(statement, bind(source, self._database, cut.points), points, consumed)

    def _prepared(self, parsed: _Parsed, means: Means | None = None) -> Prepared:
        """With all rules applied, the policy's first."""
        bound, made = parsed.bound, None
        if bound is not None and means is not None:
            made = restricted(bound, means)
            if made is not None and made.text is not None:
                bound = bind(parse(made.text, self._engine), self._database, bound.points)
        ruled = None if bound is None else apply_rules(bound)
        return Prepared(parsed.statement, ruled, parsed.points, parsed.consumed, restricted=made)

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
