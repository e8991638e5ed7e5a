"""Removal: rows whose time is up, manifests out of the history window, files that nothing names.

    rows past their TTL, and past the window -> segments without them -> manifest that says so
    manifests superseded before the window -> gone; then files that no remaining manifest or reader names

A file goes after the last manifest that names it, so a crash in between leaves an orphan, never a hole.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ...core.clock import SECOND_US, from_micros, now_us
from ...core.manifest import DataFile, Expired, Manifest, Run, decode_files, with_expired
from ...core.results import Moved
from ...core.tiering import outlived_manifests
from ..cold.values import Rewritten
from ..crash import reach
from ..object_store import ObjectInfo
from ..shard import Shard
from ..table_state import TableState
from ..vectors.missing import settled
from .archive import check_catalog, complete_archive, follow_iceberg, shares_tables, take_over_commit
from .publish import publish


def expire(shard: Shard, state: TableState) -> Moved:
    """Returns the rows removed from files, and the files and bytes deleted."""
    with shard.step_lock:
        complete_archive(shard, state)
        horizon = now_us(shard.around.clock) - int(shard.around.policy.history_s * SECOND_US)
        rows = _expire_warm(shard, state, horizon) + _expire_cold(shard, state, horizon)
        files, size = _remove_files(shard, state, horizon)
        return Moved(rows, files, size, state.manifest.cold_to)


def expire_dropped(shard: Shard) -> Moved:
    """Removes the tables that were dropped before the history window, with all their files."""
    horizon = now_us(shard.around.clock) - int(shard.around.policy.history_s * SECOND_US)
    moved = Moved()
    with shard.step_lock:
        for state in list(shard.dropped):
            if (state.table.dropped_us or 0) >= horizon or any(state.pins.values()):
                continue
            cold = _leave_iceberg(shard, state)
            shard.forget_table(state)
            folder = cold_folder(shard, state)
            own = (i for i in shard.around.store.list(state.prefix + "/") if not i.key.startswith(folder))
            files = [*own, *cold]
            shard.around.store.delete(info.key for info in files)
            moved += Moved(0, len(files), sum(info.size for info in files))
    return moved


def cold_folder(shard: Shard, state: TableState) -> str:
    """Where the Iceberg table lies that all shards of the database share."""
    return f"tables/{shard.database}/{state.table.id}/cold/"


def _leave_iceberg(shard: Shard, state: TableState) -> list[ObjectInfo]:
    """The last shard that leaves takes the table out of the catalog; returns the files that then may go."""
    cold, folder = shard.around.cold, cold_folder(shard, state)
    if not shares_tables(shard):
        if state.manifest.cold is not None:
            cold.drop(shard.database, state.table)
    elif shard.around.store.list(folder) and not cold.release(shard.database, state.table, shard.name):
        return []
    return list(shard.around.store.list(folder))


def _expire_warm(shard: Shard, state: TableState, horizon: int) -> int:
    """Rewrites the warm runs that hold rows whose time was up at the horizon."""
    table, warm, expired = state.table, list(state.manifest.warm), state.manifest.expired
    removed = 0
    for at, run in enumerate(warm):
        if not any(file.ttl_rows for file in run.files):
            continue
        rows = state.segments.read_all(table, run.files)
        kept = rows.filter(pc.invert(outlived(rows, horizon)))
        gone = rows.num_rows - kept.num_rows
        if gone:
            files = state.segments.write(
                table,
                kept,
                lo=run.lo,
                hi=run.hi,
                epoch=shard.meta.epoch,
                step="compact",
                settled=settled(table, run.files),
            )
            warm[at] = Run(run.lo, run.hi, kept.num_rows, files)
            expired = with_expired(expired, Expired(run.lo, run.hi, gone, horizon, "ttl"))
            removed += gone
    if removed:
        reach("expire.rewritten")
        publish(shard, state, "expire", warm=tuple(warm), expired=expired)
        reach("expire.adopted")
    return removed


def _expire_cold(shard: Shard, state: TableState, horizon: int) -> int:
    """Rewrites the cold files that hold such rows; an intent in the hot file tells of it after a crash."""
    if state.manifest.cold is None:
        return 0

    def kept(rows: pa.Table, file: DataFile) -> Rewritten | None:
        gone = outlived(rows, horizon)
        if not pc.any(gone).as_py():
            return None
        return Rewritten(rows.filter(pc.invert(gone)), settled(state.table, [file]))

    table, cold, policy = state.table, shard.around.cold, shard.around.policy
    take_over_commit(shard, state)
    check_catalog(shard, state)
    files = state.cold_files(shard.around.files)
    touched = [f for f in files if f.ttl_rows]
    with shard.lock, shard.log.transaction():
        shard.log.put_intent(table.id, state.manifest.cold_to, shard.meta.epoch)
    if touched:
        cold.rewrite(
            shard.database,
            table,
            files=touched,
            change=kept,
            shard=shard.name,
            epoch=shard.meta.epoch,
            policy=policy,
        )
    cold.expire_snapshots(shard.database, table, older_than=from_micros(horizon), keep=policy.snapshots_kept)
    reach("expire.rewritten")
    gone = follow_iceberg(shard, state)
    reach("expire.adopted")
    return gone


def outlived(rows: pa.Table, at_us: int) -> pa.ChunkedArray:
    """For each row, whether its TTL had run out at the instant. A table's retention is its rows' TTL."""
    age_s = pc.divide(pc.subtract(at_us, rows["_recorded_at"].cast(pa.int64())), SECOND_US)
    return pc.fill_null(pc.greater_equal(age_s, rows["_ttl_seconds"]), False)


def _remove_files(shard: Shard, state: TableState, horizon: int) -> tuple[int, int]:
    around = shard.around
    manifests = [state.manifests.read(version) for version in state.manifests.versions()]
    with shard.lock:
        pinned = [version for version, readers in state.pins.items() if readers > 0]
    gone = outlived_manifests(
        [(m.version, m.published_us) for m in manifests], state.manifest.version, pinned, horizon
    )
    kept = [m for m in manifests if m.version not in gone]
    live = {key for manifest in kept for key in _named(shard, manifest)}
    cold: list[ObjectInfo] = []
    if around.store.list(cold_folder(shard, state)):
        cold = around.cold.removable(
            shard.database, state.table, shard=shard.name, named=live, shared=shares_tables(shard)
        )
    state.manifests.delete(gone)
    reach("expire.manifests_deleted")
    folders = [f"{state.prefix}/{name}/" for name in ("warm", "ids", "vectors", "manifest-files")]
    dead = [i for folder in folders for i in around.store.list(folder) if i.key not in live] + cold
    around.store.delete(info.key for info in dead)
    reach("expire.files_deleted")
    return len(dead), sum(info.size for info in dead)


def _named(shard: Shard, manifest: Manifest) -> list[str]:
    keys = [ref.key for ref in manifest.files()]
    if manifest.cold is not None:
        listed = shard.around.files.read(manifest.cold.file_list)
        files = decode_files(listed, manifest.cold.file_list.key)
        keys += [ref.key for file in files for ref in (file.ref, *file.beside)]
    return keys
