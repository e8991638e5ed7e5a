"""The single writer of one shard: takes appends, gives snapshots, owns the hot file and the manifests.

    append --> normalise (caller's thread) --> queue --> admit --> SQLite commit --> tail, heads --> reply
    snapshot: manifest + hot slice, taken together under the lock; files stay pinned until released
    flush, compact, archive, expire: tiers/steps, which publish a manifest and then have it adopted here

One lock guards memory and the hot file; it is held for a commit or a snapshot, never while files are
written. A second lock lets one step at a time run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..core.asof import AsOf
from ..core.ids import check_name
from ..core.owners import Append
from ..core.results import Appended
from ..core.schema import Table
from ..core.snapshots import ShardSnapshot
from .crash import reach
from .forebears import Forebears
from .hot.admit import Admission, Key, Part, StoredRow, TableCommit
from .hot.group import GroupCommit
from .hot.identity import IdIndex, rows_by_key, sealed_rows
from .hot.log import TableRows
from .hot.once import Named, Once
from .hot.tail import Columns
from .hot.together import Operation, Outcome, admit_all, as_small
from .intake.received import batch_of, held
from .shard_tables import ShardTables
from .snapshot import take_snapshot
from .surroundings import Surroundings
from .table_state import TableState

__all__ = ["Shard", "Surroundings"]


class Shard(ShardTables):
    """One shard of a database; its constructor is that of `ShardTables`."""

    def __init__(
        self,
        database: str,
        name: str,
        path: Path,
        surroundings: Surroundings,
        *,
        read_only: bool = False,
        replicated: bool = False,
    ) -> None:
        super().__init__(database, name, path, surroundings, read_only=read_only, replicated=replicated)
        self._group: GroupCommit[Operation | Named, dict[str, Appended]] = GroupCommit(
            self._commit, self.lock
        )
        self._forebears = Forebears(surroundings, database, name)

    def close(self) -> None:
        self._group.close()
        super().close()

    # -- append -----------------------------------------------------------------------------------

    def append(self, operations: Sequence[Append], *, once: str | None = None) -> dict[str, Appended]:
        """Durable and visible when it returns; all of `operations` or none of them.

        `once`: a name; an append of that name that was done before gives its outcome again.
        """
        received = self._received(operations)
        return self._group.run(received if once is None else Named(once, received))

    @property
    def waiting(self) -> int:
        """Appends that are queued."""
        return self._group.waiting

    def append_async(self, operations: Sequence[Append]) -> asyncio.Future[dict[str, Appended]]:
        return self._group.run_async(self._received(operations))

    def _received(self, operations: Sequence[Append]) -> Operation:
        """What waits in the queue: small appends as they came, others normalised in their caller's thread."""
        self.check_writable()
        small = as_small(operations[0]) if len(operations) == 1 else None
        return small or self._prepare(operations)

    def _prepare(self, operations: Sequence[Append]) -> list[Part]:
        return [self._part(append) for append in operations]

    def _part(self, append: Append) -> Part:
        state = self.states.get(check_name("table", append.table).lower())
        schema = state.table.schema if state else None
        event_time = append.event_time or (state.table.event_time if state else None)
        append = replace(append, rows=held(append.rows), event_time=event_time)
        return Part(append, batch_of(append, schema), schema.version if schema else 0)

    def _commit(self, operations: Sequence[Operation | Named]) -> list[Outcome]:
        self.check_writable()
        self.catch_up()
        recorded = self.next_instant()
        once = Once(operations, self.log.outcomes([o.name for o in operations if isinstance(o, Named)]))
        admission = Admission(
            self,
            seq=self.meta.seq,
            recorded_us=recorded,
            entropy=self.around.entropy,
            normalise=batch_of,
            closed=self.meta.closed_us > 0,
        )
        admitted = admit_all(admission, once.fresh, self._part)
        commits = [(commit, commit.columns(recorded)) for commit in admission.commits]
        if commits or admission.tables:
            reach("append.begun")
            # What brings columns but no rows is no event.
            last_us = recorded if commits else self.meta.recorded_us
            with self.log.transaction():
                for name, table in admission.tables.items():
                    self.log.put_table(table, self.live_table(name))
                rows = [TableRows(c.table, c.first_seq, c.last_seq, columns) for c, columns in commits]
                self.log.write(rows, last_us, admission.seq)
                self.log.keep_outcomes(once.done(admitted), recorded)
            reach("append.committed")
            self._show(admission, commits, last_us)
            reach("append.visible")
        return once.outcomes(admitted)

    def _show(
        self, admission: Admission, commits: Sequence[tuple[TableCommit, Columns]], last_us: int
    ) -> None:
        """What was committed becomes visible."""
        self.meta = replace(self.meta, seq=admission.seq, recorded_us=last_us)
        for table in admission.tables.values():
            self._adopt_table(table)
        if self._heads is not None:
            self._heads |= admission.heads
        for commit, columns in commits:
            state = self.states[commit.table.name.lower()]
            if state.tail is not None:
                state.tail.append(commit.tail_columns(columns), commit.table.schema)
            if state.ids is not None:
                state.ids.add(commit.print_seqs())

    # -- what the admission asks ------------------------------------------------------------------

    def head(self, stream: str) -> int:
        """The position of the stream's last event, in whatever tier it lies."""
        with self.lock:
            if self._heads is None or self.read_only:
                self.catch_up()
                self._heads = {}
                for state in self.all_states():
                    for name, position in self.log.hot_heads(state.table.id).items():
                        # Of a stream over several tables, the last event may have left with another one.
                        self._heads[name] = max(position, self._heads.get(name) or self.log.head(name))
            return self._heads.get(stream) or self.log.head(stream)

    def known_prints(self, table: Table, prints: Sequence[int]) -> set[int]:
        state = self.states.get(table.name.lower())
        # A table that an earlier append of the same commit makes has no rows yet.
        known = self._id_index(state).known(prints) if state else set()
        return known | self._forebears.known(table, prints)

    def stored_rows(self, table: Table, keys: Mapping[Key, int]) -> dict[Key, StoredRow]:
        if table.name.lower() not in self.states:
            return {}
        state = self.state(table.name)
        seqs = self._id_index(state).hot_seqs(list(keys.values()))
        hot = self.log.rows_at(state.table, seqs)
        found = {
            key: row for key, row in rows_by_key(hot, state.table.schema.logged.names).items() if key in keys
        }
        missing = {key: p for key, p in keys.items() if key not in found}
        if missing:
            files = self.around.files
            found |= sealed_rows(state.data_files(files), files.path, state.table, missing)
            elsewhere = self._forebears.known(table, list(missing.values()))
            before = {key: p for key, p in missing.items() if key not in found and p in elsewhere}
            found |= self._forebears.rows(state.table, before)
        return found

    def _id_index(self, state: TableState) -> IdIndex:
        if state.ids is None:
            state.ids = IdIndex(self.log, state.table, state.manifest.warm_to)
            state.ids.seal(state.fingerprint_files(), self.around.files.path, 0)
        return state.ids

    # -- read -------------------------------------------------------------------------------------

    def snapshot(self, cuts: Mapping[str, AsOf]) -> ShardSnapshot:
        with self.lock:
            named = [self.states.get(name.lower()) for name in cuts]
            if any(state is not None and state.tail is None for state in named):
                self.catch_up()
            return take_snapshot(self, cuts)

    def bookmark_seq(self) -> int:
        """The last sequence: a point that `as_of` can name later."""
        with self.lock:
            return self.meta.seq

    def fix_past(self, micros: int) -> None:
        """Makes sure that nothing more will ever be recorded at or before the instant; the lock is held."""
        if not self.read_only and micros > max(self.meta.recorded_us, self.meta.floor_us):
            with self.log.transaction():
                self.log.set_meta(floor_us=micros)
            self.meta = replace(self.meta, floor_us=micros)
