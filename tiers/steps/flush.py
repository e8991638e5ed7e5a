"""hot -> warm.

hot rows (warm_to, hi] -> segments, read back and checked -> manifest -> adopted: rows leave SQLite
"""

from __future__ import annotations

from ...core.manifest import Run
from ...core.results import Moved
from ..crash import reach
from ..shard import Shard
from ..table_state import TableState
from .publish import publish


def flush(shard: Shard, state: TableState, up_to: int | None = None) -> Moved:
    """Moves the hot rows, or those with a sequence of at most `up_to`. Appends go on meanwhile."""
    with shard.step_lock:
        shard.settle(state)
        with shard.lock:
            lo = state.manifest.warm_to
            hi = shard.meta.seq if up_to is None else min(up_to, shard.meta.seq)
            table = state.table
            rows = shard.hot_rows(state, table.schema, lo, hi).select(table.schema.stored.names)
            settled = frozenset(column for column, to in shard.computed_to(state).items() if to >= hi)
        if not rows.num_rows:
            return Moved(watermark=lo)
        reach("flush.begun")
        epoch = shard.meta.epoch
        files = state.segments.write(table, rows, lo=lo, hi=hi, epoch=epoch, step="flush", settled=settled)
        reach("flush.checked")
        run = Run(lo, hi, rows.num_rows, files)
        publish(shard, state, "flush", warm_to=hi, warm=(*state.manifest.warm, run))
        reach("flush.trimmed")
        return Moved(rows.num_rows, len(files), sum(f.bytes for f in files), hi)
