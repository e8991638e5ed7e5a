"""What will be read for each table reference: a pure function of the statement and the snapshots.

A reference is a union over the shards that can hold its rows. Of each tier there, the plan names the files
that can matter, and says which condition ruled out the others. It opens no file; the same inputs give the
same plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ..core.manifest import DataFile, Run
from ..core.schema import Schema
from ..core.snapshots import TableSnapshot
from .bind import Bound, Ref
from .constants import Surroundings
from .file_table import FileTable, FileTables, Mask
from .latest import Latest, latest_bound, within
from .prune import Judge, Resolve
from .references import column, conditions, written
from .shard_prune import Holding
from .syntax import Node


@dataclass(frozen=True)
class TierScan:
    """`files`: those to read, newest first; `pruned`: how many others. `runs`: what the tier answers for."""

    tier: str
    runs: tuple[Run, ...]
    files: tuple[DataFile, ...]
    pruned: int = 0

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class ShardScan:
    """How one shard is read. `reads_hot`: whether its hot rows can matter."""

    snapshot: TableSnapshot
    tiers: tuple[TierScan, ...]
    reads_hot: bool


@dataclass(frozen=True)
class TableScan:
    """How one view is read. `columns`: payload names, then envelope names, as shown, typed by `schema`.

    `shards`: those that are read; `pruned`: (shard, condition that rules it out) for the others of a
    database that is `spread` over several. `pruned_by`: (condition as written, files that it ruled out).
    """

    view: str
    table: str
    schema: Schema
    point: str | None
    columns: tuple[str, ...]
    shards: tuple[ShardScan, ...]
    pruned_by: tuple[tuple[str, int], ...] = ()
    latest: Latest | None = None
    spread: bool = False
    pruned: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plan:
    """One scan per view; `now_us`: the instant that the statement takes for now."""

    scans: tuple[TableScan, ...]
    now_us: int

    def without_files(self) -> Plan:
        """The same views with their columns and types, over no more than hot rows."""

        def emptied(scan: TableScan) -> TableScan:
            return replace(scan, shards=tuple(replace(shard, tiers=()) for shard in scan.shards))

        return replace(self, scans=tuple(map(emptied, self.scans)))


@dataclass(frozen=True)
class TableCut:
    """One table at one point: its cut in each shard, the home shard first, and the columns it shows."""

    schema: Schema
    shards: tuple[TableSnapshot, ...]


@dataclass
class _Kept:
    """Which files of one tier are still in question."""

    tier: str
    files: FileTable
    mask: Mask
    runs: tuple[Run, ...]
    reasons: dict[str, int] = field(default_factory=dict)


def make_plan(
    bound: Bound,
    cuts: Mapping[tuple[str, str | None], TableCut],
    around: Surroundings,
    tables: FileTables,
    holdings: Mapping[str, Holding] | None = None,
) -> Plan:
    """`cuts`: by (table name folded, point of the reference).

    `holdings`: for each view, the shards that matter to it; none in a database that is one shard.
    """
    scans: dict[str, TableScan] = {}
    for ref in bound.refs:
        if ref.view not in scans:
            holding = holdings[ref.view] if holdings is not None else None
            scans[ref.view] = _scan(bound, ref, cuts[ref.name.lower(), ref.point], holding, around, tables)
    return Plan(tuple(scans.values()), around.now_us)


@dataclass
class _Part:
    """One shard under judgement. `resolve`: what a name in a condition means there."""

    snapshot: TableSnapshot
    tiers: list[_Kept]
    resolve: Resolve
    reads_hot: bool


def _scan(
    bound: Bound,
    ref: Ref,
    cut: TableCut,
    holding: Holding | None,
    around: Surroundings,
    tables: FileTables,
) -> TableScan:
    select = bound.selects[ref.select]
    parts = [
        _Part(
            s, _tiers(s, tables), partial(column, bound, ref, cut.schema, s.table.schemas), s.hot.num_rows > 0
        )
        for s in cut.shards
        if holding is None or s.shard in holding.shards
    ]
    for condition in conditions(select, ref):
        for part in parts:
            part.reads_hot = part.reads_hot and _hot_may_match(condition, part.resolve, around)
            for kept in part.tiers:
                mask = Judge(kept.files, kept.tier, part.resolve, around).may_match(condition)
                if mask is not None:
                    _keep(kept, written(bound, condition), mask)
    pieces = [(p.snapshot, [(k.tier, k.files, k.mask) for k in p.tiers], p.resolve) for p in parts]
    latest = latest_bound(select, ref, pieces, around)
    if latest is not None:
        for part in parts:
            for kept in part.tiers:
                _keep(kept, str(latest), within(latest, kept.files))
    reasons: dict[str, int] = {}
    for part in parts:
        for kept in part.tiers:
            for reason, gone in kept.reasons.items():
                reasons[reason] = reasons.get(reason, 0) + gone
    return TableScan(
        view=ref.view,
        table=parts[0].snapshot.table.name,
        schema=cut.schema,
        point=ref.point,
        columns=_columns(ref, cut.schema),
        shards=tuple(
            ShardScan(part.snapshot, tuple(_tier_scan(kept) for kept in part.tiers), part.reads_hot)
            for part in parts
        ),
        pruned_by=tuple((reason, gone) for reason, gone in reasons.items() if gone),
        latest=latest,
        spread=holding is not None,
        pruned=holding.pruned if holding is not None else (),
    )


def _keep(kept: _Kept, reason: str, mask: Mask) -> None:
    kept.reasons[reason] = int(np.count_nonzero(kept.mask & ~mask))
    kept.mask = kept.mask & mask


def _tiers(snapshot: TableSnapshot, tables: FileTables) -> list[_Kept]:
    """Warm and cold with the files that reach into the cut."""
    manifest, found = snapshot.manifest, []
    warm = tuple(run for run in manifest.warm if run.lo < snapshot.seq)
    if warm:
        files = tables.get(manifest, lambda: tuple(f for run in manifest.warm for f in run.files))
        found.append(_Kept("warm", files, files.seq_min <= snapshot.seq, warm))
    if snapshot.cold is not None and snapshot.seq > 0:
        cold = snapshot.cold
        files = tables.get(cold.files, lambda: cold.files)
        found.append(_Kept("cold", files, files.seq_min <= snapshot.seq, (cold,)))
    return found


def _tier_scan(kept: _Kept) -> TierScan:
    chosen = np.flatnonzero(kept.mask)
    newest_first = chosen[np.argsort(-kept.files.seq_max[chosen], kind="stable")]
    total = sum(len(run.files) for run in kept.runs)
    files = kept.files.files
    return TierScan(kept.tier, kept.runs, tuple(files[at] for at in newest_first), total - len(chosen))


def _columns(ref: Ref, schema: Schema) -> tuple[str, ...]:
    payload = [f.name for f in schema.fields if ref.columns is None or f.name.lower() in ref.columns]
    # count(*) needs no column, but a relation needs one; `_seq` is the cheapest, and no star shows it.
    return (*payload, *ref.envelope) or ("_seq",)


def _hot_may_match(condition: Node, resolve: Resolve, around: Surroundings) -> bool:
    """Hot rows have no statistics; only a condition on `_tier` can rule them out."""
    mask = Judge(_ONE_HOT, "hot", resolve, around).may_match(condition)
    return mask is None or bool(mask[0])


_ONE_HOT = FileTable([DataFile("", 0, "", 0, 0, 0, 0)])
