"""A shard on a host elsewhere, and readers' cuts of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...core.asof import AsOf
from ...core.ids import Entropy
from ...core.keys import NO_KEYS, Keys
from ...core.manifest import DataFile, FileRef
from ...core.owners import Append, Due, HotHeads, PartitionFacts, Step
from ...core.placement import Unit
from ...core.protocols import Progress, Rows
from ...core.results import Appended, Moved, Report
from ...core.schema import Field, Table
from ...core.snapshots import ShardSnapshot, TableSnapshot
from ...core.vectors import VectorIndex
from ...tiers.files import CheckedFiles
from ...tiers.intake.received import held
from .client import ClusterClient


@dataclass(frozen=True)
class RemoteSnapshot:
    """The hot rows came as Arrow; the files are read here, from the object store."""

    tables: Mapping[str, TableSnapshot]
    files: CheckedFiles | None
    closed: bool
    let_go: Callable[[], None]

    def path(self, file: DataFile) -> Path:
        assert self.files is not None
        return self.files.path(file.ref)

    def locate(self, ref: FileRef) -> Path:
        assert self.files is not None
        return self.files.path(ref)

    def footer_rows(self, file: DataFile) -> int:
        assert self.files is not None
        return self.files.footer_rows(file)

    def release(self) -> None:
        self.let_go()


@dataclass(frozen=True)
class _Far:
    """Implements `core.snapshots.FarVectors`: the vectors of a cut that the shard's host holds."""

    call: Callable[..., Any]
    pin: int
    table: str

    def column(self, name: str) -> pa.ChunkedArray:
        return self.call("far_column", self.pin, self.table, name)

    def nearest(self, column: Field, question: Any, allowed: Any) -> Any:
        return self.call("far_nearest", self.pin, self.table, column, question, allowed)


class RemotePartition:
    """Implements `core.owners.Partition`. `files`: `None` where snapshots are not read here."""

    def __init__(
        self, unit: Unit, client: ClusterClient, files: CheckedFiles | None, entropy: Entropy
    ) -> None:
        self.unit = unit
        self.name = unit.name.rpartition("/")[2]
        self._client = client
        self._files = files
        self._entropy = entropy

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._client.call(self.unit, method, args, kwargs)

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        sent = [replace(operation, rows=_sendable(held(operation.rows))) for operation in operations]
        done: dict[str, Appended] = self._call("append_once", sent, self._entropy(16).hex())
        return done

    async def append_async(self, operations: Sequence[Append]) -> dict[str, Appended]:
        return await asyncio.to_thread(self.append, operations)

    def snapshot(self, cuts: Mapping[str, AsOf]) -> ShardSnapshot:
        taken = self._call("take", dict(cuts))

        def let_go() -> None:
            self._client.tell(self.unit, "release", taken.pin)

        tables = {
            name: replace(table, far=_Far(self._call, taken.pin, name))
            if table.schema.vector_bytes
            else table
            for name, table in taken.tables.items()
        }
        return RemoteSnapshot(tables, self._files, taken.closed, let_go)

    def head(self, stream: str) -> int:
        return int(self._call("head", stream))

    def bookmark_seq(self) -> int:
        return int(self._call("bookmark_seq"))

    def table_names(self) -> list[str]:
        names: list[str] = self._call("table_names")
        return names

    def table(self, name: str) -> Table:
        table: Table = self._call("table", name)
        return table

    def create_table(
        self,
        name: str,
        fields: Sequence[tuple[str, pa.DataType]],
        *,
        event_time: str | None = None,
        clustering: Sequence[str] = (),
        retention_s: int | None = None,
        if_not_exists: bool = False,
        keys: Keys = NO_KEYS,
    ) -> bool:
        return bool(
            self._call(
                "create_table",
                name,
                list(fields),
                event_time=event_time,
                clustering=tuple(clustering),
                retention_s=retention_s,
                if_not_exists=if_not_exists,
                keys=keys,
            )
        )

    def set_index(self, table: str, column: str, index: VectorIndex) -> Moved:
        moved: Moved = self._call("set_index", table, column, index)
        return moved

    def set_computed(self, table: str, column: Field, *, new: bool) -> bool:
        return bool(self._call("set_computed", table, column, new=new))

    def tell_keys(self, table: str, keys: Keys) -> bool:
        return bool(self._call("tell_keys", table, keys))

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        return bool(self._call("drop_table", name, if_exists=if_exists))

    def follow(self, table: Table) -> None:
        self._call("follow", table)

    def tier_report(self, tables: Sequence[str]) -> pa.Table:
        return self._call("tier_report", list(tables))

    def step(self, step: Step, table: str, up_to: int | None = None) -> Moved:
        moved: Moved = self._call("step", step, table, up_to)
        return moved

    def expire_dropped(self) -> Moved:
        moved: Moved = self._call("expire_dropped")
        return moved

    def tick(self) -> Due:
        due: Due = self._call("tick")
        return due

    def facts(self) -> PartitionFacts:
        facts: PartitionFacts = self._call("facts")
        return facts

    def closed_us(self) -> int:
        return int(self._call("closed_us"))

    def close_rows(self) -> int:
        return int(self._call("close_rows"))

    def hot_heads(self) -> HotHeads:
        heads: HotHeads = self._call("hot_heads")
        return heads

    def noted_heads(self, after: str, limit: int) -> list[tuple[str, int]]:
        page: list[tuple[str, int]] = self._call("noted_heads", after, limit)
        return page

    def begin(self, heads: Mapping[str, int], after_us: int) -> None:
        self._call("begin", dict(heads), after_us)

    def verify(self, progress: Progress | None = None) -> Report:
        report: Report = self._call("verify")
        if progress is not None:
            progress("verify", report.segments, report.segments)
        return report


def _sendable(rows: Rows) -> Rows:
    """Ray knows no views of strings, which polars gives."""
    if not isinstance(rows, pa.Table | pa.RecordBatch):
        return rows
    plain = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
    schema = pa.schema([field.with_type(plain.get(field.type, field.type)) for field in rows.schema])
    return rows if schema == rows.schema else rows.cast(schema)
