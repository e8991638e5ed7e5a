"""Pipelines: events sink when they are due and not before, an idle lake stays silent, problems are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import thermocline
from thermocline import TierPolicy
from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Unavailable

from ..conftest import FakeClock


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def rows_in(shop: LakeDatabase, tier: str) -> int:
    return sum(row["rows"] for row in shop.tiers().dicts() if row["tier"] == tier)


def opened(path: Path, clock: FakeClock, **policy: float) -> LocalLake:
    lake = thermocline.connect(path, clock=clock, policy=TierPolicy(every_s=0.02, flush_rows=1, **policy))
    assert isinstance(lake, LocalLake)
    return lake


def passes(lake: LocalLake) -> int:
    """The turns of the pipeline's object: each is a write."""
    return next(facts.seq for facts in lake.objects() if facts.id.class_ref.endswith(":PipelineDO"))


def test_it_tells_the_lag_of_each_watermark_and_its_last_pass(tmp_path: Path, clock: FakeClock) -> None:
    with opened(tmp_path / "lake", clock) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"n": n} for n in range(10)])
        until(lambda: shop.pipeline().state()["last"] is not None)
        (lag,) = shop.pipeline().lag()
        assert (lag["table"], lag["shard"], lag["seq"]) == ("sales", "shard-0", 10)
        assert (lag["hot_rows"], lag["warm_rows"], lag["warm_to"]) == (10, 0, 0)
        clock.advance(hours=73)
        until(lambda: rows_in(shop, "warm") == 10)
        until(lambda: shop.pipeline().state()["rows_moved"] == 10)
        (lag,) = shop.pipeline().lag()
        assert (lag["hot_rows"], lag["hot_age_s"], lag["warm_rows"], lag["warm_to"]) == (0, None, 10, 10)
        assert lag["warm_age_s"] > 73 * 3600
        assert shop.pipeline().state()["problem"] is None


def test_a_paused_pipeline_sinks_nothing_by_itself(tmp_path: Path, clock: FakeClock) -> None:
    with opened(tmp_path / "lake", clock, hot_rows=5) as lake:
        shop = lake.database("acme")
        shop.pipeline().pause()
        shop.append("sales", [{"n": n} for n in range(10)])
        time.sleep(0.3)
        assert rows_in(shop, "hot") == 10
        assert shop.pipeline().state()["paused"]
        shop.pipeline().resume()
        until(lambda: rows_in(shop, "warm") == 10)


def test_an_idle_lake_writes_nothing(tmp_path: Path, clock: FakeClock) -> None:
    with opened(tmp_path / "lake", clock) as lake:
        lake.database("acme").append("sales", [{"n": 1}])
        until(lambda: lake.database("acme").pipeline().state()["last"] is not None)
        time.sleep(0.3)
        before = passes(lake)
        time.sleep(0.5)
        assert passes(lake) == before


def test_what_is_due_is_done_after_a_restart_without_an_append(tmp_path: Path, clock: FakeClock) -> None:
    with opened(tmp_path / "lake", clock) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"n": n} for n in range(10)])
        until(
            lambda: (
                shop.pipeline().state()["next"] is not None and shop.pipeline().state()["last"] is not None
            )
        )
    clock.advance(hours=80)
    with opened(tmp_path / "lake", clock) as lake:
        until(lambda: rows_in(lake.database("acme"), "warm") == 10)


def test_a_problem_is_told_and_ends_with_the_pass_that_goes_well(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thermocline.actors.partition import LocalPartition

    healthy = LocalPartition.tick

    def full(_: LocalPartition) -> None:
        raise Unavailable("the disk is full", hint="make room")

    with opened(tmp_path / "lake", clock, hot_rows=5) as lake:
        shop = lake.database("acme")
        monkeypatch.setattr(LocalPartition, "tick", full)
        shop.append("sales", [{"n": n} for n in range(10)])
        until(lambda: lake.problem is not None)
        until(lambda: "the disk is full" in (shop.pipeline().state()["problem"] or ""))
        monkeypatch.setattr(LocalPartition, "tick", healthy)
        until(lambda: rows_in(shop, "warm") == 10)
        until(lambda: lake.problem is None)


def test_all_shards_of_a_database_sink(tmp_path: Path, clock: FakeClock) -> None:
    with opened(tmp_path / "lake", clock) as lake:
        shop = lake.create_database("acme", shards=3, key="n")
        shop.append("sales", [{"n": n} for n in range(30)])
        clock.advance(hours=73)
        until(lambda: rows_in(shop, "warm") == 30)
        assert {lag["shard"] for lag in shop.pipeline().lag()} == {"shard-0", "shard-1", "shard-2"}


def test_nothing_moves_in_a_lake_without_a_background(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"n": 1}])
    assert shop.pipeline().state()["next"] is None
    shop.pipeline().run()
    until(lambda: shop.pipeline().state()["last"] is not None)
