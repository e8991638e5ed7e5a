"""A database's shard on a host: what `LocalPartition` does, with answers that can leave the process."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...core.asof import AsOf
from ...core.certificate import Certificate
from ...core.errors import Unavailable
from ...core.owners import Append
from ...core.placement import Unit
from ...core.results import Appended
from ...core.schema import Field
from ...core.sharding import HOME, ShardMap
from ...core.snapshots import ShardSnapshot, TableSnapshot
from ...router.engine import Engine
from ...router.one_shard import OneShard
from ...router.query import Router
from ...tiers.seal import check_and_break_seal, seal_file
from ...tiers.shard import Shard, Surroundings
from ...tiers.shard_maps import ShardMaps
from ...tiers.steps.archive import complete_archive, follow_move
from ...tiers.vectors.nearest import Allowed, Nearest, Question, nearest_hot
from ...tiers.vectors.sidecar import Seqs
from ..partition import LocalPartition
from .unit_lock import UnitLock

PIN_S = 600.0
"""How long a reader elsewhere may hold a snapshot without a word; then its files may expire."""


@dataclass(frozen=True)
class Taken:
    """A snapshot on its way to a reader. `pin`: to release it by. `closed`: see `ShardSnapshot`."""

    pin: int
    tables: Mapping[str, TableSnapshot]
    closed: bool


def open_partition(
    unit: Unit, disk: Path, around: Surroundings, engine: Engine, *, background: bool
) -> HostedPartition:
    """Takes the file's lock, claims the next epoch and completes what a crash interrupted."""
    _, database, name = unit.name.split("/")
    shard_map = ShardMaps(around.store, database).latest() or ShardMap()
    path = disk / "databases" / database / ("hot.sqlite" if name == HOME else f"{name}.sqlite")
    lock = UnitLock(path.with_suffix(".lock"))
    try:
        replicated = shard_map.durability == "replicated"
        check_and_break_seal(path, restorable=replicated)
        shard = Shard(database, name, path, around, replicated=replicated)
        for state in shard.all_states():
            complete_archive(shard, state)
            follow_move(shard, state)
    except BaseException:
        lock.release()
        raise
    return HostedPartition(unit, shard, path, lock, engine, background=background)


class HostedPartition(LocalPartition):
    """What a `RemotePartition` calls; every argument and answer pickles."""

    def __init__(
        self, unit: Unit, shard: Shard, path: Path, lock: UnitLock, engine: Engine, *, background: bool
    ) -> None:
        super().__init__(shard, background=background)
        self.unit = unit
        self._path = path
        self._lock = lock
        self._engine = engine
        self._numbers = itertools.count(1)
        self._pins: dict[int, tuple[ShardSnapshot, float]] = {}

    def close(self, *, seal: bool = True) -> None:
        """`seal`: false if the file may be another's by now."""
        try:
            super().close()
            if seal:
                seal_file(self._path)
        finally:
            self._lock.release()

    def append_once(self, operations: Sequence[Append], once: str) -> dict[str, Appended]:
        done = self.shard.append(operations, once=once)
        self._embedding.appended(operations)
        return done

    def take(self, cuts: Mapping[str, AsOf]) -> Taken:
        """A snapshot that stays until `release`, or for `PIN_S`."""
        self._drop_old_pins()
        snapshot = self.shard.snapshot(cuts)
        pin = next(self._numbers)
        self._pins[pin] = (snapshot, time.monotonic())
        return Taken(pin, {name: table.near() for name, table in snapshot.tables.items()}, snapshot.closed)

    def far_column(self, pin: int, table: str, name: str) -> pa.ChunkedArray:
        """See `core.snapshots.FarVectors`."""
        return self._pinned(pin, table).hot_column(name)

    def far_nearest(
        self, pin: int, table: str, column: Field, question: Question, allowed: Seqs | None
    ) -> Nearest:
        """See `core.snapshots.FarVectors`."""
        may = None if allowed is None else Allowed(allowed)
        return nearest_hot(self._pinned(pin, table), column, question, may)

    def _pinned(self, pin: int, table: str) -> TableSnapshot:
        held = self._pins.get(pin)
        if held is None:
            raise Unavailable("the cut that is being read is not held any more", hint="ask again")
        return held[0].tables[table]

    def release(self, pin: int) -> None:
        held = self._pins.pop(pin, None)
        if held is not None:
            held[0].release()

    def ask(self, sql: str, params: Any, **options: Any) -> tuple[pa.Table, Certificate, bool]:
        """(rows, certificate, whether the shard was split)."""
        router = Router(OneShard(self), self._engine, self.shard.around.clock, self.shard.database)
        result = router.sql(sql, params, **options)
        # Reading footers is for whoever verifies: the reader of the answer has the store too.
        closed = self.closed_us() > 0
        return result.arrow(), replace(result.certificate, footer_rows=None), closed

    def _drop_old_pins(self) -> None:
        now = time.monotonic()
        for pin, (_, since) in list(self._pins.items()):
            if now - since > PIN_S:
                self.release(pin)
