"""Bringing a moved lake's tables back into its catalog.

Iceberg's metadata names files by absolute location. When the directory has moved, the catalog's entry
points to the old place; the files themselves lie at the new one, under the keys that our manifest lists.
A table is entered anew with those files, and the marks go with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil

from ...core.errors import Corrupt
from ...core.manifest import ColdRef, DataFile
from ...core.schema import ENVELOPE_IDS
from ...core.types import INSTANT
from . import metadata as meta
from .catalog import translated
from .commits import Commits
from .inventory import Inventory, readable
from .partitions import Grain, partition_values


def relocate(at: Inventory, commits: Commits, files: Sequence[DataFile], recorded: ColdRef) -> bool:
    """Enters the table at this lake's place, unless it is there. `recorded`: what our manifest says of it.

    A crash in between leaves an empty entry or none, and the next call goes on from there.
    """
    moved = at.moved()
    loaded = None if moved else at.find()
    if loaded is not None and loaded.metadata.current_snapshot() is not None:
        return False
    before = _metadata(at, recorded.metadata[0].key)
    grain = meta.grain_of(before.spec())
    if moved:
        with translated(at.catalog.name):
            at.catalog.drop_table(at.identifier)
    loaded = loaded or commits.create(grain)
    with commits.transaction(loaded) as transaction:
        meta.SetColumns(transaction, before.schema().fields).commit()
        meta.RecordOrder(transaction, at.table).commit()
        transaction.set_properties(before.properties)
        append = transaction.update_snapshot().merge_append()
        present = transaction.table_metadata
        for file in files:
            with readable(file.key):
                footer = pq.read_metadata(at.store.local_path(file.key))
            location = at.store.location(file.key)
            value = _partition(file, grain)
            append.append_data_file(meta.iceberg_file(present, location, file.bytes, footer, value))
        append.commit()
    return True


def _metadata(at: Inventory, key: str) -> TableMetadata:
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
