"""The commits to an Iceberg table: archived rows in, expired rows out, old snapshots out of its history.

    rows -> parts of one partition -> Parquet -> store (fsync) -> read back
         -> one transaction: columns, files, mark, old snapshots -> catalog

Data files are written by ourselves, so they are encoded, checked and described as warm ones are; pyiceberg
writes the metadata. When another shard committed meanwhile, the transaction is made anew with the same data
files. The shard's own mark may not have moved by then: of two owners of a shard, only one succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError, ValidationException
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import TableProperties, Transaction
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ...core.errors import Conflict, Error, Fenced
from ...core.ids import checksum
from ...core.manifest import DataFile
from ...core.policy import TierPolicy
from ...core.schema import SHARD_COLUMN, Schema
from ...core.sharding import HOME
from ..parquet import check_read_back, decode, describe, encode, sort_for
from ..vectors.sidecar import by_cluster
from . import metadata as meta
from .inventory import Inventory
from .partitions import Layout, choose_grain, split
from .retry import Raced, again
from .values import Archived, Change, Replaced

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """A data file that is durable and checked, but that no commit names yet. `time`: its partition."""

    file: DataFile
    footer: pq.FileMetaData
    time: int | None


class Commits:
    """Changes one table for one of its shards: one caller at a time, a second one is fenced by its epoch."""

    def __init__(self, inventory: Inventory, policy: TierPolicy, shard: str) -> None:
        self._at = inventory
        self._policy = policy
        self._shard = shard

    def archive(
        self,
        rows: Iterable[pa.Table],
        *,
        after: int,
        seq: int,
        epoch: int,
        shared: bool,
        settled: frozenset[int],
    ) -> Archived:
        table = self._at.table
        batches = iter(rows)
        first = next(batches, pa.Table.from_batches([], table.schema.stored))
        loaded = self.again(lambda: self._present(Layout(choose_grain(first["_time"]), shared)))
        self._check_mark(loaded, after, seq, epoch)
        layout = meta.layout_of(loaded.metadata.spec())
        token = loaded.metadata.new_snapshot_id()
        parts = (part for batch in chain((first,), batches) for part in split(batch, layout.grain))
        written = [
            self._write(
                by_cluster(table, sort_for(part.rows, table.clustering)),
                f"{part.label}/{self._shard}-{token:016x}-{number:05d}",
                part.value,
                shared=shared or layout.shared,
                settled=settled,
            )
            for number, part in enumerate(parts)
        ]
        archived = self.again(lambda: self._append(written, after, seq, epoch, shared))
        self._at.seen.described.update({file.key: file for file in archived.added})
        return archived

    def rewrite(self, files: Sequence[DataFile], change: Change, *, epoch: int) -> Replaced:
        loaded, table = self._at.load(), self._at.table
        self._check_owner(loaded, epoch)
        token = loaded.metadata.new_snapshot_id()
        shared = meta.layout_of(loaded.metadata.spec()).shared
        entries = {self._at.key(entry.file_path): entry for entry in self._at.live(loaded)}
        replaced: list[tuple[DataFile, Written | None]] = []
        numbers = count()
        for file in files:
            old = entries.get(file.key)
            made = change(decode(self._at.read(file.ref), table.schema, file.key), file) if old else None
            if old is None or made is None:
                continue
            written = None
            if made.rows.num_rows:
                name = f"{file.key.split('/')[-2]}/{self._shard}-{token:016x}-{next(numbers):05d}"
                time = meta.time_of(loaded.metadata, old)
                written = self._write(made.rows, name, time, shared=shared, settled=made.settled)
            replaced.append((file, written))
        if not replaced:
            return Replaced(None, (), (), 0)
        done = self.again(lambda: self._replace(replaced, epoch))
        self._at.seen.described.update({file.key: file for file in done.added})
        return done

    def expire_snapshots(self, *, older_than_us: int, keep: int) -> None:
        def expire() -> None:
            with self.transaction(self._at.load()) as transaction:
                meta.Expire(transaction, keep=keep, before_ms=older_than_us // 1000).commit()

        self.again(expire)

    def release(self) -> bool:
        """Takes the shard's mark back. True if no other shard has one: the table has left the catalog."""

        def release() -> bool:
            loaded = self._at.find()
            if loaded is not None and self._shard in meta.marked_shards(loaded.metadata):
                with self.transaction(loaded) as transaction:
                    transaction.remove_properties(meta.mark_property(self._shard))
                loaded = self._at.find()
            if loaded is not None and meta.marked_shards(loaded.metadata):
                return False
            self._at.drop()
            return True

        return self.again(release)

    def create(self, layout: Layout) -> IcebergTable:
        """An empty table with the envelope's columns. Raises `Raced` if another shard creates it too."""
        at = self._at
        try:
            at.catalog.create_namespace_if_not_exists(at.identifier[:1])
            return at.catalog.create_table(
                at.identifier,
                meta.iceberg_schema(Schema(version=0, fields=()), shared=layout.shared),
                location=at.store.location(at.prefix),
                partition_spec=meta.partition_spec(layout),
                properties=meta.table_properties(self._policy),
            )
        except (TableAlreadyExistsError, IntegrityError) as error:
            raise Raced from error

    def again(self, act: Callable[[], T]) -> T:
        """`act` until no other writer comes first."""
        return again(act, catalog=self._at.catalog.name, table=self._at.table.name)

    @contextmanager
    def transaction(self, loaded: IcebergTable) -> Iterator[Transaction]:
        """Commits at the end, or not at all. Raises `Raced` if another writer came first."""
        properties = {**loaded.metadata.properties, TableProperties.COMMIT_NUM_RETRIES: "0"}
        loaded.metadata = loaded.metadata.model_copy(update={"properties": properties})
        transaction = loaded.transaction()
        try:
            yield transaction
            transaction.commit_transaction()
        except (CommitFailedException, ValidationException) as error:
            raise Raced from error
        except (Error, SQLAlchemyError):
            raise
        except Exception as error:
            # What is the present no more may contradict itself, or have lost its files.
            if self._at.recorded_location() != loaded.metadata_location:
                raise Raced from error
            self._at.read_metadata(loaded)  # names the damaged file, if that was the reason
            raise

    def add(self, transaction: Transaction, written: Iterable[Written]) -> int:
        """Puts the files into the table, in one new snapshot; returns its id."""
        append = transaction.update_snapshot().merge_append()
        for each in written:
            append.append_data_file(self._entry(transaction, each))
        append.commit()
        return append.snapshot_id

    def _append(self, written: Sequence[Written], after: int, seq: int, epoch: int, shared: bool) -> Archived:
        loaded, table = self._at.load(), self._at.table
        parent = loaded.metadata.current_snapshot()
        added = tuple(each.file for each in written)
        if meta.mark_of(loaded.metadata, self._shard) == (seq, epoch):
            # It was committed, but the reply got lost.
            return Archived(parent.snapshot_id if parent else 0, None, added)
        self._check_mark(loaded, after, seq, epoch)
        shared_yet = meta.layout_of(loaded.metadata.spec()).shared
        with self.transaction(loaded) as transaction:
            columns = meta.widened(loaded.schema(), table, shared=shared or shared_yet)
            meta.SetColumns(transaction, columns).commit()
            if shared and not shared_yet:
                transaction.update_spec().add_identity(SHARD_COLUMN).commit()
                self._enter_anew(transaction, self._at.live(loaded))
            meta.RecordOrder(transaction, table).commit()
            transaction.set_properties({meta.mark_property(self._shard): f"{seq}@{epoch}"})
            snapshot_id = self.add(transaction, written)
            meta.Expire(transaction, keep=self._policy.snapshots_kept).commit()
        return Archived(snapshot_id, parent.snapshot_id if parent else None, added)

    def _enter_anew(self, transaction: Transaction, entries: Sequence[IcebergFile]) -> None:
        """What lay there before the table was shared becomes the first shard's for every reader: a file
        that lacks the column has its partition's value in it."""
        if not entries:
            return
        overwrite = transaction.update_snapshot().overwrite()
        for entry in entries:
            overwrite.delete_data_file(entry)
            overwrite.append_data_file(meta.entered_anew(transaction.table_metadata, entry, HOME))
        overwrite.commit()

    def _replace(self, replaced: Sequence[tuple[DataFile, Written | None]], epoch: int) -> Replaced:
        loaded = self._at.load()
        self._check_owner(loaded, epoch)
        entries = {self._at.key(entry.file_path): entry for entry in self._at.live(loaded)}
        added = [written for _, written in replaced if written is not None]
        removed = [file for file, _ in replaced]
        gone = sum(file.rows for file in removed) - sum(written.file.rows for written in added)
        keys, files = tuple(file.key for file in removed), tuple(written.file for written in added)
        # Only this shard takes its files out, so they are missing if its commit's reply got lost.
        if not any(key in entries for key in keys):
            present = loaded.metadata.current_snapshot()
            return Replaced(present.snapshot_id if present else 0, keys, files, gone)
        with self.transaction(loaded) as transaction:
            shared = meta.layout_of(loaded.metadata.spec()).shared
            columns = meta.widened(loaded.schema(), self._at.table, shared=shared)
            meta.SetColumns(transaction, columns).commit()
            overwrite = transaction.update_snapshot().overwrite()
            for key in keys:
                overwrite.delete_data_file(entries[key])
            for written in added:
                overwrite.append_data_file(self._entry(transaction, written))
            overwrite.commit()
            meta.Expire(transaction, keep=self._policy.snapshots_kept).commit()
        return Replaced(overwrite.snapshot_id, keys, files, gone)

    def _present(self, layout: Layout) -> IcebergTable:
        return self._at.find() or self.create(layout)

    def _write(
        self, rows: pa.Table, name: str, time: int | None, *, shared: bool, settled: frozenset[int]
    ) -> Written:
        at = self._at
        key = f"{at.prefix}/data/{name}.parquet"
        shard = self._shard if shared else None
        groups = self._policy.fitted(at.table.schema).row_group_rows
        schema = at.table.schema
        data = encode(rows, schema, row_group_rows=groups, iceberg=True, shard=shard, settled=settled)
        digest = checksum(data)
        at.store.put(key, data)
        check_read_back(at.store.get(key), digest, rows.num_rows, key)
        footer = pq.read_metadata(pa.BufferReader(data))
        return Written(describe(key, data, at.table.schema, digest), footer, time)

    def _entry(self, transaction: Transaction, written: Written) -> IcebergFile:
        location = self._at.store.location(written.file.key)
        present = transaction.table_metadata
        size, time = written.file.bytes, written.time
        return meta.iceberg_file(present, location, size, written.footer, self._shard, time)

    def _check_mark(self, loaded: IcebergTable, after: int, seq: int, epoch: int) -> None:
        """Raises `Fenced`, and `Conflict` unless just the rows up to `after` have been archived."""
        mark = self._check_owner(loaded, epoch)
        found = mark[0] if mark else 0
        if found != after or seq <= after:
            raise Conflict(
                f"rows of {self._at.table.name} up to {found} are archived already, so not {after} to {seq}",
                hint="archive again: it takes up the work at the mark that the Iceberg table carries",
            )

    def _check_owner(self, loaded: IcebergTable, epoch: int) -> tuple[int, int] | None:
        """The shard's mark; `Fenced` if a later owner set it."""
        mark = meta.mark_of(loaded.metadata, self._shard)
        if mark is not None and mark[1] > epoch:
            raise Fenced(
                f"{self._shard} was archived by owner {mark[1]}; this is owner {epoch}",
                hint="this process is no longer the owner; open the lake again",
            )
        return mark
