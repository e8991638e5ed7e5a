"""Replicated shards over one object store, each on a disk of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.asof import AsOf, Now
from thermocline.core.owners import Append
from thermocline.core.policy import TierPolicy
from thermocline.core.results import Appended
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.files import CheckedFiles
from thermocline.tiers.hot.replica import Replica
from thermocline.tiers.object_store import ObjectStore, open_store
from thermocline.tiers.shard import Shard, Surroundings

from ..conftest import FakeClock
from .stores import FaultyStore


class Node:
    """One machine: `store` as it reaches it, `path` on its disk, and the shard while it is open."""

    def __init__(self, store: ObjectStore, folder: Path, disk: str, clock: FakeClock) -> None:
        self.store = FaultyStore(store)
        self.path = folder / disk / "hot.sqlite"
        catalog = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.sqlite"}
        self._around = Surroundings(
            store=self.store,
            files=CheckedFiles(self.store),
            cold=IcebergCold(self.store, catalog),
            clock=clock,
            entropy=bytes,
            policy=TierPolicy(history_s=3_600),
        )
        self.shard: Shard

    def open(self, *, replicated: bool = True) -> Node:
        self.shard = Shard("acme", "shard-0", self.path, self._around, replicated=replicated)
        return self

    def reopen(self) -> None:
        self.close()
        self.open()

    def close(self) -> None:
        self.shard.close()

    def append(self, *numbers: int, **options: Any) -> Appended:
        rows = [{"n": number, "_id": f"id-{number}"} for number in numbers]
        return self.shard.append([Append("t", rows, **options)])["t"]

    def numbers(self, as_of: AsOf | None = None) -> list[int]:
        """`n` of all hot rows by sequence."""
        if "t" not in self.shard.table_names():
            return []
        snapshot = self.shard.snapshot({"t": as_of or Now()})
        try:
            return list(snapshot.tables["t"].hot["n"].to_pylist())
        finally:
            snapshot.release()

    @property
    def replica(self) -> Replica:
        assert self.shard.log.replica is not None
        return self.shard.log.replica

    def slots(self) -> list[str]:
        return [info.key.rpartition("/")[2] for info in self.store.list("log/db/acme/shard-0")]


@pytest.fixture
def node(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[str], Node]]:
    """`node("a")`: a machine that is not open yet."""
    store = open_store(tmp_path / "objects")
    made: list[Node] = []

    def make(disk: str) -> Node:
        made.append(Node(store, tmp_path, disk, clock))
        return made[-1]

    yield make
    for each in made:
        each.store.hold.set()
