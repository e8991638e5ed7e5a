"""A frozen cut over tables of one shard: what the router reads, and what keeps its files where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from .manifest import DataFile, FileRef, Manifest, Run
from .schema import Field, Schema, Table
from .types import is_vector


class FarVectors(Protocol):
    """Hot vectors that stayed with their owner, on another machine: they weigh most of a row."""

    def column(self, name: str) -> pa.ChunkedArray:
        """All of a column, in the order of the hot rows. Raises `Unavailable` once the cut is not held."""
        ...

    def nearest(self, column: Field, question: Any, allowed: Any) -> Any:
        """`tiers.vectors.nearest.nearest_hot`, where the vectors are. `allowed`: sequences, or `None`."""
        ...


@dataclass(frozen=True)
class TableSnapshot:
    """One table at one cut of one shard.

    `hot`: the rows with warm_to < seq <= seq as Arrow, `schema.complete` in columns, ascending in `_seq`.
    `cold`: the run (0, cold_to] with its files, `None` if nothing is cold. `cut_us`: the instant of the
    cut, at which TTL is judged. `recorded_us`: when `seq` was recorded. `hot_vectors`: field id -> the index
    of the hot rows, where there is one (`tiers.vectors.hot.HotVectors`). `computed_to`: field id -> sequence
    up to which a computed column of the hot rows is computed. `far`: where the columns of vectors are that
    `hot` lacks.
    """

    table: Table
    schema: Schema
    shard: str
    manifest: Manifest
    cold: Run | None
    hot: pa.Table
    seq: int
    cut_us: int
    recorded_us: int | None
    has_ttl: bool
    hot_vectors: Mapping[int, Any] = field(default_factory=dict, repr=False, compare=False)
    computed_to: Mapping[int, int] = field(default_factory=dict)
    far: FarVectors | None = field(default=None, repr=False, compare=False)

    def hot_name(self, column: Field) -> str | None:
        """The name under which the hot rows have a column, `None` if they lack it."""
        there = self.schema.by_id.get(column.id)
        return there.name if there is not None and there.type == column.type else None

    def hot_column(self, name: str) -> pa.ChunkedArray:
        """By its name in `schema`."""
        if self.far is not None and self.hot.schema.get_field_index(name) < 0:
            return self.far.column(name)
        return self.hot.column(name)

    def near(self) -> TableSnapshot:
        """Without the hot vectors, for a reader on another machine."""
        names = [name for name in self.hot.column_names if not is_vector(self.hot.schema.field(name).type)]
        return replace(self, hot=self.hot.select(names))

    def __getstate__(self) -> dict[str, Any]:
        # An index of the hot rows is the owner's; elsewhere they are compared one by one.
        return {**self.__dict__, "hot_vectors": {}}


@runtime_checkable
class ShardSnapshot(Protocol):
    """A frozen cut over several tables; its files stay until `release`."""

    @property
    def tables(self) -> Mapping[str, TableSnapshot]: ...

    @property
    def closed(self) -> bool:
        """Whether the shard was split by then: others take its rows, or soon will."""
        ...

    def path(self, file: DataFile) -> Path:
        """Where the engine reads the file; size and hash are checked first, `Corrupt` if they differ."""
        ...

    def locate(self, ref: FileRef) -> Path:
        """The same for a file that goes with a data file."""
        ...

    def footer_rows(self, file: DataFile) -> int:
        """The row count that the file's own footer states."""
        ...

    def release(self) -> None: ...
