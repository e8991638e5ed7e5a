"""The cold tier's door: one Iceberg table for each of ours, in any catalog pyiceberg knows.

pyiceberg takes most of a second to import and a lake without cold rows never needs it, so everything
behind this door is imported at its first use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from ...core.clock import to_micros
from ...core.manifest import ColdRef, DataFile
from ...core.policy import TierPolicy
from ...core.schema import Table
from ..object_store import ObjectStore
from .values import Archived, Dropped, Reference

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from .commits import Commits
    from .inventory import Inventory, Seen


class IcebergCold:
    """Every call raises `Corrupt` by file name for damaged metadata, `Unavailable` if the catalog is.

    One writer for each shard; reading calls may come from any thread.
    """

    def __init__(self, store: ObjectStore, properties: Mapping[str, str]) -> None:
        """`properties`: the catalog's, as `pyiceberg.catalog.load_catalog` takes them."""
        self._store = store
        self._properties = dict(properties)
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._seen: dict[tuple[str, str], Seen] = {}

    def archive(
        self,
        database: str,
        table: Table,
        rows: pa.Table | Iterable[pa.Table],
        *,
        shard: str,
        seq: int,
        epoch: int,
        policy: TierPolicy,
    ) -> Archived:
        """Appends the rows, in any order, and sets the shard's mark, in one commit.

        Creates the table at its first archive and adds columns that are new. `rows`: as in
        `table.schema.stored`; an iterator keeps one of its tables in memory at a time. Raises `Fenced` if a
        later owner archived before, `Conflict` if the mark is at `seq` already, `Unavailable` if another
        writer committed meanwhile.
        """
        batches = (rows,) if isinstance(rows, pa.Table) else rows
        commits = self._commits(database, table, policy)
        return commits.archive(batches, shard=shard, seq=seq, epoch=epoch)

    def archived(self, database: str, table: Table, shard: str) -> tuple[int, int] | None:
        """(sequence, epoch) of the shard's mark; `None` if it never archived into this table."""
        return self._inventory(database, table).archived(shard)

    def data_files(self, database: str, table: Table, *, known: Mapping[str, DataFile]) -> list[DataFile]:
        """The data files of the current snapshot. Those not in `known`, by key, are read and described."""
        return self._inventory(database, table).data_files(known)

    def reference(self, database: str, table: Table) -> Reference:
        """The current snapshot, and its metadata files with their digests."""
        return self._inventory(database, table).reference()

    def drop_rows(
        self,
        database: str,
        table: Table,
        *,
        files: Sequence[DataFile],
        drop: Callable[[pa.Table], pa.ChunkedArray],
        shard: str,
        epoch: int,
        policy: TierPolicy,
    ) -> Dropped:
        """Rewrites those of `files` in which `drop` is true for a row, without these rows, in one commit.

        The marks stay as they are. The files taken out are not deleted. Files that the table has no more,
        as after a crash between this commit and a manifest that tells of it, are passed over.
        """
        commits = self._commits(database, table, policy)
        return commits.drop_rows(files, drop, shard=shard, epoch=epoch)

    def expire_snapshots(self, database: str, table: Table, *, older_than: datetime, keep: int) -> None:
        """Takes old snapshots out of the table's history, the newest `keep` excepted. Deletes no file."""
        self._commits(database, table, TierPolicy()).expire_snapshots(
            older_than_us=to_micros(older_than), keep=keep
        )

    def referenced(self, database: str, table: Table) -> set[str]:
        """The keys of all files to which the table still refers; none if there is no such table.

        Every other file below the table's folder may go, once no manifest or reader of ours needs it.
        """
        return self._inventory(database, table).referenced()

    def verify(self, database: str, table: Table, recorded: ColdRef, files: Sequence[DataFile]) -> None:
        """Raises `Corrupt` unless catalog, metadata and list of files are as our manifest recorded them.

        The contents of the data files are checked by those who read them.
        """
        self._inventory(database, table).verify(recorded, files)

    def relocate(
        self,
        database: str,
        table: Table,
        files: Sequence[DataFile],
        *,
        recorded: ColdRef,
        policy: TierPolicy,
    ) -> bool:
        """After the lake was moved: enters the table, with these files, at its new place.

        `False` if the catalog's entry is where it should be. If `True`, `reference` has changed.
        """
        from .relocation import relocate

        commits = self._commits(database, table, policy)
        return relocate(self._inventory(database, table), commits, files, recorded)

    def drop(self, database: str, table: Table) -> None:
        """Takes the table out of the catalog; its files stay."""
        self._inventory(database, table).drop()
        self._seen.pop((database, table.id), None)

    def close(self) -> None:
        with self._lock:
            if self._catalog is not None:
                self._catalog.close()
                self._catalog = None

    def _inventory(self, database: str, table: Table) -> Inventory:
        from .catalog import open_catalog
        from .inventory import Inventory, Seen

        with self._lock:
            if self._catalog is None:
                self._catalog = open_catalog(self._store, self._properties)
            seen = self._seen.setdefault((database, table.id), Seen())
            return Inventory(self._store, self._catalog, database, table, seen)

    def _commits(self, database: str, table: Table, policy: TierPolicy) -> Commits:
        from .commits import Commits

        return Commits(self._inventory(database, table), policy)
