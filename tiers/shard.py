"""The single writer of one shard: takes appends, gives snapshots, owns the hot file and the manifests.

    append --> normalise (caller's thread) --> queue --> admit --> SQLite commit --> tail, heads --> reply
    snapshot: manifest + hot slice, taken together under the lock; files stay pinned until released
    flush, compact, archive, expire: tiers/steps, which publish a manifest and then have it adopted here

One lock guards memory and the hot file; it is held for a commit or a snapshot, never while files are
written. A second lock lets one step at a time run.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from ..core.asof import AsOf
from ..core.clock import Clock, now_us
from ..core.errors import Corrupt, Fenced, Invalid, NotFound, Unavailable, nearest
from ..core.ids import Entropy, check_name, shown
from ..core.manifest import Manifest, empty_manifest
from ..core.policy import TierPolicy
from ..core.protocols import Append, ShardSnapshot
from ..core.results import Appended
from ..core.schema import Table, followed, new_schema
from ..core.sharding import HOME
from .cold.iceberg import IcebergCold
from .crash import reach
from .epochs import Epochs
from .files import CheckedFiles
from .hot.admit import Admission, Key, Part, StoredRow, TableCommit
from .hot.group import GroupCommit
from .hot.identity import IdIndex, rows_by_key, sealed_rows
from .hot.log import HotLog, TableRows
from .hot.once import Named, Once
from .hot.replica import Replica, Shipping
from .hot.tail import Columns, Tail
from .hot.tail_file import load_tail, save_tail
from .hot.together import Operation, Outcome, admit_all, as_small
from .intake.received import batch_of, held
from .manifests import Manifests
from .object_store import ObjectStore
from .segments import Segments
from .snapshot import take_snapshot
from .table_state import TableState


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a shard is given: nothing in it is made from thin air."""

    store: ObjectStore
    files: CheckedFiles
    cold: IcebergCold
    clock: Clock
    entropy: Entropy
    policy: TierPolicy


class Shard:
    """One shard of a database. `path`: its hot file. Opening completes what a crash interrupted.

    `replicated`: what is acknowledged is in the object store, and an opening elsewhere finds it there.
    """

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
        self.database = database
        self.name = name
        self.around = surroundings
        self.read_only = read_only
        self.lock = threading.RLock()
        self.step_lock = threading.RLock()
        self.states: dict[str, TableState] = {}
        self.dropped: list[TableState] = []
        self.epochs = Epochs(surroundings.store, database, name)
        self._heads: dict[str, int] | None = None
        self._group: GroupCommit[Operation | Named, dict[str, Appended]] = GroupCommit(
            self._commit, self.lock
        )
        new = not path.exists()
        replica = self._replica(path) if replicated and not read_only else None
        if new and self.epochs.settled() and not (replica and replica.exists()):
            raise Corrupt(f"missing file: {path}", hint="restore it from a backup")
        if new and read_only:
            raise NotFound(f"no database `{database}` yet", hint="it exists from its first write")
        path.parent.mkdir(parents=True, exist_ok=True)
        epoch = replica.take_over(self.epochs) if replica else None
        self.log = HotLog(path, read_only=read_only, replica=replica)
        self.meta = self.log.meta()
        if not read_only:
            if epoch is None:
                epoch = self.epochs.claim(self.meta.epoch, path)
            self.meta = replace(self.meta, epoch=epoch)
            self.log.take_over(epoch)
            self.epochs.took_over(self.meta.epoch)
        self._load_tables()

    def close(self) -> None:
        self._group.close()
        with self.step_lock, self.lock:
            # A saved tail only saves time, so a full disk or a store that fails does not keep from closing.
            with suppress(Unavailable, Fenced):
                for state in () if self.read_only else self.states.values():
                    if state.tail is not None:
                        save_tail(self.log, state.table.id, state.tail)
            self.log.close()

    def _replica(self, path: Path) -> Replica:
        around = self.around
        shipping = Shipping(history_s=around.policy.history_s)
        return Replica(around.store, f"db/{self.database}/{self.name}", path, around.clock, shipping)

    def catch_up(self) -> None:
        """Ships and shows what a failing store has held up; the lock is held. Raises `Unavailable`."""
        replica = self.log.replica
        if replica is None or not replica.unshown:
            return
        replica.settle()
        self._heads = None
        for state in self.all_states():
            state.tail = state.ids = None
        self.refresh()
        replica.shown()

    # -- catalog ----------------------------------------------------------------------------------

    def table_names(self) -> list[str]:
        with self.lock:
            return sorted(state.table.name for state in self.states.values())

    def table(self, name: str) -> Table:
        return self.state(name).table

    def state(self, name: str) -> TableState:
        with self.lock:
            state = self.states.get(name.lower())
        if state is None:
            raise NotFound(f"no table `{name}`", hint=nearest(name, shown(self.table_names())))
        return state

    def all_states(self) -> list[TableState]:
        """Live tables and dropped ones."""
        return [*self.states.values(), *self.dropped]

    def state_at(self, name: str, seq: int) -> TableState:
        """The table that bore the name at a sequence; the live one for a cut before its first event."""
        for state in self.dropped:
            table = state.table
            if table.name.lower() == name.lower() and table.created_seq <= seq < (table.dropped_seq or 0):
                return state
        return self.state(name)

    def create_table(
        self,
        name: str,
        fields: Sequence[tuple[str, pa.DataType]],
        *,
        event_time: str | None = None,
        clustering: Sequence[str] = (),
        retention_s: int | None = None,
        if_not_exists: bool = False,
    ) -> bool:
        """Defines a table; False if it exists and `if_not_exists`. Raises `Invalid`."""
        check_name("table", name)
        schema = new_schema(fields)
        for column in (*clustering, *([event_time] if event_time else [])):
            if column not in schema.by_name and column not in ("_time", "_stream", "_type"):
                raise NotFound(f"no column `{column}`", hint=nearest(column, schema.by_name))
        with self.lock:
            self._check_writable()
            self.catch_up()
            if name.lower() in self.states:
                if if_not_exists:
                    return False
                raise Invalid(f"table `{name}` exists", hint="CREATE TABLE IF NOT EXISTS, or another name")
            table = Table(
                id=self.new_table_id(name),
                name=name,
                schemas=(schema,),
                event_time=event_time,
                clustering=tuple(clustering),
                retention_s=retention_s,
                created_seq=self.meta.seq,
            )
            with self.log.transaction():
                self.log.put_table(table, None)
            self._adopt_table(table)
        return True

    def follow(self, lead: Table) -> None:
        """Has the table as the home shard has it: same id, same versions. Nothing happens if it does."""
        with self.step_lock, self.lock:
            self._check_writable()
            known = self.live_table(lead.name)
            if known is not None and known.id != lead.id:
                self.drop_table(lead.name)
                known = None
            if known is not None and known.schema.version >= lead.schema.version:
                return
            table = followed(lead, known, self.meta.seq)
            with self.log.transaction():
                self.log.put_table(table, known)
            self._adopt_table(table)

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        """Takes the name away from now on; `AS OF` before this instant still reads the table."""
        with self.step_lock, self.lock:
            self._check_writable()
            self.catch_up()
            if name.lower() not in self.states and if_exists:
                return False
            state = self.state(name)
            # The drop takes a sequence of its own, so that every cut lies clearly before or after it.
            meta = replace(self.meta, seq=self.meta.seq + 1, recorded_us=self._next_instant())
            table = replace(state.table, dropped_seq=meta.seq, dropped_us=meta.recorded_us)
            with self.log.transaction():
                self.log.put_table(table, state.table)
                self.log.set_meta(seq=meta.seq, recorded_us=meta.recorded_us)
            self.meta = meta
            del self.states[name.lower()]
            state.table = table
            self.dropped.append(state)
        return True

    def forget_table(self, state: TableState) -> None:
        """Takes a dropped table out of the hot file and of memory; its id stays spent."""
        with self.lock:
            with self.log.transaction():
                self.log.forget_table(state.table.id)
            self.dropped.remove(state)

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

    def append_async(self, operations: Sequence[Append]) -> Awaitable[dict[str, Appended]]:
        return self._group.run_async(self._received(operations))

    def _received(self, operations: Sequence[Append]) -> Operation:
        """What waits in the queue: small appends as they came, others normalised in their caller's thread."""
        self._check_writable()
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
        self._check_writable()
        self.catch_up()
        recorded = self._next_instant()
        once = Once(operations, self.log.outcomes([o.name for o in operations if isinstance(o, Named)]))
        admission = Admission(
            self,
            seq=self.meta.seq,
            recorded_us=recorded,
            entropy=self.around.entropy,
            normalise=batch_of,
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

    def _next_instant(self) -> int:
        """When the next commit is recorded: rising, whatever the clock does."""
        return max(now_us(self.around.clock), self.meta.recorded_us + 1, self.meta.floor_us + 1)

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

    def live_table(self, name: str) -> Table | None:
        state = self.states.get(name.lower())
        return state.table if state else None

    def new_table_id(self, name: str) -> str:
        used = {table_id.lower() for table_id in self.log.table_ids()}
        number = 1
        while (candidate := name if number == 1 else f"{name}~{number}").lower() in used:
            number += 1
        return candidate

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
        return self._id_index(self.state(table.name)).known(prints)

    def stored_rows(self, table: Table, keys: Mapping[Key, int]) -> dict[Key, StoredRow]:
        state = self.state(table.name)
        seqs = self._id_index(state).hot_seqs(list(keys.values()))
        hot = self.log.rows_at(state.table, seqs)
        found = {
            key: row for key, row in rows_by_key(hot, state.table.schema.stored.names).items() if key in keys
        }
        missing = {key: p for key, p in keys.items() if key not in found}
        if missing:
            files = self.around.files
            found |= sealed_rows(state.data_files(files), files.path, state.table, missing)
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

    def tail(self, state: TableState) -> Tail:
        """The table's hot rows in memory, loaded from the file at the first use; the lock is held."""
        if state.tail is None:
            self.log.check_shown()
            tail = load_tail(self.log, state.table.id)
            tail.trim(state.manifest.warm_to)
            self._load_rows(state, tail, max(tail.last_seq, state.manifest.warm_to))
            state.tail = tail
        return state.tail

    def _load_rows(self, state: TableState, tail: Tail, after: int) -> None:
        names = state.table.schema.stored.names
        for rows in self.log.rows(state.table, after):
            tail.append(dict(zip(names, zip(*rows, strict=True), strict=True)), state.table.schema)

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

    def refresh(self) -> None:
        """Catches up with what the file says: for a reader beside the writing process, in one transaction."""
        meta = self.log.meta()
        by_id = {state.table.id: state for state in self.all_states()}
        found = []
        for table, version in self.log.tables():
            state = by_id.get(table.id) or self._new_state(table, version)
            known = state.manifest.version == version
            found.append((state, table, state.manifest if known else state.manifests.read(version)))
        self.states, self.dropped = {}, []
        for state, table, manifest in found:
            state.table = table
            if state.manifest is not manifest:
                state.manifest = manifest
                if state.tail is not None:
                    state.tail.trim(state.manifest.warm_to)
            if state.tail is not None:
                self._load_rows(state, state.tail, max(self.meta.seq, state.manifest.warm_to))
            self._place(state)
        self.meta = meta

    # -- manifests --------------------------------------------------------------------------------

    def adopt(self, state: TableState, manifest: Manifest) -> None:
        """Puts a published manifest into force and lets go of what has left the hot tier.

        A writer that was overtaken meanwhile is `Fenced` before it trims anything.
        """
        with self.lock:
            self.check_fence(state, manifest)
            moved = manifest.warm_to > state.manifest.warm_to
            with self.log.transaction():
                if moved:
                    self.log.put_heads(self._heads_below(state, manifest.warm_to))
                    self.log.trim(state.table, manifest.warm_to)
                self.log.set_manifest(state.table.id, manifest.version)
                if manifest.cold != state.manifest.cold:
                    self.log.drop_intent(state.table.id)
            state.manifest = manifest
            if moved and state.tail is not None:
                state.tail.trim(manifest.warm_to)
            if state.ids is not None:
                trimmed = manifest.warm_to if moved else 0
                state.ids.seal(state.fingerprint_files(), self.around.files.path, trimmed)

    def _heads_below(self, state: TableState, up_to: int) -> dict[str, int]:
        """stream -> last position among the rows that are about to leave the hot tier."""
        if state.tail is None:
            return self.log.hot_heads(state.table.id, up_to=up_to)
        return state.tail.heads(up_to)

    def settle(self, state: TableState) -> None:
        """Puts into force what seemed to fail: a commit not yet shipped, a manifest whose reply was lost."""
        with self.lock:
            self.catch_up()
        if not state.settled:
            self._finish_publication(state)
            state.settled = True

    def check_fence(self, state: TableState, manifest: Manifest) -> None:
        highest = state.manifests.versions()[-1]
        epoch = self.epochs.highest()
        if highest != manifest.version or epoch != self.meta.epoch:
            raise Fenced(
                f"another writer (epoch {epoch}, manifest {highest}) has taken over `{state.table.name}`",
                hint="open the lake again",
            )

    def _adopt_table(self, table: Table) -> None:
        state = self.states.get(table.name.lower())
        if state is None:
            self.states[table.name.lower()] = self._new_state(table, 0)
        else:
            state.table = table

    def _new_state(self, table: Table, version: int) -> TableState:
        around = self.around
        # The first shard's folder bears the database's name alone.
        owner = self.database if self.name == HOME else f"{self.database}@{self.name}"
        prefix = f"tables/{owner}/{table.id}"
        manifests = Manifests(around.store, prefix)
        return TableState(
            table=table,
            manifest=manifests.read(version) if version else empty_manifest(table, self.name, 0),
            manifests=manifests,
            segments=Segments(around.store, around.files, prefix, around.policy),
            prefix=prefix,
        )

    def _load_tables(self) -> None:
        for table, version in self.log.tables():
            state = self._new_state(table, version)
            self._place(state)
            if not self.read_only:
                self._finish_publication(state)

    def _place(self, state: TableState) -> None:
        if state.table.dropped_seq is None:
            self.states[state.table.name.lower()] = state
        else:
            self.dropped.append(state)

    def _finish_publication(self, state: TableState) -> None:
        """A manifest that was published but not adopted when the process died is in force."""
        versions = state.manifests.versions()
        if (versions[-1] if versions else 0) < state.manifest.version:
            raise Corrupt(
                f"missing file: {state.manifests.key(state.manifest.version)}",
                hint="restore it from a backup",
            )
        if versions and versions[-1] > state.manifest.version:
            manifest = state.manifests.read(versions[-1])
            state.manifests.confirm(manifest)
            self.adopt(state, manifest)

    def _check_writable(self) -> None:
        if self.read_only:
            raise Unavailable("this lake is open for reading only", hint="connect without read_only=True")
