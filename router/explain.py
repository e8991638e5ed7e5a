"""The plan as a tree that people read and tests compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ..core.schema import TIERS
from ..tiers.vectors.nearest import Look
from .gather import Question
from .nearest.asked import Asked
from .nearest.narrow import Found
from .plan import Plan, ShardScan, TableScan, TierScan


def explain_text(
    plan: Plan,
    as_of: str | None,
    measured: tuple[str, int] | None = None,
    asked: Question | None = None,
    near: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """`measured`: DuckDB's own drawing of what it did, and the rows that came out.

    `asked`: what the shards compute of it, if they do. `near`: view -> how its rows nearest to a vector are
    found.
    """
    blocks = [] if asked is None else [_question_lines(asked)]
    blocks += [_scan_lines(scan, near.get(scan.view, ())) for scan in plan.scans]
    if measured is not None:
        blocks.append([f"rows out: {measured[1]:,}", *measured[0].rstrip().splitlines()])
    return "\n".join(_tree("query" + (f" as of {as_of}" if as_of else ""), blocks))


def veiled_text(plan: Plan, as_of: str | None, told: Sequence[str]) -> str:
    """The plan of a statement under a policy: what is read and what applies, and no number of rows or files,
    as hidden ones have a part in them."""
    blocks = [
        [
            f"table {scan.table}, tiers {', '.join(_tiers(scan)) or 'none'}",
            f"└─ columns: {', '.join(scan.columns)}",
        ]
        for scan in plan.scans
    ]
    return "\n".join([*told, *_tree("query" + (f" as of {as_of}" if as_of else ""), blocks)])


def _tiers(scan: TableScan) -> list[str]:
    found = {tier.tier for shard in scan.shards for tier in shard.tiers}
    return [tier for tier in TIERS if tier in found | {"hot"}]


def _question_lines(asked: Question) -> list[str]:
    """Which statement goes to the shards, and which one runs over what they answer."""
    where = _count(len(asked.holding.shards), "shard")
    return _tree(f"aggregated by {where}", [[f"in each: {asked.sql}"], [f"merged: {asked.last}"]])


def near_lines(asked: Asked, found: Found) -> list[str]:
    """How the nearest rows were looked for, tier by tier."""
    head = f"nearest by {asked.metric} of {asked.field.name}: {_count(asked.wanted, 'row')}"
    if found.allowed is not None:
        head += f" of the {found.allowed:,} that the conditions allow"
    looked: dict[tuple[str, str, str], list[Look]] = {}
    for look in found.nearest.looks:
        looked.setdefault((look.shard, look.tier, look.how), []).append(look)
    several = len({shard for shard, _, _ in looked}) > 1
    lines = []
    for (shard, tier, how), looks in looked.items():
        rows, candidates = sum(look.rows for look in looks), sum(look.candidates for look in looks)
        where = f"{shard} {tier}" if several else tier
        files = "" if tier == "hot" else f" in {_count(len(looks), 'file')}"
        lines.append([f"{where}: {candidates:,} candidates of {_count(rows, 'row')}{files}; {how}"])
    return _tree(head, lines)


def _scan_lines(scan: TableScan, near: Sequence[str]) -> list[str]:
    name = scan.table if scan.view.lower() == scan.table.lower() else f"{scan.table} as {scan.view}"
    details = [[f"columns: {', '.join(scan.columns)}"]]
    for reason, names in _by_reason(scan).items():
        details.append([f"{reason}: rules out {_count(len(names), 'shard')}, {', '.join(names)}"])
    for reason, files in scan.pruned_by:
        details.append([f"{reason}: rules out {_count(files, 'file')}"])
    if scan.spread:
        total = len(scan.shards) + len(scan.pruned)
        head = f"table {name}, reads {len(scan.shards):,} of {_count(total, 'shard')}"
        details += [_tree(f"{s.snapshot.shard}, {_cut(s)}", _tier_lines(s)) for s in scan.shards]
    else:
        (shard,) = scan.shards
        head = f"table {name}, {_cut(shard)}"
        details += _tier_lines(shard)
    if near:
        details.append(list(near))
    return _tree(head, details)


def _by_reason(scan: TableScan) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for shard, reason in scan.pruned:
        reasons.setdefault(reason, []).append(shard)
    return reasons


def _cut(shard: ShardScan) -> str:
    return f"manifest {shard.snapshot.manifest.version}, up to sequence {shard.snapshot.seq:,}"


def _tier_lines(shard: ShardScan) -> list[list[str]]:
    tiers = [_hot_line(shard), *(_tier_line(shard, tier) for tier in shard.tiers)]
    return [[tier] for tier in tiers if tier]


def _tree(head: str, blocks: list[list[str]]) -> list[str]:
    lines = [head]
    for number, block in enumerate(blocks):
        lines += _branch(block, number == len(blocks) - 1)
    return lines


def _hot_line(shard: ShardScan) -> str | None:
    snapshot = shard.snapshot
    if snapshot.seq <= snapshot.manifest.warm_to:
        return None
    span = f"hot  ({snapshot.manifest.warm_to:,}, {snapshot.seq:,}]: {_count(snapshot.hot.num_rows, 'row')}"
    return span if shard.reads_hot or not snapshot.hot.num_rows else f"{span}, not read"


def _tier_line(shard: ShardScan, tier: TierScan) -> str:
    lo, hi = min(run.lo for run in tier.runs), min(max(run.hi for run in tier.runs), shard.snapshot.seq)
    rows = sum(run.rows for run in tier.runs)
    total = len(tier.files) + tier.pruned
    size = f", {_size(tier.bytes)}" if tier.files else ""
    return (
        f"{tier.tier} ({lo:,}, {hi:,}]: {_count(rows, 'row')}, reads {len(tier.files):,} of"
        f" {_count(total, 'file')}{size}"
    )


def _branch(block: list[str], last: bool) -> list[str]:
    head, body = ("└─ ", "   ") if last else ("├─ ", "│  ")
    return [head + block[0], *(body + line for line in block[1:])]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _size(size: int) -> str:
    """
    >>> _size(812_331)
    '812.3 kB'
    """
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
