"""A shard owner for these tests: tables in memory, real Parquet files for what it is told to sink."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from thermocline.core.asof import AsOf, AtBookmark, AtInstant, AtSequence, AtVersion, Now
from thermocline.core.clock import from_micros, to_micros
from thermocline.core.errors import Corrupt, Invalid, NotFound, nearest
from thermocline.core.ids import checksum
from thermocline.core.keys import NO_KEYS, Keys, corrected, spelled
from thermocline.core.manifest import ColdRef, DataFile, FileRef, Manifest, Run, empty_manifest
from thermocline.core.owners import Append
from thermocline.core.results import Appended
from thermocline.core.schema import Schema, Table, new_schema, widen
from thermocline.core.snapshots import TableSnapshot
from thermocline.core.types import UUID
from thermocline.tiers.parquet import describe, encode, footer_rows

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class State:
    table: Table
    manifest: Manifest
    rows: pa.Table
    cold: Run | None = None
    published: dict[int, int] = field(default_factory=lambda: {0: 0})


@dataclass
class Snapshot:
    tables: Mapping[str, TableSnapshot]
    owner: MemoryOwner
    released: int = 0

    def path(self, file: DataFile) -> Path:
        path = self.owner.folder / file.key
        if not path.exists():
            raise Corrupt(f"missing file: {file.key}", hint="restore it")
        if path.stat().st_size != file.bytes and self.owner.checks:
            raise Corrupt(f"damaged file: {file.key}", hint="restore it")
        return path

    def locate(self, ref: FileRef) -> Path:
        return self.owner.folder / ref.key

    def footer_rows(self, file: DataFile) -> int:
        return footer_rows(self.path(file), file.key)

    def release(self) -> None:
        self.released += 1


class MemoryOwner:
    """Appends number their rows; `flush` and `archive` write what is above the tier below it."""

    name = "shard-0"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: dict[str, State] = {}
        self.seq = 0
        self.now = START
        self.checks = True
        self.snapshots: list[Snapshot] = []

    # -- the protocol -----------------------------------------------------------------------------

    def table_names(self) -> list[str]:
        return sorted(state.table.name for state in self.states.values())

    def table(self, name: str) -> Table:
        return self.state(name).table

    def state(self, name: str) -> State:
        if name.lower() not in self.states:
            raise NotFound(f"no table `{name}`", hint=nearest(name, self.table_names()))
        return self.states[name.lower()]

    def bookmark_seq(self) -> int:
        return self.seq

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
        if name.lower() in self.states:
            if if_not_exists:
                return False
            raise Invalid(f"table `{name}` exists", hint="choose another name")
        table = Table(
            name.lower(), name, (new_schema(fields),), event_time, tuple(clustering), retention_s, self.seq
        )
        table = table.with_keys(spelled(keys, table.schema.by_name))
        rows = table.schema.complete.empty_table()
        self.states[name.lower()] = State(table, empty_manifest(table, self.name, 1), rows)
        return True

    def tell_keys(self, table: str, keys: Keys) -> bool:
        state = self.state(table)
        known = state.table
        state.table = known.with_keys(corrected(known.keys, spelled(keys, known.schema.by_name)))
        return state.table.keys != known.keys

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        if name.lower() not in self.states and if_exists:
            return False
        self.state(name)
        del self.states[name.lower()]
        return True

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        done = {}
        for operation in operations:
            assert isinstance(operation.rows, pa.Table)
            first = self.seq + 1
            self._append(operation.table, operation.rows)
            done[operation.table] = Appended(first, self.seq, operation.rows.num_rows)
        return done

    def snapshot(self, cuts: Mapping[str, AsOf]) -> Snapshot:
        snapshot = Snapshot({name: self._snapshot(name, cut) for name, cut in cuts.items()}, self)
        self.snapshots.append(snapshot)
        return snapshot

    # -- for tests --------------------------------------------------------------------------------

    def write(self, name: str, rows: pa.Table | list[dict[str, Any]]) -> int:
        """Appends rows, creating or widening the table; returns the last sequence."""
        given = pa.Table.from_pylist(rows) if isinstance(rows, list) else rows
        payload = [(f.name, f.type) for f in given.schema if not f.name.startswith("_")]
        if name.lower() not in self.states:
            self.create_table(name, payload)
        state = self.state(name)
        new = [(n, t) for n, t in payload if n not in state.table.schema.by_name]
        if new:
            schema = widen(state.table.schema, new, from_seq=self.seq + 1)
            state.table = replace(state.table, schemas=(*state.table.schemas, schema))
            state.manifest = replace(state.manifest, table=state.table)
            state.rows = _fitted(state.rows, schema)
        self._append(name, given)
        return self.seq

    def flush(self, name: str, up_to: int | None = None) -> None:
        state, manifest = self.state(name), self.state(name).manifest
        lo, hi = manifest.warm_to, self.seq if up_to is None else up_to
        run = self._run(state, lo, hi, f"{name}-warm-{lo + 1}-{hi}")
        self._publish(state, warm=(*manifest.warm, run), warm_to=hi)

    def archive(self, name: str, *, by: str | None = None) -> None:
        """All warm rows become one cold run, in one file or in one per value of `by`."""
        state, manifest = self.state(name), self.state(name).manifest
        hi = manifest.warm_to
        run = self._run(state, 0, hi, f"{name}-cold-1-{hi}", by)
        state.cold = run
        ref = FileRef("list", 1, "x")
        cold = ColdRef(
            "db.t", "file:///", 77 + hi, ref, run.rows, len(run.files), sum(f.bytes for f in run.files)
        )
        self._publish(state, warm=(), cold=cold, cold_to=hi)

    def _publish(self, state: State, **changes: Any) -> None:
        manifest = replace(
            state.manifest,
            version=state.manifest.version + 1,
            published_seq=self.seq,
            table=state.table,
            **changes,
        )
        state.manifest = manifest
        state.published[manifest.version] = self.seq

    def _append(self, name: str, given: pa.Table) -> None:
        state, count = self.state(name), given.num_rows
        seqs = range(self.seq + 1, self.seq + count + 1)
        self.now += timedelta(seconds=1)
        defaults: dict[str, list[Any]] = {
            "_seq": list(seqs),
            "_id": [f"id-{seq}" for seq in seqs],
            "_time": [self.now] * count,
            "_recorded_at": [self.now] * count,
            "_schema_version": [state.table.schema.version] * count,
        }
        columns = []
        for f in state.table.schema.complete:
            if f.name in given.column_names and f.name not in ("_seq", "_recorded_at"):
                columns.append(_cast(given.column(f.name), f.type))
            elif f.name in defaults:
                columns.append(pa.chunked_array([pa.array(defaults[f.name], f.type)]))
            else:
                columns.append(pa.chunked_array([pa.nulls(count, f.type)]))
        state.rows = pa.concat_tables([state.rows, pa.Table.from_arrays(columns, schema=state.rows.schema)])
        self.seq += count

    def _run(self, state: State, lo: int, hi: int, key: str, by: str | None = None) -> Run:
        rows = _between(state.rows, lo, hi)
        parts = [rows]
        if by is not None:
            values = pc.unique(rows.column(by))
            parts = [rows.filter(pc.equal(rows.column(by), value)) for value in values]
        schema, files = state.table.schema, []
        for number, part in enumerate(part for part in parts if part.num_rows):
            data = encode(part.select(schema.stored.names), schema, row_group_rows=1000)
            path = self.folder / f"{key}-{number}.parquet"
            path.write_bytes(data)
            described = describe(path.name, data, schema, checksum(memoryview(data)))
            files.append(described)
        return Run(lo, hi, rows.num_rows, tuple(files))

    def _snapshot(self, name: str, as_of: AsOf) -> TableSnapshot:
        state = self.state(name)
        seq, cut_us, recorded = self._resolve(state, as_of)
        schema = state.table.schema_at(seq)
        hot = _between(state.rows, state.manifest.warm_to, seq).select(schema.complete.names)
        return TableSnapshot(
            table=state.table,
            schema=schema,
            shard=self.name,
            manifest=state.manifest,
            cold=state.cold,
            hot=hot,
            seq=seq,
            cut_us=cut_us,
            recorded_us=recorded,
            has_ttl=bool(state.rows.num_rows - state.rows.column("_ttl_seconds").null_count),
        )

    def _resolve(self, state: State, as_of: AsOf) -> tuple[int, int, int | None]:
        recorded = [
            (seq, to_micros(at))
            for other in self.states.values()
            for seq, at in zip(
                other.rows.column("_seq").to_pylist(),
                other.rows.column("_recorded_at").to_pylist(),
                strict=True,
            )
        ]
        match as_of:
            case Now():
                seq = self.seq
            case AtSequence(wanted):
                seq = wanted
            case AtInstant(micros):
                if micros > to_micros(self.now):
                    raise Invalid(f"{from_micros(micros)} lies in the future", hint="leave it out")
                seq = max((s for s, at in recorded if at <= micros), default=0)
            case AtVersion(version):
                if version not in state.published:
                    raise NotFound(f"no manifest {version}", hint="look at tiers")
                seq = state.published[version]
            case AtBookmark(seqs):
                seq = seqs[self.name]
        at = [us for s, us in recorded if s <= seq]
        instant = as_of.micros if isinstance(as_of, AtInstant) else to_micros(self.now)
        if not isinstance(as_of, Now | AtInstant) and at:
            instant = max(at)
        return seq, instant, max(at, default=None)


def _between(rows: pa.Table, lo: int, hi: int) -> pa.Table:
    seq = rows.column("_seq")
    return rows.filter(pc.and_(pc.greater(seq, lo), pc.less_equal(seq, hi)))


def _cast(column: pa.ChunkedArray, arrow: pa.DataType) -> pa.ChunkedArray:
    """To a stored type; UUID comes as text, which Arrow cannot cast."""
    if arrow == UUID and column.type == pa.string():
        return pa.chunked_array([pa.array([v and uuid.UUID(v) for v in column.to_pylist()], UUID)])
    return column.cast(arrow)


def _fitted(rows: pa.Table, schema: Schema) -> pa.Table:
    columns = [
        rows.column(f.name)
        if f.name in rows.column_names
        else pa.chunked_array([pa.nulls(len(rows), f.type)])
        for f in schema.complete
    ]
    return pa.Table.from_arrays(columns, schema=schema.complete)
