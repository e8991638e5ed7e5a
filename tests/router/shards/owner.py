"""A database over real shards in one process: rows go by a shard map, tables look the same in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from thermocline.core.asof import AsOf, AtBookmark
from thermocline.core.keys import Keys
from thermocline.core.owners import Append
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Cancel
from thermocline.core.results import Appended, Result
from thermocline.core.schema import Table
from thermocline.core.sharding import HOME, ShardMap
from thermocline.core.snapshots import ShardSnapshot
from thermocline.router.engine import Engine
from thermocline.router.one_shard import OneShard
from thermocline.router.query import Router
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.files import CheckedFiles
from thermocline.tiers.intake.received import batch_of
from thermocline.tiers.intake.route import route
from thermocline.tiers.object_store import open_store
from thermocline.tiers.shard import Shard, Surroundings
from thermocline.tiers.steps.flush import flush

from ...conftest import FakeClock


class ShardedOwner:
    """Implements `DatabaseOwner`. `asked`: the shards of each snapshot call; `questions`: of `ask_shard`."""

    def __init__(
        self, folder: Path, shard_map: ShardMap, clock: FakeClock, entropy: Callable[[int], bytes]
    ) -> None:
        store = open_store(folder / "objects")
        catalog = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.sqlite"}
        self.around = Surroundings(
            store, CheckedFiles(store), IcebergCold(store, catalog), clock, entropy, TierPolicy()
        )
        self.folder = folder
        self.clock = clock
        self.engine = Engine(folder)
        self.pushes_down = False
        self.shards: dict[str, Shard] = {}
        self.asked: list[list[str]] = []
        self.questions: list[tuple[str, str]] = []
        self.set_map(shard_map)

    def set_map(self, shard_map: ShardMap) -> None:
        self.map = shard_map
        for name in shard_map.names:
            if name not in self.shards:
                self.shards[name] = Shard("acme", name, self.folder / f"{name}.sqlite", self.around)
                for table in self.shards[HOME].table_names():
                    self.take_over(self.shards[name], self.shards[HOME].table(table))

    def take_over(self, shard: Shard, table: Table) -> None:
        shard.append([Append(table.name, table.schema.payload.empty_table())])

    def close(self) -> None:
        for shard in self.shards.values():
            shard.close()
        self.around.cold.close()
        self.engine.close()

    # -- the protocol -----------------------------------------------------------------------------

    def shard_map(self) -> ShardMap:
        return self.map

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        (operation,) = operations
        home = self.shards[HOME]
        if self.map.single:
            return home.append(operations)
        known = home.table(operation.table).schema if operation.table in home.table_names() else None
        news = pa.schema(list(batch_of(operation, known).types.items()))
        for shard in self.shards.values():
            shard.append([Append(operation.table, news.empty_table())])
        schema = home.table(operation.table).schema
        parts = route(operation, batch_of(operation, schema), self.map, schema)
        rows = sum(self.shards[s].append([part])[operation.table].rows for s, part in parts.items())
        return {operation.table: Appended(None, None, rows)}

    def snapshots(self, cuts: Mapping[str, AsOf], shards: Sequence[str]) -> Sequence[ShardSnapshot]:
        self.asked.append(list(shards))
        return [self.shards[name].snapshot(cuts) for name in shards]

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
        self.questions.append((shard, sql))
        router = Router(OneShard(self.shards[shard]), self.engine, self.clock, "acme")
        limits: dict[str, Any] = {"timeout": timeout, "memory_limit": memory_limit, "cancel": cancel}
        return router.sql(sql, params, as_of=as_of, now_us=now_us, **limits)

    def table_names(self) -> list[str]:
        return self.shards[HOME].table_names()

    def table(self, name: str) -> Table:
        return self.shards[HOME].table(name)

    def create_table(self, name: str, fields: Sequence[tuple[str, pa.DataType]], **options: Any) -> bool:
        created = [shard.create_table(name, fields, **options) for shard in self.shards.values()]
        return created[0]

    def tell_keys(self, table: str, keys: Keys) -> bool:
        told = [shard.tell_keys(table, keys) for shard in self.shards.values()]
        return told[0]

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        dropped = [shard.drop_table(name, if_exists=if_exists) for shard in self.shards.values()]
        return dropped[0]

    # -- for tests --------------------------------------------------------------------------------

    def write(self, table: str, rows: pa.Table | list[dict[str, Any]]) -> None:
        self.append([Append(table, rows)])

    def flush(self, table: str, *shards: str) -> None:
        for name in shards or self.map.names:
            flush(self.shards[name], self.shards[name].state(table))

    def bookmark(self) -> AtBookmark:
        return AtBookmark({name: shard.bookmark_seq() for name, shard in self.shards.items()})

    def router(self) -> Router:
        return Router(self, self.engine, self.clock, "acme")
