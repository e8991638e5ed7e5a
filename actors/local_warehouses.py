"""The warehouses of an embedded lake: their objects, and engines in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..core.ids import check_name
from ..core.results import Result
from ..router.engine import Engine
from .family.compute import Computes, WarehouseSettings
from .family.coordinator import NAME, LakehouseCoordinator
from .family.warehouse import WarehouseDO
from .family.warehouses import Warehouse, run_in

if TYPE_CHECKING:
    from .cluster.lake import RayLake
    from .database import LakeDatabase
    from .local import LocalLake


class LocalWarehouses:
    def __init__(self, lake: LocalLake | RayLake) -> None:
        self.computes = Computes(lambda threads: Engine(lake.path, [lake.store.folder], threads))
        self._lake = lake
        self._known: set[str] = set()

    def warehouse(self, name: str, **settings: Any) -> Warehouse:
        """The warehouse of that name, made or changed if settings are given or it is new."""
        check_name("warehouse", name)
        stub = self._lake.object(WarehouseDO, name)
        coordinator = self._coordinator()
        if settings or name not in coordinator.warehouses():
            stub.configure(WarehouseSettings(**settings))
            coordinator.add_warehouse(name)
        return Warehouse(name, stub)

    def warehouses(self) -> list[dict[str, Any]]:
        return [self._lake.object(WarehouseDO, name).facts() for name in self._coordinator().warehouses()]

    def drop(self, name: str) -> None:
        """Raises `NotFound`."""
        self._check(name)
        self._lake.object(WarehouseDO, name).forget()
        self._coordinator().drop_warehouse(name)
        self._known.discard(name)

    def in_warehouse(
        self,
        name: str,
        database: LakeDatabase,
        sql: str,
        params: Sequence[Any] | Mapping[str, Any] | None,
        limits: Mapping[str, Any],
    ) -> Result:
        self._check(name)
        stub = self._lake.object(WarehouseDO, name)
        return run_in(
            stub,
            self._lake.new_id(),
            lambda settings: self.computes.get(name, settings),
            database,
            sql,
            params,
            limits,
        )

    def close(self) -> None:
        self.computes.close()

    def _check(self, name: str) -> None:
        if name not in self._known:
            self._coordinator().check_warehouse(name)
            self._known.add(name)

    def _coordinator(self) -> Any:
        return self._lake.object(LakehouseCoordinator, NAME)
