"""One tenant in this process: the calls of `core.protocols.Database`, each handed to its room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..core.asof import AsOf, AtBookmark, parse_as_of
from ..core.certificate import Certificate
from ..core.errors import Unavailable
from ..core.ids import check_name
from ..core.protocols import Append, Cancel, Progress, Rows, ShardSnapshot
from ..core.results import Appended, Imported, Moved, Report, Result
from ..core.schema import Table
from ..router.query import Router
from ..tiers.intake.files.read import read_file
from ..tiers.intake.received import received_by_nobody
from ..tiers.nothing import NoShard
from ..tiers.report import SCHEMA, tier_report
from ..tiers.shard import Shard
from ..tiers.steps.archive import archive
from ..tiers.steps.compact import compact
from ..tiers.steps.expire import expire, expire_dropped
from ..tiers.steps.flush import flush
from ..tiers.steps.verify import verify
from ..tiers.table_state import TableState
from .streams import LocalStream

if TYPE_CHECKING:
    from .local import LocalLake


class LocalDatabase:
    """Opened at its first use, created at its first write."""

    def __init__(self, name: str, lake: LocalLake) -> None:
        self.name = name
        self.opened: Shard | None = None
        self._lake = lake
        self._lock = threading.Lock()
        self._router: Router | None = None

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
        return self._append([operation])[table]

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
        operations = self._acceptable([operation])
        return (await self.writer.append_async(operations))[table]

    def append_many(self, batches: Mapping[str, Rows]) -> dict[str, Appended]:
        return self._append([Append(table, rows) for table, rows in batches.items()])

    def import_file(
        self,
        path: str | Path,
        table: str,
        *,
        event_time: str | None = None,
        id: str | None = None,
        on_error: str = "stop",
        progress: Progress | None = None,
    ) -> Imported:
        """Appends a file in batches, each durable. A rerun resumes: rows that are there are duplicates."""
        check_name("table", table)
        known = table.lower() in (name.lower() for name in self.tables())
        present = self.owner.table(table) if known else None
        aside = self._lake.quarantine_file(self.name, table, Path(path)) if on_error == "quarantine" else None
        batches = read_file(
            path,
            schema=present.schema if present else None,
            event_time=event_time or (present.event_time if present else None),
            id_column=id,
            on_error=on_error,
            quarantine=aside,
            progress=progress,
        )
        if present is None:
            named = (n for n in batches.types if event_time in (n, batches.renamed.get(n)))
            column = event_time and next(named, event_time)
            self.writer.create_table(table, list(batches.types.items()), event_time=column)
        rows = duplicates = 0
        for batch in batches:
            appended = self.append(table, batch)
            rows += appended.rows
            duplicates += appended.duplicates
        kept = str(aside) if batches.quarantined else None
        return Imported(table, rows, duplicates, batches.quarantined, kept, batches.renamed)

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
    ) -> Result:
        return self.router.sql(
            sql,
            params,
            as_of=as_of,
            dialect=dialect,
            timeout=timeout,
            memory_limit=memory_limit,
            cancel=cancel,
            stream=stream,
        )

    def explain(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
    ) -> str:
        return self.router.explain(sql, params, as_of=as_of, dialect=dialect, analyze=analyze)

    def stream(self, name: str) -> LocalStream:
        return LocalStream(self, name)

    def tables(self) -> list[str]:
        return self.owner.table_names()

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema:
        if as_of is None:
            return self.owner.table(table).schema.payload
        snapshot = self.owner.snapshot({table: parse_as_of(as_of)})
        try:
            return snapshot.tables[table].schema.payload
        finally:
            snapshot.release()

    def bookmark(self) -> str:
        return str(AtBookmark({self.owner.name: self.owner.bookmark_seq()}))

    # -- tiers ------------------------------------------------------------------------------------

    def tiers(self, table: str | None = None) -> Result:
        shard = self.owner
        if not isinstance(shard, Shard):
            if table is not None:
                shard.table(table)
            return Result(SCHEMA.empty_table(), Certificate())
        names = shard.table_names() if table is None else [table]
        return Result(tier_report(shard, names), Certificate())

    def flush(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        return self._step("flush", table, progress, lambda shard, state: flush(shard, state, up_to))

    def compact(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        return self._step("compact", table, progress, compact)

    def archive(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved:
        """Moves everything, what is still hot included, or everything up to a sequence."""

        def sink(shard: Shard, state: TableState) -> Moved:
            flush(shard, state, up_to)
            return archive(shard, state, up_to)

        return self._step("archive", table, progress, sink)

    def expire(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        moved = self._step("expire", table, progress, expire)
        return moved + expire_dropped(self.writer) if table is None and self.opened else moved

    def verify(self, *, progress: Progress | None = None) -> Report:
        shard = self.owner
        if not isinstance(shard, Shard):
            return Report()
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress("verify", done, None)

        return verify(shard, tick)

    # -- opening ----------------------------------------------------------------------------------

    @property
    def owner(self) -> Shard | NoShard:
        """The shard, or an empty stand-in while the database does not exist."""
        if self.opened is None and not self._lake.exists(self.name):
            return NoShard(self.name)
        return self._open()

    @property
    def writer(self) -> Shard:
        """The shard, created if need be."""
        self._check_writable()
        return self._open()

    @property
    def router(self) -> Router:
        if self._router is None:
            self._router = Router(_LazyOwner(self), self._lake.engine, self._lake.clock, self.name)
        return self._router

    def _append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        operations = self._acceptable(operations)
        return self.writer.append(operations)

    def _acceptable(self, operations: Sequence[Append]) -> Sequence[Append]:
        """Refuses what can't be appended before it makes a database for it."""
        if self.opened is not None or self._lake.read_only or self._lake.exists(self.name):
            return operations
        return [received_by_nobody(operation) for operation in operations]

    def _check_writable(self) -> None:
        if self._lake.read_only:
            raise Unavailable("this lake is open for reading only", hint="connect without read_only=True")

    def _open(self) -> Shard:
        with self._lock:
            if self.opened is None:
                self.opened = self._lake.open_shard(self.name)
            return self.opened

    def _step(
        self,
        step: str,
        table: str | None,
        progress: Progress | None,
        act: Callable[[Shard, TableState], Moved],
    ) -> Moved:
        shard = self.owner
        if not isinstance(shard, Shard):
            if table is not None:
                shard.table(table)
            return Moved()
        self._check_writable()
        names = shard.table_names() if table is None else [table]
        moved = Moved()
        for done, name in enumerate(names):
            if progress is not None:
                progress(f"{step} {name}", done, len(names))
            moved += act(shard, shard.state(name))
        if progress is not None:
            progress(step, len(names), len(names))
        return moved


class _LazyOwner:
    """The shard owner that the router sees: reading never creates a database, writing does."""

    def __init__(self, database: LocalDatabase) -> None:
        self._database = database

    @property
    def name(self) -> str:
        return self._database.owner.name

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        return self._database.writer.append(operations)

    def snapshot(self, cuts: Mapping[str, AsOf]) -> ShardSnapshot:
        return self._database.owner.snapshot(cuts)

    def table_names(self) -> list[str]:
        return self._database.owner.table_names()

    def table(self, name: str) -> Table:
        return self._database.owner.table(name)

    def create_table(
        self,
        name: str,
        fields: Sequence[tuple[str, pa.DataType]],
        *,
        event_time: str | None = None,
        clustering: Sequence[str] = (),
        retention_s: int | None = None,
        if_not_exists: bool = False,
    ) -> bool:
        return self._database.writer.create_table(
            name,
            fields,
            event_time=event_time,
            clustering=clustering,
            retention_s=retention_s,
            if_not_exists=if_not_exists,
        )

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        return self._database.writer.drop_table(name, if_exists=if_exists)

    def bookmark_seq(self) -> int:
        return self._database.owner.bookmark_seq()
