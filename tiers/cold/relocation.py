"""Bringing a moved lake's tables back into its catalog.

Iceberg's metadata names files by absolute location. When the directory has moved, the catalog's entry
points to the old place; the files themselves lie at the new one, under the keys that our manifest lists.
A table is entered anew, and each shard that has rows in it adds its files and its mark, in one commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil

from ...core.errors import Corrupt
from ...core.manifest import ColdRef, DataFile
from ...core.schema import ENVELOPE_IDS
from ...core.types import INSTANT
from . import metadata as meta
from .catalog import forget_location, translated
from .commits import Commits, Written
from .inventory import Inventory, readable
from .partitions import Grain, partition_values


@dataclass(frozen=True, slots=True)
class Moving:
    """What a shard has in the table, as its manifest says: rows up to `seq`, in `files`."""

    shard: str
    seq: int
    epoch: int
    recorded: ColdRef
    files: Sequence[DataFile]


def relocate(at: Inventory, commits: Commits, moving: Moving) -> bool:
    """Enters the table at this lake's place, and the shard's part in it, unless they are there.

    A crash in between leaves an empty entry or none, and the next call goes on from there.
    """
    if (old := at.elsewhere()) is not None:
        with translated(at.catalog.name):
            forget_location(at.catalog, at.identifier, old)
    return commits.again(lambda: _enter(at, commits, moving))


def _enter(at: Inventory, commits: Commits, moving: Moving) -> bool:
    loaded = at.find()
    if loaded is not None and meta.mark_of(loaded.metadata, moving.shard) is not None:
        return False
    before = _metadata(at, moving.recorded)
    layout = meta.layout_of(before.spec())
    loaded = loaded or commits.create(layout)
    with commits.transaction(loaded) as transaction:
        known = {f.field_id for f in loaded.schema().fields}
        missing = (f for f in before.schema().fields if f.field_id not in known)
        meta.SetColumns(transaction, (*loaded.schema().fields, *missing)).commit()
        meta.RecordOrder(transaction, at.table).commit()
        others = {meta.mark_property(shard) for shard in meta.marked_shards(before)}
        kept = {name: text for name, text in before.properties.items() if name not in others}
        mark = {meta.mark_property(moving.shard): f"{moving.seq}@{moving.epoch}"}
        transaction.set_properties({**kept, **mark})
        commits.add(transaction, (_written(at, file, layout.grain) for file in moving.files))
    return True


def _written(at: Inventory, file: DataFile, grain: Grain | None) -> Written:
    with readable(file.key):
        footer = pq.read_metadata(at.store.local_path(file.key))
    return Written(file, footer, _partition(file, grain))


def _metadata(at: Inventory, recorded: ColdRef) -> TableMetadata:
    """As recorded, or as another shard left it that has committed since."""
    folder = recorded.metadata[0].key.rpartition("/")[0]
    found = [info.key for info in at.store.list(f"{folder}/") if info.key.endswith(".metadata.json")]
    key = recorded.metadata[0].key
    if key not in found:
        key = max(found, default=key)
    with readable(key):
        return TableMetadataUtil.parse_raw(at.store.get(key).decode())


def _partition(file: DataFile, grain: Grain | None) -> int | None:
    if grain is None:
        return None
    times = pa.chunked_array([file.stats[ENVELOPE_IDS["_time"]]], pa.int64()).cast(INSTANT)
    first, last = partition_values(times, grain).tolist()
    if first != last:
        raise Corrupt(f"{file.key} spans more than one {grain}", hint="restore the lake from a backup")
    return int(first)
