"""A database of several shards, each with a store, a catalog connection and a cold tier of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.catalog import load_catalog
from pyiceberg.table import Table as IcebergTable

from thermocline.core.asof import AsOf, Now
from thermocline.core.owners import Append
from thermocline.core.policy import TierPolicy
from thermocline.core.sharding import HOME, ShardMap
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.files import CheckedFiles
from thermocline.tiers.object_store import open_store
from thermocline.tiers.segments import Segments
from thermocline.tiers.shard import Shard
from thermocline.tiers.shard_maps import ShardMaps
from thermocline.tiers.steps.archive import archive, complete_archive, follow_move
from thermocline.tiers.steps.flush import flush
from thermocline.tiers.surroundings import Surroundings

from ..conftest import FakeClock

SHARDS = ("shard-0", "shard-1", "shard-2", "shard-3")


@dataclass
class Part:
    """One shard, as its host has it."""

    shard: Shard
    around: Surroundings

    def append(self, *numbers: int, **columns: Any) -> None:
        rows = [{"n": n, "_id": f"{self.shard.name}-{n}", **columns} for n in numbers]
        self.shard.append([Append("sales", rows)])

    def archive(self) -> None:
        state = self.shard.state("sales")
        flush(self.shard, state)
        archive(self.shard, state)

    def numbers(self, as_of: AsOf | None = None) -> list[int]:
        """What a reader of the shard finds, without the router."""
        snapshot = self.shard.snapshot({"sales": as_of or Now()})
        try:
            taken = snapshot.tables["sales"]
            segments = Segments(self.around.store, self.around.files, "unused", self.around.policy)
            runs = [*taken.manifest.warm, *([taken.cold] if taken.cold else [])]
            read = [segments.read_all(taken.table, run.files) for run in runs] + [taken.hot]
            rows = [row for rows in read for row in rows.to_pylist() if row["_seq"] <= taken.seq]
            return sorted(row["n"] for row in rows)
        finally:
            snapshot.release()

    def cold_keys(self) -> set[str]:
        return {file.key for file in self.shard.state("sales").cold_files(self.around.files)}


class Spread:
    """A database of several shards, each on its own."""

    def __init__(self, folder: Path, clock: FakeClock, policy: TierPolicy) -> None:
        self.folder = folder
        self.clock = clock
        self.policy = policy
        self.parts: dict[str, Part] = {}

    def publish(self, shard_map: ShardMap) -> None:
        ShardMaps(open_store(self.folder / "objects"), "acme").publish(shard_map)

    def open(self, *names: str) -> None:
        for name in names:
            store = open_store(self.folder / "objects")
            cold, entropy = IcebergCold(store, self.properties), bytes
            around = Surroundings(store, CheckedFiles(store), cold, self.clock, entropy, self.policy)
            self.parts[name] = Part(Shard("acme", name, self.folder / f"{name}.sqlite", around), around)
            for state in self.parts[name].shard.all_states():
                complete_archive(self.parts[name].shard, state)
                follow_move(self.parts[name].shard, state)

    def close(self) -> None:
        for part in self.parts.values():
            part.shard.close()
            part.around.cold.close()
        self.parts = {}

    def __getitem__(self, number: int) -> Part:
        return self.parts[f"shard-{number}"]

    @property
    def properties(self) -> dict[str, str]:
        return {"type": "sql", "uri": f"sqlite:///{self.folder / 'catalog.sqlite'}"}

    def follow(self) -> None:
        """The other shards take over what the home shard says a table looks like."""
        for name, part in self.parts.items():
            if name != HOME:
                part.shard.follow(self[0].shard.table("sales"))

    def alone(self) -> IcebergTable:
        """The table as pyiceberg by itself sees it."""
        return load_catalog("thermocline", **self.properties).load_table("acme.sales")

    def iceberg(self, **scan: Any) -> Mapping[str | None, list[int]]:
        """Shard -> its rows, as pyiceberg by itself reads them."""
        found: dict[str | None, list[int]] = {}
        for row in self.alone().scan(**scan).to_arrow().to_pylist():
            found.setdefault(row["_shard"], []).append(row["n"])
        return {shard: sorted(numbers) for shard, numbers in found.items()}

    def at_once(self, act: Callable[[Part], object]) -> None:
        """The same by all shards, begun together."""
        together = threading.Barrier(len(self.parts))

        def run(part: Part) -> None:
            together.wait()
            act(part)

        with ThreadPoolExecutor(len(self.parts)) as pool:
            list(pool.map(run, self.parts.values()))
