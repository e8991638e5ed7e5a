"""warm -> cold: one Iceberg commit for each batch of runs.

    intent in the hot file -> Iceberg commit with its mark -> file list -> manifest -> adopted, intent gone

The mark (a table property with sequence and epoch) is part of the Iceberg commit. After a crash an intent
without its mark was never committed and is dropped; one with its mark is completed from there.

The shards of a database archive a table into one Iceberg table, each with its own mark and its own files.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ...core.clock import SECOND_US, now_us
from ...core.errors import Corrupt, Fenced
from ...core.ids import checksum
from ...core.manifest import ColdRef, DataFile, Expired, FileRef, Manifest, Run, encode_files, with_expired
from ...core.results import Moved
from ...core.sharding import HOME
from ...core.tiering import ArchivePlan, archive_batches, plan_archive
from ..crash import reach
from ..fingerprints import merge_fingerprints
from ..shard import Shard
from ..shard_maps import ShardMaps
from ..table_state import TableState
from ..vectors.missing import settled
from .publish import publish

MOST_ROWS = 4_000_000
"""In one Iceberg commit: what fits in memory on a laptop, some 1 GB as Arrow."""


def archive(shard: Shard, state: TableState, up_to: int | None = None) -> Moved:
    """Moves warm runs, or those up to a sequence; a run in which `up_to` falls is split."""
    with shard.step_lock:
        complete_archive(shard, state)
        limit = state.manifest.warm_to if up_to is None else min(up_to, state.manifest.warm_to)
        if plan_archive(state.manifest, limit) is not None:
            take_over_commit(shard, state)
        plan = plan_archive(state.manifest, limit)
        if plan is None:
            return Moved(watermark=state.manifest.cold_to)
        moved = Moved(watermark=state.manifest.cold_to)
        most_rows = min(MOST_ROWS, shard.around.policy.fitted(state.table.schema).segment_rows)
        for runs in archive_batches(plan.runs, most_rows):
            moved += _archive(shard, state, ArchivePlan(runs, None, runs[-1].hi))
        if plan.split is not None:
            moved += _archive(shard, state, ArchivePlan((), plan.split, plan.up_to))
        return moved


def complete_archive(shard: Shard, state: TableState) -> None:
    """Finishes an archive or expire that a crash interrupted; forgets one that Iceberg never heard of."""
    shard.settle(state)
    intent = shard.log.intents().get(state.table.id)
    if intent is None:
        return
    seq = intent[0]
    if seq <= state.manifest.cold_to:
        follow_iceberg(shard, state)
        return
    mark = shard.around.cold.archived(shard.database, state.table, shard.name)
    if mark is None or mark[0] < seq:
        with shard.lock, shard.log.transaction():
            shard.log.drop_intent(state.table.id)
        return
    plan = plan_archive(state.manifest, seq)
    assert plan is not None, "an intent names a sequence that was warm"
    _put_in_force(shard, state, plan)


def take_over_commit(shard: Shard, state: TableState) -> None:
    """Puts into force what an earlier owner of the shard committed after this one had looked."""
    seq, epoch = shard.around.cold.archived(shard.database, state.table, shard.name) or (0, 0)
    if state.manifest.cold_to < seq <= state.manifest.warm_to and epoch < shard.meta.epoch:
        plan = plan_archive(state.manifest, seq)
        assert plan is not None, "the sequence is warm"
        _put_in_force(shard, state, plan)


def shares_tables(shard: Shard) -> bool:
    """Whether the shard's database has others, which archive into the same Iceberg tables."""
    if shard.name != HOME:
        return True
    shard_map = ShardMaps(shard.around.store, shard.database).latest()
    return shard_map is not None and not shard_map.single


def follow_iceberg(shard: Shard, state: TableState) -> int:
    """Puts into force what Iceberg holds after rows or snapshots were taken out of it; returns the rows gone.

    Ends the intent with the sequence `cold_to`, which says that the cold tier changes but does not grow.
    """
    check_catalog(shard, state)
    before = state.manifest.cold
    assert before is not None, "only what is cold can be taken out of the cold tier"
    files = _own_files(shard, state)
    after = cold_ref(shard, state, files, before.ids)
    gone = before.rows - after.rows
    if after == before or (after.file_list == before.file_list and shares_tables(shard)):
        with shard.lock, shard.log.transaction():
            shard.log.drop_intent(state.table.id)
        return 0
    expired = state.manifest.expired
    if gone:
        horizon = now_us(shard.around.clock) - int(shard.around.policy.history_s * SECOND_US)
        expired = with_expired(expired, Expired(0, state.manifest.cold_to, gone, horizon, "ttl"))
    publish(shard, state, "expire", cold=after, expired=expired)
    return gone


def follow_move(shard: Shard, state: TableState) -> None:
    """After the lake was moved: enters its Iceberg table in the catalog anew, with its files' new places."""
    cold, around = state.manifest.cold, shard.around
    if cold is None or cold.url == around.store.url:
        return
    files = state.cold_files(around.files)
    around.cold.relocate(
        shard.database,
        state.table,
        files,
        recorded=cold,
        shard=shard.name,
        seq=state.manifest.cold_to,
        epoch=shard.meta.epoch,
        policy=around.policy,
    )
    publish(shard, state, "archive", cold=cold_ref(shard, state, files, cold.ids))


def _archive(shard: Shard, state: TableState, plan: ArchivePlan) -> Moved:
    old = tuple(file for run in (*plan.runs, *_split(plan)) for file in run.files)
    rows = _rows(state, plan, old)
    count = rows.num_rows
    table, cold = state.table, shard.around.cold
    check_catalog(shard, state)
    with shard.lock, shard.log.transaction():
        shard.log.put_intent(table.id, plan.up_to, shard.meta.epoch)
    reach("archive.intended")
    cold.archive(
        shard.database,
        table,
        rows,
        shard=shard.name,
        after=state.manifest.cold_to,
        seq=plan.up_to,
        epoch=shard.meta.epoch,
        shared=shares_tables(shard),
        policy=shard.around.policy,
        settled=settled(table, old),
    )
    del rows  # what follows needs memory of its own
    reach("archive.committed")
    before = {file.key for file in state.cold_files(shard.around.files)}
    manifest = _put_in_force(shard, state, plan)
    new = [f for f in state.cold_files(shard.around.files) if f.key not in before]
    return Moved(count, len(new), sum(f.bytes for f in new), manifest.cold_to)


def check_catalog(shard: Shard, state: TableState) -> None:
    """Raises `Corrupt` if the catalog is older than our manifest: a commit would take it for the present.

    Raises `Fenced` if a later owner archived.
    """
    name, cold_to = state.table.name, state.manifest.cold_to
    seq, epoch = shard.around.cold.archived(shard.database, state.table, shard.name) or (0, 0)
    if epoch > shard.meta.epoch:
        raise Fenced(f"`{name}` was archived by a later owner", hint="open the lake again")
    if seq != cold_to:
        raise Corrupt(
            f"the Iceberg catalog has `{name}` up to sequence {seq}, not up to {cold_to} as was archived",
            hint="restore the catalog from a backup as recent as the rest of the lake",
        )


def _rows(state: TableState, plan: ArchivePlan, files: tuple[DataFile, ...]) -> pa.Table:
    rows = state.segments.read_all(state.table, files)
    return rows.filter(pc.less_equal(rows["_seq"], plan.up_to)) if plan.split else rows


def _split(plan: ArchivePlan) -> tuple[Run, ...]:
    return (plan.split,) if plan.split else ()


def _own_files(shard: Shard, state: TableState) -> tuple[DataFile, ...]:
    """The shard's files in Iceberg's current snapshot."""
    known = {file.key: file for file in state.cold_files(shard.around.files)}
    around = shard.around
    found = around.cold.data_files(shard.database, state.table, shard=shard.name, known=known)
    return tuple(
        file if file.key in known else state.segments.indexed(state.table, file, "cold") for file in found
    )


def _put_in_force(shard: Shard, state: TableState, plan: ArchivePlan) -> Manifest:
    """The manifest that says what Iceberg's current snapshot holds."""
    files = _own_files(shard, state)
    rest = tuple(run for run in state.manifest.warm if run.lo >= plan.up_to)
    if plan.split is not None:
        rest = (_remainder(shard, state, plan.split, plan.up_to), *rest)
    ids = _merged_ids(shard, state, plan)
    cold = cold_ref(shard, state, files, ids)
    reach("archive.listed")
    manifest = publish(shard, state, "archive", cold_to=plan.up_to, warm=rest, cold=cold)
    reach("archive.adopted")
    return manifest


def cold_ref(
    shard: Shard, state: TableState, files: tuple[DataFile, ...], ids: tuple[FileRef, ...]
) -> ColdRef:
    """What a manifest says of the cold tier; writes the list of its files."""
    data = encode_files(files)
    digest = checksum(data)
    listed = FileRef(f"{state.prefix}/manifest-files/{digest}.json", len(data), digest)
    shard.around.store.put(listed.key, data)
    snapshot_id, metadata = shard.around.cold.reference(shard.database, state.table)
    return ColdRef(
        identifier=f"{shard.database}.{state.table.id}",
        url=shard.around.store.url,
        snapshot_id=snapshot_id,
        file_list=listed,
        rows=sum(f.rows for f in files),
        files=len(files),
        bytes=sum(f.bytes for f in files),
        metadata=tuple(metadata),
        ids=ids,
    )


def _remainder(shard: Shard, state: TableState, run: Run, up_to: int) -> Run:
    rows = state.segments.read_all(state.table, run.files)
    rest = rows.filter(pc.greater(rows["_seq"], up_to))
    epoch = shard.meta.epoch
    files = state.segments.write(
        state.table,
        rest,
        lo=up_to,
        hi=run.hi,
        epoch=epoch,
        step="compact",
        settled=settled(state.table, run.files),
    )
    return Run(up_to, run.hi, rest.num_rows, files)


def _merged_ids(shard: Shard, state: TableState, plan: ArchivePlan) -> tuple[FileRef, ...]:
    """Fingerprints of everything cold, in files that double in size: few to search, seldom rewritten.

    A split run brings those of its warm remainder too; a print too many only costs a point read.
    """
    refs = list(state.manifest.cold.ids) if state.manifest.cold else []
    refs += [f.ids for run in (*plan.runs, *_split(plan)) for f in run.files if f.ids]
    fresh: list[FileRef] = []
    while refs and (not fresh or sum(f.bytes for f in fresh) * 2 >= refs[-1].bytes or len(refs) > 8):
        fresh.append(refs.pop())
    if len(fresh) > 1:
        data = merge_fingerprints([shard.around.files.read(ref) for ref in fresh])
        merged = FileRef(f"{state.prefix}/ids/{checksum(data)}.ids", len(data), checksum(data))
        shard.around.store.put(merged.key, data)
        fresh = [merged]
    return (*refs, *fresh)
