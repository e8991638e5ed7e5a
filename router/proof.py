"""The certificate of a plan: ranges and rows come from the runs themselves, never from the watermarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from ..core.certificate import Certificate, FooterRows, ShardPart, TierPart
from ..core.clock import SECOND_US, iso
from ..core.manifest import Run
from ..core.schema import Field
from ..core.snapshots import TableSnapshot
from ..tiers.vectors.missing import missing, missing_hot
from .plan import Plan, ShardScan

Footers = Callable[[TableSnapshot], FooterRows]
"""How the footers of one shard's files are read."""


def certify(plan: Plan, as_of: str | None, footer_rows: Footers) -> Certificate:
    """`as_of`: the point that was asked for, as text."""
    parts: dict[str, dict[str, list[ShardScan]]] = {}
    pruned: dict[str, dict[str, str]] = {}
    computed: dict[str, set[Field]] = {}
    for scan in plan.scans:
        name = scan.table + (f" ({scan.point})" if scan.point else "")
        shards = parts.setdefault(name, {})
        for shard in scan.shards:
            shards.setdefault(shard.snapshot.shard, []).append(shard)
        computed.setdefault(name, set()).update(f for f in scan.schema.computed if f.name in scan.columns)
        pruned.setdefault(name, {}).update(scan.pruned)
    cuts = [(name, scans[0].snapshot) for name, shards in parts.items() for scans in shards.values()]
    recorded = [cut.recorded_us for _, cut in cuts if cut.recorded_us is not None]
    return Certificate(
        tables={
            name: {shard: _shard_part(scans, computed[name]) for shard, scans in shards.items()}
            for name, shards in parts.items()
        },
        as_of=as_of,
        age_seconds=max(0, plan.now_us - max(recorded)) / SECOND_US if recorded else None,
        expired=[gone for name, cut in cuts for gone in _expired(name, cut)],
        pruned={
            name: left_out
            for name, reasons in pruned.items()
            if (left_out := {shard: why for shard, why in reasons.items() if shard not in parts[name]})
        },
        footer_rows=_footer_rows([cut for _, cut in cuts], footer_rows),
    )


def _footer_rows(cuts: Sequence[TableSnapshot], footer_rows: Footers) -> FooterRows:
    """Finds the shard to which a file belongs when it is asked for; few certificates are ever verified."""

    @cache
    def readers() -> dict[str, FooterRows]:
        found = {}
        for cut in cuts:
            runs = [*cut.manifest.warm, *([cut.cold] if cut.cold else [])]
            found.update({file.key: footer_rows(cut) for run in runs for file in run.files})
        return found

    return lambda file: readers()[file.key](file)


def _shard_part(scans: Sequence[ShardScan], computed: Iterable[Field]) -> ShardPart:
    """One table at one cut of one shard; several scans of it (under several conditions) add up.

    `computed`: the columns of that kind that are read.
    """
    snapshot = scans[0].snapshot
    tiers = [_lower_tier(scans, number) for number in range(len(scans[0].tiers))]
    warm_to = snapshot.manifest.warm_to
    if snapshot.seq > warm_to:
        tiers.append(TierPart("hot", ((warm_to + 1, snapshot.seq),), snapshot.hot.num_rows))
    order = {"cold": 0, "warm": 1, "hot": 2}
    return ShardPart(
        snapshot.manifest.version,
        snapshot.seq,
        tuple(sorted(tiers, key=lambda t: order[t.tier])),
        {column.name: _missing(scans[0], column) for column in computed},
    )


def _missing(scan: ShardScan, column: Field) -> int:
    snapshot = scan.snapshot
    files = (file for tier in scan.tiers for run in tier.runs for file in run.files)
    return missing_hot(snapshot, column) + sum(missing(snapshot.table, file, column) for file in files)


def _lower_tier(scans: Sequence[ShardScan], number: int) -> TierPart:
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
