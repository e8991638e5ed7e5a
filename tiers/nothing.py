"""The shard of a database that does not exist yet: it can be asked, and there is nothing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..core.asof import AsOf
from ..core.errors import NotFound
from ..core.manifest import DataFile, FileRef
from ..core.schema import Table
from ..core.snapshots import TableSnapshot


@dataclass(frozen=True)
class NoSnapshot:
    """A snapshot of no tables, for statements that read none."""

    tables: Mapping[str, TableSnapshot] = field(default_factory=dict)
    closed: bool = False

    def path(self, file: DataFile) -> Path:
        raise KeyError(file.key)

    def locate(self, ref: FileRef) -> Path:
        raise KeyError(ref.key)

    def footer_rows(self, file: DataFile) -> int:
        raise KeyError(file.key)

    def release(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class NoShard:
    """Reads like a shard without tables."""

    database: str
    name: str = "shard-0"

    def table_names(self) -> list[str]:
        return []

    def table(self, name: str) -> Table:
        self._missing(name)

    def snapshot(self, cuts: Mapping[str, AsOf]) -> NoSnapshot:
        for name in cuts:
            self._missing(name)
        return NoSnapshot()

    def bookmark_seq(self) -> int:
        return 0

    def head(self, stream: str) -> int:  # noqa: ARG002 - the owner's signature
        return 0

    def _missing(self, name: str) -> NoReturn:
        raise NotFound(
            f"no table `{name}`", hint=f"database `{self.database}` is empty; it exists from its first write"
        )
