"""A database that is one shard, as the router sees a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import pyarrow as pa

from ..core.asof import AsOf
from ..core.keys import NO_KEYS, Keys
from ..core.owners import Append, ShardOwner
from ..core.protocols import Cancel
from ..core.results import Appended, Moved
from ..core.schema import Field, Table
from ..core.sharding import ShardMap
from ..core.snapshots import ShardSnapshot
from ..core.vectors import VectorIndex

_MAP = ShardMap()


class OneShard:
    """Implements `core.owners.DatabaseOwner` over the owner of a single shard, whatever its name."""

    pushes_down = False

    def __init__(self, owner: ShardOwner) -> None:
        self._owner = owner

    def shard_map(self) -> ShardMap:
        return _MAP

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        return self._owner.append(operations)

    def snapshots(self, cuts: Mapping[str, AsOf], shards: Sequence[str]) -> Sequence[ShardSnapshot]:
        return [self._owner.snapshot(cuts) for _ in shards]

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
    ) -> NoReturn:
        """Never called: there is nothing to spread a query over."""
        raise NotImplementedError

    def table_names(self) -> list[str]:
        return self._owner.table_names()

    def table(self, name: str) -> Table:
        return self._owner.table(name)

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
        return self._owner.create_table(
            name,
            fields,
            event_time=event_time,
            clustering=clustering,
            retention_s=retention_s,
            if_not_exists=if_not_exists,
            keys=keys,
        )

    def set_index(self, table: str, column: str, index: VectorIndex) -> Moved:
        return self._owner.set_index(table, column, index)

    def set_computed(self, table: str, column: Field, *, new: bool) -> bool:
        return self._owner.set_computed(table, column, new=new)

    def tell_keys(self, table: str, keys: Keys) -> bool:
        return self._owner.tell_keys(table, keys)

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        return self._owner.drop_table(name, if_exists=if_exists)
