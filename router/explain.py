"""The plan as a tree that people read and tests compare."""

from __future__ import annotations

from .plan import Plan, TableScan, TierScan


def explain_text(plan: Plan, as_of: str | None, measured: tuple[str, int] | None = None) -> str:
    """`measured`: DuckDB's own drawing of what it did, and the rows that came out."""
    lines = ["query" + (f" as of {as_of}" if as_of else "")]
    blocks = [_scan_lines(scan) for scan in plan.scans]
    if measured is not None:
        blocks.append([f"rows out: {measured[1]:,}", *measured[0].rstrip().splitlines()])
    for number, block in enumerate(blocks):
        lines += _branch(block, number == len(blocks) - 1)
    return "\n".join(lines)


def _scan_lines(scan: TableScan) -> list[str]:
    snapshot = scan.snapshot
    name = snapshot.table.name if scan.view.lower() == snapshot.table.name.lower() else _both(scan)
    lines = [f"table {name}, manifest {snapshot.manifest.version}, up to sequence {snapshot.seq:,}"]
    details = [[f"columns: {', '.join(scan.columns)}"]]
    for reason, files in scan.pruned_by:
        details.append([f"{reason}: rules out {_count(files, 'file')}"])
    tiers = [_hot_line(scan), *(_tier_line(scan, tier) for tier in scan.tiers)]
    details += [[tier] for tier in tiers if tier]
    for number, block in enumerate(details):
        lines += _branch(block, number == len(details) - 1)
    return lines


def _both(scan: TableScan) -> str:
    return f"{scan.snapshot.table.name} as {scan.view}"


def _hot_line(scan: TableScan) -> str | None:
    snapshot = scan.snapshot
    if snapshot.seq <= snapshot.manifest.warm_to:
        return None
    span = f"hot  ({snapshot.manifest.warm_to:,}, {snapshot.seq:,}]: {_count(snapshot.hot.num_rows, 'row')}"
    return span if scan.reads_hot or not snapshot.hot.num_rows else f"{span}, not read"


def _tier_line(scan: TableScan, tier: TierScan) -> str:
    lo, hi = min(run.lo for run in tier.runs), min(max(run.hi for run in tier.runs), scan.snapshot.seq)
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
