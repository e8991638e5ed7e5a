"""A lake on a Ray cluster, with the calls of one in this process.

connect("./lake", runtime="ray")       a head on this machine, started if need be and ended with the lake
connect("ray://host:10001")            a cluster elsewhere; queries run there

Files are read by whoever computes an answer, straight from the object store; only hot rows cross as messages.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ...core.access import caller
from ...core.asof import AsOf
from ...core.clock import Clock, now_us, system_clock
from ...core.errors import Unavailable
from ...core.ids import Entropy, check_name
from ...core.objects import ObjectPolicy
from ...core.placement import Unit
from ...core.policy import TierPolicy
from ...core.protocols import Cancel
from ...core.results import Result
from ...core.sharding import ShardMap, new_shard_map
from ...router.engine import Engine
from ...tiers.assignments import Assignments
from ...tiers.files import CheckedFiles
from ...tiers.handover import split_shard
from ...tiers.object_store import is_remote, open_store
from ...tiers.policies import PolicyStore
from ...tiers.semantic_models import SemanticModels
from ...tiers.shard_maps import ShardMaps, databases_with_maps
from ..audit import audit_of
from ..database import LakeDatabase
from ..family.warehouses import Warehouse
from ..local_warehouses import LocalWarehouses
from ..models import models_of
from ..notices import Notices
from ..policed import PolicedLake
from ..seen_map import SeenMap
from ..top import cluster_top
from .client import ClusterClient
from .objects import ClusterDispatch, ClusterObjects
from .options import ClusterOptions, LakePlace
from .remote import RemotePartition
from .scratch import Scratch

if TYPE_CHECKING:
    from ...agent.providers.base import Provider
    from ...agent.providers.budget import Budget


class RayLake(PolicedLake):
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
        here: Any = None,
        ending: Any = None,
        model: Provider | str | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.place = place
        self.options = options
        self.policy = policy
        self.clock = clock
        self.entropy = entropy
        self.client = ClusterClient(keeper, options, here)
        self._keeper = keeper
        self._ending = ending
        self._scratch = Scratch()
        folder = self.path = self._scratch.path
        self.store = open_store(place.store, cache=folder / "cache")
        self.files = CheckedFiles(self.store)
        (folder / "tmp").mkdir()
        self.engine = Engine(folder, [self.store.folder])
        self.dispatch = ClusterDispatch(self.client, options, entropy, Assignments(self.store))
        self._objects = ClusterObjects(self.dispatch, self.client, options, ObjectPolicy(), entropy)
        self._lock = threading.Lock()
        self._databases: dict[str, LakeDatabase] = {}
        self._tenancies: dict[str, RayTenancy] = {}
        self._warehouses: LocalWarehouses | None = None
        self.background = options.sink
        self.notices = Notices()
        self.policies = PolicyStore(self.store, entropy, shared=True)
        self.audit = audit_of(self, clock)
        self.models = models_of(model, budget, clock, self.object)
        self.closing = False
        self.problem: Exception | None = None

    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Any:
        return self._database(name).as_caller(caller(principal, settings, door))

    def _database(self, name: str) -> LakeDatabase:
        check_name("database", name)
        with self._lock:
            if name not in self._databases:
                self._tenancies[name] = RayTenancy(name, self)
                self._databases[name] = LakeDatabase(self._tenancies[name])
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
    ) -> LakeDatabase:
        shard_map = new_shard_map(
            shards, by=shard_by, key=key, regions=regions, durability=durability, region=region
        )
        database = self._database(name)
        self._tenancies[name].create(shard_map)
        return database

    def databases(self) -> list[str]:
        names = {info.key.split("/")[1] for info in self.store.list("epochs/") if "/shard-" in info.key}
        return sorted(names | {n for n in databases_with_maps(self.store) if self.database(n).tables()})

    def object(self, kind: type, name: str | None = None) -> Any:
        return self._objects.stub(kind, name)

    def objects(self) -> ClusterObjects:
        return self._objects

    def report(self, database: str, problem: Exception | None) -> None:  # noqa: ARG002 - one for the process
        """What a pass over a database failed with, or that it went well. For pipelines."""
        self.problem = problem

    def new_id(self) -> str:
        return self.entropy(16).hex()

    def computing(self) -> LocalWarehouses:
        """The warehouses: their objects are hosted, their engines are this process's."""
        with self._lock:
            if self._warehouses is None:
                self._warehouses = LocalWarehouses(self)
            return self._warehouses

    def warehouse(self, name: str, **settings: Any) -> Warehouse:
        return self.computing().warehouse(name, **settings)

    def warehouses(self) -> list[dict[str, Any]]:
        return self.computing().warehouses()

    def hosts(self) -> list[dict[str, Any]]:
        """The processes of the cluster: seat, node, pid, and what each has open; see `thermocline top`."""
        found: list[dict[str, Any]] = self.client.keeper("hosts")
        return found

    def top(self) -> dict[str, Any]:
        """Hosts, the shards they have open, and lags, as `thermocline top` shows them; see `actors.top`."""
        return cluster_top(self.hosts(), now_us(self.clock))

    def move(self, unit: str, seat: str) -> None:
        """Moves a shard (`db/acme/shard-0`) or objects (`objects/017`) to another seat while calls go on."""
        self.client.keeper("move", self.unit(unit), seat)

    def unit(self, name: str) -> Unit:
        if name.startswith("db/"):
            _, database, shard = name.split("/")
            self.database(database)
            return self._tenancies[database].unit(shard)
        return Unit(name, replicated=self.options.objects == "replicated")

    def close(self) -> None:
        """Lets go of the cluster; one that was started here ends. A second call does nothing."""
        if self.closing:
            return
        self.closing = True
        self.notices.close()
        self.audit.flush()
        for database in self._databases.values():
            database.close()
        self.engine.close()
        if self._ending is not None:
            self._ending()
        self._scratch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class RayTenancy:
    """Implements `actors.tenancy.Tenancy` over hosts elsewhere."""

    remote = True

    def __init__(self, name: str, lake: RayLake) -> None:
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
        self._lake = lake
        self._maps = ShardMaps(lake.store, name)
        self._seen = SeenMap(self._maps.latest)
        self._partitions: dict[str, RemotePartition] = {}
        self._exists = False

    def exists(self) -> bool:
        if not self._exists:
            self._exists = bool(self._lake.store.list(f"epochs/{self.name}/"))
        return self._exists

    def shard_map(self) -> ShardMap:
        return self._seen.last()

    def refresh(self) -> ShardMap:
        return self._seen.look()

    @property
    def location(self) -> Callable[[str], str] | None:
        return self._lake.store.location if is_remote(self._lake.place.store) else None

    def create(self, shard_map: ShardMap) -> None:
        self._maps.create(shard_map, exists=self.exists())
        self._seen.forget()

    def unit(self, shard: str, shard_map: ShardMap | None = None) -> Unit:
        return unit_of(self.name, shard, shard_map or self.shard_map())

    def partition(self, shard: str, shard_map: ShardMap | None = None) -> RemotePartition:
        found = self._partitions.get(shard)
        if found is None:
            lake = self._lake
            found = RemotePartition(self.unit(shard, shard_map), lake.client, lake.files, lake.entropy)
            self._partitions[shard] = found
        return found

    def check_writable(self) -> None:
        """Every client of a cluster may write."""

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
        if cancel is not None and cancel.cancelled:
            raise Unavailable("the query was cancelled", hint="ask again")
        options = {"as_of": as_of, "now_us": now_us, "timeout": timeout, "memory_limit": memory_limit}
        args = (sql, params)
        table, certificate, closed = self._lake.client.call(self.unit(shard), "ask", args, options)
        if closed and self.shard_map().shard(shard).live:
            self.refresh()
        return Result(table, certificate)

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
        return self._lake.computing().in_warehouse(warehouse, database, sql, params, limits)

    def split(self, shard: str) -> ShardMap:
        split_shard(shard, self._maps, self.partition)
        return self.refresh()

    def quarantine_file(self, table: str, imported: Path) -> Path:
        """Beside the file that was read: it is this client's, not the cluster's."""
        return imported.with_name(f"{imported.name}.{self.name}.{table}.quarantine.ndjson")


def unit_of(database: str, shard: str, shard_map: ShardMap) -> Unit:
    replicated = shard_map.durability == "replicated"
    return Unit(f"db/{database}/{shard}", shard_map.region_of(shard), replicated)


def inside_lake(
    place: LakePlace, options: ClusterOptions, policy: TierPolicy, clock: Clock, host: Any
) -> RayLake:
    """The lake as an object's context has it, in a host's process."""
    from .processes import find_keeper

    keeper = find_keeper(place)
    return RayLake(keeper, place, options, policy, clock=clock, here=host)
