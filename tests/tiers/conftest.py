"""A shard with everything real around it: files, SQLite, Iceberg. Time is the test's."""

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
from thermocline.tiers.object_store import open_store
from thermocline.tiers.segments import Segments
from thermocline.tiers.shard import Shard, Surroundings
from thermocline.tiers.table_state import TableState

from ..conftest import FakeClock

Rows = list[dict[str, Any]]


class Bench:
    """One shard on a folder that can be closed and opened again, and short words for what tests do."""

    def __init__(self, folder: Path, clock: FakeClock, policy: TierPolicy) -> None:
        self.folder = folder
        self.clock = clock
        self.policy = policy
        self.open()

    def open(self) -> None:
        store = open_store(self.folder / "objects")
        catalog = {"type": "sql", "uri": f"sqlite:///{self.folder}/catalog.sqlite"}
        self.around = Surroundings(
            store=store,
            files=CheckedFiles(store),
            cold=IcebergCold(store, catalog),
            clock=self.clock,
            entropy=bytes,
            policy=self.policy,
        )
        self.shard = Shard("acme", "shard-0", self.folder / "hot.sqlite", self.around)

    def close(self) -> None:
        self.shard.close()
        self.around.cold.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    def append(self, table: str, rows: Rows, **options: Any) -> Appended:
        return self.shard.append([Append(table, rows, **options)])[table]

    def state(self, table: str) -> TableState:
        return self.shard.state(table)

    def rows(self, table: str, as_of: AsOf | None = None) -> Rows:
        """All rows of the table at a cut, read from every tier without the router, by sequence."""
        snapshot = self.shard.snapshot({table: as_of or Now()})
        try:
            taken = snapshot.tables[table]
            segments = Segments(self.around.store, self.around.files, "unused", self.policy)
            runs = [*taken.manifest.warm, *([taken.cold] if taken.cold else [])]
            rows = [
                row
                for run in runs
                for row in segments.read_all(taken.table, run.files).to_pylist()
                if row["_seq"] <= taken.seq
            ]
            rows += taken.hot.to_pylist()
            return sorted(rows, key=lambda row: row["_seq"])
        finally:
            snapshot.release()

    def seqs(self, table: str, as_of: AsOf | None = None) -> list[int]:
        return [row["_seq"] for row in self.rows(table, as_of)]


@pytest.fixture
def make_bench(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(**policy: Any) -> Bench:
        made.append(Bench(tmp_path, clock, TierPolicy(**policy)))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
