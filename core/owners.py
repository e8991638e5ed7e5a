"""Who keeps the rows, as protocols: the single writer of a shard, and a database over its shards.

`ShardOwner` is all that a query needs of one shard: it asks for a `ShardSnapshot` (`core/snapshots.py`), and
reads that. `Partition` is the same writer as its database sees it; `DatabaseOwner` is what the router sees.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import pyarrow as pa

from .asof import AsOf
from .keys import NO_KEYS, Keys
from .protocols import Cancel, Progress, Rows
from .results import Appended, Moved, Report, Result
from .schema import Field, Table
from .sharding import ShardMap
from .snapshots import ShardSnapshot
from .vectors import VectorIndex

Step: TypeAlias = Literal["flush", "compact", "archive", "expire", "embed"]


@dataclass(frozen=True, slots=True)
class Append:
    """Rows for one table. `stream` and `expected_version` hold for all rows; 0 means a new stream.

    `agreed`: id and schema version of the table as all shards of the database have it; a shard that has
    another one refuses the rows with `Resharded`.
    """

    table: str
    rows: Rows
    stream: str | None = None
    expected_version: int | None = None
    event_time: str | None = None
    agreed: tuple[str, int] | None = None


class Catalog(Protocol):
    """The tables of a shard, or of a database: what they look like, and changes to that."""

    def table_names(self) -> list[str]: ...

    def table(self, name: str) -> Table:
        """Raises `NotFound` with the nearest names."""
        ...

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
        """False if it was there and `if_not_exists`. Raises `Invalid` if it was there, or for a bad name.

        `keys`: told of it, not enforced.
        """
        ...

    def set_index(self, table: str, column: str, index: VectorIndex) -> Moved:
        """Has a column of vectors searched like that, from now on; what there is of it is indexed anew.

        Raises `NotFound` and `Invalid`. It may be asked for again, after a crash or for nothing.
        """
        ...

    def set_computed(self, table: str, column: Field, *, new: bool) -> bool:
        """Gives the table a column that is computed from others, or, unless `new`, has another take the place
        of one; that one stays under another name. False if it is there so. The id is chosen here.
        """
        ...

    def tell_keys(self, table: str, keys: Keys) -> bool:
        """Adds to what is told of a table's keys; for the same columns it takes the place of what was told.
        False if that was told already."""
        ...

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        """False if it was not there and `if_exists`; `AS OF` before this instant still reads the table."""
        ...


class ShardOwner(Catalog, Protocol):
    """The single writer of one shard, in the least that an append, a query and a catalog need."""

    @property
    def name(self) -> str: ...

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]: ...

    def snapshot(self, cuts: Mapping[str, AsOf]) -> ShardSnapshot:
        """One atomic cut: table name -> point in time."""
        ...

    def bookmark_seq(self) -> int:
        """The last sequence assigned."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """What a look at a shard did and left. `moved`: by flushing and compacting what was due. `archives`:
    (table, sequence) up to which it is time to archive. `again_us`: when to look again without an append,
    `None` if there is nothing to look after."""

    moved: Moved
    archives: tuple[tuple[str, int], ...] = ()
    again_us: int | None = None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table in one shard: its watermarks, what lies above each, and since when its oldest does."""

    table: str
    shard: str
    warm_to: int
    cold_to: int
    hot_rows: int
    warm_rows: int
    cold_rows: int
    hot_since_us: int | None
    warm_since_us: int | None


@dataclass(frozen=True, slots=True)
class PartitionFacts:
    """`seq`: the last sequence assigned. `hot_bytes`: of its hot file. `waiting`: appends in its queue."""

    shard: str
    seq: int
    hot_bytes: int
    waiting: int
    tables: tuple[TableFacts, ...]


@dataclass(frozen=True, slots=True)
class HotHeads:
    """Stream -> position of its last event, for events that are hot. `mark`: is another one once more of them
    have left the hot tier."""

    mark: tuple[int, ...]
    heads: Mapping[str, int]


class Partition(ShardOwner, Protocol):
    """A shard's single writer as its database sees it: in this process or on a host elsewhere."""

    def append_async(self, operations: Sequence[Append]) -> Awaitable[dict[str, Appended]]: ...

    def head(self, stream: str) -> int:
        """The position of the stream's last event here; 0 if there is none."""
        ...

    def follow(self, table: Table) -> None:
        """Takes over what the home shard says a table looks like: its name, id and schema versions."""
        ...

    def tier_report(self, tables: Sequence[str]) -> pa.Table:
        """One row for each table and tier."""
        ...

    def step(self, step: Step, table: str, up_to: int | None = None) -> Moved:
        """Moves what can be moved in one table; returns when it is done."""
        ...

    def expire_dropped(self) -> Moved:
        """Removes the tables that were dropped before the history window."""
        ...

    def tick(self) -> Due:
        """Flushes and compacts what is due. Archiving is the caller's, as shards share a cold table."""
        ...

    def facts(self) -> PartitionFacts: ...

    def verify(self, progress: Progress | None = None) -> Report: ...

    # What a split asks of a parent and its children; each can be asked again.

    def closed_us(self) -> int:
        """The instant after which rows are recorded elsewhere; 0 if they are recorded here."""
        ...

    def close_rows(self) -> int:
        """Takes no more rows, for good: appends of rows are `Resharded`. Returns `closed_us`."""
        ...

    def hot_heads(self) -> HotHeads: ...

    def noted_heads(self, after: str, limit: int) -> list[tuple[str, int]]:
        """(stream, position) for streams whose events have left the hot tier, in pages by their names."""
        ...

    def begin(self, heads: Mapping[str, int], after_us: int) -> None:
        """Continues streams where they stand elsewhere, and records nothing up to an instant."""
        ...


class DatabaseOwner(Catalog, Protocol):
    """All that the router knows of a database: its catalog, how it is spread, and cuts of its shards."""

    @property
    def pushes_down(self) -> bool:
        """Whether the shards are elsewhere, so that they had better compute their parts of an aggregate."""
        ...

    def shard_map(self) -> ShardMap: ...

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        """Each row to its shard; all or nothing within one shard."""
        ...

    def snapshots(self, cuts: Mapping[str, AsOf], shards: Sequence[str]) -> Sequence[ShardSnapshot]:
        """A cut of each of these shards, in their order; every cut is atomic in itself.

        If `shard_map()` is another one afterwards, these shards may not be all that matter any more.
        """
        ...

    def ask_shard(
        self,
        shard: str,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None,
        *,
        as_of: AsOf,
        now_us: int,
        timeout: float | None,
        memory_limit: str | None,
        cancel: Cancel | None,
    ) -> Result:
        """The answer of one shard alone, computed where its data is; `now_us` is what it takes for now."""
        ...
