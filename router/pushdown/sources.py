"""What a statement's views read: columns with their types and bounds, rows, bytes, parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ...core.manifest import DataFile
from ...core.schema import ENVELOPE, ENVELOPE_IDS
from ...core.snapshots import TableSnapshot
from ..plan import Plan, ShardScan, TableScan
from .typed import BIG, INT


@dataclass(frozen=True)
class Part:
    """Hot rows (`files` is empty) or files of one schema version in one shard, under the same filters.

    `columns`: the view's name of a column -> its name there, `None` where these rows lack it. `up_to`: the
    last sequence that counts, where others are there too. `expires`: whether rows can have expired by
    `snapshot.cut_us`.
    """

    snapshot: TableSnapshot
    files: tuple[DataFile, ...]
    columns: Mapping[str, str | None]
    up_to: int | None
    expires: bool


def parts_of(scan: TableScan, names: list[str]) -> list[Part]:
    """All that a view reads, for the columns in `names`."""
    found: list[Part] = []
    for shard in scan.shards:
        snapshot = shard.snapshot
        if shard.reads_hot:
            held = {name: name if _is_hot(scan, snapshot, name) else None for name in names}
            found.append(Part(snapshot, (), held, None, snapshot.has_ttl))
        groups: dict[tuple[int, int | None, bool], list[DataFile]] = {}
        for file in _files(shard):
            up_to = snapshot.seq if file.seq_max > snapshot.seq else None
            groups.setdefault((file.schema_version, up_to, file.ttl_rows > 0), []).append(file)
        for (version, up_to, expires), files in groups.items():
            columns = {name: _stored(scan, snapshot, version, name) for name in names}
            found.append(Part(snapshot, tuple(files), columns, up_to, expires))
    return found


def bytes_to_read(plan: Plan) -> int:
    """Of all files that the plan leaves."""
    return sum(tier.bytes for scan in plan.scans for shard in scan.shards for tier in shard.tiers)


def most_rows(scan: TableScan) -> int:
    files = sum(file.rows for shard in scan.shards for file in _files(shard))
    return files + sum(int(shard.snapshot.hot.num_rows) for shard in scan.shards)


def type_of(scan: TableScan, name: str) -> pa.DataType:
    """`name` as the view spells it."""
    field = scan.schema.by_name.get(name)
    return ENVELOPE.field(name).type if field is None else field.type


def bounds_of(scan: TableScan, name: str) -> tuple[int, int] | None:
    """The smallest and largest integer that can be read, `None` if a file does not tell or there is none."""
    if type_of(scan, name) not in (INT, BIG):
        return None
    field = scan.schema.by_name.get(name)
    identity = ENVELOPE_IDS[name] if field is None else field.id
    found: list[tuple[int, int]] = []
    for shard in scan.shards:
        for file in _files(shard):
            if _stored(scan, shard.snapshot, file.schema_version, name) is None:
                continue
            bounds = file.stats.get(identity)
            if bounds is None or not isinstance(bounds[0], int) or not isinstance(bounds[1], int):
                return None
            found.append((bounds[0], bounds[1]))
        if shard.snapshot.hot.num_rows and _is_hot(scan, shard.snapshot, name):
            extremes = pc.min_max(shard.snapshot.hot.column(name))
            if extremes["min"].is_valid:
                found.append((extremes["min"].as_py(), extremes["max"].as_py()))
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def _files(shard: ShardScan) -> Iterator[DataFile]:
    for tier in shard.tiers:
        yield from tier.files


def _is_hot(scan: TableScan, snapshot: TableSnapshot, name: str) -> bool:
    """Whether the hot rows of a shard have heard of a column, and of its type."""
    at = snapshot.hot.schema.get_field_index(name)
    return bool(at >= 0 and snapshot.hot.schema.field(at).type == type_of(scan, name))


def _stored(scan: TableScan, snapshot: TableSnapshot, version: int, name: str) -> str | None:
    """What files of a schema version call a column; no file holds a column of unknown type."""
    field = scan.schema.by_name.get(name)
    if field is None:
        return name
    held = next((f for f in snapshot.table.version(version).fields if f.id == field.id), None)
    return None if held is None or held.type == pa.null() else held.name
