"""Runs SQL over the tiers and shards of one database: prepare, take a frozen cut, plan, read, certify.

sql --> prepare (kept by text) --> cut --> plan (pure) --> views over Arrow and Parquet --> Result
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

import pyarrow as pa

from ..core.access import Access
from ..core.asof import AsOf, AtSequence, Now, parse_as_of
from ..core.certificate import Certificate
from ..core.clock import Clock, now_us
from ..core.errors import Invalid, NotFound
from ..core.owners import DatabaseOwner
from ..core.protocols import Cancel
from ..core.results import Result
from ..core.schema import Table
from .engine import Engine
from .explain import explain_text, veiled_text
from .file_table import FileTables
from .limits import Limits
from .materialized.analysis import Analysis, analysed
from .materialized.known import KnownViews, Views
from .parameters import Given
from .policy.administer import Policies, administer
from .policy.check import check_new_rows, check_statement, check_view, restricts, stamped
from .policy.sight import Sight
from .policy.statements import PolicyStatement
from .prepare import Preparations, Prepared
from .pushdown.choice import DAFT_FROM_BYTES, engine_name
from .run import Means, Run
from .statements import (
    AlterKeys,
    AlterTable,
    CreateIndex,
    CreateTable,
    CreateView,
    DropTable,
    DropView,
    Explain,
    Insert,
    Query,
    RefreshView,
    ShowTables,
    ViewStatement,
)
from .writes import (
    ViewDoor,
    alter_keys,
    alter_table,
    create_index,
    create_table,
    create_view,
    drop_table,
    drop_view,
    insert,
    refresh_view,
    show_tables,
)

T = TypeVar("T")

_PRESENT, _FREE = Now(), Limits()


class Router:
    """One per database; safe to use from several threads."""

    def __init__(
        self,
        owner: DatabaseOwner,
        engine: Engine,
        clock: Clock,
        database: str,
        *,
        daft_from_bytes: int = DAFT_FROM_BYTES,
        location: Callable[[str], str] | None = None,
        view_door: ViewDoor | None = None,
        policies: Policies | None = None,
    ) -> None:
        self.owner = owner
        self.database = database
        self._engine = engine
        self._clock = clock
        self._preparations = Preparations(engine, database)
        self._means = Means(owner, engine, FileTables(), daft_from_bytes, location)
        self._view_door = view_door
        self._policies = policies
        self.views = KnownViews(owner.table_names, lambda sql: self._sql(sql, views={}))

    def sql(
        self,
        sql: str,
        params: Given = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        timeout: float | None = None,
        memory_limit: str | None = None,
        cancel: Cancel | None = None,
        stream: bool = False,
        now_us: int | None = None,
        engine: str | None = None,
        access: Access | None = None,
    ) -> Result:
        """Runs one statement. With `stream`, rows are made as they are read; the snapshot is held till then.

        `now_us`: what the statement takes for now, by default the lake's clock. `engine`: "duckdb", "daft"
        for what Daft can do of it, "auto" for Daft from a certain size on. `access`: what may be seen and
        done, by default everything.
        Raises `Invalid`, `Denied`, `NotFound`, `Unavailable` (time, memory, cancelled) and `Corrupt`.
        """
        if timeout is not None and timeout <= 0:
            raise Invalid(f"timeout={timeout} leaves no time", hint="give seconds above 0, or leave it out")
        limits = Limits(timeout, memory_limit, cancel, engine_name(engine))
        default = parse_as_of(as_of)
        return self._viewing(
            lambda views: self._sql(
                sql, params, default, dialect, limits, stream, now_us, access, views=views
            )
        )

    def check(self, sql: str, access: Access | None) -> None:
        """Raises what `sql` would raise before it does anything."""
        self._viewing(lambda views: self._prepared(sql, None, views, _PRESENT, None, access))

    def _viewing(self, act: Callable[[Views], T]) -> T:
        """`act` with the views as remembered, and once more if a name was not found that may be a view's."""
        known = self.views.known()
        try:
            return act(known)
        except NotFound:
            found = self.views.look()
            if found == known:
                raise
        return act(found)

    def _sql(
        self,
        sql: str,
        params: Given = None,
        default: AsOf = _PRESENT,
        dialect: str | None = None,
        limits: Limits = _FREE,
        stream: bool = False,
        now_us: int | None = None,
        access: Access | None = None,
        *,
        views: Views,
    ) -> Result:
        prepared = self._prepared(sql, params, views, default, dialect, access)
        match prepared.statement:
            case Query():
                run = self._run(prepared, params, default, limits, now_us)
                return run.stream() if stream and limits.engine == "duckdb" else run.result()
            case Explain(analyze=analyze):
                text = self._explain(prepared, params, default, analyze, limits)
                return Result(pa.table({"plan": text.splitlines()}), Certificate())
            case ShowTables():
                return show_tables(self.owner, access)
            case DropTable() as drop:
                return drop_table(self.owner, drop, self.database, self.views)
            case CreateIndex() as index:
                return create_index(self.owner, index, self.database)
            case AlterTable() as alter:
                return alter_table(self.owner, alter, self.database, self._engine)
            case AlterKeys() as told:
                return alter_keys(self.owner, told, self.database, access)
            case PolicyStatement() as about_policy:
                if self._policies is None:
                    raise Invalid("a policy is made in the database as a whole", hint="not in its shards")
                return administer(
                    about_policy, self._policies, access, self.database, self._known(views), self._engine
                )
            case CreateView() | DropView() | RefreshView() as on_view:
                if prepared.points:
                    raise Invalid("a view follows the present", hint="read it with as_of= instead")
                return self._on_view(on_view)
        if not isinstance(default, Now):
            raise Invalid(
                "AS OF is for reading", hint="write AS OF inside the query that feeds the statement"
            )
        run = self._run(prepared, params, default, limits, now_us)
        match prepared.statement:
            case Insert() as statement:
                return insert(self.owner, statement, run, self.database, self._checked(access, views))
            case CreateTable() as create:
                return create_table(self.owner, create, run, self.database, self._engine, access)

    def explain(
        self,
        sql: str,
        params: Given = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
        engine: str | None = None,
        access: Access | None = None,
    ) -> str:
        """What a query would read, as a tree; with `analyze` it runs and its times are shown."""
        default, limits = parse_as_of(as_of), Limits(engine=engine_name(engine))

        def explained(views: Views) -> str:
            sight = self._sight(access, views)
            prepared = self._preparations.get(sql, dialect, views, default, sight=sight, params=params)
            if not isinstance(prepared.statement, Query | Explain):
                raise Invalid("only queries can be explained", hint="EXPLAIN SELECT ...")
            return self._explain(prepared, params, default, analyze, limits)

        return self._viewing(explained)

    def columns(self, sql: str) -> list[tuple[str, str]]:
        """(name, SQL type) of what a query would give."""
        return self._run(self._preparations.get(sql, None), None, Now(), Limits()).columns()

    def table(self, name: str) -> Table:
        """A table or a view. Raises `NotFound`."""
        return self._known(self.views.look())(name)

    def analysed(self, sql: str) -> Analysis:
        """A query as a view would have it. Raises `Invalid`."""
        prepared = self._preparations.get(sql, None, self.views.look(), AtSequence(0))
        if prepared.bound is None or not isinstance(prepared.statement, Query) or prepared.points:
            raise Invalid(
                "a view needs a query of the present", hint="CREATE MATERIALIZED VIEW v AS SELECT ..."
            )
        if prepared.bound.source.parameters:
            raise Invalid("a view has no parameters", hint="write the values into its query")
        return analysed(prepared.bound, self.owner, self._engine)

    def _on_view(self, statement: ViewStatement) -> Result:
        if self._view_door is None:
            raise Invalid("views are made in the database as a whole", hint="not in one of its shards")
        match statement:
            case CreateView():
                return create_view(self._view_door, statement, self.database)
            case DropView():
                return drop_view(self._view_door, statement, self.database)
            case RefreshView():
                return refresh_view(self._view_door, statement, self.database)

    def _explain(self, prepared: Prepared, params: Given, as_of: AsOf, analyze: bool, limits: Limits) -> str:
        text = self._planned(prepared, params, as_of, analyze, limits)
        return "\n".join([*prepared.told, text])

    def _planned(self, prepared: Prepared, params: Given, as_of: AsOf, analyze: bool, limits: Limits) -> str:
        run = self._run(prepared, params, as_of, limits)
        with ExitStack() as stack:
            plan = run.plan(stack)
            if prepared.restricted is not None:
                return veiled_text(plan, run.as_of_text, prepared.restricted.told)
            if limits.engine != "duckdb":
                if analyze:
                    raise Invalid("ANALYZE measures DuckDB alone", hint="leave engine out, or analyze")
                return f"{explain_text(plan, run.as_of_text)}\n{run.engine_told(plan)}"
            if not analyze:
                return explain_text(plan, run.as_of_text, asked=run.question(), near=run.near_told(plan))
            with self._engine.session(limits.memory_limit) as session:
                measured = run.measure(session, plan)
            return explain_text(plan, run.as_of_text, measured, near=run.near_told(plan))

    def _prepared(
        self,
        sql: str,
        params: Given,
        views: Views,
        default: AsOf,
        dialect: str | None,
        access: Access | None,
    ) -> Prepared:
        """The statement, if it may be carried out. Raises `Denied`."""
        sight = self._sight(access, views)
        prepared = self._preparations.get(sql, dialect, views, default, sight=sight, params=params)
        if access is not None:
            check_statement(access, prepared)
            if isinstance(prepared.statement, CreateView):
                check_view(self._preparations.get(prepared.statement.query.text, None, sight=sight))
        return prepared

    def _sight(self, access: Access | None, views: Views) -> Sight | None:
        if access is None:
            return None

        known = self._known(views)

        def table(name: str) -> Table | None:
            try:
                return known(name)
            except NotFound:
                return None

        def reads(name: str) -> tuple[str, ...] | None:
            view = views.get(name.lower())
            return None if view is None else view.definition.reads

        return Sight(access, table, reads)

    def _checked(self, access: Access | None, views: Views) -> Callable[[Table, pa.Table], pa.Table]:
        """New rows as somebody may append them."""

        def checked(table: Table, rows: pa.Table) -> pa.Table:
            if access is None or not restricts(access, table.name):
                return rows
            given = rows.column("_source") if "_source" in rows.schema.names else None
            rows = stamped(rows, [] if given is None else given.to_pylist(), access)
            check_new_rows(access, table, rows, self._known(views), self._engine)
            return rows

        return checked

    def _known(self, views: Views) -> Callable[[str], Table]:
        """A table or a view by its name; raises `NotFound`."""

        def known(name: str) -> Table:
            view = views.get(name.lower())
            return self.owner.table(name) if view is None else view.definition.as_table(view.hidden)

        return known

    def _run(
        self, prepared: Prepared, params: Given, as_of: AsOf, limits: Limits, at_us: int | None = None
    ) -> Run:
        instant = now_us(self._clock) if at_us is None else at_us
        return Run(self._means, prepared, params, as_of, limits, instant)
