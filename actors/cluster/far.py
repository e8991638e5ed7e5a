"""A lake at `ray://host:10001`, with the calls of one that is here.

appends, tiers, objects --> straight to the hosts that own them, as on any client
queries, what is in the object store --> this client's compute actor in the cluster --> rows as Arrow

The caller's machine has neither the lake's disk nor the key of its object store, and needs no way to them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from ...core.access import OWNER, Caller, caller, checked_name
from ...core.agents import NamedAgent
from ...core.answers import MOST_ROWS, Answer, Option
from ...core.asof import AsOf
from ...core.clock import Clock, now_us, system_clock
from ...core.errors import Unavailable
from ...core.ids import Entropy, check_name
from ...core.objects import ObjectPolicy
from ...core.policy import TierPolicy
from ...core.policy_file import given_text
from ...core.protocols import Cancel
from ...core.results import Result
from ...core.sharding import ShardMap
from ...router.engine import Engine
from ...router.materialized.known import KnownViews
from ...tiers.policies import PolicyStore
from ..database import LakeDatabase
from ..family.warehouses import Warehouse
from ..named_agent import DOOR as AGENT_DOOR
from ..notices import Notices
from ..seen_map import SeenMap
from ..top import cluster_top
from .client import ClusterClient
from .far_agent import FarAgent
from .far_compute import start_compute
from .far_guarded import FarGuarded
from .far_models import FarModels
from .lake import unit_of
from .objects import ClusterDispatch, ClusterObjects
from .options import ClusterOptions, LakePlace
from .remote import RemotePartition


class FarLake:
    """Implements `core.protocols.Lakehouse`. `ending`: what `close` ends besides."""

    def __init__(
        self,
        keeper: Any,
        place: LakePlace,
        options: ClusterOptions,
        policy: TierPolicy,
        *,
        clock: Clock = system_clock,
        entropy: Entropy = os.urandom,
        ending: Any = None,
    ) -> None:
        self.options = options
        self.policy = policy
        self.clock = clock
        self.entropy = entropy
        self.compute = compute = start_compute(place, options, policy, clock, entropy)
        self.client = ClusterClient(keeper, options)
        self.background = options.sink
        self.notices = Notices()
        self.closing = False
        self._keeper = keeper
        self._ending = ending
        self._objects = ClusterObjects(
            ClusterDispatch(self.client, options, entropy, compute),
            self.client,
            options,
            ObjectPolicy(),
            entropy,
        )
        self._lock = threading.Lock()
        self._databases: dict[str, FarDatabase] = {}

    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Any:
        return self._database(name).as_caller(caller(principal, settings, door))

    def _database(self, name: str) -> FarDatabase:
        check_name("database", name)
        with self._lock:
            if name not in self._databases:
                self._databases[name] = FarDatabase(FarTenancy(name, self))
            return self._databases[name]

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
    ) -> FarDatabase:
        settings = {"shards": shards, "shard_by": shard_by, "key": key, "regions": regions}
        self.compute.create_database(name, settings | {"durability": durability, "region": region})
        database = self._database(name)
        database.shards.tenancy.refresh()
        return database

    def databases(self) -> list[str]:
        names: list[str] = self.compute.lake("databases")
        return names

    def agent(
        self,
        name: str,
        *,
        database: str = "main",
        tables: Sequence[str] | None = None,
        roles: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        limit: int = MOST_ROWS,
        max_query_runtime_s: float | None = None,
    ) -> NamedAgent:
        """See `core.protocols.Lakehouse`."""
        who = checked_name(name)
        given = {"tables": tables, "roles": roles, "max_query_runtime_s": max_query_runtime_s}
        self.compute.open_agent(who, {"database": database, **given})
        mine = self.database(database, principal=who, settings=settings, door=AGENT_DOOR)
        return NamedAgent(who, mine, FarAgent(self.compute, who, database, settings), limit)

    def principal_of(self, token: str) -> str | None:
        found: str | None = self.compute.lake("principal_of", token)
        return found

    def has_tokens(self) -> bool:
        return bool(self.compute.lake("has_tokens"))

    def policy_text(self) -> str:
        return str(self.compute.lake("policy_text"))

    def check_policy(self, source: str | Path) -> list[str]:
        found: list[str] = self.compute.lake("check_policy", given_text(source))
        return found

    def apply_policy(self, source: str | Path) -> int:
        return int(self.compute.lake("apply_policy", given_text(source)))

    def object(self, kind: type, name: str | None = None) -> Any:
        return self._objects.stub(kind, name)

    def objects(self) -> ClusterObjects:
        return self._objects

    def new_id(self) -> str:
        return self.entropy(16).hex()

    def warehouse(self, name: str, **settings: Any) -> Warehouse:
        from ..family.warehouse import WarehouseDO

        self.compute.warehouse(name, settings)
        return Warehouse(name, self.object(WarehouseDO, name))

    def warehouses(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.compute.lake("warehouses")
        return found

    def hosts(self) -> list[dict[str, Any]]:
        """The processes of the cluster: seat, node, pid, and what each has open; see `thermocline top`."""
        found: list[dict[str, Any]] = self.compute.lake("hosts")
        return found

    def top(self) -> dict[str, Any]:
        """Hosts, the shards they have open, and lags, as `thermocline top` shows them; see `actors.top`."""
        return cluster_top(self.hosts(), now_us(self.clock))

    def move(self, unit: str, seat: str) -> None:
        """Moves a shard (`db/acme/shard-0`) or objects (`objects/017`) to another seat while calls go on."""
        self.compute.lake("move", unit, seat)

    def close(self) -> None:
        """Lets go of the cluster, which goes on. A second call does nothing."""
        if self.closing:
            return
        self.closing = True
        self.notices.close()
        for database in self._databases.values():
            database.close()
        self.compute.close()
        if self._ending is not None:
            self._ending()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class FarDatabase(LakeDatabase):
    """Its statements run in the cluster."""

    def __init__(self, tenancy: FarTenancy) -> None:
        super().__init__(tenancy)
        self._compute = tenancy.compute
        self._known = KnownViews(self.shards.table_names, self.sql)

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
        warehouse: str | None = None,
    ) -> Result:
        limits: dict[str, Any] = {
            "as_of": as_of,
            "dialect": dialect,
            "timeout": timeout,
            "memory_limit": memory_limit,
            "stream": stream,
            "engine": engine,
            "warehouse": warehouse,
        }
        return self._compute.sql(self.name, sql, params, limits, cancel)

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
        options: dict[str, Any] = {"as_of": as_of, "dialect": dialect, "analyze": analyze, "engine": engine}
        return str(self._compute.database(self.name, "explain", sql, params, **options))

    def ask(self, question: str | Option, **options: Any) -> Answer:
        found: Answer = self._compute.database(self.name, "ask", question, **options)
        return found

    def model_draft(self) -> str:
        return str(self._compute.database(self.name, "model_draft"))

    def check_model(self, text: str) -> None:
        self._compute.database(self.name, "check_model", text)

    def apply_model(self, text: str) -> int:
        return int(self._compute.database(self.name, "apply_model", text))

    def schema(self, table: str, *, as_of: object = None) -> pa.Schema:
        return self._compute.database(self.name, "schema", table, as_of=as_of)

    def grant(self, who: str, privilege: str, table: str = "*") -> bool:
        return bool(self._compute.database(self.name, "grant", who, privilege, table))

    def revoke(self, who: str, privilege: str, table: str = "*") -> bool:
        return bool(self._compute.database(self.name, "revoke", who, privilege, table))

    def grants(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._compute.database(self.name, "grants")
        return found

    def as_caller(self, caller: Caller) -> Any:
        return self if caller == OWNER else FarGuarded(self.name, caller, self._compute)

    @property
    def known_views(self) -> KnownViews:
        return self._known


class FarTenancy:
    """Implements `actors.tenancy.Tenancy` for a client that sees nothing of the object store."""

    remote = True

    def __init__(self, name: str, lake: FarLake) -> None:
        self.name = name
        self.clock = lake.clock
        self.background = lake.background
        self.notices = lake.notices
        self.policy = lake.policy
        self.compute = lake.compute
        self._lake = lake
        self._seen = SeenMap(self._find_map)
        self._partitions: dict[str, RemotePartition] = {}
        self._exists = False

    @property
    def engine(self) -> Engine:
        raise _no_engine()

    @property
    def policies(self) -> PolicyStore:
        raise _no_engine()

    @property
    def semantic(self) -> FarModels:
        return FarModels(self.compute, self.name)

    @property
    def models(self) -> None:
        """Questions are answered where queries run."""

    @property
    def audit(self) -> None:
        """Queries are noted where they run."""

    @property
    def location(self) -> None:
        """Whoever computes in the cluster knows it."""

    def exists(self) -> bool:
        if not self._exists:
            self._exists = bool(self.compute.tenancy(self.name, "exists"))
        return self._exists

    def shard_map(self) -> ShardMap:
        return self._seen.last()

    def refresh(self) -> ShardMap:
        return self._seen.look()

    def _find_map(self) -> ShardMap:
        found: ShardMap = self.compute.tenancy(self.name, "refresh")
        return found

    def partition(self, shard: str, shard_map: ShardMap | None = None) -> RemotePartition:
        found = self._partitions.get(shard)
        if found is None:
            unit = unit_of(self.name, shard, shard_map or self.shard_map())
            found = RemotePartition(unit, self._lake.client, None, self._lake.entropy)
            self._partitions[shard] = found
        return found

    def check_writable(self) -> None:
        """Every client of a cluster may write."""

    def ask_shard(
        self,
        shard: str,  # noqa: ARG002
        sql: str,  # noqa: ARG002
        params: Sequence[Any] | Mapping[str, Any] | None,  # noqa: ARG002
        *,
        as_of: AsOf,  # noqa: ARG002
        now_us: int,  # noqa: ARG002
        timeout: float | None,  # noqa: ARG002
        memory_limit: str | None,  # noqa: ARG002
        cancel: Cancel | None,  # noqa: ARG002
    ) -> Result:
        raise _no_engine()

    def object(self, kind: type, name: str) -> Any:
        return self._lake.object(kind, name)

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
        return database.sql(sql, params, warehouse=warehouse, **limits)

    def split(self, shard: str) -> ShardMap:
        self.compute.database(self.name, "split", shard)
        return self.refresh()

    def quarantine_file(self, table: str, imported: Path) -> Path:
        """Beside the file that was read: it is this client's, not the cluster's."""
        return imported.with_name(f"{imported.name}.{self.name}.{table}.quarantine.ndjson")


def _no_engine() -> Unavailable:
    return Unavailable("this client has no engine: queries run in the cluster", hint="db.sql(...)")
