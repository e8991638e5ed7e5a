"""What the cold tier answers with, as values; nothing here needs pyiceberg."""

from __future__ import annotations

from dataclasses import dataclass

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
class Dropped:
    """A commit that removed rows: files taken out, files put in their stead, rows gone.

    `snapshot_id` is `None` if no row had to go, and nothing was committed.
    """

    snapshot_id: int | None
    removed: tuple[str, ...]
    added: tuple[DataFile, ...]
    rows: int


Reference = tuple[int, tuple[FileRef, ...]]
"""A snapshot id (0: none) and the metadata it consists of: table metadata first, manifest list, manifests."""
