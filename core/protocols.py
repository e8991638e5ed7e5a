"""The doors of the system, as protocols.

`Lakehouse` and `Database` are what users, the server, the SDKs and the command line talk to; they are the
same in process, over HTTP and on Ray. `ShardOwner` is the single writer of one shard, and all that the
router knows of storage: it asks for a `ShardSnapshot` (`core/snapshots.py`), and reads that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias, runtime_checkable

import pyarrow as pa

from .answers import Answer, Option
from .asof import AsOf
from .keys import NO_KEYS, Keys
from .objects import Objects
from .results import Appended, Imported, Moved, Report, Result
from .schema import Field, Table
from .sharding import ShardMap
from .snapshots import ShardSnapshot
from .vectors import VectorIndex

Rows: TypeAlias = Iterable[Mapping[str, Any]] | pa.Table | pa.RecordBatch | pa.RecordBatchReader
Progress: TypeAlias = Callable[[str, int, int | None], None]
"""(step, done, total or None): called now and then on long work."""
Step: TypeAlias = Literal["flush", "compact", "archive", "expire", "embed"]


class Cancel:
    """Cancels the queries that were given it: call it from any thread. The query raises `Unavailable`."""

    def __init__(self) -> None:
        self._actions: list[Callable[[], None]] = []
        self.cancelled = False

    def __call__(self) -> None:
        self.cancelled = True
        for action in list(self._actions):
            action()

    def watch(self, action: Callable[[], None]) -> None:
        """Has `action` called on cancellation; at once if that has happened."""
        self._actions.append(action)
        if self.cancelled:
            action()

    def unwatch(self, action: Callable[[], None]) -> None:
        self._actions.remove(action)


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


@runtime_checkable
class Stream(Protocol):
    """The ordered events of one subject, over all tables of a database."""

    name: str

    @property
    def version(self) -> int:
        """The position of the last event; 0 for a new stream."""
        ...

    def read(
        self, *, after: int = 0, limit: int | None = None, backwards: bool = False
    ) -> list[dict[str, Any]]:
        """Events with a position above `after` (backwards: from the newest), envelope and payload."""
        ...


@runtime_checkable
class Database(Protocol):
    """One tenant. See `docs` and the README for examples of each call."""

    name: str

    def append(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Appended: ...

    def append_async(
        self,
        table: str,
        rows: Rows,
        *,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Awaitable[Appended]:
        """`append` for asyncio: many at once share commits."""
        ...

    def append_many(self, batches: Mapping[str, Rows]) -> dict[str, Appended]: ...

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
        """`table`: into which a file goes; of a SQLite file, which of its tables, all without it."""
        ...

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
    ) -> Result: ...

    def search(
        self,
        query: str | Sequence[float],
        *,
        table: str | None = None,
        column: str | None = None,
        k: int = 10,
        mode: Literal["meaning", "words", "both"] = "meaning",
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        as_of: object = None,
        tiers: Sequence[str] | None = None,
        vector: Sequence[float] | None = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Result:
        """The `k` events nearest to a text or a vector, the nearest first.

        `table`, `column`: may be left out where there is one of them. `mode`: by what the text means (the
        column `_distance` tells how far), by its words (BM25, `_score`), or by both (reciprocal rank fusion,
        `_score`). `where`: a condition in SQL, with `params` by name. `vector`: what the text means.
        """
        ...

    def ask(
        self,
        question: str | Option,
        *,
        conversation: str | None = None,
        dry_run: bool = False,
        as_of: object = None,
        limit: int = 1_000,
        guess: bool = False,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """A question in English: an answer with its rows and SQL, a question back, or a refusal.

        `question`: a text, or one of the options of an answer that asked back. `conversation`: its name; a
        question may build on the one before. `dry_run`: the SQL without its rows. `limit`: rows at most.
        `guess`: the best meaning is answered, however unsure; its `confidence` tells.
        """
        ...

    def model(self) -> tuple[int, str] | None:
        """(version, YAML) of the semantic model in force; `None` if there is none."""
        ...

    def model_draft(self) -> str:
        """A semantic model to begin with: what would be guessed without one."""
        ...

    def check_model(self, text: str) -> None:
        """Raises `Invalid` with everything that is wrong, by line."""
        ...

    def apply_model(self, text: str) -> int:
        """Checks a semantic model, and puts it into force as the next version."""
        ...

    def explain(
        self,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
        engine: str | None = None,
    ) -> str: ...

    def stream(self, name: str) -> Stream: ...

    def tables(self) -> list[str]: ...

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema: ...

    def keys(self, table: str) -> Keys:
        """What is told of a table's keys; nothing enforces them. A reference without `to` is to a table of
        which no primary key is told."""
        ...

    def tiers(self, table: str | None = None) -> Result: ...

    def flush(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved: ...

    def compact(self, table: str | None = None, *, progress: Progress | None = None) -> Moved: ...

    def archive(
        self, table: str | None = None, *, up_to: int | None = None, progress: Progress | None = None
    ) -> Moved: ...

    def expire(self, table: str | None = None, *, progress: Progress | None = None) -> Moved: ...

    def embed(self, table: str | None = None, *, progress: Progress | None = None) -> Moved:
        """Computes the vectors that are still missing, which otherwise happens behind the appends. Raises
        `Unavailable` if a model is."""
        ...

    def verify(self, *, progress: Progress | None = None) -> Report: ...

    def bookmark(self) -> str: ...

    def shard_map(self) -> ShardMap:
        """How the rows are spread over shards."""
        ...

    def split(self, shard: str) -> ShardMap:
        """Parts a shard in two while appends go on; `Invalid` if it can't be split."""
        ...


@runtime_checkable
class Lakehouse(Protocol):
    """All tenants of one lake."""

    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Database:
        """The tenant of that name; it exists from its first write.

        `principal`: as whom it is read and written, by the policy; without one, as the owner. `settings`:
        what `current_setting` tells row policies. `door`: through which the call came, for the audit.
        """
        ...

    def create_database(
        self,
        name: str,
        *,
        shards: int = 1,
        shard_by: str | None = None,
        key: str | None = None,
        regions: Mapping[str, str] | None = None,
        durability: str = "local",
        region: str | None = None,
    ) -> Database:
        """A tenant with shards of its own choice (`core.sharding.new_shard_map`).

        Nothing happens if it has the same; `Invalid` if it exists with others.
        """
        ...

    def databases(self) -> list[str]: ...

    def principal_of(self, token: str) -> str | None:
        """Whose token it is; `None` if it is nobody's."""
        ...

    def has_tokens(self) -> bool:
        """Whether somebody has a token: then nobody is taken for the owner who shows nothing."""
        ...

    def policy_text(self) -> str:
        """The policy as a YAML file, `core.policy_file`; without tokens."""
        ...

    def check_policy(self, source: str | Path) -> list[str]:
        """What a policy file, or its text, names that the lake does not have, or that could not be applied.

        Raises `Invalid`, with the lines, for a file that is wrong in itself, `NotFound` if there is none.
        """
        ...

    def apply_policy(self, source: str | Path) -> int:
        """Puts a policy file, or its text, in the place of all but tokens, as one version; which it is.

        Raises as `check_policy`, and `Invalid` for masks and filters that could not be applied.
        """
        ...

    def object(self, kind: type, name: str | None = None) -> Any:
        """A stub of the durable object of that class and name, or of a new one that nobody can name."""
        ...

    def objects(self) -> Objects: ...

    def top(self) -> dict[str, Any]:
        """What is to be seen of it now: at, hosts, shards, lag, problems; see `actors.top`."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
