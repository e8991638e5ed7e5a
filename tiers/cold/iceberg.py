"""The cold tier's door: one Iceberg table for each of ours, in any catalog pyiceberg knows.

The shards of a database share it. Each has a mark of its own in it and knows its own files there.

pyiceberg takes most of a second to import and a lake without cold rows never needs it, so everything
behind this door is imported at its first use.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from ...core.clock import to_micros
from ...core.manifest import ColdRef, DataFile
from ...core.policy import TierPolicy
from ...core.schema import Table
from ...core.sharding import HOME
from ..object_store import ObjectInfo, ObjectStore
from .values import Archived, Change, Reference, Replaced

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
        after: int,
        seq: int,
        epoch: int,
        shared: bool,
        policy: TierPolicy,
        settled: frozenset[int] = frozenset(),
    ) -> Archived:
        """Appends the rows, in any order, and moves the shard's mark from `after` to `seq`, in one commit.

        Creates the table at its first archive and adds columns that are new. `rows`: as in
        `table.schema.stored`; an iterator keeps one of its tables in memory at a time. `shared`: whether
        the database has several shards; the first one to say so makes the table tell them apart. `settled`:
        see `parquet.encode`.

        Raises `Fenced` if a later owner archived before, `Conflict` if the mark is not at `after` (0: there
        is none), `Unavailable` if other writers commit all the time.
        """
        batches = (rows,) if isinstance(rows, pa.Table) else rows
        commits = self._commits(database, table, policy, shard)
        return commits.archive(batches, after=after, seq=seq, epoch=epoch, shared=shared, settled=settled)

    def archived(self, database: str, table: Table, shard: str) -> tuple[int, int] | None:
        """(sequence, epoch) of the shard's mark; `None` if it never archived into this table."""
        return self._inventory(database, table).archived(shard)

    def data_files(
        self, database: str, table: Table, *, shard: str, known: Mapping[str, DataFile]
    ) -> list[DataFile]:
        """The shard's data files in the current snapshot, by sequence. Those not in `known` are described."""
        return self._inventory(database, table).data_files(shard, known)

    def reference(self, database: str, table: Table) -> Reference:
        """The current snapshot, and its metadata files with their digests."""
        return self._inventory(database, table).reference()

    def rewrite(
        self,
        database: str,
        table: Table,
        *,
        files: Sequence[DataFile],
        change: Change,
        shard: str,
        epoch: int,
        policy: TierPolicy,
    ) -> Replaced:
        """Puts others in the place of the shard's `files` that `change` changes, in one commit.

        The marks stay as they are. The files taken out are not deleted. Files that the table has no more,
        as after a crash between this commit and a manifest that tells of it, are passed over.
        """
        return self._commits(database, table, policy, shard).rewrite(files, change, epoch=epoch)

    def expire_snapshots(self, database: str, table: Table, *, older_than: datetime, keep: int) -> None:
        """Takes old snapshots out of the table's history, the newest `keep` excepted. Deletes no file."""
        commits = self._commits(database, table, TierPolicy(), HOME)
        commits.expire_snapshots(older_than_us=to_micros(older_than), keep=keep)

    def referenced(self, database: str, table: Table) -> set[str]:
        """The keys of all files to which the table still refers; none if there is no such table."""
        return self._inventory(database, table).referenced()

    def removable(
        self, database: str, table: Table, *, shard: str, named: set[str], shared: bool
    ) -> list[ObjectInfo]:
        """What may go below the table's folder: neither the table nor one of `named` keys refers to it.

        Of a shared table the shard's own data files; the first shard looks after what is nobody's, too.
        """
        return self._inventory(database, table).removable(shard, named, shared=shared)

    def verify(
        self, database: str, table: Table, recorded: ColdRef, files: Sequence[DataFile], *, shard: str
    ) -> None:
        """Raises `Corrupt` unless catalog, metadata and list of files are as our manifest recorded them.

        In a table that shards share it is the shard's own files that count, as others may have committed
        since. The contents of the data files are checked by those who read them.
        """
        self._inventory(database, table).verify(shard, recorded, files)

    def relocate(
        self,
        database: str,
        table: Table,
        files: Sequence[DataFile],
        *,
        recorded: ColdRef,
        shard: str,
        seq: int,
        epoch: int,
        policy: TierPolicy,
    ) -> bool:
        """After the lake was moved: enters the table at its new place, with these files and their mark.

        `False` if the catalog's entry is where it should be and has them. If `True`, `reference` has changed.
        """
        from .relocation import Moving, relocate

        commits = self._commits(database, table, policy, shard)
        moving = Moving(shard, seq, epoch, recorded, files)
        return relocate(self._inventory(database, table), commits, moving)

    def release(self, database: str, table: Table, shard: str) -> bool:
        """The shard has no use for the table any more. True if no other has: it has left the catalog."""
        released = self._commits(database, table, TierPolicy(), shard).release()
        if released:
            self._seen.pop((database, table.id), None)
        return released

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

    def _commits(self, database: str, table: Table, policy: TierPolicy, shard: str) -> Commits:
        from .commits import Commits

        return Commits(self._inventory(database, table), policy, shard)
