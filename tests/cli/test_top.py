"""`thermocline top`: hosts, queues and lags of a folder, a served lake and a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import thermocline
from thermocline.cli.table import draw
from thermocline.cli.top import lines
from thermocline.core.protocols import Lakehouse

from ..conftest import FakeClock
from ..serving import serving
from .conftest import Command


def spread_and_sink(lake: Lakehouse, clock: FakeClock) -> None:
    """`orders` over two shards: 4 rows waited 100 s for archiving, 6 rows 10 s for flushing."""
    database = lake.create_database("acme", shards=2, key="customer")
    database.append("orders", [{"customer": f"c{n}", "n": n} for n in range(4)])
    database.flush()
    clock.advance(seconds=90)
    database.append("orders", [{"customer": f"c{n}", "n": n} for n in range(6)])
    clock.advance(seconds=10)


def lag(found: dict[str, object]) -> tuple[int, int, float, float]:
    """Events to flush and to archive, and the greatest ages."""
    rows: list[dict[str, float]] = found["lag"]  # type: ignore[assignment]
    return (
        sum(int(row["flush_events"]) for row in rows),
        sum(int(row["archive_events"]) for row in rows),
        max(row["flush_s"] or 0 for row in rows),
        max(row["archive_s"] or 0 for row in rows),
    )


def test_lags_are_told_in_events_and_seconds(tmp_path: Path) -> None:
    clock = FakeClock()
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        spread_and_sink(lake, clock)
        found = lake.top()
        flush, archive, flush_s, archive_s = lag(found)
        assert (flush, archive) == (6, 4)
        assert flush_s == pytest.approx(10, abs=1)
        assert archive_s == pytest.approx(100, abs=1)
        assert [(s["database"], s["shard"], s["queue"]) for s in found["shards"]] == [
            ("acme", "shard-0", 0),
            ("acme", "shard-1", 0),
        ]
        assert all(shard["hot_bytes"] > 0 for shard in found["shards"])
        (host,) = found["hosts"]
        assert (host["pid"], host["state"], host["shards"]) == (os.getpid(), "serving", 2)
        lake.database("acme").archive()
        assert lag(lake.top()) == (0, 0, 0, 0)


def test_hidden_tables_are_not_shown(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        database = lake.database("acme")
        database.append("sales", [{"n": 1}])
        database.sql("create materialized view sums as select sum(n) as s from sales")
        assert {row["table"] for row in lake.top()["lag"]} == {"sales"}


def test_a_damaged_database_hides_no_other(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        for name in ("good", "bad"):
            lake.database(name).append("t", [{"n": 1}])
    (tmp_path / "lake/databases/bad/hot.sqlite").write_bytes(b"no database")
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        found = lake.top()
        assert [shard["database"] for shard in found["shards"]] == ["good"]
        assert list(found["problems"]) == ["bad"]
        assert lines(found, 100)[-1].startswith("bad: ")


def test_a_served_lake_tells_the_same(tmp_path: Path) -> None:
    clock = FakeClock()
    with (
        thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake,
        serving(lake) as url,
        thermocline.connect(url) as there,
    ):
        spread_and_sink(lake, clock)
        here, found = lake.top(), there.top()
        assert lag(found)[:2] == (6, 4)
        assert found["shards"] == here["shards"]
        assert found["hosts"] == here["hosts"]
        said = Command(tmp_path / "lake", url)("top", "--once")
        assert sum("acme" in line for line in said.out.splitlines()) == 4


def test_once_prints_tables_and_json_everything(shop: Command) -> None:
    said = shop("top", "--once")
    assert said.code == 0
    assert "to flush" in said.out
    (row,) = [line for line in said.out.splitlines() if "sales" in line]
    assert [cell.strip() for cell in row.split("│")][:4] == ["acme", "shard-0", "sales", "3"]
    found = shop("top", "--json").json
    assert found["lag"][0]["flush_events"] == 3


def test_it_looks_on_while_another_process_owns_the_lake(shop: Command) -> None:
    with thermocline.connect(shop.lake, background=False) as lake:
        lake.database("acme").append("sales", [{"product": "salt"}])
        assert shop("top", "--json").json["lag"][0]["flush_events"] == 4


def test_a_terminal_is_narrow_and_counts_are_grouped() -> None:
    assert draw(["n"], [["1,000"]], numbers=[True])[-1] == " 1,000"
    lag_row = {"database": "d" * 60, "shard": "shard-0", "table": "t" * 60, "flush_events": 12_345}
    lag_row |= {"flush_s": 75.2, "archive_events": 0, "archive_s": None}
    found = {"at": "now", "hosts": [], "shards": [], "lag": [lag_row], "problems": {}}
    drawn = lines(found, 80)
    assert max(map(len, drawn)) <= 80
    assert "12,345" in drawn[-2]
    assert "1 min 15 s" in drawn[-2]


@pytest.mark.ray
def test_the_hosts_of_a_cluster_are_shown(tmp_path: Path) -> None:
    script = """
import json, sys, thermocline
from thermocline.actors.cluster.options import ClusterOptions
with thermocline.connect(sys.argv[1], runtime="ray", cluster=ClusterOptions(seats=2, sink=False)) as lake:
    lake.database("acme").append("sales", [{"n": 1}, {"n": 2}])
    print(json.dumps(lake.top()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "lake")],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    assert sorted(host["state"] for host in found["hosts"]) == ["serving", "serving", "spare"]
    (shard,) = found["shards"]
    assert shard["host"] in [host["host"] for host in found["hosts"]]
    assert (shard["epoch"], found["lag"][0]["flush_events"]) == (1, 2)
