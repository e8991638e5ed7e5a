"""Planning alone: a table of 10,000 cold files, of which a query wants a day."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from thermocline.core.manifest import DataFile, Run, empty_manifest
from thermocline.core.schema import ENVELOPE_IDS, Table, new_schema
from thermocline.core.snapshots import TableSnapshot
from thermocline.router.constants import Surroundings
from thermocline.router.engine import Engine
from thermocline.router.file_table import FileTables
from thermocline.router.plan import Plan, TableCut, make_plan
from thermocline.router.prepare import Preparations

from .data import DAY_US, START_US
from .harness import Line, Scale, seconds, within

FILES = 10_000
ROWS = 1_000
QUERY = (
    "SELECT region, sum(revenue) FROM sales WHERE _time >= TIMESTAMPTZ '2026-10-01'"
    " AND _time < TIMESTAMPTZ '2026-10-02' AND revenue > 3 GROUP BY region"
)


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    engine = Engine(folder)
    bound = Preparations(engine, "main").get(QUERY, None).bound
    assert bound is not None
    snapshot = _snapshot()
    cut = TableCut(snapshot.schema, (snapshot,))
    tables = FileTables()

    def plan() -> Plan:
        around = Surroundings({}, START_US)
        return make_plan(bound, {("sales", None): cut}, around, tables)

    first = seconds(plan)
    (shard,) = plan().scans[0].shards
    (tier,) = shard.tiers
    assert 0 < len(tier.files) < FILES / 50
    taken = statistics.median(seconds(plan) for _ in range(20 * scale.rounds))
    engine.close()
    yield within(f"planning over {FILES:,} cold files", taken, at_most=0.01)
    yield Line(
        "the same, the first time after a change of the files", f"{first * 1e3:.0f} ms", "-", "-", "-", None
    )


def _snapshot() -> TableSnapshot:
    schema = new_schema([("region", pa.string()), ("revenue", pa.float64())])
    table = Table("sales", "sales", (schema,))
    per_file_us = 120 * DAY_US // FILES
    revenue = schema.column_ids()["revenue"]
    files = tuple(
        DataFile(
            key=f"cold/{n}.parquet",
            bytes=50_000,
            digest="",
            rows=ROWS,
            schema_version=1,
            seq_min=n * ROWS + 1,
            seq_max=(n + 1) * ROWS,
            stats={
                ENVELOPE_IDS["_seq"]: (n * ROWS + 1, (n + 1) * ROWS),
                ENVELOPE_IDS["_time"]: (START_US + n * per_file_us, START_US + (n + 1) * per_file_us),
                revenue: (0.0, 5.0 + n % 50),
            },
        )
        for n in range(FILES)
    )
    last = FILES * ROWS
    return TableSnapshot(
        table=table,
        schema=schema,
        shard="shard-0",
        manifest=empty_manifest(table, "shard-0", 1),
        cold=Run(0, last, last, files),
        hot=schema.complete.empty_table(),
        seq=last,
        cut_us=START_US,
        recorded_us=None,
        has_ttl=False,
    )
