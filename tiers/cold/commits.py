"""The commits to an Iceberg table: archived rows in, expired rows out, old snapshots out of its history.

    rows -> parts of one partition -> Parquet -> store (fsync) -> read back
         -> one transaction: columns, files, mark, old snapshots -> catalog

Data files are written by ourselves, so they are encoded, checked and described as warm ones are; pyiceberg
writes the metadata. A commit is never retried on top of another writer's: of two owners of a shard, only
the one that saw the present may succeed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from sqlalchemy.exc import SQLAlchemyError

from ...core.errors import Conflict, Error, Fenced, Unavailable
from ...core.ids import checksum
from ...core.manifest import DataFile
from ...core.policy import TierPolicy
from ...core.schema import Schema
from ..parquet import check_read_back, decode, describe, encode, sort_for
from . import metadata as meta
from .catalog import translated
from .inventory import Inventory
from .partitions import Grain, choose_grain, split
from .values import Archived, Dropped

Drop = Callable[[pa.Table], pa.ChunkedArray]
"""Rows as in `schema.stored` -> a boolean for each: true where it must go."""


class Commits:
    """Changes one table. One caller at a time; a second process is fenced by the mark's epoch."""

    def __init__(self, inventory: Inventory, policy: TierPolicy) -> None:
        self._at = inventory
        self._policy = policy

    def archive(self, rows: Iterable[pa.Table], *, shard: str, seq: int, epoch: int) -> Archived:
        table = self._at.table
        batches = iter(rows)
        first = next(batches, pa.Table.from_batches([], table.schema.stored))
        loaded = self._at.find() or self.create(choose_grain(first["_time"]))
        mark = _check_owner(loaded, shard, epoch)
        if mark is not None and mark[0] >= seq:
            raise Conflict(
                f"rows of {table.name} up to {mark[0]} are archived already, so not up to {seq} again",
                hint="take up the work at the mark that the Iceberg table carries",
            )
        parent = loaded.metadata.current_snapshot()
        with self.transaction(loaded) as transaction:
            meta.SetColumns(transaction, meta.widened(loaded.schema(), table)).commit()
            meta.RecordOrder(transaction, table).commit()
            transaction.set_properties({meta.mark_property(shard): f"{seq}@{epoch}"})
            append = transaction.update_snapshot().merge_append()
            present = transaction.table_metadata
            grain = meta.grain_of(present.spec())
            parts = (part for batch in chain((first,), batches) for part in split(batch, grain))
            added = []
            for number, part in enumerate(parts):
                name = f"{part.label}/{shard}-{append.snapshot_id:016x}-{number:05d}"
                file, entry = self._write(present, sort_for(part.rows, table.clustering), name, part.value)
                append.append_data_file(entry)
                added.append(file)
            append.commit()
            meta.Expire(transaction, keep=self._policy.snapshots_kept).commit()
        self._at.seen.described.update({file.key: file for file in added})
        return Archived(append.snapshot_id, parent.snapshot_id if parent else None, tuple(added))

    def drop_rows(self, files: Sequence[DataFile], drop: Drop, *, shard: str, epoch: int) -> Dropped:
        loaded = self._at.load()
        _check_owner(loaded, shard, epoch)
        entries = {self._at.key(entry.file_path): entry for entry in self._at.live(loaded)}
        removed: list[DataFile] = []
        added: list[DataFile] = []
        with self.transaction(loaded) as transaction:
            meta.SetColumns(transaction, meta.widened(loaded.schema(), self._at.table)).commit()
            overwrite = transaction.update_snapshot().overwrite()
            present = transaction.table_metadata
            for file in files:
                old = entries.get(file.key)
                survivors = self._survivors(file, drop) if old else None
                if old is None or survivors is None:
                    continue
                overwrite.delete_data_file(old)
                removed.append(file)
                if survivors.num_rows:
                    folder = file.key.split("/")[-2]
                    name = f"{folder}/{shard}-{overwrite.snapshot_id:016x}-{len(added):05d}"
                    value = old.partition[0] if len(old.partition) else None
                    new, entry = self._write(present, survivors, name, value)
                    overwrite.append_data_file(entry)
                    added.append(new)
            if not removed:
                return Dropped(None, (), (), 0)
            overwrite.commit()
            meta.Expire(transaction, keep=self._policy.snapshots_kept).commit()
        self._at.seen.described.update({file.key: file for file in added})
        gone = sum(file.rows for file in removed) - sum(file.rows for file in added)
        return Dropped(overwrite.snapshot_id, tuple(file.key for file in removed), tuple(added), gone)

    def create(self, grain: Grain | None) -> IcebergTable:
        """An empty table with the envelope's columns."""
        at = self._at
        envelope = meta.iceberg_schema(Schema(version=0, fields=()))
        with translated(at.catalog.name):
            at.catalog.create_namespace_if_not_exists(at.identifier[:1])
            return at.catalog.create_table(
                at.identifier,
                envelope,
                location=at.store.location(at.prefix),
                partition_spec=meta.partition_spec(grain),
                properties=meta.table_properties(self._policy),
            )

    def expire_snapshots(self, *, older_than_us: int, keep: int) -> None:
        loaded = self._at.load()
        with self.transaction(loaded) as transaction:
            meta.Expire(transaction, keep=keep, before_ms=older_than_us // 1000).commit()

    def _survivors(self, file: DataFile, drop: Drop) -> pa.Table | None:
        """The rows that stay, `None` if all do."""
        rows = decode(self._at.read(file.ref), self._at.table.schema, file.key)
        staying = rows.filter(pc.invert(pc.fill_null(drop(rows), False)))
        return None if staying.num_rows == rows.num_rows else staying

    @contextmanager
    def transaction(self, loaded: IcebergTable) -> Iterator[Transaction]:
        """Commits at the end, or not at all. `Unavailable` if another writer came first."""
        properties = {**loaded.metadata.properties, TableProperties.COMMIT_NUM_RETRIES: "0"}
        loaded.metadata = loaded.metadata.model_copy(update={"properties": properties})
        transaction = loaded.transaction()
        with translated(self._at.catalog.name):
            try:
                yield transaction
                transaction.commit_transaction()
            except (CommitFailedException, ValidationException) as error:
                raise Unavailable(
                    f"another writer committed to the Iceberg table of {self._at.table.name} meanwhile",
                    hint="try again",
                ) from error
            except (Error, SQLAlchemyError):
                raise
            except Exception:
                self._at.read_metadata(loaded)  # names the damaged file, if that was the reason
                raise

    def _write(
        self, present: TableMetadata, rows: pa.Table, name: str, partition: int | None
    ) -> tuple[DataFile, IcebergFile]:
        """The rows as one data file, durable and checked, as our manifest and as Iceberg's describe it."""
        at = self._at
        key = f"{at.prefix}/data/{name}.parquet"
        data = encode(rows, at.table.schema, row_group_rows=self._policy.row_group_rows, iceberg=True)
        digest = checksum(data)
        at.store.put(key, data)
        check_read_back(at.store.get(key), digest, rows.num_rows, key)
        footer = pq.read_metadata(pa.BufferReader(data))
        entry = meta.iceberg_file(present, at.store.location(key), data.size, footer, partition)
        return describe(key, data, at.table.schema, digest), entry


def _check_owner(loaded: IcebergTable, shard: str, epoch: int) -> tuple[int, int] | None:
    """The shard's mark; `Fenced` if a later owner set it."""
    mark = meta.mark_of(loaded.metadata, shard)
    if mark is not None and mark[1] > epoch:
        raise Fenced(
            f"{shard} was archived by owner {mark[1]}; this is owner {epoch}",
            hint="this process is no longer the owner; open the lake again",
        )
    return mark
