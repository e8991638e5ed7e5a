"""What will be read for each table reference: a pure function of the statement and the snapshots.

Of each tier the plan names the files that can matter, and says which condition ruled out the others. It
opens no file; the same inputs give the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core.manifest import DataFile, Run
from ..core.protocols import TableSnapshot
from ..core.schema import ENVELOPE, ENVELOPE_IDS
from .bind import Bound, Ref, Select
from .constants import Surroundings
from .file_table import FileTable, FileTables, Mask
from .latest import Latest, latest_bound, within
from .prune import Column, Judge, Resolve
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
class TableScan:
    """How one view is read. `columns`: payload names, then envelope names, as shown.

    `pruned_by`: (condition as written, files that it ruled out). `reads_hot`: whether hot rows can matter.
    """

    view: str
    snapshot: TableSnapshot
    point: str | None
    columns: tuple[str, ...]
    tiers: tuple[TierScan, ...]
    reads_hot: bool
    pruned_by: tuple[tuple[str, int], ...] = ()
    latest: Latest | None = None


@dataclass(frozen=True)
class Plan:
    """One scan per view; `now_us`: the instant that the statement takes for now."""

    scans: tuple[TableScan, ...]
    now_us: int


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
    snapshots: Mapping[tuple[str, str | None], TableSnapshot],
    around: Surroundings,
    tables: FileTables,
) -> Plan:
    """`snapshots`: by (table name folded, point of the reference)."""
    scans: dict[str, TableScan] = {}
    for ref in bound.refs:
        if ref.view not in scans:
            snapshot = snapshots[ref.name.lower(), ref.point]
            scans[ref.view] = _scan(bound, ref, snapshot, around, tables)
    return Plan(tuple(scans.values()), around.now_us)


def _scan(
    bound: Bound, ref: Ref, snapshot: TableSnapshot, around: Surroundings, tables: FileTables
) -> TableScan:
    select = bound.selects[ref.select]
    tiers = _tiers(snapshot, tables)
    conditions = _conditions(select, ref)

    def resolve(names: tuple[str, ...]) -> Column | None:
        return _column(bound, select, ref, snapshot, names)

    reads_hot = bool(snapshot.hot.num_rows)
    for condition in conditions:
        reads_hot = reads_hot and _hot_may_match(condition, resolve, around)
        for kept in tiers:
            mask = Judge(kept.files, kept.tier, resolve, around).may_match(condition)
            if mask is not None:
                gone = int(np.count_nonzero(kept.mask & ~mask))
                kept.reasons[_written(bound, condition)] = gone
                kept.mask = kept.mask & mask
    latest = latest_bound(select, ref, snapshot, [(k.tier, k.files, k.mask) for k in tiers], resolve, around)
    if latest is not None:
        for kept in tiers:
            mask = within(latest, kept.files)
            kept.reasons[str(latest)] = int(np.count_nonzero(kept.mask & ~mask))
            kept.mask = kept.mask & mask
    reasons: dict[str, int] = {}
    for kept in tiers:
        for reason, gone in kept.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + gone
    return TableScan(
        view=ref.view,
        snapshot=snapshot,
        point=ref.point,
        columns=_columns(ref, snapshot),
        tiers=tuple(_tier_scan(kept) for kept in tiers),
        reads_hot=reads_hot,
        pruned_by=tuple((reason, gone) for reason, gone in reasons.items() if gone),
        latest=latest,
    )


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


def _columns(ref: Ref, snapshot: TableSnapshot) -> tuple[str, ...]:
    payload = [f.name for f in snapshot.schema.fields if ref.columns is None or f.name.lower() in ref.columns]
    # count(*) needs no column, but a relation needs one; `_seq` is the cheapest, and no star shows it.
    return (*payload, *ref.envelope) or ("_seq",)


def _conditions(select: Select, ref: Ref) -> list[Node]:
    """The conjuncts that every row of this table must pass to matter."""
    if ref.whole or ref.renamed:
        return []
    found = [node for node, restricted in select.conditions if ref.number in restricted]
    if "where_clause" in select.node:
        found.append(select.node["where_clause"])
    return [conjunct for node in found for conjunct in _conjuncts(node)]


def _conjuncts(node: Node) -> Sequence[Node]:
    if node["type"] != "CONJUNCTION_AND":
        return [node]
    return [conjunct for child in node["children"] for conjunct in _conjuncts(child)]


def _column(
    bound: Bound, select: Select, ref: Ref, snapshot: TableSnapshot, names: tuple[str, ...]
) -> Column | None:
    """The column of this table that a reference means, if it surely means one.

    A bare name that this table has is this table's: were it another's too, DuckDB would call it ambiguous;
    only USING and NATURAL make one of two.
    """
    first, last = names[0].lower(), names[-1].lower()
    if len(names) == 1:
        if select.natural or last in select.using:
            return None
    else:
        labels = [bound.refs[number].label for number in select.refs]
        qualifier = names[:-1]
        if len(names) == 3 and first == bound.database.lower():
            qualifier = names[1:-1]
        if len(qualifier) != 1 or qualifier[0].lower() != ref.label or labels.count(ref.label) > 1:
            return None
    if last == "_tier":
        return Column(0, ENVELOPE.field("_type").type, tier=True)
    if last in ENVELOPE_IDS:
        return Column(ENVELOPE_IDS[last], ENVELOPE.field(last).type)
    found = snapshot.schema.by_folded_name.get(last)
    if found is None:
        return None
    absent = [
        version.version
        for version in snapshot.table.schemas
        if not any(f.id == found.id and f.type == found.type for f in version.fields)
    ]
    return Column(found.id, found.type, frozenset(absent))


def _hot_may_match(condition: Node, resolve: Resolve, around: Surroundings) -> bool:
    """Hot rows have no statistics; only a condition on `_tier` can rule them out."""
    mask = Judge(_ONE_HOT, "hot", resolve, around).may_match(condition)
    return mask is None or bool(mask[0])


_ONE_HOT = FileTable([DataFile("", 0, "", 0, 0, 0, 0)])


def _written(bound: Bound, node: Node) -> str:
    """A condition as it stands in the statement."""
    start = bound.source.start(node)
    length = node.get("query_location_length")
    if start is None or length is None:
        return "a condition"
    written = bound.source.text.encode()[node["query_location"] : node["query_location"] + length].decode()
    return " ".join(written.split())
