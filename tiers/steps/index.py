"""How a column of vectors is searched, and the indexes that its files have for it."""

from __future__ import annotations

from dataclasses import replace

from ...core.results import Moved
from ...core.vectors import VectorIndex
from ..shard import Shard
from .archive import check_catalog, cold_ref, complete_archive
from .publish import publish


def set_index(shard: Shard, table: str, column: str, index: VectorIndex) -> Moved:
    """Has the column searched like that, and every file indexed for it that is not."""
    with shard.step_lock:
        state = shard.set_index(table, column, index)
        complete_archive(shard, state)
        before = state.data_files(shard.around.files)
        warm = tuple(
            replace(run, files=tuple(state.segments.indexed(state.table, f, "warm") for f in run.files))
            for run in state.manifest.warm
        )
        if warm != state.manifest.warm:
            publish(shard, state, "index", warm=warm)
        if state.manifest.cold is not None:
            was = state.cold_files(shard.around.files)
            cold = tuple(state.segments.indexed(state.table, file, "cold") for file in was)
            if cold != was:
                check_catalog(shard, state)
                publish(shard, state, "index", cold=cold_ref(shard, state, cold, state.manifest.cold.ids))
        made = [f for f in state.data_files(shard.around.files) if f not in before]
        size = sum(ref.bytes for file in made for part in file.vectors for ref in (part.index, part.places))
        return Moved(sum(f.rows for f in made), len(made), size, state.manifest.warm_to)
