"""One tenant: the calls of `core.protocols.Database`, each handed to its room.

The same on every runtime: where the shards of the database are is its `Tenancy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from ..agent.semantic.model import Verified
from ..agent.translate import Translator
from ..core.access import OWNER, Access, Caller, grants_told
from ..core.answers import MOST_ROWS, Answer, Option, Wish
from ..core.asof import AtBookmark, AtSequence, parse_as_of
from ..core.certificate import Certificate
from ..core.errors import Invalid
from ..core.ids import check_name, shown
from ..core.keys import Keys
from ..core.owners import Append
from ..core.protocols import Cancel, Progress, Rows
from ..core.results import Appended, Imported, Moved, Report, Result
from ..core.sharding import HOME, ShardMap
from ..router.engine import Engine
from ..router.keys import told_keys
from ..router.materialized.known import KnownViews
from ..router.query import Router
from ..router.search import Mode, only_table, statement, wanted
from ..tiers.report import SCHEMA
from .family.queries import KEEP_S, QueryHandle
from .family.views import DatabaseViews
from .grants import grant, revoke
from .importing import Importing
from .shards import DatabaseShards
from .steps import DatabaseSteps
from .streams import LakeStream
from .tenancy import Tenancy

if TYPE_CHECKING:
    from ..tiers.policies import PolicyStore
    from .audit import Audit
    from .family.agent import AgentDO
    from .family.partition import Projection
    from .family.pipeline import Pipeline
    from .questions import Questions


T = TypeVar("T")


class LakeDatabase:
    """Opened at its first use, created at its first write."""

    def __init__(self, tenancy: Tenancy) -> None:
        self.name = tenancy.name
        self.shards = DatabaseShards(tenancy)
        self.steps = DatabaseSteps(self.shards, tenancy, lambda: self._after([]))
        self._tenancy = tenancy
        self._router: Router | None = None
        self._views = DatabaseViews(self, tenancy)
        self._questions: Questions | None = None

    def as_caller(self, caller: Caller) -> Any:
        """The database as a principal has it, or as the owner does who comes through another door."""
        from .guarded import GuardedDatabase

        return self if caller == OWNER else GuardedDatabase(self, caller)

    # -- writing ----------------------------------------------------------------------------------

    def append(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended:
        operation = Append(table, rows, stream, expected_version, event_time)
        appended = self.shards.append([operation])[table]
        self._after([table])
        return appended

    async def append_async(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended:
        operation = Append(table, rows, stream, expected_version, event_time)
        appended = (await self.shards.append_async([operation]))[table]
        self._after([table])
        return appended

    def append_many(self, batches: Mapping[str, Rows]) -> dict[str, Appended]:
        """Atomic: all rows have to belong to one shard."""
        appended = self.shards.append([Append(table, rows) for table, rows in batches.items()])
        self._after(batches)
        return appended

    def import_file(
        self,
        path: str | Path,
        table: str | Sequence[str] | None = None,
        *,
        event_time: str | None = None,
        id: str | None = None,
        on_error: str = "stop",
        progress: Progress | None = None,
    ) -> Imported:
        """Appends a file in batches, each durable. A rerun resumes: rows that are there are duplicates.

        Of a SQLite file, `table` names one or several of its tables; without it, all are imported.
        """
        importing = Importing(
            self,
            self._tenancy,
            Path(path),
            event_time=event_time,
            id=id,
            on_error=on_error,
            progress=progress,
        )
        return importing.run(table)

    # -- reading ----------------------------------------------------------------------------------

    def sql(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        timeout: float | None = None,
        memory_limit: str | None = None,
        cancel: Cancel | None = None,
        stream: bool = False,
        engine: str | None = None,
        warehouse: str | None = None,
    ) -> Result:
        """`warehouse`: the compute that runs it, by name; with `stream`, its place is free once rows come."""
        limits: dict[str, Any] = {
            "as_of": as_of,
            "dialect": dialect,
            "timeout": timeout,
            "memory_limit": memory_limit,
            "cancel": cancel,
            "stream": stream,
            "engine": engine,
        }
        if warehouse is not None:
            return self._tenancy.in_warehouse(warehouse, self, sql, params, limits)
        policy = self.policies.current()
        if not policy.version:
            return self.router.sql(sql, params, **limits)
        access = Access(policy, None, self.name) if policy.schemas else None
        return self._noted("sql", sql, lambda: self.router.sql(sql, params, **limits, access=access))

    def search(
        self,
        query: str | Sequence[float],
        *,
        table: str | None = None,
        column: str | None = None,
        k: int = 10,
        mode: Mode = "meaning",
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        as_of: object = None,
        tiers: Sequence[str] | None = None,
        vector: Sequence[float] | None = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Result:
        known = self.shards.table(only_table(self.tables(), table))
        search = wanted(
            known,
            query,
            column=column,
            k=k,
            mode=mode,
            where=where,
            tiers=tiers,
            vector=vector,
            one_shard=self.shards.shard_map().single,
        )
        sql, values = statement(search)
        return self.sql(sql, {**(params or {}), **values}, as_of=as_of, timeout=timeout, cancel=cancel)

    def ask(
        self,
        question: str | Option,
        *,
        conversation: str | None = None,
        dry_run: bool = False,
        as_of: object = None,
        limit: int = MOST_ROWS,
        guess: bool = False,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """See `core.protocols.Database`."""
        wish = Wish(dry_run, as_of, limit, guess, timeout, cancel)
        return self.questions.ask(self, question, wish, conversation)

    def model(self) -> tuple[int, str] | None:
        return self._tenancy.semantic.latest()

    def model_draft(self) -> str:
        return self.questions.draft(self)

    def check_model(self, text: str) -> None:
        self.questions.check_model(self, text)

    def apply_model(self, text: str) -> int:
        self._tenancy.check_writable()
        self.check_model(text)
        return self._tenancy.semantic.publish(text)

    def masked(self) -> frozenset[tuple[str, str]]:
        """(table, column) of the columns whose values are not shown: for the owner none."""
        return frozenset()

    def translator(self, *, fresh: bool = False) -> Translator:
        """What questions are understood with, as whoever calls has it; `fresh`: read anew."""
        return self.questions.translator(self, fresh=fresh)

    def verified(self) -> Sequence[Verified]:
        """Questions whose SQL somebody vouched for."""
        return self.questions.verified(self, lambda _sql: True)

    def sight(self) -> None:
        """The owner sees all."""

    def asks_as(self) -> str:
        return "owner"

    def model_limits(self) -> Mapping[str, float]:
        """The lake's budget alone is the owner's."""
        return {}

    def query(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        timeout: float | None = None,
        memory_limit: str | None = None,
        warehouse: str | None = None,
        keep_s: float = KEEP_S,
    ) -> QueryHandle:
        """Asks without waiting: the handle tells progress, cancels, and reads the rows, page by page.

        `keep_s`: how long the rows stay after it is over; they outlive this process.
        """
        self._tenancy.check_writable()
        limits = {"as_of": as_of, "timeout": timeout, "memory_limit": memory_limit, "warehouse": warehouse}
        handle = self.query_by_id(self._tenancy.new_id())
        handle.begin(self.name, sql, params, limits, keep_s)
        return handle

    def query_by_id(self, id: str) -> QueryHandle:
        """A query that was asked before."""
        from .family.query import QueryDO

        return QueryHandle(id, self._tenancy.object(QueryDO, id))

    def explain(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
        engine: str | None = None,
    ) -> str:
        return self.router.explain(sql, params, as_of=as_of, dialect=dialect, analyze=analyze, engine=engine)

    def stream(self, name: str) -> LakeStream:
        return LakeStream(self, name)

    def head(self, stream: str) -> int:
        """The version of a stream; 0 for a new one."""
        return self.shards.head(stream)

    def tables(self) -> list[str]:
        return shown(self.shards.table_names())

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema:
        """The payload's columns. Over several shards a past one is named by an instant or a bookmark."""
        if as_of is None:
            return self.shards.table(table).schema.payload
        cut = parse_as_of(as_of)
        if isinstance(cut, AtSequence) and not self.shards.shard_map().single:
            raise Invalid("a sequence belongs to one of several shards", hint="give an instant or a bookmark")
        (snapshot,) = self.shards.snapshots({table: cut}, [HOME])
        try:
            return snapshot.tables[table].schema.payload
        finally:
            snapshot.release()

    def keys(self, table: str) -> Keys:
        """What is told of a table's keys; nothing enforces them."""
        return told_keys(self.shards, table)

    def bookmark(self) -> str:
        """A point that `as_of` can name later: the last sequence of every shard."""
        last = {shard.name: shard.bookmark_seq() for shard in self.shards.all()}
        return str(AtBookmark(last or {HOME: 0}))

    # -- tiers ------------------------------------------------------------------------------------

    def tiers(self, table: str | None = None) -> Result:
        names = self.tables() if table is None else [self.shards.table(table).name]
        reports = self.shards.each(lambda shard: shard.tier_report(names))
        return Result(pa.concat_tables(reports) if reports else SCHEMA.empty_table(), Certificate())

    def flush(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        return self.steps.run("flush", table, up_to, progress)

    def compact(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self.steps.run("compact", table, None, progress)

    def embed(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self.steps.run("embed", table, None, progress)

    def archive(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        """Moves everything, what is still hot included, or everything up to a sequence."""
        return self.steps.run("archive", table, up_to, progress)

    def expire(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self.steps.expire(table, progress)

    def verify(self, *, progress: Progress | None = None) -> Report:
        return sum(self.shards.each(lambda shard: shard.verify(progress)), Report())

    # -- views ------------------------------------------------------------------------------------

    def create_view(
        self, name: str, sql: str, *, refresh: str = "append", if_not_exists: bool = False
    ) -> bool:
        """A materialised view, read like a table. `refresh`: "append", "manual" or an interval like "30s".

        False if it is there and `if_not_exists`. Raises `Invalid`, `NotFound`.
        """
        return self._views.create_view(name, sql, refresh=refresh, if_not_exists=if_not_exists)

    def refresh_view(self, name: str, *, rebuilt: bool = False) -> int:
        """Brings what is kept up to date; returns the rows newly kept. `rebuilt`: all is computed anew."""
        return self._views.refresh_view(name, rebuilt=rebuilt)

    def drop_view(self, name: str, *, if_exists: bool = False) -> bool:
        """False if there was none and `if_exists`."""
        return self._views.drop_view(name, if_exists=if_exists)

    def views(self) -> list[dict[str, Any]]:
        """Of each view: name, sql, kept (how), refresh, rows, upto, refreshed, problem."""
        return self._views.facts()

    # -- what looks after it --------------------------------------------------------------------------

    def pipeline(self) -> Pipeline:
        """What sinks its events by themselves: lag per watermark, last pass and error, pause and resume."""
        from .family.pipeline import Pipeline, PipelineDO

        return Pipeline(self._tenancy.object(PipelineDO, self.name))

    def schema_history(self, table: str) -> list[dict[str, Any]]:
        """Of each version of a table's schema: what it added, from which sequence on, by which event."""
        from .family.table import schema_history

        return schema_history(self, table)

    def projection(
        self,
        name: str,
        apply: Callable[[Any, dict[str, Any]], Any],
        *,
        initial: Any = None,
        tables: Sequence[str] | None = None,
    ) -> Projection:
        """A state that follows the events of each shard: `apply(state, event) -> state`, in their order.

        `apply` is a function at the top of a module; `event`: envelope, payload and `_table`. The state is
        kept with the sequence it stands at. Another function, start or choice of tables begins anew.
        """
        from .family.partition import projection

        self._tenancy.check_writable()
        return projection(self._tenancy, name, apply, initial, tables)

    def agent(self, name: str) -> AgentDO:
        """The state of an agent: its turns, memories and open questions; see `family.agent.AgentDO`."""
        from .family.agent import AgentDO

        kept: AgentDO = self._tenancy.object(AgentDO, f"{self.name}/{check_name('agent', name)}")
        return kept

    # -- grants -----------------------------------------------------------------------------------

    def grant(self, who: str, privilege: str, table: str = "*") -> bool:
        """Lets somebody select, insert, create or manage, as `GRANT` does; False if that was granted."""
        return grant(self.policies, who, privilege, self.name, table)

    def revoke(self, who: str, privilege: str, table: str = "*") -> bool:
        """False if it was not granted."""
        return revoke(self.policies, who, privilege, self.name, table)

    def grants(self) -> list[dict[str, Any]]:
        """who, privilege, table, schema and columns of all that is granted here."""
        return grants_told(self.policies.current(), self.name)

    # -- shards -----------------------------------------------------------------------------------

    def shard_map(self) -> ShardMap:
        """How the database is spread."""
        return self.shards.shard_map()

    def split(self, shard: str) -> ShardMap:
        """Parts a shard in two while appends go on. Raises `Invalid` if it can't be split."""
        self._tenancy.check_writable()
        return self.shards.split(shard)

    def close(self) -> None:
        """Ends the threads that work for it; its shards stay open."""
        self.shards.close()

    @property
    def policies(self) -> PolicyStore:
        return self._tenancy.policies

    @property
    def audit(self) -> Audit | None:
        """`None` where nothing can be written."""
        return self._tenancy.audit

    @property
    def engine(self) -> Engine:
        return self._tenancy.engine

    def _noted(self, action: str, what: str, act: Callable[[], T]) -> T:
        """Once there is a policy, what the owner asks is noted as well."""
        if self.audit is None or not self.policies.current().version:
            return act()
        return self.audit.noting(OWNER, self.name, action, what, act)

    @property
    def questions(self) -> Questions:
        if self._questions is None:
            from .questions import Questions

            tenancy = self._tenancy
            self._questions = Questions(
                tenancy.clock, self.agent, tenancy.new_id, tenancy.semantic, self.bookmark, tenancy.models
            )
        return self._questions

    @property
    def router(self) -> Router:
        if self._router is None:
            self._router = self.router_with(self._tenancy.engine)
        return self._router

    @property
    def known_views(self) -> KnownViews:
        return self.router.views

    def router_with(self, engine: Engine) -> Router:
        """A router of this database over an engine of its own, as warehouses have."""
        tenancy = self._tenancy
        return Router(
            self.shards,
            engine,
            tenancy.clock,
            self.name,
            location=tenancy.location,
            view_door=self._views,
            policies=tenancy.policies,
        )

    def _after(self, tables: Iterable[str]) -> None:
        """Those who follow appends are told of one, later."""
        self._views.appended(tables)
        self.steps.soon()
