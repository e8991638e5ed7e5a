"""From "the rows nearest to a vector" to the rows themselves, which then stand for their whole table.

conditions of the table's own --> DuckDB over its other columns --> rows that may be found
these, and the vector --> the tiers' indexes, shard by shard --> the nearest rows with their vectors
--> a view of these rows alone: their vectors as they were found, their other columns as any scan reads them
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ...core.manifest import DataFile
from ...core.schema import Field
from ...core.snapshots import TableSnapshot
from ...core.types import quote
from ...tiers.vectors.nearest import Allowed, Locate, Nearest, Question, farthest, merged, nearest
from ...tiers.vectors.opened import OpenedVectors
from ...tiers.vectors.sidecar import Seqs
from ..bind import Ref
from ..engine import Session
from ..plan import ShardScan, TableScan
from ..scan import ScanSql, scan_sql, typed_columns
from ..syntax import Node, children
from .asked import Asked

FEW_BYTES = 8 << 20
"""Of vectors that DuckDB compares as fast as anything."""
_NEAR = "near$"

Open = Callable[[Session, Sequence[TableScan]], None]
"""Makes the views of scans in a session."""


@dataclass(frozen=True)
class Found:
    """`parts`: the nearest rows, by shard. `nearest`: the same together. `complete`: there are no other rows
    that may be found. `allowed`: how many may, `None` for all."""

    field: Field
    parts: tuple[tuple[ShardScan, Nearest], ...]
    nearest: Nearest
    complete: bool
    allowed: int | None


@dataclass(frozen=True)
class Means:
    """`scans`: of the statement, by view. `session`: gives a session to read with. `open`: see `Open`.
    `values`: of the parameters. `locate`: where the files of a snapshot are."""

    scans: Mapping[str, TableScan]
    session: Callable[[], Session]
    open: Open
    values: dict[str, Any]
    locate: Callable[[TableSnapshot], Locate]
    opened: OpenedVectors


def worth_it(asked: Asked, scan: TableScan) -> str | None:
    """Why every row had better be compared, `None` if an index pays."""
    rows = sum(_rows_of(shard) for shard in scan.shards)
    size = rows * 4 * asked.field.type.list_size
    return f"{rows:,} rows are few" if size <= FEW_BYTES else None


def find(asked: Asked, wanted: int, means: Means) -> Found:
    """The `wanted` nearest rows, or fewer if there are no more."""
    scan = means.scans[asked.ref.view]
    question = Question(asked.vector, asked.metric, wanted)
    parts: list[tuple[ShardScan, Nearest]] = []
    allowed: int | None = None
    for shard in scan.shards:
        files = [(tier.tier, file) for tier in shard.tiers for file in tier.files]
        may = _allowed(asked, replace(scan, shards=(shard,)), means)
        if may is not None:
            allowed = (allowed or 0) + may.count
        locate = means.locate(shard.snapshot)
        near = nearest(shard.snapshot, files, asked.field, question, may, locate, means.opened)
        parts.append((shard, near))
    every = merged([near for _, near in parts], wanted)
    # Sequences are a shard's own, so what is among the nearest of all is told by the distance.
    limit = farthest(every.distances, wanted)
    there = sum(_rows_of(shard) for shard in scan.shards) if allowed is None else allowed
    near_parts = tuple((shard, near.within(limit)) for shard, near in parts)
    return Found(asked.field, near_parts, every, len(every.seqs) == there, allowed)


def near_sql(scan: TableScan, found: Found, path: Callable[[TableSnapshot, DataFile], Path]) -> ScanSql:
    """A view of the rows found, which stands for the table. `path`: see `scan_sql`."""
    keys: dict[str, str] = {}
    registered: list[tuple[str, pa.Table]] = []
    selects: list[str] = []
    vector = found.field.name
    others = tuple(name for name in scan.columns if name not in (vector, "_seq"))
    for number, (shard, near) in enumerate(found.parts):
        view = f"{scan.view}${number}"
        read = scan_sql(
            replace(scan, view=view, columns=(*others, "_seq"), shards=(_narrowed(shard, near.seqs),)), path
        )
        keys.update(read.keys)
        rows = pa.FixedSizeListArray.from_arrays(
            pa.array(near.vectors.ravel(), pa.float32()), found.field.type.list_size
        )
        registered += [(name, _only(hot, near.seqs)) for name, hot in read.hot]
        registered.append((_NEAR + view, pa.table({"_seq": near.seqs, vector: rows})))
        listed = ", ".join(map(str, near.seqs.tolist())) or "NULL"
        selects.append(
            f"SELECT * FROM (SELECT * FROM ({read.select or f'FROM {quote(view)}'}) WHERE _seq IN ({listed}))"
            f" JOIN {quote(_NEAR + view)} USING (_seq)"
        )
    every = " UNION ALL ".join(selects)
    return ScanSql(scan.view, f"SELECT {typed_columns(scan)} FROM ({every})", tuple(registered), keys)


def _narrowed(shard: ShardScan, seqs: Seqs) -> ShardScan:
    """Without the files that have none of the rows."""
    order = np.sort(seqs)
    tiers = tuple(
        replace(tier, files=tuple(f for f in tier.files if _may_hold(f.seq_min, f.seq_max, order)))
        for tier in shard.tiers
    )
    return replace(shard, tiers=tiers)


def _only(rows: pa.Table, seqs: Seqs) -> pa.Table:
    # Not `take`, which puts the chunks of a column together first.
    return rows.filter(pa.array(np.isin(rows["_seq"].to_numpy(), seqs)))


def _may_hold(low: int, high: int, seqs: Seqs) -> bool:
    return bool(np.searchsorted(seqs, high, "right") > np.searchsorted(seqs, low))


def _rows_of(shard: ShardScan) -> int:
    hot = int(shard.snapshot.hot.num_rows) if shard.reads_hot else 0
    return hot + sum(file.rows for tier in shard.tiers for file in tier.files)


def _allowed(asked: Asked, scan: TableScan, means: Means) -> Allowed | None:
    """The rows of one shard for which the conditions hold and whose time is not up; `None` for all."""
    (shard,) = scan.shards
    if not asked.own and not shard.snapshot.has_ttl:
        return None
    names = {part.lower() for node in asked.own for part in _names(node)}
    columns = tuple(name for name in scan.columns if name.lower() in names and name != "_seq")
    session = means.session()
    beside = {ref.view: means.scans[ref.view] for _, ref in asked.beside}
    means.open(session, [replace(scan, columns=(*columns, "_seq")), *beside.values()])
    text = session.rendered(_select(scan.view, asked))
    used = {name: means.values[name] for node in asked.own for name in _parameters(node)}
    found, _ = session.run(text, used)
    return Allowed(found.column(0).to_numpy())


def _select(view: str, asked: Asked) -> Node:
    """SELECT _seq FROM view AS label WHERE own, as a tree that DuckDB writes out."""
    inner = {id(node): ref for node, ref in asked.beside}
    where = [_over_views(node, inner) for node in asked.own]
    column = {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": ["_seq"]}
    node: Node = {
        "type": "SELECT_NODE",
        "cte_map": {},
        "select_list": [column],
        "from_table": _view(view, asked.ref.label),
        "aggregate_handling": "STANDARD_HANDLING",
    }
    if where:
        node["where_clause"] = (
            where[0]
            if len(where) == 1
            else {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "children": where}
        )
    return node


def _over_views(node: Any, inner: Mapping[int, Ref]) -> Any:
    """The same tree, but the queries in it read the views that stand for their tables."""
    if isinstance(node, list):
        return [_over_views(child, inner) for child in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _over_views(value, inner) for key, value in node.items()}
    if (ref := inner.get(id(node))) is not None:
        copy["from_table"] = _view(ref.view, ref.label)
    return copy


def _view(name: str, label: str) -> Node:
    return {"type": "BASE_TABLE", "alias": label, "table_name": name, "qualified_name": {"path": [name]}}


def _names(node: Any) -> Iterable[str]:
    if isinstance(node, dict) and node.get("class") == "COLUMN_REF":
        yield from node["column_names"]
    for child in children(node):
        yield from _names(child)


def _parameters(node: Any) -> Iterable[str]:
    if isinstance(node, dict) and node.get("class") == "PARAMETER":
        yield str(node["identifier"])
    for child in children(node):
        yield from _parameters(child)
