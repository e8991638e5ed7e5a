"""One execution of a prepared query: its instant, its parameters, its cut, its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pyarrow as pa

from ..core.asof import AsOf, Now
from ..core.certificate import Certificate
from ..core.errors import Error
from ..core.ids import shown
from ..core.manifest import DataFile
from ..core.owners import DatabaseOwner
from ..core.results import Result
from ..core.schema import ENVELOPE
from ..tiers.vectors.opened import OpenedVectors
from .constants import Surroundings
from .cut import Cut, take_cut
from .daft_engine import Files, installed, runs_on_ray
from .engine import Engine, EngineError, Session, Watch
from .explain import near_lines
from .failures import hushed, may_be_damage, translate
from .file_table import FileTables
from .gather import Question, certificate, gather, question
from .limits import Limits
from .nearest.answer import Wanted, answer, wanted
from .nearest.narrow import Found, find, near_sql
from .nearest.narrow import Means as NearMeans
from .outcome import tidy_stream, tidy_table
from .parameters import Given, point_values, statement_values
from .plan import Plan, TableScan, make_plan
from .points import resolve_point
from .policy.points import check_points
from .prepare import Prepared
from .proof import certify
from .pushdown.answer import Answer, Pushed, prepare, push
from .pushdown.answer import answer as answer_by_daft
from .pushdown.choice import told, told_not, wants_daft
from .pushdown.sources import Part, bytes_to_read
from .pushdown.typed import Lacks
from .rules.clock import clock_macro
from .scan import ScanSql, scan_sql

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """What all runs of one router share. `daft_from_bytes`: see `pushdown.choice`; `location`: where any
    machine reads the file of a key, `None` if only this one can."""

    owner: DatabaseOwner
    engine: Engine
    files: FileTables
    daft_from_bytes: int
    location: Callable[[str], str] | None = None
    vectors: OpenedVectors = field(default_factory=OpenedVectors)


@dataclass(frozen=True, slots=True)
class _Divided:
    """A statement in two parts. `names`: of its columns; `over`: where DuckDB's part is prepared."""

    pushed: Pushed
    names: list[str]
    over: Session


class Run:
    """One execution of a prepared query: its instant, its parameters, its cut."""

    def __init__(
        self, means: Means, prepared: Prepared, params: Given, as_of: AsOf, limits: Limits, now_us: int
    ) -> None:
        self._means = means
        self._prepared = prepared
        self._limits = limits
        self._now_us = now_us
        self._cut = Cut()
        self._keys: dict[str, str] = {}
        self._opened: list[Session] = []
        self._default = as_of
        self._points = self._resolve_points(params, as_of)
        self.as_of_text = _as_of_text(as_of, self._points)
        consumed = prepared.consumed
        identifiers = prepared.bound.source.parameters if prepared.bound else ()
        elsewhere = frozenset(i for p in prepared.points.values() for i in p.source.parameters)
        vectors = prepared.bound.vectors if prepared.bound else frozenset()
        self._values = statement_values(identifiers, params, consumed, elsewhere, vectors)

    # -- results ----------------------------------------------------------------------------------

    def result(self, wrap: Callable[[str], str] | None = None) -> Result:
        """All rows. `wrap`: makes the statement to run of the query's text."""
        asked = self.question() if wrap is None else None
        if asked is not None and (gathered := self._gathered(asked)) is not None:
            return gathered
        with ExitStack() as stack:
            plan = self.plan(stack)
            session = self._session(stack)
            watch = self._watch(session, stack)
            by_daft = None
            if wrap is None:
                by_daft = self._guarded(watch, lambda: self._by_daft(plan, watch, stack))
            if by_daft is not None:
                return Result(tidy_table(*by_daft), self._certificate(plan), engine="daft")
            table, sql_types = self._guarded(watch, lambda: self._table(session, plan, watch, wrap, stack))
            return Result(tidy_table(table, sql_types), self._certificate(plan))

    def stream(self) -> Result:
        with ExitStack() as stack:
            plan = self.plan(stack)
            session = self._session(stack)
            watch = self._watch(session, stack)

            def start() -> tuple[pa.RecordBatchReader, list[str]]:
                if self._wanted(plan).asks:
                    rows, types = self._table(session, plan, watch, None, stack)
                    return rows.to_reader(), types
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
                asks = self._wanted(plan).asks
                near = self._near(plan, watch, stack)
                found = {view: find(ask, ask.wanted, near) for view, ask in asks.items()}
                self._open_views(session, plan, found)
                drawing = session.text(f"EXPLAIN ANALYZE {self._prepared.text}", self._values)
                return drawing, session.run(self._prepared.text, self._values)[0].num_rows

            return self._guarded(watch, run)

    def near_told(self, plan: Plan) -> dict[str, list[str]]:
        """View -> how its rows nearest to a vector are found, or why every row is compared."""
        asked = self._wanted(plan)
        told = {view: [f"every vector is compared: {why}"] for view, why in asked.told.items()}
        with ExitStack() as stack:
            watch = self._watch(self._session(stack), stack)
            near = self._near(plan, watch, stack)
            for view, ask in asked.asks.items():
                told[view] = near_lines(ask, self._guarded(watch, partial(find, ask, ask.wanted, near)))
        return told

    # -- parts by the shards ----------------------------------------------------------------------

    def question(self) -> Question | None:
        """What the shards would be asked for their parts, `None` if the query is answered directly."""
        bound, means = self._prepared.bound, self._means
        if bound is None or self._limits.engine != "duckdb":
            return None
        around = Surroundings(self._values, self._now_us)
        return question(means.owner, means.engine, bound, self._points, around)

    def _gathered(self, asked: Question) -> Result | None:
        bound = self._prepared.bound
        assert bound is not None
        with ExitStack() as stack:
            session = self._session(stack)
            watch = self._watch(session, stack)
            around = Surroundings(self._values, self._now_us)

            def run() -> tuple[pa.Table, list[str], list[Certificate]] | None:
                text = self._prepared.text
                return gather(self._means.owner, asked, session, text, bound, around, self._limits)

            found = self._guarded(watch, run)
            watch.check()
        if found is None:
            return None
        table, sql_types, parts = found
        return Result(tidy_table(table, sql_types), self._shown(certificate(asked, parts, self.as_of_text)))

    # -- a part by Daft ---------------------------------------------------------------------------

    def engine_told(self, plan: Plan) -> str:
        """Which engine does what, or why DuckDB does all."""
        with ExitStack() as stack:
            session = self._session(stack)
            watch = self._watch(session, stack)
            try:
                divided = self._guarded(watch, lambda: self._divided(plan, stack))
            except Lacks as lacks:
                return told_not(str(lacks))
            return told(divided.pushed.down, runs_on_ray()) if divided else "engine: DuckDB"

    def _divided(self, plan: Plan, stack: ExitStack) -> _Divided | None:
        """The statement in two parts, if Daft is wanted. Raises `Lacks` where DuckDB does all."""
        size, least = bytes_to_read(plan), self._means.daft_from_bytes
        if not wants_daft(self._limits.engine, size, least, installed):
            return None
        around = Surroundings(self._values, self._now_us)
        pushed = push(self._prepared.text, self._means.engine, plan, around)
        over = self._session(stack)

        def open_views(names: frozenset[str]) -> None:
            scans = tuple(scan for scan in plan.scans if scan.view.lower() in names)
            self._open_views(over, replace(plan, scans=scans))

        # Names and types need no file, and files that Daft reads elsewhere had better not be fetched here.
        described = self._session(stack)
        self._open_views(described, plan.without_files())
        shown = described.columns(self._prepared.text, self._values)
        prepare(pushed, shown, self._values, over, open_views)
        return _Divided(pushed, [name for name, _ in shown], over)

    def _by_daft(self, plan: Plan, watch: Watch, stack: ExitStack) -> Answer | None:
        """`None` where DuckDB is to answer."""

        def path(part: Part, file: DataFile) -> Path:
            return self._cut.path(part.snapshot, file)

        try:
            divided = self._divided(plan, stack)
            if divided is None:
                return None
            watch.check()
            files = Files(path, self._means.location)
            return answer_by_daft(
                divided.pushed, divided.names, self._values, divided.over, files, watch.check
            )
        except Lacks:
            return None

    # -- steps ------------------------------------------------------------------------------------

    def plan(self, stack: ExitStack) -> Plan:
        """Takes the cut, released with `stack`, and plans over it."""
        bound = self._prepared.bound
        assert bound is not None
        around = Surroundings(self._values, self._now_us)
        self._cut = cut = take_cut(self._means.owner, bound, self._points, around)
        stack.callback(cut.release)
        if self._prepared.restricted is not None:
            check_points(
                self._prepared.restricted,
                {key: found.schema for key, found in cut.tables.items()},
                self._default,
            )
        return make_plan(bound, cut.tables, around, self._means.files, cut.holdings)

    def _resolve_points(self, params: Given, as_of: AsOf) -> dict[tuple[str, str | None], AsOf]:
        """(table name folded, point) -> point in time, the statement's own first."""
        bound = self._prepared.bound
        points: dict[tuple[str, str | None], AsOf] = {}
        for ref in sorted(bound.refs if bound else (), key=lambda r: (r.point or "", r.number)):
            if ref.point is None:
                points[ref.name.lower(), None] = as_of
                continue
            point = self._prepared.points[ref.point]
            values = point_values(point.source.parameters, params, point.point.positions)
            around = Surroundings(values, self._now_us)
            points[ref.name.lower(), ref.point] = resolve_point(point, around, self._evaluate)
        return points

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

    def _open_views(
        self, session: Session, plan: Plan, found: Mapping[str, Found] = MappingProxyType({})
    ) -> None:
        """`found`: the rows that stand for a view."""
        bound = self._prepared.bound
        assert bound is not None
        self._opened.append(session)
        for name in bound.clock:
            session.create_macro(clock_macro(name, plan.now_us))
        for scan in plan.scans:
            near = found.get(scan.view)
            path = self._cut.path
            read = scan_sql(scan, path) if near is None else near_sql(scan, near, path)
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
        self, session: Session, plan: Plan, watch: Watch, wrap: Callable[[str], str] | None, stack: ExitStack
    ) -> tuple[pa.Table, list[str]]:
        text = self._prepared.text if wrap is None else wrap(self._prepared.text)

        def run(found: Mapping[str, Found]) -> tuple[pa.Table, list[str]]:
            over = session if session not in self._opened else watch.over(self._session(stack))
            self._open_views(over, plan, found)
            watch.check()
            return over.run(text, self._values)

        if wanted := self._wanted(plan).asks:
            return answer(wanted, self._near(plan, watch, stack), run)
        if session not in self._opened:
            return run({})
        watch.check()
        return session.run(text, self._values)

    def _wanted(self, plan: Plan) -> Wanted:
        bound = self._prepared.bound
        assert bound is not None
        return wanted(bound, plan, self._cut, Surroundings(self._values, self._now_us))

    def _near(self, plan: Plan, watch: Watch, stack: ExitStack) -> NearMeans:
        def session() -> Session:
            watch.check()
            return watch.over(self._session(stack))

        def open_views(session: Session, scans: Sequence[TableScan]) -> None:
            self._open_views(session, replace(plan, scans=tuple(scans)))

        scans = {scan.view: scan for scan in plan.scans}
        return NearMeans(scans, session, open_views, self._values, self._cut.locate, self._means.vectors)

    def _session(self, stack: ExitStack) -> Session:
        session = self._means.engine.open_session(self._limits.memory_limit)
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
            self._means.engine.discard()
        if interrupted := watch.reason():
            return interrupted
        if may_be_damage(error) and len(self._keys) > 1:
            self._keys = self._damaged() or self._keys
        known = (cut.schema.by_name for cut in self._cut.tables.values())
        columns = {*ENVELOPE.names, "_tier"}.union(*known)
        tables = shown(self._means.owner.table_names())
        seen = self._prepared.restricted
        if seen is None:
            return translate(error, columns, tables, self._keys)
        columns = {name for name in columns if name.lower() not in seen.unseen}
        told = translate(error, columns, (), self._keys)
        quotes = bool(seen.secret) and seen.secret in f"{told.message} {told.hint}"
        return hushed(told) if seen.hushed or quotes else told

    def _damaged(self) -> dict[str, str]:
        """Those of the files read (path -> key) that can't be read to their end."""
        with self._means.engine.session() as session:
            return {path: key for path, key in self._keys.items() if not session.can_read(path)}

    def _certificate(self, plan: Plan) -> Certificate:
        return self._shown(certify(plan, self.as_of_text, self._cut.footer_rows))

    def _shown(self, certificate: Certificate) -> Certificate:
        seen = self._prepared.restricted
        return certificate if seen is None else certificate.veiled(seen.veiled, seen.guarded)


def _open_view(session: Session, read: ScanSql) -> None:
    for name, rows in read.hot:
        session.register(name, rows)
    if read.select is not None:
        session.create_view(read.view, read.select)


def _as_of_text(default: AsOf, points: Mapping[tuple[str, str | None], AsOf]) -> str | None:
    """What was asked for: the argument, or the points in the text."""
    in_text = [f"{name}: {as_of}" for (name, point), as_of in points.items() if point is not None]
    if in_text:
        return "; ".join(in_text)
    return None if isinstance(default, Now) else str(default)
