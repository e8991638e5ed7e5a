"""What the cold tier answers with, as values; nothing here needs pyiceberg."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from ...core.manifest import DataFile, FileRef


@dataclass(frozen=True, slots=True)
class Archived:
    """One Iceberg commit: its snapshot, the one it followed, and the data files it added."""

    snapshot_id: int
    parent_id: int | None
    added: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.added)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What stands in a file's stead; `settled`: see `parquet.encode`."""

    rows: pa.Table
    settled: frozenset[int]


Change = Callable[[pa.Table, DataFile], Rewritten | None]
"""Rows as in `schema.stored`, and their file -> the rows that take their place, `None` if they stay."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A commit that changed files: those taken out, those put in their stead, rows gone.

    `snapshot_id` is `None` if nothing had to change, and nothing was committed.
    """

    snapshot_id: int | None
    removed: tuple[str, ...]
    added: tuple[DataFile, ...]
    rows: int


Reference = tuple[int, tuple[FileRef, ...]]
"""A snapshot id (0: none) and the metadata it consists of: table metadata first, manifest list, manifests."""
