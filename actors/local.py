"""The embedded runtime: a lake in one directory, its databases in this process.

<lake>/lock                       held by the one writing process
<lake>/catalog.sqlite             the Iceberg catalog (unless another is configured)
<lake>/databases/<name>/hot.sqlite, and shard-1.sqlite, shard-2.sqlite, ... of a database of several shards
<lake>/objects-hot/               durable objects: 000.sqlite to 255.sqlite, as needed
<lake>/objects/                   segments, manifests, Iceberg files (unless another store is given)
<lake>/tmp/                       what the engine spills
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from ..core.access import caller
from ..core.clock import Clock, now_us, system_clock
from ..core.errors import Corrupt, Error, Invalid, NotFound, Unavailable
from ..core.ids import Entropy, check_name, uuid7s
from ..core.owners import Partition, PartitionFacts
from ..core.policy import TierPolicy
from ..core.sharding import HOME, ShardMap, new_shard_map
from ..router.embedded import embedded
from ..router.engine import Engine
from ..tiers.cold.iceberg import IcebergCold
from ..tiers.epochs import Epochs
from ..tiers.files import CheckedFiles
from ..tiers.object_store import ObjectStore, open_store
from ..tiers.policies import PolicyStore
from ..tiers.seal import break_seal, check_and_break_seal, check_seal, seal_file
from ..tiers.shard import Shard, Surroundings
from ..tiers.steps.archive import complete_archive, follow_move
from .audit import audit_of
from .database import LakeDatabase
from .lake_lock import LakeLock
from .local_tenancy import LocalTenancy
from .models import models_of
from .notices import Notices
from .policed import PolicedLake

if TYPE_CHECKING:
    from ..agent.providers.base import Provider
    from ..agent.providers.budget import Budget
    from .family.warehouses import Warehouse
    from .local_warehouses import LocalWarehouses
    from .objects.catalog import Objects


class LocalLake(PolicedLake):
    """Implements `core.protocols.Lakehouse` on a directory. See `thermocline.connect`."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = system_clock,
        entropy: Entropy = os.urandom,
        object_store: ObjectStore | str | None = None,
        catalog: Mapping[str, str] | None = None,
        policy: TierPolicy | None = None,
        read_only: bool = False,
        background: bool = True,
        region: str | None = None,
        model: Provider | str | None = None,
        budget: Budget | None = None,
    ) -> None:
        if read_only and not (path / "databases").is_dir():
            raise NotFound(f"no lake at {path}", hint="connect without read_only=True to create one")
        if path.exists() and not path.is_dir():
            raise Invalid(f"{path} is a file", hint="name a directory")
        self.path = path
        self.read_only = read_only
        self.clock = clock
        self.background = background and not read_only
        self._lock = threading.RLock()
        self._region = region
        self._databases: dict[str, LakeDatabase] = {}
        self._tenancies: dict[str, LocalTenancy] = {}
        self._objects: Objects | None = None
        self._warehouses: LocalWarehouses | None = None
        self._entropy = entropy
        self.notices = Notices()
        self.policy = policy or TierPolicy()
        self.closing = False
        self._closed = False
        self._problems: dict[str, Exception] = {}
        self.models = models_of(model, budget, clock, None if read_only else self.object)
        if not read_only:
            for folder in ("databases", "tmp"):
                (path / folder).mkdir(parents=True, exist_ok=True)
        self._owned = None if read_only else LakeLock(path)
        store = self.store = _store(path, object_store)
        self._catalog_file = path / "catalog.sqlite"
        self._check_catalog()
        self.engine = Engine(path, [store.folder])
        self._around = Surroundings(
            store=store,
            files=CheckedFiles(store),
            cold=IcebergCold(store, catalog or _default_catalog(self._catalog_file)),
            clock=clock,
            entropy=entropy,
            policy=self.policy,
            embed=partial(embedded, self.engine),
        )
        self.policies = PolicyStore(store, entropy, shared=read_only)
        self.audit = None if read_only else audit_of(self, clock)
        if self.background and (path / "objects-hot").is_dir():
            self.objects()  # an alarm may be due

    @overload
    def database(self, name: str) -> LakeDatabase: ...

    @overload
    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Any: ...

    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "sdk",
    ) -> Any:
        """The tenant of that name, as its owner has it or a principal.

        `settings`: what `current_setting` tells row policies; you vouch for it. `door`: as the audit says.
        """
        check_name("database", name)
        with self._lock:
            if name not in self._databases:
                self._tenancies[name] = LocalTenancy(name, self)
                self._databases[name] = LakeDatabase(self._tenancies[name])
            found = self._databases[name]
        return found.as_caller(caller(principal, settings, door))

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
        """A database with shards as chosen; see `core.sharding`. Nothing happens if it is there so."""
        shard_map = new_shard_map(
            shards, by=shard_by, key=key, regions=regions, durability=durability, region=region
        )
        from .family.coordinator import make_database

        check_name("database", name)
        make_database(self.coordinator(), self, name, shard_map)
        return self.database(name)

    def make_database(self, name: str, shard_map: ShardMap) -> None:
        """Gives a database its shards; for the coordinator. Raises `Invalid` if it has others."""
        self.database(name)
        self._tenancies[name].create(shard_map)

    def databases(self) -> list[str]:
        folder = self.path / "databases"
        return sorted(f.parent.name for f in folder.glob("*/hot.sqlite"))

    def object(self, kind: type, name: str | None = None) -> Any:
        """A stub of the durable object of that class and name, or of one that nobody can name."""
        return self.objects().stub(kind, name)

    def objects(self) -> Objects:
        """The system table of durable objects."""
        from .objects.opening import open_objects

        with self._lock:
            if self._closed:
                raise Unavailable("the lake is closed", hint="connect again")
            if self._objects is None:
                if self.read_only:
                    raise Unavailable("this lake is open for reading only", hint="connect without read_only")
                self._objects = open_objects(
                    self, self.path, self.store, self.clock, self._entropy, background=self.background
                )
            return self._objects

    def coordinator(self) -> Any:
        """The one that knows the lake's databases, warehouses and hosts: `.facts()`."""
        from .family.coordinator import NAME, LakehouseCoordinator

        return self.object(LakehouseCoordinator, NAME)

    def new_id(self) -> str:
        (text,) = uuid7s(1, now_us(self.clock), self._entropy)
        return text

    def hosts(self) -> list[dict[str, Any]]:
        """Those that serve the lake: this process."""
        return [{"host": "embedded", "pid": os.getpid(), "region": self._region}]

    def top(self) -> dict[str, Any]:
        """Hosts, shards with their queues, and lags, as `thermocline top` shows them; see `actors.top`."""
        from .top import Opened, host_name, top

        opened: list[Opened] = []
        problems: dict[str, str] = {}
        for name in self.databases():
            try:
                opened += [(name, None, facts) for facts in self.database(name).shards.each(_facts)]
            except Error as error:
                problems[name] = error.message  # the numbers of the others are still worth seeing
        (me,) = self.hosts()
        return top([me], {host_name(me): opened}, now_us(self.clock), problems)

    # -- warehouses -------------------------------------------------------------------------------

    def computing(self) -> LocalWarehouses:
        """The warehouses, and the engines of those that are up."""
        from .local_warehouses import LocalWarehouses

        with self._lock:
            if self._warehouses is None:
                self._warehouses = LocalWarehouses(self)
            return self._warehouses

    def warehouse(self, name: str, **settings: Any) -> Warehouse:
        """Named compute for queries, `db.sql(..., warehouse=name)`, made at its first mention.

        `size`: XS, S, M, L or XL. `auto_suspend_s`: idle seconds after which its engine is closed.
        `concurrency`: queries at a time. `queue`: queries that may wait; more are `Overloaded`.
        """
        return self.computing().warehouse(name, **settings)

    def warehouses(self) -> list[dict[str, Any]]:
        """Of each: name, state, settings, queries running and waiting, and its usage counters."""
        return self.computing().warehouses()

    def suspend_compute(self, name: str) -> bool:
        """Closes a warehouse's engine; False if it was not up. For the warehouse's object."""
        return self.computing().computes.suspend(name)

    def close(self) -> None:
        """Ends the background, seals the files and lets go of the lake. A second call does nothing."""
        if self.closing:
            return
        self.closing = True
        self.notices.close()
        if self.audit is not None:
            self.audit.flush()
        if self._objects is not None:
            from .family.aside import wait_for_aside
            from .family.query import stop_queries

            stop_queries(self)
            self._objects.stop()
            wait_for_aside(self)
        self._closed = True
        if self._objects is not None:
            self._objects.close()
        for database in list(self._databases.values()):
            database.close()
        with self._lock:
            for tenancy in self._tenancies.values():
                for name, partition in tenancy.opened.items():
                    partition.close()
                    if not self.read_only:
                        seal_file(self._hot_file(tenancy.name, name))
        if self._warehouses is not None:
            self._warehouses.close()
        self.engine.close()
        self._around.cold.close()
        if self._owned is not None:
            seal_file(self._catalog_file)
            self._owned.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    # -- for its databases ------------------------------------------------------------------------

    def exists(self, name: str) -> bool:
        """Also if only its hot file is missing: then opening it says so."""
        return self._hot_file(name, HOME).exists() or Epochs(self.store, name, HOME).highest() > 0

    def open_shard(self, database: str, name: str, shard_map: ShardMap) -> Shard:
        """Opens or creates a shard and completes what a crash interrupted."""
        self._check_region(database, shard_map.region_of(name))
        path = self._hot_file(database, name)
        replicated = shard_map.durability == "replicated"
        if self.read_only:
            check_seal(path)
        else:
            # Before anything is written, or a failure to open would leave a changed file under its old seal.
            check_and_break_seal(path, restorable=replicated)
            break_seal(self._catalog_file)
        shard = Shard(database, name, path, self._around, read_only=self.read_only, replicated=replicated)
        if not self.read_only:
            for state in shard.all_states():
                complete_archive(shard, state)
                follow_move(shard, state)
        return shard

    def _check_region(self, database: str, region: str | None) -> None:
        if region is not None and region != self._region:
            raise Unavailable(
                f"`{database}` must stay in region {region}; this lake's is {self._region or 'not told'}",
                hint=f'connect(..., region="{region}") where that is true',
            )

    def quarantine_file(self, database: str, table: str, imported: Path) -> Path:
        """Where an import puts the lines that it could not take."""
        folder = self.path / "quarantine"
        folder.mkdir(exist_ok=True)
        return folder / f"{database}.{table}.{imported.name}.ndjson"

    @property
    def problem(self) -> Exception | None:
        """What a database's pipeline failed with in its last pass."""
        return next(iter(self._problems.values()), None)

    def report(self, database: str, problem: Exception | None) -> None:
        """What a pass over a database failed with, or that it went well. For pipelines."""
        if problem is None:
            self._problems.pop(database, None)
        else:
            self._problems[database] = problem

    def _check_catalog(self) -> None:
        try:
            check_seal(self._catalog_file)
        except Corrupt:
            if self._owned is not None:
                self._owned.release()
            raise

    def _hot_file(self, database: str, shard: str) -> Path:
        return self.path / "databases" / database / ("hot.sqlite" if shard == HOME else f"{shard}.sqlite")


def _facts(shard: Partition) -> PartitionFacts:
    return shard.facts()


def _store(path: Path, given: ObjectStore | str | None) -> ObjectStore:
    if given is None:
        return open_store(path / "objects")
    return open_store(given, cache=path / "cache") if isinstance(given, str) else given


def _default_catalog(path: Path) -> dict[str, str]:
    return {"type": "sql", "uri": f"sqlite:///{path.absolute()}"}
