"""The planner is pure, quick over many files, and kept by text."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from thermocline.core.asof import Now
from thermocline.core.manifest import DataFile, Run
from thermocline.router.constants import Surroundings
from thermocline.router.file_table import FileTables
from thermocline.router.plan import TableCut, make_plan
from thermocline.router.prepare import Preparations
from thermocline.router.scan import scan_sql

from .conftest import Shop


def test_planning_over_ten_thousand_files_takes_milliseconds(shop: Shop) -> None:
    hour = 3_600_000_000
    files = tuple(
        DataFile(
            key=f"{n}.parquet",
            bytes=1_000,
            digest="",
            rows=100,
            schema_version=1,
            seq_min=n * 100 + 1,
            seq_max=n * 100 + 100,
            stats={1: (n * 100 + 1, n * 100 + 100), 3: (n * hour, (n + 1) * hour), 100: (f"p{n % 10}", "p9")},
        )
        for n in range(10_000)
    )
    table = shop.owner.snapshot({"sales": Now()}).tables["sales"]
    manifest = replace(table.manifest, warm=(), warm_to=1_000_000, cold_to=1_000_000)
    cold = Run(0, 1_000_000, 1_000_000, files)
    snapshot = replace(table, manifest=manifest, cold=cold, seq=1_000_000, hot=table.hot.slice(0, 0))
    cut = TableCut(snapshot.schema, (snapshot,))
    days = "_time between timestamptz '1970-01-02' and timestamptz '1970-01-03'"
    sql = f"select sum(qty) from sales where {days} and product <= 'p5'"
    bound = Preparations(shop.engine, "acme").get(sql, None).bound
    assert bound is not None
    tables, around = FileTables(), Surroundings({}, 0)
    took = []
    for _ in range(6):
        began = time.perf_counter()
        plan = make_plan(bound, {("sales", None): cut}, around, tables)
        scan_sql(plan.scans[0], lambda _, file: Path(file.key))
        took.append(time.perf_counter() - began)
    (tier,) = plan.scans[0].shards[0].tiers
    assert (len(tier.files), tier.pruned) == (15, 9_985)
    assert min(took[1:]) < 0.010
    assert plan == make_plan(bound, {("sales", None): cut}, around, FileTables())


def test_a_statement_is_parsed_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.rows("select count(*) from sales where qty > ?", [3])
    monkeypatch.setattr(shop.engine, "parse", None)
    assert shop.rows("select count(*) from sales where qty > ?", [8]) == [(0,)]
    assert shop.rows("  select count(*) from sales where qty > ?  ", [7]) == [(6,)]
