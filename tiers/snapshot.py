"""A frozen cut of one shard: for each table a manifest version and the hot rows above it, taken together.

What is asked for is a point in time; what a reader gets is a sequence, as events carry both and both rise
together. Files of a snapshot stay until it is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.parquet as pq

from ..core.asof import AsOf, AtBookmark, AtInstant, AtSequence, AtVersion, Now
from ..core.clock import from_micros, iso, now_us, to_micros
from ..core.errors import Invalid, NotFound, nearest
from ..core.manifest import DataFile, FileRef
from ..core.schema import ENVELOPE, ENVELOPE_IDS
from ..core.snapshots import TableSnapshot
from .files import CheckedFiles
from .table_state import TableState

if TYPE_CHECKING:
    from .shard import Shard

_SEQ, _RECORDED = ENVELOPE_IDS["_seq"], ENVELOPE_IDS["_recorded_at"]


@dataclass
class PinnedSnapshot:
    """Implements `core.snapshots.ShardSnapshot`."""

    tables: Mapping[str, TableSnapshot]
    files: CheckedFiles
    closed: bool = False
    pinned: list[tuple[TableState, int]] = field(default_factory=list)

    def path(self, file: DataFile) -> Path:
        return self.files.path(file.ref)

    def locate(self, ref: FileRef) -> Path:
        return self.files.path(ref)

    def footer_rows(self, file: DataFile) -> int:
        return self.files.footer_rows(file)

    def release(self) -> None:
        for state, version in self.pinned:
            state.pins[version] -= 1
        self.pinned = []


@dataclass(frozen=True, slots=True)
class _Cut:
    seq: int
    instant_us: int
    recorded_us: int | None


def take_snapshot(shard: Shard, cuts: Mapping[str, AsOf]) -> PinnedSnapshot:
    """One cut over several tables. Raises `NotFound` for unknown tables and for history that has expired."""
    with shard.lock, shard.log.reading() if shard.read_only else nullcontext():
        if shard.read_only:
            shard.refresh()
        now = now_us(shard.around.clock)
        latest = [cut.micros for cut in cuts.values() if isinstance(cut, AtInstant)]
        if latest and max(latest) > now:
            raise Invalid(
                f"{iso(max(latest))} lies in the future", hint=f"it is {iso(now)} now; leave AS OF out"
            )
        if latest:
            shard.fix_past(max(latest))
        taken: dict[str, TableSnapshot] = {}
        snapshot = PinnedSnapshot(taken, shard.around.files, shard.meta.closed_us > 0)
        try:
            for name, as_of in cuts.items():
                cut = _resolve(shard, name, as_of, now)
                past = not isinstance(as_of, Now | AtVersion)
                state = shard.state_at(name, cut.seq) if past else shard.state(name)
                taken[name] = _table_snapshot(shard, state, cut)
                state.pins[state.manifest.version] += 1
                snapshot.pinned.append((state, state.manifest.version))
        except BaseException:
            snapshot.release()
            raise
        return snapshot


def _table_snapshot(shard: Shard, state: TableState, cut: _Cut) -> TableSnapshot:
    manifest = state.manifest
    lost = [gone for gone in manifest.expired if gone.until_us > cut.instant_us]
    if lost:
        raise NotFound(
            f"the history of `{state.table.name}` before {iso(max(g.until_us for g in lost))} has expired",
            hint="ask for a later point in time",
        )
    schema = state.table.schema_at(cut.seq)
    tail = shard.tail(state)
    files = shard.around.files
    warm_ttl = any(f.ttl_rows for run in manifest.warm for f in run.files)
    cold = state.cold_run(files)
    cold_ttl = cold is not None and any(f.ttl_rows for f in cold.files)
    return TableSnapshot(
        table=state.table,
        schema=schema,
        shard=shard.name,
        manifest=manifest,
        cold=cold,
        hot=shard.hot_rows(state, schema, manifest.warm_to, cut.seq),
        seq=cut.seq,
        cut_us=cut.instant_us,
        recorded_us=cut.recorded_us,
        has_ttl=bool(tail.ttl_rows or warm_ttl or cold_ttl),
        hot_vectors=state.hot_vectors(schema, shard.log.path),
        computed_to=shard.computed_to(state),
    )


def _resolve(shard: Shard, name: str, as_of: AsOf, now: int) -> _Cut:
    """The sequence of a point in time, and the instant at which TTL is judged there."""
    meta = shard.meta
    match as_of:
        case Now():
            return _Cut(meta.seq, now, meta.recorded_us or None)
        case AtInstant(micros):
            if meta.seq and micros >= meta.recorded_us:
                return _Cut(meta.seq, micros, meta.recorded_us)
            last = _last_event(shard, _RECORDED, micros, shard.log.commit_before(micros))
            return _Cut(last.seq, micros, last.recorded_us)
        case AtSequence(seq):
            wanted = seq
        case AtVersion(version):
            wanted = _published_seq(shard.state(name), version)
        case AtBookmark(seqs):
            if shard.name not in seqs:
                raise Invalid(f"the bookmark does not name {shard.name}", hint="take one with bookmark()")
            wanted = seqs[shard.name]
    if wanted > meta.seq:
        raise Invalid(f"sequence {wanted} is not written yet", hint=f"the last one is {meta.seq}")
    if wanted == meta.seq:
        return _Cut(wanted, meta.recorded_us or now, meta.recorded_us or None)
    last = _last_event(shard, _SEQ, wanted, shard.log.commit_at(wanted))
    return _Cut(wanted, last.recorded_us or now, last.recorded_us)


def _published_seq(state: TableState, version: int) -> int:
    if version == 0:
        return 0
    if version == state.manifest.version:
        return state.manifest.published_seq
    if not state.manifests.exists(version):
        known = [f"version:{v}" for v in state.manifests.versions()[-5:]]
        raise NotFound(
            f"no manifest {version} of `{state.table.name}`",
            hint=nearest(f"version:{version}", known) if known else "nothing has been flushed yet",
        )
    return state.manifests.read(version).published_seq


class _Event(NamedTuple):
    seq: int = 0
    recorded_us: int | None = None


def _last_event(shard: Shard, column: int, limit: int, hot: tuple[int, int] | None) -> _Event:
    """The last event whose `_seq` or `_recorded_at` (`column`: its field id) is at most `limit`.

    Files answer by their statistics; only the one file that straddles the limit is read, two columns of it.
    """
    best = _Event(*hot) if hot else _Event()
    for state in shard.all_states():
        for file in state.data_files(shard.around.files):
            first, last = (int(bound) for bound in file.stats[column])
            if first > limit or file.seq_max <= best.seq:
                continue
            if last <= limit:
                best = _Event(file.seq_max, int(file.stats[_RECORDED][1]))
                continue
            found = _last_in_file(shard.around.files.path(file.ref), column, limit)
            best = max(best, found, key=lambda event: event.seq)
    return best


def _last_in_file(path: Path, column: int, limit: int) -> _Event:
    bound = limit if column == _SEQ else from_micros(limit)
    name = ENVELOPE.names[column - 1]
    rows = pq.read_table(path, columns=["_seq", "_recorded_at"], filters=[(name, "<=", bound)])
    at = rows["_seq"].to_numpy().argmax()
    return _Event(rows["_seq"][at].as_py(), to_micros(rows["_recorded_at"][at].as_py()))
