"""Runs SQL over the tiers of one database: prepare, take a frozen cut, plan, read, certify.

sql --> prepare (kept by text) --> snapshot --> plan (pure) --> views over Arrow and Parquet --> Result
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa

from ..core.asof import AsOf, Now, parse_as_of
from ..core.certificate import Certificate
from ..core.clock import Clock, now_us
from ..core.errors import Error, Invalid
from ..core.manifest import DataFile
from ..core.protocols import Cancel, ShardOwner, ShardSnapshot, TableSnapshot
from ..core.results import Result
from ..core.schema import ENVELOPE
from .constants import Surroundings
from .engine import Engine, EngineError, Session, Watch
from .explain import explain_text
from .failures import may_be_damage, translate
from .file_table import FileTables
from .outcome import tidy_stream, tidy_table
from .parameters import Given, point_values, statement_values
from .plan import Plan, make_plan
from .points import resolve_point
from .prepare import Preparations, Prepared
from .proof import certify
from .rules.clock import clock_macro
from .scan import ScanSql, scan_sql
from .statements import CreateTable, DropTable, Explain, Insert, Query, ShowTables
from .writes import create_table, drop_table, insert, show_tables

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller allows a query. `timeout` in seconds, `memory_limit` as 512MB."""

    timeout: float | None = None
    memory_limit: str | None = None
    cancel: Cancel | None = None


class Router:
    """One per database; safe to use from several threads."""

    def __init__(self, owner: ShardOwner, engine: Engine, clock: Clock, database: str) -> None:
        self.owner = owner
        self.database = database
        self._engine = engine
        self._clock = clock
        self._preparations = Preparations(engine, database)
        self._files = FileTables()

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
    ) -> Result:
        """Runs one statement. With `stream`, rows are made as they are read; the snapshot is held till then.

        Raises `Invalid`, `NotFound`, `Unavailable` (time, memory, cancelled) and `Corrupt`.
        """
        prepared = self._preparations.get(sql, dialect)
        if timeout is not None and timeout <= 0:
            raise Invalid(f"timeout={timeout} leaves no time", hint="give seconds above 0, or leave it out")
        limits = Limits(timeout, memory_limit, cancel)
        default = parse_as_of(as_of)
        match prepared.statement:
            case Query():
                run = _Run(self, prepared, params, default, limits)
                return run.stream() if stream else run.result()
            case Explain(analyze=analyze):
                text = self._explain(prepared, params, default, analyze, limits)
                return Result(pa.table({"plan": text.splitlines()}), Certificate())
            case ShowTables():
                return show_tables(self.owner)
            case DropTable() as drop:
                return drop_table(self.owner, drop, self.database)
        if not isinstance(default, Now):
            raise Invalid(
                "AS OF is for reading", hint="write AS OF inside the query that feeds the statement"
            )
        run = _Run(self, prepared, params, default, limits)
        match prepared.statement:
            case Insert() as statement:
                return insert(self.owner, statement, run, self.database)
            case CreateTable() as create:
                return create_table(self.owner, create, run, self.database)

    def explain(
        self,
        sql: str,
        params: Given = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
    ) -> str:
        """What a query would read, as a tree; with `analyze` it runs and its times are shown."""
        prepared = self._preparations.get(sql, dialect)
        if not isinstance(prepared.statement, Query | Explain):
            raise Invalid("only queries can be explained", hint="EXPLAIN SELECT ...")
        return self._explain(prepared, params, parse_as_of(as_of), analyze, Limits())

    def _explain(self, prepared: Prepared, params: Given, as_of: AsOf, analyze: bool, limits: Limits) -> str:
        run = _Run(self, prepared, params, as_of, limits)
        with ExitStack() as stack:
            plan = run.plan(stack)
            if not analyze:
                return explain_text(plan, run.as_of_text)
            with self._engine.session(limits.memory_limit) as session:
                measured = run.measure(session, plan)
            return explain_text(plan, run.as_of_text, measured)

    # -- for one run ------------------------------------------------------------------------------

    def now_us(self) -> int:
        return now_us(self._clock)

    def open_session(self, memory_limit: str | None) -> Session:
        return self._engine.open_session(memory_limit)

    def damaged(self, keys: Mapping[str, str]) -> dict[str, str]:
        """Those of the files (path -> key) that can't be read to their end."""
        with self._engine.session() as session:
            return {path: key for path, key in keys.items() if not session.can_read(path)}

    def discard_engine(self) -> None:
        self._engine.discard()

    @property
    def file_tables(self) -> FileTables:
        return self._files


class _Run:
    """One execution of a prepared query: its instant, its parameters, its cut."""

    def __init__(
        self, router: Router, prepared: Prepared, params: Given, as_of: AsOf, limits: Limits
    ) -> None:
        self._router = router
        self._prepared = prepared
        self._limits = limits
        self._now_us = router.now_us()
        self._snapshots: list[ShardSnapshot] = []
        self._columns: set[str] = set()
        self._keys: dict[str, str] = {}
        self._cuts = self._resolve_cuts(params, as_of)
        self.as_of_text = _as_of_text(as_of, self._cuts)
        consumed = prepared.consumed
        identifiers = prepared.bound.source.parameters if prepared.bound else ()
        elsewhere = frozenset(i for p in prepared.points.values() for i in p.source.parameters)
        self._values = statement_values(identifiers, params, consumed, elsewhere)

    # -- results ----------------------------------------------------------------------------------

    def result(self, wrap: Callable[[str], str] | None = None) -> Result:
        """All rows. `wrap`: makes the statement to run of the query's text."""
        with ExitStack() as stack:
            plan = self.plan(stack)
            session = self._session(stack)
            watch = self._watch(session, stack)
            table, sql_types = self._guarded(watch, lambda: self._table(session, plan, watch, wrap))
            return Result(tidy_table(table, sql_types), self._certificate(plan))

    def stream(self) -> Result:
        with ExitStack() as stack:
            plan = self.plan(stack)
            session = self._session(stack)
            watch = self._watch(session, stack)

            def start() -> tuple[pa.RecordBatchReader, list[str]]:
                self._open_views(session, plan)
                watch.check()
                return session.stream(self._prepared.text, self._values)

            reader, sql_types = self._guarded(watch, start)
            held = stack.pop_all()
            tidied = tidy_stream(reader, sql_types, lambda error: self._error(error, watch), held.close)
            return Result(tidied, self._certificate(plan))

    def columns(self) -> list[tuple[str, str]]:
        """(name, SQL type) of the query's columns, without running it."""
        with ExitStack() as stack:
            plan = self.plan(stack)
            session = self._session(stack)
            watch = self._watch(session, stack)

            def describe() -> list[tuple[str, str]]:
                self._open_views(session, plan)
                return session.columns(self._prepared.text, self._values)

            return self._guarded(watch, describe)

    def measure(self, session: Session, plan: Plan) -> tuple[str, int]:
        """DuckDB's own EXPLAIN ANALYZE, and the number of rows."""
        with ExitStack() as stack:
            watch = self._watch(session, stack)

            def run() -> tuple[str, int]:
                self._open_views(session, plan)
                drawing = session.text(f"EXPLAIN ANALYZE {self._prepared.text}", self._values)
                return drawing, session.run(self._prepared.text, self._values)[0].num_rows

            return self._guarded(watch, run)

    # -- steps ------------------------------------------------------------------------------------

    def plan(self, stack: ExitStack) -> Plan:
        """Takes the cut, released with `stack`, and plans over it."""
        bound = self._prepared.bound
        assert bound is not None
        found: dict[tuple[str, str | None], TableSnapshot] = {}
        for cuts in self._snapshot_calls():
            snapshot = self._router.owner.snapshot({name: as_of for name, (as_of, _) in cuts.items()})
            stack.callback(snapshot.release)
            self._snapshots.append(snapshot)
            for name, (_, point) in cuts.items():
                found[name.lower(), point] = snapshot.tables[name]
                self._columns |= set(snapshot.tables[name].schema.by_name)
        self._owners = {id(table): s for s in self._snapshots for table in s.tables.values()}
        around = Surroundings(self._values, self._now_us)
        return make_plan(bound, found, around, self._router.file_tables)

    def _snapshot_calls(self) -> list[dict[str, tuple[AsOf, str | None]]]:
        """name -> (cut, point); a second call for a name that is read at a second point."""
        calls: list[dict[str, tuple[AsOf, str | None]]] = []
        for (name, point), as_of in self._cuts.items():
            for call in calls:
                if name not in call:
                    call[name] = (as_of, point)
                    break
            else:
                calls.append({name: (as_of, point)})
        return calls

    def _resolve_cuts(self, params: Given, as_of: AsOf) -> dict[tuple[str, str | None], AsOf]:
        """(table name folded, point) -> cut, the present ones first."""
        bound = self._prepared.bound
        cuts: dict[tuple[str, str | None], AsOf] = {}
        for ref in sorted(bound.refs if bound else (), key=lambda r: (r.point or "", r.number)):
            if ref.point is None:
                cuts[ref.name.lower(), None] = as_of
                continue
            point = self._prepared.points[ref.point]
            values = point_values(point.source.parameters, params, point.point.positions)
            around = Surroundings(values, self._now_us)
            cuts[ref.name.lower(), ref.point] = resolve_point(point, around, self._evaluate)
        return cuts

    def _evaluate(self, text: str, clock: tuple[str, ...], values: Mapping[str, Any]) -> object:
        """A constant expression that is not one of the common forms, computed by DuckDB."""
        with ExitStack() as stack:
            session = self._session(stack)
            watch = self._watch(session, stack)

            def run() -> object:
                for name in clock:
                    session.create_macro(clock_macro(name, self._now_us))
                return session.run(text, values)[0].column(0)[0].as_py()

            return self._guarded(watch, run)

    def _open_views(self, session: Session, plan: Plan) -> None:
        bound = self._prepared.bound
        assert bound is not None
        for name in bound.clock:
            session.create_macro(clock_macro(name, plan.now_us))
        for scan in plan.scans:
            path = self._owners[id(scan.snapshot)].path
            read = scan_sql(scan, path)
            try:
                _open_view(session, read)
            except EngineError as error:
                if error.kind in ("InterruptException", "OutOfMemoryException") or not read.keys:
                    raise
                # The view's SQL is ours, so what is wrong are its files.
                self._keys = dict(read.keys)
                raise EngineError("IOException", error.message) from error
            self._keys.update(read.keys)

    def _table(
        self, session: Session, plan: Plan, watch: Watch, wrap: Callable[[str], str] | None
    ) -> tuple[pa.Table, list[str]]:
        self._open_views(session, plan)
        watch.check()
        text = self._prepared.text
        return session.run(text if wrap is None else wrap(text), self._values)

    def _session(self, stack: ExitStack) -> Session:
        session = self._router.open_session(self._limits.memory_limit)
        stack.callback(session.close)
        return session

    def _watch(self, session: Session, stack: ExitStack) -> Watch:
        watch = Watch(session, self._limits.timeout, self._limits.cancel)
        stack.callback(watch.end)
        return watch

    def _guarded(self, watch: Watch, action: Callable[[], T]) -> T:
        try:
            return action()
        except EngineError as error:
            raise self._error(error, watch) from error

    def _error(self, error: EngineError, watch: Watch) -> Error:
        if error.kind == "FatalException":
            self._router.discard_engine()
        if interrupted := watch.reason():
            return interrupted
        if may_be_damage(error) and len(self._keys) > 1:
            self._keys = self._router.damaged(self._keys) or self._keys
        columns = self._columns | {*ENVELOPE.names, "_tier"}
        return translate(error, columns, self._router.owner.table_names(), self._keys)

    def _certificate(self, plan: Plan) -> Certificate:
        snapshots = list(self._snapshots)

        def footer_rows(file: DataFile) -> int:
            return snapshots[0].footer_rows(file)

        return certify(plan, self.as_of_text, footer_rows if snapshots else None)


def _open_view(session: Session, read: ScanSql) -> None:
    if read.hot is not None:
        session.register(*read.hot)
    if read.select is not None:
        session.create_view(read.view, read.select)


def _as_of_text(default: AsOf, cuts: Mapping[tuple[str, str | None], AsOf]) -> str | None:
    """What was asked for: the argument, or the points in the text."""
    in_text = [f"{name}: {as_of}" for (name, point), as_of in cuts.items() if point is not None]
    if in_text:
        return "; ".join(in_text)
    return None if isinstance(default, Now) else str(default)
