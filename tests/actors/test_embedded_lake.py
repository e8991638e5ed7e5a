"""What the embedded runtime adds to its databases: the background, moving a lake, other catalogs, closing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import thermocline
from thermocline import TierPolicy
from thermocline.core.errors import Invalid, NotFound, Unavailable
from thermocline.core.protocols import Database

from ..conftest import FakeClock

COUNT = "SELECT count(*), sum(n) FROM sales"


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def rows_in(database: Database, tier: str) -> int:
    return sum(row["rows"] for row in database.tiers().dicts() if row["tier"] == tier)


def test_events_sink_by_themselves_as_they_age(tmp_path: Path, clock: FakeClock) -> None:
    policy = TierPolicy(every_s=0.02, flush_rows=1)
    with thermocline.connect(tmp_path / "lake", clock=clock, policy=policy) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"n": n} for n in range(10)])
        clock.advance(hours=71)
        shop.append("sales", [{"n": 10}])
        assert rows_in(shop, "hot") == 11
        clock.advance(hours=2)
        until(lambda: rows_in(shop, "warm") == 10)
        assert rows_in(shop, "hot") == 1
        clock.advance(days=90)
        until(lambda: rows_in(shop, "cold") == 11)
        assert shop.sql(COUNT).rows() == [(11, 55)]


def test_a_full_hot_tier_spills(tmp_path: Path, clock: FakeClock) -> None:
    policy = TierPolicy(every_s=0.02, hot_rows=5)
    with thermocline.connect(tmp_path / "lake", clock=clock, policy=policy) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"n": n} for n in range(6)])
        until(lambda: rows_in(shop, "warm") == 6)


def test_hints_hasten_a_tier(tmp_path: Path, clock: FakeClock) -> None:
    policy = TierPolicy(every_s=0.02, flush_rows=1)
    with thermocline.connect(tmp_path / "lake", clock=clock, policy=policy) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"n": 1, "_tier_hint": "cold"}, {"n": 2, "_tier_hint": "cold"}])
        shop.append("other", [{"n": 1, "_tier_hint": "warm"}])
        until(lambda: (rows_in(shop, "cold"), rows_in(shop, "warm")) == (2, 1))


def test_small_segments_are_compacted_in_the_background(tmp_path: Path, clock: FakeClock) -> None:
    policy = TierPolicy(every_s=0.02, compact_files=3)
    with thermocline.connect(tmp_path / "lake", clock=clock, policy=policy) as lake:
        shop = lake.database("acme")
        for n in range(3):
            shop.append("sales", [{"n": n}])
            shop.flush("sales")

        def warm_files() -> int:
            return sum(r["files"] for r in shop.tiers("sales").dicts() if r["tier"] == "warm")

        until(lambda: warm_files() == 1)
        assert shop.sql(COUNT).rows() == [(3, 3)]


def test_a_moved_lake_answers_and_archives_on(tmp_path: Path, clock: FakeClock) -> None:
    from pyiceberg.catalog import load_catalog

    with thermocline.connect(tmp_path / "here", clock=clock, background=False) as lake:
        lake.database("acme").append("sales", [{"n": n} for n in range(4)])
        lake.database("acme").archive("sales", up_to=2)
    shutil.move(tmp_path / "here", tmp_path / "there")
    with thermocline.connect(tmp_path / "there", clock=clock, background=False) as lake:
        shop = lake.database("acme")
        assert shop.sql(COUNT).rows() == [(4, 6)]
        shop.archive("sales")
        assert shop.verify().rows == 4
        assert shop.sql(COUNT).rows() == [(4, 6)]
    catalog = load_catalog("thermocline", type="sql", uri=f"sqlite:///{tmp_path}/there/catalog.sqlite")
    assert sorted(catalog.load_table("acme.sales").scan().to_arrow()["n"].to_pylist()) == [0, 1, 2, 3]
    catalog.close()


def test_another_catalog_serves_as_well(tmp_path: Path, clock: FakeClock) -> None:
    from pyiceberg.catalog import load_catalog

    properties = {"name": "ours", "type": "sql", "uri": f"sqlite:///{tmp_path}/elsewhere.db"}
    with thermocline.connect(tmp_path / "lake", clock=clock, catalog=properties, background=False) as lake:
        lake.database("acme").append("sales", [{"n": 1}])
        lake.database("acme").archive("sales")
        assert lake.database("acme").verify().rows == 1
    catalog = load_catalog("ours", type="sql", uri=properties["uri"])
    assert catalog.load_table("acme.sales").scan().to_arrow()["n"].to_pylist() == [1]
    catalog.close()
    assert not (tmp_path / "lake" / "catalog.sqlite").exists()


def test_one_lake_has_one_writer_and_any_number_of_readers(tmp_path: Path, clock: FakeClock) -> None:
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        lake.database("acme").append("sales", [{"n": 1}])
        with pytest.raises(Unavailable, match="another process") as refused:
            thermocline.connect(tmp_path / "lake", clock=clock)
        assert "read_only=True" in refused.value.hint
        with thermocline.connect(tmp_path / "lake", clock=clock, read_only=True) as reader:
            assert reader.database("acme").sql(COUNT).rows() == [(1, 1)]
            lake.database("acme").append("sales", [{"n": 2}])
            lake.database("acme").flush("sales")
            lake.database("acme").append("sales", [{"n": 3}])
            assert reader.database("acme").sql(COUNT).rows() == [(3, 6)]
            with pytest.raises(Unavailable, match="reading only"):
                reader.database("acme").append("sales", [{"n": 4}])


def test_reading_never_makes_a_database_or_a_lake(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(NotFound, match="no lake"):
        thermocline.connect(tmp_path / "none", read_only=True)
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        assert lake.database("acme").tables() == []
        assert lake.database("acme").sql("SELECT 1 + 1").rows() == [(2,)]
        with pytest.raises(NotFound, match="no table `sales`"):
            lake.database("acme").sql("SELECT * FROM sales")
        assert lake.databases() == []


def test_closing_twice_and_odd_places(tmp_path: Path, clock: FakeClock) -> None:
    lake = thermocline.connect(tmp_path / "a lake with spaces", clock=clock, background=False)
    lake.database("acme").append("sales", [{"n": 1}])
    lake.database("acme").archive("sales")
    assert lake.database("acme").sql(COUNT).rows() == [(1, 1)]
    lake.close()
    lake.close()
    (tmp_path / "file").write_text("x")
    with pytest.raises(Invalid, match="is a file"):
        thermocline.connect(tmp_path / "file")
