"""Between our values and Iceberg's: schemas, marks, data files.

Iceberg's field ids are ours, so warm and cold files can be read by the same ids. A catalog gives the first
columns of a new table the ids 1, 2, 3, ...: just those of the envelope; the payload is added with its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    MetricModeTypes,
    MetricsMode,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    pyarrow_to_schema,
)
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.manifest import DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema as IcebergSchema
from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.table.update import (
    AddSchemaUpdate,
    AddSortOrderUpdate,
    AssertCurrentSchemaId,
    RemoveSnapshotsUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSortOrderUpdate,
    UpdatesAndRequirements,
    UpdateTableMetadata,
)
from pyiceberg.transforms import DayTransform, IdentityTransform, MonthTransform, Transform, YearTransform
from pyiceberg.typedef import Record
from pyiceberg.types import NestedField

from ...core.errors import Conflict, Invalid
from ...core.policy import TierPolicy
from ...core.schema import ENVELOPE_IDS, SHARD_COLUMN, SHARD_COLUMN_ID, Schema, Table
from ...core.sharding import HOME
from ..parquet import file_schema, is_bounded
from .partitions import Grain, Layout

_TIME_ID = ENVELOPE_IDS["_time"]
_TRANSFORMS: dict[Grain, Transform[Any, Any]] = {
    "day": DayTransform(),
    "month": MonthTransform(),
    "year": YearTransform(),
}
_LATEST = -1
"""In an update: the schema or sort order that the same commit adds."""

MERGE_MANIFESTS_FROM = 16
MANIFEST_BYTES = 128 * 1024
"""Some 200 files. Merging rewrites every entry, 0.4 ms each, so a manifest of the usual 8 MB would stop a
commit for half a minute."""


def iceberg_schema(schema: Schema, *, shared: bool = False) -> IcebergSchema:
    return pyarrow_to_schema(file_schema(schema, iceberg=True, shared=shared))


def partition_spec(layout: Layout) -> PartitionSpec:
    """Of a new table. In one that is shared later the shard comes last, which means the same."""
    by: list[tuple[int, Transform[Any, Any], str]] = []
    if layout.shared:
        by.append((SHARD_COLUMN_ID, IdentityTransform(), SHARD_COLUMN))
    if layout.grain is not None:
        by.append((_TIME_ID, _TRANSFORMS[layout.grain], f"_time_{layout.grain}"))
    fields = (
        PartitionField(source_id=source, field_id=1000 + at, transform=transform, name=name)
        for at, (source, transform, name) in enumerate(by)
    )
    return PartitionSpec(*fields, spec_id=0)


def layout_of(spec: PartitionSpec) -> Layout:
    """How the table is partitioned. `Invalid` if not as we partition."""
    by_shard: tuple[int, Transform[Any, Any]] = (SHARD_COLUMN_ID, IdentityTransform())
    fields = [(f.source_id, f.transform) for f in spec.fields]
    by_time = [field for field in fields if field != by_shard]
    shared = by_shard in fields
    if not by_time:
        return Layout(None, shared)
    for grain, transform in _TRANSFORMS.items():
        if by_time == [(_TIME_ID, transform)]:
            return Layout(grain, shared)
    raise Invalid(
        f"cannot archive into the partitioning {spec}",
        hint="partition the Iceberg table by day, month or year of _time, or not at all",
    )


def shard_of(metadata: TableMetadata, entry: IcebergFile) -> str:
    """Whose the file is. What was written before the table was shared is the first shard's."""
    return _partition_value(metadata, entry, of_shard=True) or HOME


def time_of(metadata: TableMetadata, entry: IcebergFile) -> int | None:
    """Days, months or years since 1970; `None` if it isn't partitioned by time."""
    value = _partition_value(metadata, entry, of_shard=False)
    return None if value is None else int(value)


def _partition_value(metadata: TableMetadata, entry: IcebergFile, *, of_shard: bool) -> Any:
    for at, f in enumerate(metadata.specs()[entry.spec_id].fields):
        if (f.source_id == SHARD_COLUMN_ID) == of_shard:
            return entry.partition[at]
    return None


def table_properties(policy: TierPolicy) -> dict[str, str]:
    """What a new table is told, for us and for other writers: few metadata, merged manifests, our format."""
    return {
        "format-version": "2",
        "commit.manifest-merge.enabled": "true",
        "commit.manifest.min-count-to-merge": str(MERGE_MANIFESTS_FROM),
        "commit.manifest.target-size-bytes": str(MANIFEST_BYTES),
        "write.metadata.previous-versions-max": str(policy.snapshots_kept),
        "write.parquet.compression-codec": "zstd",
        "write.parquet.compression-level": "1",
        "write.parquet.row-group-limit": str(policy.row_group_rows),
    }


def mark_property(shard: str) -> str:
    return f"thermocline.archived.{shard}"


def mark_of(metadata: TableMetadata, shard: str) -> tuple[int, int] | None:
    """(sequence, epoch) up to which the shard's rows were archived, and by which owner."""
    text = metadata.properties.get(mark_property(shard))
    if text is None:
        return None
    seq, epoch = text.split("@")
    return int(seq), int(epoch)


def marked_shards(metadata: TableMetadata) -> list[str]:
    """The shards that have rows in the table, or had."""
    prefix = mark_property("")
    return [name.removeprefix(prefix) for name in metadata.properties if name.startswith(prefix)]


def iceberg_file(
    metadata: TableMetadata, location: str, size: int, footer: pq.FileMetaData, shard: str, time: int | None
) -> IcebergFile:
    """The manifest entry of a Parquet file of ours, in the table's present partitioning."""
    schema = metadata.schema()
    paths = parquet_path_to_id_mapping(schema)
    plan = compute_statistics_plan(schema, metadata.properties)
    for group in range(footer.num_row_groups):
        for leaf in range(footer.num_columns):
            column = footer.row_group(group).column(leaf)
            # pyiceberg takes bounds from the other row groups then, which would hide the rows of this one.
            if not is_bounded(column):
                field_id = paths[column.path_in_schema]
                plan[field_id] = replace(plan[field_id], mode=MetricsMode(MetricModeTypes.NONE))
    statistics = data_file_statistics_from_parquet_metadata(footer, plan, paths)
    return IcebergFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=_partition(metadata, shard, time),
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


def entered_anew(metadata: TableMetadata, entry: IcebergFile, shard: str) -> IcebergFile:
    """The manifest entry of the same file in the table's present partitioning, as one of the shard."""
    partition = _partition(metadata, shard, time_of(metadata, entry))
    values = (entry[at] for at in range(len(entry)))
    anew = IcebergFile(*(partition if value is entry.partition else value for value in values))
    anew.spec_id = metadata.default_spec_id
    return anew


def _partition(metadata: TableMetadata, shard: str, time: int | None) -> Record:
    return Record(*(shard if f.source_id == SHARD_COLUMN_ID else time for f in metadata.spec().fields))


def widened(current: IcebergSchema, table: Table, *, shared: bool) -> tuple[NestedField, ...]:
    """The Iceberg table's columns, by their names of today, and those that our table has beyond them.

    Shards widen their tables one after the other, so either side may have columns that the other lacks.

    Raises `Conflict` if another program gave one of our ids or names to a column of its own.
    """
    ours = {(field.id, field.name) for schema in table.schemas for field in schema.fields}
    wanted = iceberg_schema(table.schema, shared=shared).fields
    today = {f.field_id: f.name for f in wanted}
    kept = tuple(
        f.model_copy(update={"name": today[f.field_id]})
        if f.field_id in today and (f.field_id, f.name) in ours
        else f
        for f in current.fields
    )
    names = {f.field_id: f.name for f in kept}
    for f in wanted:
        if names.get(f.field_id, f.name) != f.name or (f.field_id not in names and f.name in names.values()):
            raise Conflict(
                f"column `{f.name}` of {table.name} does not agree with the Iceberg table",
                hint="another program changed the Iceberg table's columns; undo that, then archive again",
            )
    return (*kept, *(f for f in wanted if f.field_id not in names))


class SetColumns(UpdateTableMetadata["SetColumns"]):
    """Gives the table these columns, ids included, if it has others."""

    def __init__(self, transaction: Transaction, fields: tuple[NestedField, ...]) -> None:
        super().__init__(transaction)
        self._fields = fields

    def _commit(self) -> UpdatesAndRequirements:
        metadata = self._transaction.table_metadata
        if self._fields == metadata.schema().fields:
            return (), ()
        newest = max(s.schema_id for s in metadata.schemas)
        return (
            (
                AddSchemaUpdate(schema=IcebergSchema(*self._fields, schema_id=newest + 1)),
                SetCurrentSchemaUpdate.model_validate({"schema-id": _LATEST}),
            ),
            (AssertCurrentSchemaId.model_validate({"current-schema-id": metadata.current_schema_id}),),
        )


class RecordOrder(UpdateTableMetadata["RecordOrder"]):
    """Writes down the order of rows within files: by shard, clustering columns, then `_seq`."""

    def __init__(self, transaction: Transaction, table: Table) -> None:
        super().__init__(transaction)
        self._table = table

    def _commit(self) -> UpdatesAndRequirements:
        metadata = self._transaction.table_metadata
        fields = {f.name: f for f in metadata.schema().fields if f.field_type.is_primitive}
        names = (SHARD_COLUMN, *self._table.clustering, "_seq")
        ids = [fields[name].field_id for name in names if name in fields]
        if ids == [f.source_id for f in metadata.sort_order().fields]:
            return (), ()
        order = SortOrder(
            *(SortField(i, IdentityTransform(), SortDirection.ASC, NullOrder.NULLS_LAST) for i in ids),
            order_id=max(o.order_id for o in metadata.sort_orders) + 1,
        )
        return (
            AddSortOrderUpdate.model_validate({"sort-order": order}),
            SetDefaultSortOrderUpdate.model_validate({"sort-order-id": _LATEST}),
        ), ()


class Expire(UpdateTableMetadata["Expire"]):
    """Takes all but the newest snapshots out of the table's history; branches and tags keep theirs.

    pyiceberg copies the whole metadata some 20 times a commit, so a long history makes every commit slow.
    Only those before `before_ms`, if given. No file is deleted.
    """

    def __init__(self, transaction: Transaction, *, keep: int, before_ms: int | None = None) -> None:
        super().__init__(transaction)
        self._keep = keep
        self._before_ms = before_ms

    def _commit(self) -> UpdatesAndRequirements:
        metadata = self._transaction.table_metadata
        newest_first = sorted(metadata.snapshots, key=lambda s: s.sequence_number or 0, reverse=True)
        named = {ref.snapshot_id for ref in metadata.refs.values()}
        old = [
            s.snapshot_id
            for s in newest_first[max(1, self._keep) :]
            if s.snapshot_id not in named and (self._before_ms is None or s.timestamp_ms < self._before_ms)
        ]
        return ((RemoveSnapshotsUpdate.model_validate({"snapshot-ids": old}),) if old else ()), ()
