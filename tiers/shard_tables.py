"""A shard's hot file, its tables, and the manifest of each that is in force; all that memory holds of them.

    manifest published by a step --> fence checked --> adopted: rows that are sealed leave the hot file

A manifest that was published but not adopted when the process died is in force.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..core.clock import now_us
from ..core.errors import Corrupt, Fenced, Invalid, NotFound, Unavailable, nearest
from ..core.ids import check_name, shown
from ..core.keys import NO_KEYS, Keys, corrected, spelled
from ..core.manifest import Manifest
from ..core.schema import Field, Schema, Table, followed, indexed, new_schema, with_computed
from ..core.vectors import VectorIndex
from .epochs import Epochs
from .hot.hot_file import Meta
from .hot.log import HotLog
from .hot.replica import Replica, Shipping
from .hot.tail import Tail
from .hot.tail_file import load_tail, save_tail
from .surroundings import Surroundings
from .table_state import TableState, new_state
from .vectors.computed import ComputedVectors, Seqs, decode, encode


class ShardTables:
    """`lock` guards memory and the hot file, `step_lock` lets one step at a time run. `states`: live tables.

    `path`: the hot file. Opening it completes what a crash interrupted. `replicated`: what is acknowledged is
    in the object store, and an opening elsewhere finds it there.
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
        new = not path.exists()
        replica = self._replica(path) if replicated and not read_only else None
        if new and self.epochs.settled() and not (replica and replica.exists()):
            raise Corrupt(f"missing file: {path}", hint="restore it from a backup")
        if new and read_only:
            raise NotFound(f"no database `{database}` yet", hint="it exists from its first write")
        path.parent.mkdir(parents=True, exist_ok=True)
        epoch = replica.take_over(self.epochs) if replica else None
        self.log = HotLog(path, read_only=read_only, replica=replica)
        with ExitStack() as undo:
            undo.callback(self.log.close)
            self.meta = self.log.meta()
            if not read_only:
                if epoch is None:
                    epoch = self.epochs.claim(self.meta.epoch, path)
                self.meta = replace(self.meta, epoch=epoch)
                self.log.take_over(epoch)
                self.epochs.took_over(self.meta.epoch)
            self._load_tables()
            undo.pop_all()

    def close(self) -> None:
        with self.step_lock, self.lock:
            # A saved tail only saves time, so a full disk or a store that fails does not keep from closing.
            with suppress(Unavailable, Fenced):
                for state in () if self.read_only else self.states.values():
                    if state.tail is not None:
                        save_tail(self.log, state.table.id, state.tail)
                    for vectors in state.vectors.values():
                        vectors.save()
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
            state.computed.clear()
        self.refresh()
        replica.shown()

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
                self._trim(state)
            if state.tail is not None:
                self._load_rows(state, state.tail, max(self.meta.seq, state.manifest.warm_to))
            for number, held in state.computed.items():
                self._load_computed(state, state.table.schema.by_id[number], held)
            self._place(state)
        self.meta = meta

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

    def next_instant(self) -> int:
        """When the next commit is recorded: rising, whatever the clock does."""
        return max(now_us(self.around.clock), self.meta.recorded_us + 1, self.meta.floor_us + 1)

    def check_writable(self) -> None:
        if self.read_only:
            raise Unavailable("this lake is open for reading only", hint="connect without read_only=True")

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

    def live_table(self, name: str) -> Table | None:
        state = self.states.get(name.lower())
        return state.table if state else None

    def new_table_id(self, name: str) -> str:
        used = {table_id.lower() for table_id in self.log.table_ids()}
        number = 1
        while (candidate := name if number == 1 else f"{name}~{number}").lower() in used:
            number += 1
        return candidate

    def create_table(
        self,
        name: str,
        fields: Sequence[tuple[str, pa.DataType]],
        *,
        event_time: str | None = None,
        clustering: Sequence[str] = (),
        retention_s: int | None = None,
        if_not_exists: bool = False,
        keys: Keys = NO_KEYS,
    ) -> bool:
        """Defines a table; False if it exists and `if_not_exists`. Raises `Invalid`."""
        check_name("table", name)
        schema = new_schema(fields)
        for column in (*clustering, *([event_time] if event_time else [])):
            if column not in schema.by_name and column not in ("_time", "_stream", "_type"):
                raise NotFound(f"no column `{column}`", hint=nearest(column, schema.by_name))
        keys = spelled(keys, schema.by_name)
        with self.lock:
            self.check_writable()
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
            ).with_keys(keys)
            with self.log.transaction():
                self.log.put_table(table, None)
            self._adopt_table(table)
        return True

    def follow(self, lead: Table) -> None:
        """Has the table as the home shard has it: same id, same versions. Nothing happens if it does."""
        with self.step_lock, self.lock:
            self.check_writable()
            known = self.live_table(lead.name)
            if known is not None and known.id != lead.id:
                self.drop_table(lead.name)
                known = None
            if known is None or known.schema.version < lead.schema.version:
                table = followed(lead, known, self.meta.seq)
            else:
                table = known.with_keys(lead.keys)
            if table == known:
                return
            recomputed = known is not None and table.schema.computed != known.schema.computed
            self._define(table, known, self._apart() if recomputed else self.meta)
            self._adopt_table(table)

    def set_index(self, name: str, column: str, index: VectorIndex) -> TableState:
        """How a column of vectors is searched is part of the schema: that there may be a next version."""
        with self.step_lock, self.lock:
            self.check_writable()
            self.catch_up()
            state = self.state(name)
            known = state.table
            schema = indexed(known.schema, column, index, from_seq=self.meta.seq + 1)
            if schema.fields != known.schema.fields:
                state.table = replace(known, schemas=(*known.schemas, schema))
                self._define(state.table, known, self.meta)
        return state

    def set_computed(self, name: str, column: Field, *, new: bool) -> bool:
        """See `core.owners.ShardOwner`."""
        with self.step_lock, self.lock:
            self.check_writable()
            self.catch_up()
            state = self.state(name)
            known, schema = state.table, state.table.schema
            there = schema.by_folded_name.get(column.name.lower())
            if there is None and not new:
                raise NotFound(f"no column `{column.name}`", hint=nearest(column.name, schema.by_name))
            if there is not None and new:
                raise Invalid(f"column `{there.name}` exists", hint="ALTER COLUMN, or another name")
            if there is not None and (there.type, there.computed) == (column.type, column.computed):
                return False
            kept = there.index if there is not None and there.type == column.type else VectorIndex()
            following = with_computed(schema, replace(column, index=kept), from_seq=self.meta.seq + 1)
            state.table = replace(known, schemas=(*known.schemas, following))
            self._define(state.table, known, self._apart())
        return True

    def tell_keys(self, name: str, keys: Keys) -> bool:
        """See `core.owners.ShardOwner`."""
        with self.step_lock, self.lock:
            self.check_writable()
            self.catch_up()
            state = self.state(name)
            known = state.table
            table = known.with_keys(corrected(known.keys, spelled(keys, known.schema.by_name)))
            if table.keys == known.keys:
                return False
            self._define(table, known, self.meta)
            state.table = table
        return True

    def _apart(self) -> Meta:
        """A sequence of its own for what is no event, so that every cut lies clearly before or after it."""
        return replace(self.meta, seq=self.meta.seq + 1, recorded_us=self.next_instant())

    def _define(self, table: Table, known: Table | None, meta: Meta) -> None:
        with self.log.transaction():
            self.log.put_table(table, known)
            if meta != self.meta:
                self.log.set_meta(seq=meta.seq, recorded_us=meta.recorded_us)
        self.meta = meta

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        """Takes the name away from now on; `AS OF` before this instant still reads the table."""
        with self.step_lock, self.lock:
            self.check_writable()
            self.catch_up()
            if name.lower() not in self.states and if_exists:
                return False
            state = self.state(name)
            meta = self._apart()
            table = replace(state.table, dropped_seq=meta.seq, dropped_us=meta.recorded_us)
            self._define(table, state.table, meta)
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

    # -- hot rows in memory -----------------------------------------------------------------------

    def tail(self, state: TableState) -> Tail:
        """The table's hot rows in memory, loaded from the file at the first use; the lock is held."""
        if state.tail is None:
            self.log.check_shown()
            tail = load_tail(self.log, state.table.id)
            tail.trim(state.manifest.warm_to)
            self._load_rows(state, tail, max(tail.last_seq, state.manifest.warm_to))
            state.tail = tail
        return state.tail

    def hot_rows(self, state: TableState, schema: Schema, after: int, up_to: int) -> pa.Table:
        """The rows with after < _seq <= up_to, in the columns of `schema.complete`, with what is computed of
        them by now; the lock is held. No copy of values."""
        rows = self.tail(state).view(schema, after, up_to)
        for column in schema.computed:
            held = self._computed(state, column.id)
            if held is not None and rows.num_rows:
                at = rows.schema.get_field_index(column.name)
                rows = rows.set_column(at, rows.schema.field(at), held.column(rows["_seq"].to_numpy()))
        return rows

    def computed_to(self, state: TableState) -> dict[int, int]:
        """Field id -> sequence up to which a computed column is computed; the lock is held."""
        return {c.id: held.to for c in state.table.schema.computed if (held := self._computed(state, c.id))}

    def put_computed(self, state: TableState, column: Field, seqs: Seqs, vectors: pa.Array) -> None:
        """Keeps what was computed of the rows that came next; those that have sunk are passed over."""
        with self.lock:
            self.check_writable()
            self.catch_up()
            held = self._computed(state, column.id)
            if held is None:
                return
            here = seqs > state.manifest.warm_to
            seqs, vectors = seqs[here], vectors.filter(pa.array(here))
            if len(seqs) and seqs[0] > held.to:
                with self.log.transaction():
                    encoded = encode(seqs, vectors)
                    self.log.put_computed(state.table.id, column.id, int(seqs[-1]), len(seqs), encoded)
                held.add(seqs, vectors)

    def _computed(self, state: TableState, number: int) -> ComputedVectors | None:
        """Loaded from the file at the first use; `None` if the column is not there any more."""
        column = state.table.schema.by_id.get(number)
        if column is None or column.computed is None:
            return None
        held = state.computed.get(number)
        if held is None:
            held = state.computed[number] = ComputedVectors(column.type)
            held.trim(state.manifest.warm_to)
            self._load_computed(state, column, held)
        return held

    def _load_computed(self, state: TableState, column: Field, held: ComputedVectors) -> None:
        after = held.to
        for last_seq, rows, data, digest in self.log.computed(state.table.id, column.id, after):
            try:
                seqs, vectors = decode(data, digest, rows, column.type)
            except Corrupt:
                # They can be computed again, with those that came after them.
                if not self.read_only:
                    with self.log.transaction():
                        self.log.drop_computed(state.table.id, column.id, last_seq)
                return
            fresh = int(np.searchsorted(seqs, after, "right"))
            held.add(seqs[fresh:], vectors.slice(fresh))

    def _trim(self, state: TableState) -> None:
        """Lets go of the rows that have sunk, and of what was computed of them."""
        if state.tail is not None:
            state.tail.trim(state.manifest.warm_to)
        for held in state.computed.values():
            held.trim(state.manifest.warm_to)

    def _load_rows(self, state: TableState, tail: Tail, after: int) -> None:
        names = state.table.schema.logged.names
        for rows in self.log.rows(state.table, after):
            tail.append(dict(zip(names, zip(*rows, strict=True), strict=True)), state.table.schema)

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
            if moved:
                self._trim(state)
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

    def _adopt_table(self, table: Table) -> None:
        state = self.states.get(table.name.lower())
        if state is None:
            self.states[table.name.lower()] = self._new_state(table, 0)
        else:
            state.table = table

    def _new_state(self, table: Table, version: int) -> TableState:
        return new_state(self.around, self.database, self.name, table, version)
