"""warm -> warm: neighbouring small runs become one, sorted by the clustering keys."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.manifest import Run
from ...core.results import Moved
from ...core.tiering import plan_compaction
from ..crash import reach
from ..parquet import sort_for
from ..shard import Shard
from ..table_state import TableState
from ..vectors.missing import settled
from .publish import publish


def compact(shard: Shard, state: TableState, groups: Sequence[tuple[Run, ...]] | None = None) -> Moved:
    """Merges the given groups of neighbours, or all that are worth it."""
    with shard.step_lock:
        shard.settle(state)
        if groups is None:
            groups = plan_compaction(state.manifest.warm, shard.around.policy.fitted(state.table.schema))
        moved = Moved(watermark=state.manifest.warm_to)
        for group in groups:
            moved += _merge(shard, state, group)
        return moved


def _merge(shard: Shard, state: TableState, group: tuple[Run, ...]) -> Moved:
    table, lo, hi = state.table, group[0].lo, group[-1].hi
    old = tuple(file for run in group for file in run.files)
    rows = state.segments.read_all(table, old)
    ordered = sort_for(rows, table.clustering)
    files = state.segments.write(
        table,
        ordered,
        lo=lo,
        hi=hi,
        epoch=shard.meta.epoch,
        step="compact",
        settled=settled(table, old),
    )
    merged = Run(lo, hi, rows.num_rows, files)
    warm = state.manifest.warm
    at = warm.index(group[0])
    publish(shard, state, "compact", warm=(*warm[:at], merged, *warm[at + len(group) :]))
    reach("compact.adopted")
    return Moved(rows.num_rows, len(files), sum(f.bytes for f in files), state.manifest.warm_to)
