"""What a warehouse computes with: an engine of its own, of the size that it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...core.errors import Invalid, nearest
from ...core.results import Result
from ...router.engine import Engine
from ...router.query import Router

if TYPE_CHECKING:
    from ..database import LakeDatabase

SIZES = {"XS": 1, "S": 2, "M": 4, "L": 8, "XL": 16}
"""Threads."""

GB_PER_THREAD = 2


@dataclass(frozen=True, slots=True)
class WarehouseSettings:
    """`size`: one of `SIZES`. `auto_suspend_s`: how long it stays up without a query. `concurrency`: queries
    at a time; `queue`: those that may wait."""

    size: str = "S"
    auto_suspend_s: float = 60.0
    concurrency: int = 2
    queue: int = 100

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise Invalid(f"size={self.size!r}", hint=nearest(self.size, SIZES))
        if self.concurrency < 1 or self.queue < 0 or self.auto_suspend_s <= 0:
            raise Invalid(f"not a warehouse: {self}", hint="concurrency >= 1, queue >= 0, auto_suspend_s > 0")

    @property
    def threads(self) -> int:
        return SIZES[self.size]

    @property
    def memory_limit(self) -> str:
        return f"{GB_PER_THREAD * self.threads}GB"


class Compute(Protocol):
    """Runs queries for one warehouse, wherever that is."""

    def run(
        self, database: LakeDatabase, sql: str, params: Sequence[Any] | Mapping[str, Any] | None, limits: Any
    ) -> Result:
        """`limits`: keyword arguments of `Router.sql`."""
        ...

    def close(self) -> None: ...


class LocalCompute:
    """Implements `Compute` with a further engine in this process."""

    def __init__(self, engine: Engine, settings: WarehouseSettings) -> None:
        self.settings = settings
        self._engine = engine
        self._routers: dict[str, Router] = {}

    def run(
        self, database: LakeDatabase, sql: str, params: Sequence[Any] | Mapping[str, Any] | None, limits: Any
    ) -> Result:
        router = self._routers.get(database.name)
        if router is None:
            router = self._routers[database.name] = database.router_with(self._engine)
        return router.sql(
            sql, params, **{**limits, "memory_limit": limits["memory_limit"] or self.settings.memory_limit}
        )

    def close(self) -> None:
        self._engine.close()


class Computes:
    """Those that are up in this process. `start`: makes an engine with so many threads."""

    def __init__(self, start: Callable[[int], Engine]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._up: dict[str, LocalCompute] = {}

    def get(self, name: str, settings: WarehouseSettings) -> LocalCompute:
        with self._lock:
            found = self._up.get(name)
            if found is None or found.settings.size != settings.size:
                if found is not None:
                    found.close()
                found = self._up[name] = LocalCompute(self._start(settings.threads), settings)
            return found

    def suspend(self, name: str) -> bool:
        """False if it was not up."""
        with self._lock:
            found = self._up.pop(name, None)
        if found is not None:
            found.close()
        return found is not None

    @property
    def up(self) -> list[str]:
        return sorted(self._up)

    def close(self) -> None:
        for name in self.up:
            self.suspend(name)
