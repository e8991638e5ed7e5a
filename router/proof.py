"""The certificate of a plan: ranges and rows come from the runs themselves, never from the watermarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.certificate import Certificate, FooterRows, ShardPart, TierPart
from ..core.clock import SECOND_US, iso
from ..core.manifest import Run
from ..core.protocols import TableSnapshot
from .plan import Plan, TableScan


def certify(plan: Plan, as_of: str | None, footer_rows: FooterRows | None) -> Certificate:
    """`as_of`: the point that was asked for, as text."""
    tables: dict[str, dict[str, ShardPart]] = {}
    parts: dict[str, tuple[TableScan, ...]] = {}
    for scan in plan.scans:
        name = scan.snapshot.table.name + (f" ({scan.point})" if scan.point else "")
        parts[name] = (*parts.get(name, ()), scan)
    for name, scans in parts.items():
        snapshot = scans[0].snapshot
        tables[name] = {snapshot.shard: _shard_part(scans)}
    snapshots = [scan.snapshot for scan in plan.scans]
    recorded = [s.recorded_us for s in snapshots if s.recorded_us is not None]
    return Certificate(
        tables=tables,
        as_of=as_of,
        age_seconds=max(0, plan.now_us - max(recorded)) / SECOND_US if recorded else None,
        expired=[gone for name, scans in parts.items() for gone in _expired(name, scans[0].snapshot)],
        footer_rows=footer_rows,
    )


def _shard_part(scans: Sequence[TableScan]) -> ShardPart:
    """One table at one cut; several scans of it (under several conditions) add up."""
    snapshot = scans[0].snapshot
    tiers = [_lower_tier(scans, number) for number in range(len(scans[0].tiers))]
    warm_to = snapshot.manifest.warm_to
    if snapshot.seq > warm_to:
        tiers.append(TierPart("hot", ((warm_to + 1, snapshot.seq),), snapshot.hot.num_rows))
    order = {"cold": 0, "warm": 1, "hot": 2}
    return ShardPart(
        snapshot.manifest.version, snapshot.seq, tuple(sorted(tiers, key=lambda t: order[t.tier]))
    )


def _lower_tier(scans: Sequence[TableScan], number: int) -> TierPart:
    snapshot, tier = scans[0].snapshot, scans[0].tiers[number]
    read = {file.key: file.bytes for scan in scans for file in scan.tiers[number].files}
    files = tuple(file for run in tier.runs for file in run.files)
    cold = snapshot.manifest.cold
    return TierPart(
        tier=tier.tier,
        ranges=_ranges(tier.runs, snapshot.seq),
        rows=sum(run.rows for run in tier.runs),
        files_read=len(read),
        files_pruned=len(files) - len(read),
        bytes=sum(read.values()),
        snapshot=cold.snapshot_id if cold is not None and tier.tier == "cold" else None,
        files=files,
    )


def _ranges(runs: Sequence[Run], seq: int) -> tuple[tuple[int, int], ...]:
    """(lo, hi] of each run as [lo + 1, hi], neighbours joined, cut off at `seq`.

    >>> _ranges([Run(0, 5, 5, ()), Run(5, 9, 4, ()), Run(12, 20, 8, ())], 15)
    ((1, 9), (13, 15))
    """
    ranges: list[tuple[int, int]] = []
    for run in sorted(runs, key=lambda r: r.lo):
        first, last = run.lo + 1, min(run.hi, seq)
        if first > last:
            continue
        if ranges and ranges[-1][1] + 1 == first:
            first = ranges.pop()[0]
        ranges.append((first, last))
    return tuple(ranges)


def _expired(name: str, snapshot: TableSnapshot) -> list[dict[str, Any]]:
    return [
        {"table": name, "shard": snapshot.shard, "range": [gone.lo + 1, gone.hi], "rows": gone.rows}
        | {"until": iso(gone.until_us), "reason": gone.reason}
        for gone in snapshot.manifest.expired
    ]
