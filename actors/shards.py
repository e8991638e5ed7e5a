"""All shards of one database as one owner: rows go to their shard, tables look the same in each.

    append --> fits the home shard's schema? no: it evolves, the others follow --> route --> shards at once
    one shard: straight to it

The home shard alone decides what a table looks like. An append that spans shards is atomic in each of them.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa

from ..core.asof import AsOf
from ..core.errors import Invalid, NotFound, Resharded, Unavailable
from ..core.keys import NO_KEYS, Keys
from ..core.owners import Append, Partition
from ..core.protocols import Cancel
from ..core.results import Appended, Moved, Result
from ..core.schema import Field, Table
from ..core.sharding import HOME, STREAM, ShardMap
from ..core.snapshots import ShardSnapshot
from ..core.vectors import VectorIndex
from ..tiers.intake.batch import Batch
from ..tiers.intake.received import held, received_by_nobody
from ..tiers.intake.route import route
from ..tiers.nothing import NoShard
from .fitting import brings_news, normalised, summed, widened
from .objects.turn import confirm_before_output
from .splits import Splits
from .tenancy import Tenancy

T = TypeVar("T")

TRIES = 8
"""Of an append that meets a shard just being split, or a table just being changed."""


class DatabaseShards:
    """Implements `core.owners.DatabaseOwner`."""

    def __init__(self, tenancy: Tenancy) -> None:
        self.tenancy = tenancy
        self.pushes_down = tenancy.remote
        self._tables: dict[str, Table] = {}
        self._agreed_version = -1
        self._agreeing = threading.Lock()
        self.splits = Splits(tenancy)
        self._pool: ThreadPoolExecutor | None = None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def shard_map(self) -> ShardMap:
        return self.tenancy.shard_map()

    @property
    def home(self) -> Partition | NoShard:
        """The home shard, or an empty stand-in while the database does not exist."""
        return self.tenancy.partition(HOME) if self.tenancy.exists() else NoShard(self.tenancy.name)

    def partition(self, shard: str) -> Partition:
        """A shard by its name, which a split may have made just now."""
        if shard not in self.shard_map().names:
            self.tenancy.refresh()
        return self.tenancy.partition(shard)

    def all(self) -> list[Partition]:
        """Every shard there is, those that take no more rows included."""
        if not self.tenancy.exists():
            return []
        return [self.tenancy.partition(name) for name in self.tenancy.refresh().names]

    def each(self, act: Callable[[Partition], T]) -> list[T]:
        """The same done by all shards, at once."""
        return self._at_once([partial(act, shard) for shard in self.all()])

    # -- catalog ----------------------------------------------------------------------------------

    def table_names(self) -> list[str]:
        return self.home.table_names()

    def table(self, name: str) -> Table:
        return self.home.table(name)

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
        arguments: dict[str, Any] = {
            "name": name,
            "fields": list(fields),
            "event_time": event_time,
            "clustering": tuple(clustering),
            "retention_s": retention_s,
            "if_not_exists": if_not_exists,
            "keys": keys,
        }
        if self.tenancy.refresh().single:
            return self.create_in_all(**arguments)
        return self._define("create", arguments)

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        if self.tenancy.refresh().single:
            return self.drop_in_all(name, if_exists)
        return self._define("drop", {"name": name, "if_exists": if_exists})

    def set_index(self, table: str, column: str, index: VectorIndex) -> Moved:
        moved = self._writable().set_index(table, column, index)
        self._tables.pop(table.lower(), None)
        if not self.tenancy.refresh().single:
            self._follow(table)
            setting = [partial(shard.set_index, table, column, index) for shard in self._others()]
            for part in self._at_once(setting):
                moved += part
        return moved

    def set_computed(self, table: str, column: Field, *, new: bool) -> bool:
        changed = self._writable().set_computed(table, column, new=new)
        self._tables.pop(table.lower(), None)
        if not self.tenancy.refresh().single:
            self._follow(table)
        return changed

    def tell_keys(self, table: str, keys: Keys) -> bool:
        told = self._writable().tell_keys(table, keys)
        self._tables.pop(table.lower(), None)
        if not self.tenancy.refresh().single:
            self._follow(table)
        return told

    def create_in_all(self, name: str, fields: Sequence[tuple[str, pa.DataType]], **options: Any) -> bool:
        """In the home shard, and then in the others as it has it there."""
        created = self._writable().create_table(name, fields, **options)
        if not self.tenancy.refresh().single:
            self._follow(name)
        return created

    def drop_in_all(self, name: str, if_exists: bool) -> bool:
        dropped = self._writable().drop_table(name, if_exists=if_exists)
        self._tables.pop(name.lower(), None)
        self.tenancy.refresh()
        self._at_once([partial(shard.drop_table, name, if_exists=True) for shard in self._others()])
        return dropped

    def split(self, shard: str) -> ShardMap:
        """Raises `Invalid` if it can't be split, `Conflict` if that was done while this call waited."""
        self.splits.split(shard)
        self._agree(self.shard_map())
        return self.shard_map()

    def _define(self, kind: str, arguments: Mapping[str, Any]) -> bool:
        """What reaches several shards is noted before, so that it reaches all whatever dies."""
        from .family.database import DatabaseDO

        self.tenancy.check_writable()
        stub = self.tenancy.object(DatabaseDO, self.tenancy.name)
        done: bool
        done, refusal = stub.finish(stub.begin(kind, arguments))
        self._tables.pop(str(arguments["name"]).lower(), None)
        if refusal is not None:
            raise refusal
        return done

    # -- append -----------------------------------------------------------------------------------

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        operations = self._acceptable(operations)
        if self.shard_map().by == "tenant":
            return self.tenancy.partition(HOME).append(operations)
        operations = [replace(o, rows=held(o.rows)) for o in operations]
        if _straight(self.shard_map()):
            with suppress(Resharded):
                return self.tenancy.partition(HOME).append(operations)
        return self._spread(operations)

    def append_async(self, operations: Sequence[Append]) -> Awaitable[dict[str, Appended]]:
        operations = self._acceptable(operations)
        if self.shard_map().by == "tenant":
            return self.tenancy.partition(HOME).append_async(operations)
        rows_held = [replace(o, rows=held(o.rows)) for o in operations]
        if _straight(self.shard_map()):
            return self._straight_async(rows_held)
        return _in_thread(lambda: self._spread(rows_held))

    async def _straight_async(self, operations: Sequence[Append]) -> dict[str, Appended]:
        with suppress(Resharded):
            return await self.tenancy.partition(HOME).append_async(operations)
        return await _in_thread(lambda: self._spread(operations))

    def _acceptable(self, operations: Sequence[Append]) -> Sequence[Append]:
        """Refuses what can't be appended before it makes a database for it."""
        self.tenancy.check_writable()
        confirm_before_output()
        if self.tenancy.exists():
            return operations
        return [received_by_nobody(operation) for operation in operations]

    def _spread(self, operations: Sequence[Append]) -> dict[str, Appended]:
        done: list[Mapping[str, Appended]] = []
        for attempt in range(TRIES):
            shard_map = self.tenancy.refresh() if attempt else self.shard_map()
            self._agree(shard_map)
            parts = self._parts(operations, shard_map)
            outcomes = self._at_once([self._sending(*part) for part in parts.items()])
            done += [outcome for outcome in outcomes if not isinstance(outcome, Resharded)]
            # What a shard refused goes out again, to whoever takes it now; the rest is durable.
            told = zip(parts, outcomes, strict=True)
            refused = [shard for shard, outcome in told if isinstance(outcome, Resharded)]
            if not refused:
                return summed(done)
            operations = [append for shard in refused for append in parts[shard]]
            self._tables.clear()
            for shard in refused:
                self.splits.finish(shard)
        raise Unavailable(f"the shards of `{self.tenancy.name}` keep changing", hint="try again")

    def _parts(self, operations: Sequence[Append], shard_map: ShardMap) -> dict[str, list[Append]]:
        if len(operations) > 1:
            self._check_together(operations, shard_map)
        parts: dict[str, list[Append]] = {}
        for operation in operations:
            table, batch = self._fitted(operation, shard_map)
            routed = route(operation, batch, shard_map, table.schema)
            for shard, append in routed.items():
                agreed = (table.id, table.schema.version)
                parts.setdefault(shard, []).append(replace(append, agreed=agreed))
        return parts

    def _check_together(self, operations: Sequence[Append], shard_map: ShardMap) -> None:
        """What is refused has widened no table."""
        shards: set[str] = set()
        for operation in operations:
            table = self._remembered(operation.table)
            batch = normalised(operation, table)
            shards.update(route(operation, batch, shard_map, widened(batch, table)))
        if len(shards) > 1:
            raise Invalid(
                f"append_many is atomic within one shard, and these rows go to {', '.join(sorted(shards))}",
                hint="give all rows one key, or append table by table",
            )

    def _sending(self, shard: str, appends: list[Append]) -> Callable[[], Mapping[str, Appended] | Resharded]:
        def send() -> Mapping[str, Appended] | Resharded:
            try:
                return self.tenancy.partition(shard).append(appends)
            except Resharded as refusal:
                return refusal

        return send

    # -- one look for all shards ------------------------------------------------------------------

    def _fitted(self, append: Append, shard_map: ShardMap) -> tuple[Table, Batch]:
        """The table as it takes the rows, evolved in every shard if need be, and the rows normalised."""
        table = self._remembered(append.table)
        batch = normalised(append, table)
        if table is None or brings_news(batch, table.schema):
            route(append, batch, shard_map, widened(batch, table))  # or it is refused before anything changes
            columns = pa.schema(list(batch.types.items())).empty_table()
            self._writable().append([Append(append.table, columns, event_time=append.event_time)])
            table = self._follow(append.table)
            batch = normalised(append, table)
        self._tables[append.table.lower()] = table
        return table, batch

    def _remembered(self, name: str) -> Table | None:
        if (table := self._tables.get(name.lower())) is not None:
            return table
        try:
            return self.home.table(name)
        except NotFound:
            return None

    def _follow(self, name: str) -> Table:
        table = self.home.table(name)
        self._at_once([partial(shard.follow, table) for shard in self._others()])
        return table

    def _agree(self, shard_map: ShardMap) -> None:
        """Once for each map: what a crash left undone between the home shard and the others is done."""
        with self._agreeing:
            if self._agreed_version == shard_map.version:
                return
            names = self.table_names()
            for name in names:
                self._follow(name)
            for shard in self._others():
                for name in set(shard.table_names()) - set(names):
                    shard.drop_table(name, if_exists=True)
            self._agreed_version = shard_map.version

    def _others(self) -> list[Partition]:
        return [self.tenancy.partition(name) for name in self.shard_map().names if name != HOME]

    def _writable(self) -> Partition:
        self.tenancy.check_writable()
        return self.tenancy.partition(HOME)

    # -- reading ----------------------------------------------------------------------------------

    def head(self, stream: str) -> int:
        """The position of the stream's last event."""
        if not self.tenancy.exists():
            return 0
        while True:
            name = self.shard_map().route(stream)
            shard = self.tenancy.partition(name)
            position = shard.head(stream)
            if self.shard_map().by == "tenant" or not shard.closed_us():
                return position
            if self.tenancy.refresh().shard(name).live:
                return position  # being split: nothing was taken elsewhere yet

    def snapshots(self, cuts: Mapping[str, AsOf], shards: Sequence[str]) -> Sequence[ShardSnapshot]:
        if not self.tenancy.exists():
            return [NoShard(self.tenancy.name).snapshot(cuts) for _ in shards]
        partitions = [self.tenancy.partition(shard) for shard in shards]

        def take() -> list[ShardSnapshot]:
            return self._at_once(
                [partial(p.snapshot, cuts) for p in partitions], lambda snapshot: snapshot.release()
            )

        try:
            taken = take()
        except NotFound:
            if not self._mended(cuts):
                raise
            taken = take()
        for shard, snapshot in zip(shards, taken, strict=True):
            if snapshot.closed and self.shard_map().shard(shard).live:
                self.splits.met_closed(shard, cuts)
        return taken

    def _mended(self, tables: Iterable[str]) -> bool:
        """Whether the home shard knows them all: then others may have missed one while they were made."""
        if self.shard_map().single or not {t.lower() for t in tables} <= {
            t.lower() for t in self.table_names()
        }:
            return False
        try:
            self.tenancy.check_writable()
        except Unavailable:
            return False
        for table in tables:
            self._follow(table)
        return True

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
        self.partition(shard)
        return self.tenancy.ask_shard(
            shard,
            sql,
            params,
            as_of=as_of,
            now_us=now_us,
            timeout=timeout,
            memory_limit=memory_limit,
            cancel=cancel,
        )

    def _at_once(self, acts: Sequence[Callable[[], T]], undo: Callable[[T], None] | None = None) -> list[T]:
        """`undo`: of what the others did if one fails."""
        if len(acts) < 2:
            return [act() for act in acts]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(16, thread_name_prefix="thermocline-shards")
        futures = [self._pool.submit(act) for act in acts]
        wait(futures)
        if undo is not None and any(future.exception() for future in futures):
            for future in futures:
                if future.exception() is None:
                    undo(future.result())
        return [future.result() for future in futures]


def _straight(shard_map: ShardMap) -> bool:
    """Whether all rows are the one shard's business, and none can lack what decides where it goes."""
    return shard_map.single and shard_map.key == STREAM


async def _in_thread(act: Callable[[], T]) -> T:
    import asyncio

    return await asyncio.to_thread(act)
