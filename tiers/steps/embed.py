"""Computed vectors, behind the log: of hot rows in their order, and of rows that sank without one.

hot     the next rows --> texts --> model --> the hot file, memory       a batch at a time, no lock held
files   one that lacks some --> batches, as above --> the file anew, with its vectors --> manifest
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ...core.manifest import DataFile, Run
from ...core.results import Moved
from ...core.schema import Field, Table
from ..cold.values import Rewritten
from ..crash import reach
from ..shard import Shard
from ..table_state import TableState
from ..vectors.missing import missing, settled
from .archive import check_catalog, complete_archive, follow_iceberg, take_over_commit
from .publish import publish

BATCH = 64
"""Rows that a model is given at a time: some seconds of work for a slow one."""


def embed_hot(shard: Shard, state: TableState) -> int:
    """Computes the next vectors of hot rows; returns how many rows were looked at, 0 if none are left.

    Raises `Unavailable` if the model is.
    """
    done = 0
    for column in current(state.table):
        with shard.lock:
            schema, to = state.table.schema, shard.computed_to(state).get(column.id)
            if to is None:
                continue
            rows = shard.hot_rows(state, schema, max(to, state.manifest.warm_to), shard.meta.seq)
        rows = rows.slice(0, BATCH)
        if rows.num_rows:
            vectors = shard.around.embed(column, rows)
            shard.put_computed(state, column, rows["_seq"].to_numpy(), vectors)
            reach("embed.kept")
            done += rows.num_rows
    return done


def embed_file(shard: Shard, state: TableState) -> Iterator[Moved]:
    """Makes one file anew that lacks vectors, the newest of them; nothing if none does. A step for each
    batch, so that hot rows need not wait. Raises `Unavailable` if the model is."""
    lacking = [f for f in state.data_files(shard.around.files) if lacks(state.table, f)]
    if not lacking:
        return
    file, table = lacking[0], state.table
    rows = state.segments.read(table, file)
    for column in current(table):
        column_of = rows[column.name].combine_chunks()
        wanted = np.flatnonzero(column_of.is_null().to_numpy(zero_copy_only=False))
        made = []
        for start in range(0, len(wanted), BATCH):
            batch = rows.take(pa.array(wanted[start : start + BATCH]))
            made.append(shard.around.embed(column, batch))
            yield Moved()
        filled = _filled(column_of, wanted, made)
        rows = rows.set_column(rows.schema.get_field_index(column.name), rows.field(column.name), filled)
    with shard.step_lock:
        complete_archive(shard, state)
        if state.table.schema.version == table.schema.version:
            yield _replace(shard, state, file, rows)


def current(table: Table) -> list[Field]:
    """The columns whose vectors are computed of what is appended now."""
    return [c for c in table.schema.computed if c.computed is not None and not c.computed.past]


def lacks(table: Table, file: DataFile) -> bool:
    return any(missing(table, file, column) for column in current(table))


def _filled(column: pa.Array, at: np.ndarray, vectors: list[pa.Array]) -> pa.Array:
    """The column with these vectors where it had none."""
    if not vectors:
        return column
    # Each row is taken from the old values, or from the new ones behind them.
    rows = np.arange(len(column))
    rows[at] = len(column) + np.arange(len(at))
    return pa.concat_arrays([column, *vectors]).take(pa.array(rows))


def _replace(shard: Shard, state: TableState, file: DataFile, rows: pa.Table) -> Moved:
    """Puts the rows in the place of the file, if that is still there."""
    whole = frozenset(column.id for column in current(state.table)) | settled(state.table, [file])
    run = next((run for run in state.manifest.warm if file in run.files), None)
    if run is not None:
        files = state.segments.write(
            state.table, rows, lo=run.lo, hi=run.hi, epoch=shard.meta.epoch, step="embed", settled=whole
        )
        at = run.files.index(file)
        others = (*run.files[:at], *files, *run.files[at + 1 :])
        warm = state.manifest.warm
        place = warm.index(run)
        anew = Run(run.lo, run.hi, run.rows, others)
        publish(shard, state, "embed", warm=(*warm[:place], anew, *warm[place + 1 :]))
        reach("embed.adopted")
        return Moved(rows.num_rows, len(files), sum(f.bytes for f in files), state.manifest.warm_to)
    if file not in state.cold_files(shard.around.files):
        return Moved()
    take_over_commit(shard, state)
    check_catalog(shard, state)
    with shard.lock, shard.log.transaction():
        shard.log.put_intent(state.table.id, state.manifest.cold_to, shard.meta.epoch)
    done = shard.around.cold.rewrite(
        shard.database,
        state.table,
        files=[file],
        change=lambda *_: Rewritten(rows, whole),
        shard=shard.name,
        epoch=shard.meta.epoch,
        policy=shard.around.policy,
    )
    reach("embed.rewritten")
    follow_iceberg(shard, state)
    reach("embed.adopted")
    return Moved(rows.num_rows, len(done.added), sum(f.bytes for f in done.added), state.manifest.cold_to)
