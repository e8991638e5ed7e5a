"""A database as a named principal has it: each call is checked, carried out by the database, and noted.

lake.database("acme", principal="priya").sql(...)
  access     what the policy now in force gives priya in acme
  router     the statement over what she may see
  audit      who, what, how long, what came of it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from ..agent.asker import checking
from ..agent.semantic.model import Verified
from ..agent.translate import Translator
from ..core.access import Access, Caller, TableAccess
from ..core.answers import MOST_ROWS, Answer, Option, Wish
from ..core.certificate import Certificate
from ..core.errors import Denied, Error
from ..core.keys import Keys
from ..core.owners import Append
from ..core.protocols import Cancel, Progress, Rows
from ..core.results import Appended, Imported, Moved, Report, Result
from ..core.schema import ENVELOPE
from ..core.sharding import ShardMap
from ..router.keys import told_keys
from ..router.policy.check import check_new_rows, restricts, stamped, visible
from ..router.search import Mode, only_table, statement, wanted
from ..tiers.intake.batch import Batch
from ..tiers.intake.received import batch_of, held
from ..tiers.report import SCHEMA
from .family.agent import own_name
from .importing import tables_of
from .rows import at_most
from .streams import LakeStream

if TYPE_CHECKING:
    from .audit import Audit
    from .database import LakeDatabase
    from .family.agent import AgentDO

T = TypeVar("T")


class GuardedDatabase:
    """Implements `core.protocols.Database` for one caller."""

    def __init__(self, inner: LakeDatabase, caller: Caller) -> None:
        self.name = inner.name
        self.caller = caller
        self._inner = inner

    @property
    def access(self) -> Access:
        """By the policy as it is now."""
        policy = self._inner.policies.current()
        return Access(policy, self.caller.principal, self.name, self.caller.settings)

    @property
    def _sight(self) -> Access | None:
        """What a statement is held to; `None` for the owner, unless a virtual schema could be meant."""
        access = self.access
        return access if access.principal is not None or access.policy.schemas else None

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
        def act() -> Appended:
            append = self._checked(Append(table, rows, stream, expected_version, event_time))
            return self._inner.append(
                table, append.rows, stream=stream, expected_version=expected_version, event_time=event_time
            )

        return self._noted("append", table, act)

    async def append_async(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended:
        async def act() -> Appended:
            append = self._checked(Append(table, rows, stream, expected_version, event_time))
            return await self._inner.append_async(
                table, append.rows, stream=stream, expected_version=expected_version, event_time=event_time
            )

        audit = self._noting
        return await (
            act() if audit is None else audit.noting_async(self.caller, self.name, "append", table, act)
        )

    def append_many(self, batches: Mapping[str, Rows]) -> dict[str, Appended]:
        def act() -> dict[str, Appended]:
            checked = {table: self._checked(Append(table, rows)).rows for table, rows in batches.items()}
            return self._inner.append_many(checked)

        return self._noted("append", ", ".join(batches), act)

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
        def act() -> Imported:
            for name in tables_of(Path(path), table):
                self._check_append(name)
                if restricts(self.access, name):
                    raise Denied(
                        f"some of `{name}` is hidden, and a file is not checked row by row",
                        hint="append the rows instead",
                    )
            return self._inner.import_file(
                path, table, event_time=event_time, id=id, on_error=on_error, progress=progress
            )

        named = table if isinstance(table, str) else ", ".join(table or [Path(path).name])
        return self._noted("import", named, act)

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
    ) -> Result:
        def act() -> Result:
            return self._run(
                sql,
                params,
                as_of=as_of,
                dialect=dialect,
                timeout=timeout,
                memory_limit=memory_limit,
                cancel=cancel,
                stream=stream,
                engine=engine,
            )

        return self._noted("sql", sql, act)

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
        def act() -> Result:
            access, shards = self.access, self._inner.shards
            name = only_table(self.tables(), table)
            access.check("select", name)
            search = wanted(
                visible(shards.table(name), access),
                query,
                column=column,
                k=k,
                mode=mode,
                where=where,
                tiers=tiers,
                vector=vector,
                one_shard=shards.shard_map().single,
            )
            sql, values = statement(search)
            return self._run(sql, {**(params or {}), **values}, as_of=as_of, timeout=timeout, cancel=cancel)

        return self._noted("search", query if isinstance(query, str) else "a vector", act)

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
        """See `core.protocols.Database`. A conversation belongs to the principal."""
        wish = Wish(dry_run, as_of, limit, guess, timeout, cancel)
        own = None if conversation is None else own_name(str(self.caller.principal), conversation)
        answer = self._inner.questions.ask(self, question, wish, own)
        return answer.with_conversation(conversation)

    def model(self) -> tuple[int, str] | None:
        """The owner's text names tables that others may not know of."""
        self.access.check("manage")
        return self._inner.model()

    def model_draft(self) -> str:
        return self._inner.questions.draft(self)

    def check_model(self, text: str) -> None:
        self._inner.questions.check_model(self, text)

    def apply_model(self, text: str) -> int:
        return self._managed("apply_model", None, lambda: self._inner.apply_model(text))

    def converse(self, question: str | Option, agent: AgentDO, given: Answer | None, wish: Wish) -> Answer:
        """A question as the next turn of an agent; see `named_agent`."""
        return self._inner.questions.converse(self, question, wish, agent, given)

    def check(self, sql: str) -> None:
        """Raises what is wrong with a statement, `Denied` if it is not allowed; nothing is done."""
        self._noted("check", sql, lambda: self._inner.router.check(sql, self._sight))

    def may_change(self) -> bool:
        """Whether the policy lets the caller change anything here."""
        return self.access.changes

    def masked(self) -> frozenset[tuple[str, str]]:
        access = self.access
        found = ((name, access.table(name)) for name in self.tables())
        return frozenset((name, m.column) for name, seen in found if seen for m in seen.masks)

    def translator(self, *, fresh: bool = False) -> Translator:
        """What questions are understood with, as whoever calls has it; `fresh`: read anew."""
        return self._inner.questions.translator(self, fresh=fresh)

    def verified(self) -> Sequence[Verified]:
        """Questions whose SQL somebody vouched for, and which the caller may run."""
        return self._inner.questions.verified(self, self._may_run)

    def _may_run(self, sql: str) -> bool:
        """Nobody asked it, so it is not noted."""
        try:
            self._run(checking(sql))
        except Error:
            return False
        return True

    def sight(self) -> object:
        return self.access.key

    def asks_as(self) -> str:
        return str(self.caller.principal)

    def model_limits(self) -> Mapping[str, float]:
        return self.access.model_limits

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
        def act() -> str:
            return self._inner.router.explain(
                sql, params, as_of=as_of, dialect=dialect, analyze=analyze, engine=engine, access=self._sight
            )

        return self._noted("explain", sql, act)

    def stream(self, name: str) -> LakeStream:
        return LakeStream(self, name)

    def head(self, stream: str) -> int:
        """The version of a stream; of one with hidden events it is not told."""
        self._check_counted(stream)
        return self._inner.head(stream)

    def _check_counted(self, stream: str) -> None:
        access = self.access
        for table in self._inner.tables():
            found = access.table(table)
            if found is None or found.filters:
                raise Denied(
                    f"the version of `{stream}` counts events that `{self.caller.principal}` may not see",
                    hint="read the stream: positions are those of the events",
                )

    def tables(self) -> list[str]:
        access = self.access
        return [name for name in self._inner.tables() if access.table(name) is not None]

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema:
        access = self.access
        access.check("select", table)
        found = access.table(table)
        schema = self._inner.schema(table, as_of=as_of)
        if found is None or found.columns is None:
            return schema
        return pa.schema([field for field in schema if field.name.lower() in found.columns])

    def keys(self, table: str) -> Keys:
        """Those of which all columns may be read, on both sides."""
        access = self.access
        access.check("select", table)
        return told_keys(self._inner.shards, table, access)

    def bookmark(self) -> str:
        self._check_any()
        return self._inner.bookmark()

    # -- tiers ------------------------------------------------------------------------------------

    def tiers(self, table: str | None = None) -> Result:
        """Of tables all of whose rows are seen: numbers of the others would tell of hidden ones."""
        access = self.access
        names = self.tables() if table is None else [table]
        for name in names:
            access.check("select", name)
        told = [n for n in names if (found := access.table(n)) is not None and not found.filters]
        if table is not None and not told:
            raise Denied(f"`{table}` has a row policy, so it is not told how much it holds", hint="count(*)")
        parts = [_unweighed(self._inner.tiers(name).arrow(), access.table(name)) for name in told]
        return Result(pa.concat_tables(parts) if parts else SCHEMA.empty_table(), Certificate())

    def flush(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        return self._managed("flush", table, lambda: self._inner.flush(table, up_to=up_to, progress=progress))

    def compact(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self._managed("compact", table, lambda: self._inner.compact(table, progress=progress))

    def embed(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self._managed("embed", table, lambda: self._inner.embed(table, progress=progress))

    def archive(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        return self._managed(
            "archive", table, lambda: self._inner.archive(table, up_to=up_to, progress=progress)
        )

    def expire(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self._managed("expire", table, lambda: self._inner.expire(table, progress=progress))

    def verify(self, *, progress: Progress | None = None) -> Report:
        return self._managed("verify", None, lambda: self._inner.verify(progress=progress))

    def shard_map(self) -> ShardMap:
        self._check_any()
        return self._inner.shard_map()

    def split(self, shard: str) -> ShardMap:
        return self._managed("split", None, lambda: self._inner.split(shard))

    def _run(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        memory_limit: str | None = None,
        **options: Any,
    ) -> Result:
        """A statement within the caller's limits; not noted."""
        access = self.access
        result = self._inner.router.sql(
            sql,
            params,
            timeout=_least(timeout, access.max_runtime_s),
            memory_limit=access.memory(memory_limit),
            access=self._sight,
            **options,
        )
        return at_most(result, access.max_rows, access.principal)

    # -- checks -----------------------------------------------------------------------------------

    def _managed(self, action: str, table: str | None, act: Callable[[], T]) -> T:
        def checked() -> T:
            self.access.check("manage", table or "*")
            return act()

        return self._noted(action, table or "", checked)

    def _checked(self, append: Append) -> Append:
        """The append, with rows that can be read again, if each of them may be appended."""
        self._check_append(append.table)
        if append.expected_version is not None:
            self._check_counted(append.stream or "")
        access = self.access
        if not restricts(access, append.table):
            return append
        tables = self._inner.shards.table
        table = tables(append.table)
        append = replace(append, rows=held(append.rows))
        batch = batch_of(append, table.schema)
        append = replace(append, rows=stamped(append.rows, batch.envelope.get("_source", ()), access))
        check_new_rows(access, table, _as_table(append, batch), tables, self._inner.engine)
        return append

    def _check_append(self, table: str) -> None:
        """A table that is not there yet needs leave to create it."""
        access = self.access
        access.check("insert", table)
        if table.lower() not in (name.lower() for name in self._inner.tables()):
            access.check("create")

    def _check_any(self) -> None:
        if not self.access.any:
            raise Denied(
                f"`{self.caller.principal}` may nothing in `{self.name}`", hint="the owner can GRANT"
            )

    def _noted(self, action: str, what: str, act: Callable[[], T]) -> T:
        audit = self._noting
        return act() if audit is None else audit.noting(self.caller, self.name, action, what, act)

    @property
    def _noting(self) -> Audit | None:
        """What the owner does is noted once there is a policy; what somebody else tries, always."""
        noted = self.caller.principal is not None or self._inner.policies.current().version
        return self._inner.audit if noted else None


def _as_table(append: Append, batch: Batch) -> pa.Table:
    """What is given of each row, payload and envelope."""
    given = {name: batch.column(name) for name in batch.payload}
    given |= {name: pa.array(values, ENVELOPE.field(name).type) for name, values in batch.envelope.items()}
    if append.stream is not None:
        given["_stream"] = pa.array([append.stream] * batch.rows)
    return pa.table(given) if given else pa.table({"_seq": pa.nulls(batch.rows, pa.int64())})


def _unweighed(report: pa.Table, access: TableAccess | None) -> pa.Table:
    """Where not all values are seen, without what they have a part in: sizes, and spans of `_time`."""
    if access is not None and not access.restricts:
        return report
    for name in ("bytes", "time_min", "time_max"):
        at = report.schema.get_field_index(name)
        report = report.set_column(at, name, pa.nulls(report.num_rows, report.schema.field(at).type))
    return report


def _least(given: float | None, limit: float | None) -> float | None:
    return min((s for s in (given, limit) if s is not None), default=None)
