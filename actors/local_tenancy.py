"""The shards of one database in this process: opened at their first use, created at the first write."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.asof import AsOf
from ..core.errors import Unavailable
from ..core.protocols import Cancel
from ..core.results import Result
from ..core.sharding import ShardMap
from ..router.one_shard import OneShard
from ..router.query import Router
from ..tiers.handover import split_shard
from ..tiers.semantic_models import SemanticModels
from ..tiers.shard_maps import ShardMaps
from .partition import LocalPartition
from .seen_map import SeenMap

if TYPE_CHECKING:
    from .database import LakeDatabase
    from .local import LocalLake


class LocalTenancy:
    """Implements `actors.tenancy.Tenancy`."""

    remote = False

    def __init__(self, name: str, lake: LocalLake) -> None:
        self.name = name
        self.engine = lake.engine
        self.clock = lake.clock
        self.background = lake.background
        self.notices = lake.notices
        self.policy = lake.policy
        self.policies = lake.policies
        self.audit = lake.audit
        self.models = lake.models
        self.semantic = SemanticModels(lake.store, name)
        self.opened: dict[str, LocalPartition] = {}
        self._lake = lake
        self._maps = ShardMaps(lake.store, name)
        self._seen = SeenMap(self._maps.latest)
        self._exists = False
        self._lock = threading.Lock()

    def exists(self) -> bool:
        if not self._exists:
            self._exists = bool(self.opened) or self._lake.exists(self.name)
        return self._exists

    def shard_map(self) -> ShardMap:
        return self._seen.last()

    def refresh(self) -> ShardMap:
        # Only this process changes it, unless another one writes.
        return self._seen.look() if self._lake.read_only else self._seen.last()

    @property
    def location(self) -> None:
        """Its files are read from its disk or its cache."""

    def create(self, shard_map: ShardMap) -> None:
        """Gives a database that does not exist yet its shards. Raises `Invalid` if it has others."""
        self.check_writable()
        self._maps.create(shard_map, exists=self.exists())
        self._seen.forget()

    def partition(self, shard: str, shard_map: ShardMap | None = None) -> LocalPartition:
        found = self.opened.get(shard)
        if found is None:
            with self._lock:
                found = self.opened.get(shard)
                if found is None:
                    spread = shard_map or self.shard_map()
                    found = LocalPartition(
                        self._lake.open_shard(self.name, shard, spread), background=self.background
                    )
                    self.opened[shard] = found
        return found

    def check_writable(self) -> None:
        if self._lake.read_only:
            raise Unavailable("this lake is open for reading only", hint="connect without read_only=True")

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
        router = Router(OneShard(self.partition(shard)), self.engine, self.clock, self.name)
        return router.sql(
            sql,
            params,
            as_of=as_of,
            now_us=now_us,
            timeout=timeout,
            memory_limit=memory_limit,
            cancel=cancel,
        )

    def new_id(self) -> str:
        return self._lake.new_id()

    def in_warehouse(
        self,
        warehouse: str,
        database: LakeDatabase,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None,
        limits: Mapping[str, Any],
    ) -> Result:
        return self._lake.computing().in_warehouse(warehouse, database, sql, params, limits)

    def split(self, shard: str) -> ShardMap:
        try:
            return split_shard(shard, self._maps, self.partition)
        finally:
            self._seen.look()

    def object(self, kind: type, name: str) -> Any:
        return self._lake.object(kind, name)

    def quarantine_file(self, table: str, imported: Path) -> Path:
        return self._lake.quarantine_file(self.name, table, imported)
