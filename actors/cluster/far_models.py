"""The semantic models of a database behind `ray://`."""

from __future__ import annotations

from .far_compute import FarCompute


class FarModels:
    """Implements `actors.tenancy.Documents`."""

    def __init__(self, compute: FarCompute, database: str) -> None:
        self._compute = compute
        self._database = database

    def latest(self) -> tuple[int, str] | None:
        found: tuple[int, str] | None = self._compute.database(self._database, "model")
        return found

    def publish(self, text: str) -> int:
        return int(self._compute.database(self._database, "apply_model", text))
