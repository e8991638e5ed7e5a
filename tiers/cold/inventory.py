"""What an Iceberg table consists of: found, listed, checked. Nothing here changes anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.manifest import ManifestContent, ManifestFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot
from sqlalchemy.exc import SQLAlchemyError

from ...core.errors import Corrupt, Error, Invalid, NotFound, Unavailable
from ...core.ids import checksum
from ...core.manifest import ColdRef, DataFile, FileRef
from ...core.schema import Schema, Table
from ...core.sharding import HOME
from ..object_store import ObjectInfo, ObjectStore
from ..parquet import describe
from .catalog import Identifier, recorded_location, translated
from .metadata import layout_of, mark_of, shard_of
from .values import Reference

T = TypeVar("T")

SETTLED = timedelta(minutes=10)
"""More than the clocks of one object store disagree by."""

_OURS = re.compile(r"(shard-\d+)-[0-9a-f]{16}-\d{5}\.parquet")
_RESTORE = "restore it from a backup; nothing is read in its stead"


@dataclass
class Seen:
    """What was read of immutable files, kept for as long as the table refers to them."""

    digests: dict[str, FileRef] = field(default_factory=dict)
    entries: dict[str, tuple[IcebergFile, ...]] = field(default_factory=dict)
    described: dict[str, DataFile] = field(default_factory=dict)


class Inventory:
    """The Iceberg table `database.<table id>`; its files are below `prefix` in the store."""

    def __init__(self, store: ObjectStore, catalog: Catalog, database: str, table: Table, seen: Seen) -> None:
        self.store = store
        self.catalog = catalog
        self.table = table
        self.seen = seen
        self.identifier: Identifier = (database, table.id)
        self.prefix = f"tables/{database}/{table.id}/cold"

    def elsewhere(self) -> str | None:
        """Where the catalog has the table if that isn't in this lake, as after its directory was moved."""
        location = self.recorded_location()
        moved = location is not None and not location.startswith(self.store.url.rstrip("/") + "/")
        return location if moved else None

    def find(self) -> IcebergTable | None:
        """The table as the catalog has it now. `Corrupt` if its metadata is missing or damaged."""
        location = self.recorded_location()
        if location is None:
            return None
        if self.elsewhere() is not None:
            raise Unavailable(
                f"the Iceberg table {'.'.join(self.identifier)} lies at {location}, outside this lake",
                hint="the lake was moved or copied: open it for writing once, which relocates its tables",
            )
        with translated(self.catalog.name):
            return self.steady(lambda: self._load(location))

    def load(self) -> IcebergTable:
        loaded = self.find()
        if loaded is None:
            raise Corrupt(
                f"the Iceberg catalog has no table {'.'.join(self.identifier)}",
                hint="restore the catalog from a backup",
            )
        return loaded

    def key(self, location: str) -> str:
        return self.store.key_of(location)

    def live(self, loaded: IcebergTable) -> list[IcebergFile]:
        """The data files of the current snapshot."""
        snapshot = loaded.metadata.current_snapshot()
        if snapshot is None:
            return []
        entries: dict[str, tuple[IcebergFile, ...]] = {}
        for manifest in self._manifests(loaded, snapshot):
            if manifest.content == ManifestContent.DELETES:
                raise Invalid(
                    f"the Iceberg table {'.'.join(self.identifier)} has delete files",
                    hint="have the program that wrote them rewrite the data files instead",
                )
            path = manifest.manifest_path
            entries[path] = self.seen.entries.get(path) or self._entries(loaded, manifest)
        self.seen.entries = entries
        return [entry for listed in entries.values() for entry in listed]

    def archived(self, shard: str) -> tuple[int, int] | None:
        loaded = self.find()
        return None if loaded is None else mark_of(loaded.metadata, shard)

    def data_files(self, shard: str, known: Mapping[str, DataFile]) -> list[DataFile]:
        return self.steady(lambda: self._data_files(shard, known))

    def reference(self) -> Reference:
        return self.steady(self._reference)

    def steady(self, act: Callable[[], T]) -> T:
        """Does it again if another shard has committed meanwhile: what it superseded may be gone."""
        while True:
            before = self.recorded_location()
            try:
                return act()
            except Corrupt:
                if self.recorded_location() == before:
                    raise

    def verify(self, shard: str, recorded: ColdRef, files: Sequence[DataFile]) -> None:
        """Raises `Corrupt` unless the table is now what a manifest recorded of it, the shard's part at least:
        others that share the table may have committed since."""
        self.steady(lambda: self._verify(shard, recorded, files))

    def removable(self, shard: str, named: set[str], *, shared: bool) -> list[ObjectInfo]:
        """The shard's own files, and those of nobody, that neither Iceberg nor our manifests name.

        Files of nobody, as metadata, may be of a commit that is being made. If it stands on the present
        metadata it is younger than that; if not, it will fail.
        """
        loaded, used = self.steady(self._referenced)
        found = self.store.list(f"{self.prefix}/")
        present = loaded and self.key(loaded.metadata_location)
        born = next((info.modified for info in found if info.key == present), None)
        removable = []
        for info in found:
            ours = _OURS.fullmatch(info.key.rsplit("/", 1)[-1])
            if info.key in used or info.key in named or (ours[1] if ours else HOME) != shard:
                continue
            if ours or not shared or (born is not None and info.modified < born - SETTLED):
                removable.append(info)
        return removable

    def referenced(self) -> set[str]:
        """Keys of every file that the table's present, or the history it keeps, refers to."""
        return self.steady(self._referenced)[1]

    def drop(self) -> None:
        with translated(self.catalog.name), suppress(NoSuchTableError):
            self.catalog.drop_table(self.identifier)

    def read(self, ref: FileRef) -> bytes:
        """The file, which is `Corrupt` if it is not what it was when it was described."""
        data = self._get(ref.key)
        if len(data) != ref.bytes or checksum(data) != ref.digest:
            raise Corrupt(f"damaged file: {ref.key} is not what was written", hint=_RESTORE)
        return data

    def read_metadata(self, loaded: IcebergTable) -> None:
        """Reads all that the current snapshot consists of; `Corrupt` by name if a file is damaged."""
        if snapshot := loaded.metadata.current_snapshot():
            for manifest in self._manifests(loaded, snapshot):
                self._entries(loaded, manifest)

    def recorded_location(self) -> str | None:
        with translated(self.catalog.name):
            return recorded_location(self.catalog, self.identifier)

    def _load(self, location: str) -> IcebergTable | None:
        with readable(self.key(location)):
            try:
                return self.catalog.load_table(self.identifier)
            except NoSuchTableError:
                return None

    def _data_files(self, shard: str, known: Mapping[str, DataFile]) -> list[DataFile]:
        loaded = self.find()
        entries = self.live(loaded) if loaded else []
        keys = {self.key(entry.file_path) for entry in entries}
        own = [self.key(e.file_path) for e in entries if loaded and shard_of(loaded.metadata, e) == shard]
        described = {key: self._describe(key, known) for key in own}
        others = {key: file for key, file in list(self.seen.described.items()) if key in keys}
        self.seen.described = others | described
        return sorted(described.values(), key=lambda file: (file.seq_min, file.key))

    def _reference(self) -> Reference:
        loaded = self.load()
        snapshot = loaded.metadata.current_snapshot()
        keys = [self.key(location) for location in self._metadata_of(loaded, snapshot)]
        refs = tuple(self.seen.digests.get(key) or self._digest(key) for key in keys)
        self.seen.digests = {ref.key: ref for ref in refs}
        return snapshot.snapshot_id if snapshot else 0, refs

    def _verify(self, shard: str, recorded: ColdRef, files: Sequence[DataFile]) -> None:
        present = self.recorded_location()
        as_recorded = present is not None and self.key(present) == recorded.metadata[0].key
        if as_recorded:
            for ref in recorded.metadata:
                self.read(ref)
        loaded = self.load()
        snapshot = loaded.metadata.current_snapshot()
        found = [self.key(location) for location in self._metadata_of(loaded, snapshot)]
        if not as_recorded:
            if not layout_of(loaded.metadata.spec()).shared:
                raise Corrupt(
                    f"the Iceberg catalog names {found[0]}, not {recorded.metadata[0].key} as recorded",
                    hint="another program committed to it, or only the catalog was restored: archive again",
                )
            for ref in recorded.metadata:
                if ref.key in found:
                    self.read(ref)
        listed = {
            self.key(entry.file_path): entry.record_count
            for entry in self.live(loaded)
            if shard_of(loaded.metadata, entry) == shard
        }
        expected = {file.key: file.rows for file in files}
        if wrong := [key for key in sorted({*listed, *expected}) if listed.get(key) != expected.get(key)]:
            raise Corrupt(
                f"{wrong[0]}: Iceberg lists {listed.get(wrong[0])} rows, we {expected.get(wrong[0])}",
                hint=_RESTORE,
            )

    def _referenced(self) -> tuple[IcebergTable | None, set[str]]:
        loaded = self.find()
        if loaded is None:
            return None, set()
        used = {loaded.metadata_location, *(entry.metadata_file for entry in loaded.metadata.metadata_log)}
        for snapshot in loaded.metadata.snapshots:
            used.add(snapshot.manifest_list)
            for manifest in self._manifests(loaded, snapshot):
                used.add(manifest.manifest_path)
                listed = self.seen.entries.get(manifest.manifest_path) or self._entries(loaded, manifest)
                used.update(entry.file_path for entry in listed)
        return loaded, {self.key(location) for location in used}

    def _metadata_of(self, loaded: IcebergTable, snapshot: Snapshot | None) -> list[str]:
        if snapshot is None:
            return [loaded.metadata_location]
        manifests = (manifest.manifest_path for manifest in self._manifests(loaded, snapshot))
        return [loaded.metadata_location, snapshot.manifest_list, *manifests]

    def _manifests(self, loaded: IcebergTable, snapshot: Snapshot) -> list[ManifestFile]:
        with readable(self.key(snapshot.manifest_list)):
            return snapshot.manifests(loaded.io)

    def _entries(self, loaded: IcebergTable, manifest: ManifestFile) -> tuple[IcebergFile, ...]:
        with readable(self.key(manifest.manifest_path)):
            return tuple(entry.data_file for entry in manifest.fetch_manifest_entry(loaded.io))

    def _describe(self, key: str, known: Mapping[str, DataFile]) -> DataFile:
        file = known.get(key) or self.seen.described.get(key)
        if file is not None:
            return file
        data = self._get(key)
        return describe(key, data, self._schema_of(data, key), checksum(data))

    def _schema_of(self, data: bytes, key: str) -> Schema:
        """The newest version all of whose columns the file has."""
        with readable(key):
            names = set(pq.read_schema(pa.BufferReader(data)).names)
        return next(
            (s for s in reversed(self.table.schemas) if names >= set(s.stored.names)), self.table.schemas[0]
        )

    def _digest(self, key: str) -> FileRef:
        data = self._get(key)
        return FileRef(key, len(data), checksum(data))

    def _get(self, key: str) -> bytes:
        with readable(key):
            return self.store.get(key)


@contextmanager
def readable(key: str) -> Iterator[None]:
    """Names the file whenever it cannot be read: the decoders raise anything on damaged bytes."""
    try:
        yield
    except (NotFound, FileNotFoundError):
        raise Corrupt(f"missing file: {key}", hint=_RESTORE) from None
    except (Error, NoSuchTableError, SQLAlchemyError):
        raise
    except Exception as error:
        raise Corrupt(f"damaged file: {key}: {error}", hint=_RESTORE) from error
