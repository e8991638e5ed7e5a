"""Shards are split on a cluster: other clients find out, whatever map they have; hosts may die meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

import thermocline
from thermocline.actors.cluster.lake import RayLake, RayTenancy
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Conflict
from thermocline.tiers import crash

from ..shards.test_at_once import Crowd
from ..shards.test_split import CARTS, carts, told
from .conftest import SharedClock

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def lake(ray_head: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayLake]:  # noqa: ARG001
    path = tmp_path_factory.mktemp("ray-split")
    clock = SharedClock(path / "now")
    options = ClusterOptions(sink=False)
    with thermocline.connect(path / "lake", runtime="ray", cluster=options, clock=clock) as opened:
        assert isinstance(opened, RayLake)
        yield opened


def another_client(lake: RayLake, name: str) -> LakeDatabase:
    """With a map of its own, seen now."""
    database = LakeDatabase(RayTenancy(name, lake))
    database.shard_map()
    return database


def test_rows_streams_and_retries_go_on(lake: RayLake) -> None:
    database = carts(lake, shards=2, name="plain")
    before = lake.clock()
    database.flush()
    database.append("events", [{"n": 3}], stream="cart-1")
    assert database.split("shard-0").version == 1
    rows = [{"_id": f"{cart}/1", "_stream": cart, "n": 1} for cart in CARTS]
    assert database.append("events", rows).duplicates == 20
    for cart in CARTS:
        version = 4 if cart == "cart-1" else 3
        with pytest.raises(Conflict):
            database.append("events", [{"n": 3}], stream=cart, expected_version=version - 1)
        database.append("events", [{"n": 3}], stream=cart, expected_version=version)
    assert told(database, "select count(*), sum(n) from events") == [(81, 123)]
    assert told(database, "select count(*) from events", as_of=before) == [(60,)]
    for step in (database.flush, database.archive):
        step()
        assert told(database, "select count(*), sum(n) from events") == [(81, 123)]


@pytest.mark.parametrize("asked", ["aggregate", "rows", "stream", "append", "table"])
def test_who_has_the_old_map_misses_nothing(lake: RayLake, asked: str) -> None:
    name = f"stale-{asked}"
    database = carts(lake, shards=1 if asked == "rows" else 2, name=name)
    other = another_client(lake, name)
    database.split("shard-0")
    database.append("events", [{"_stream": cart, "n": 3} for cart in CARTS])
    assert other.shard_map().version == 0
    match asked:
        case "aggregate":
            assert told(other, "select count(*), sum(n) from events") == [(80, 120)]
        case "rows":
            assert len(told(other, "select * from events")) == 80
        case "stream":
            assert {other.stream(cart).version for cart in CARTS} == {4}
        case "append":
            for cart in CARTS:
                assert other.append("events", [{"n": 4}], stream=cart, expected_version=4).version == 5
            assert told(database, "select count(*) from events") == [(100,)]
        case _:
            other.sql("create table more (a int)")
            assert told(database, "select count(*) from more") == [(0,)]
            other.sql("drop table events")
            database.append("events", [{"_stream": cart, "z": 1} for cart in CARTS])
            assert told(database, "select count(*), sum(z) from events") == [(20, 20)]
    assert other.shard_map().version == 1


def test_nothing_is_lost_nor_twice_while_shards_are_split(lake: RayLake) -> None:
    database = lake.create_database("crowded", shards=1, shard_by="hash")
    crowd = Crowd(another_client(lake, "crowded"))

    def split_twice() -> None:
        time.sleep(1)
        database.split("shard-0")
        time.sleep(0.5)
        database.split("shard-1")
        time.sleep(1)

    crowd.during(split_twice, appenders=4, readers=2)
    assert crowd.reads > 3
    for stream, count in crowd.acknowledged.items():
        events = database.stream(stream).read()
        assert [(event["n"], event["_position"]) for event in events] == [(n, n + 1) for n in range(count)]


@pytest.mark.parametrize("point", ["split.closed", "split.handed_over"])
def test_a_split_whose_client_dies_is_completed_by_the_next_append(lake: RayLake, point: str) -> None:
    name = f"cut-{point[6:].replace('_', '-')}"
    database = carts(lake, shards=2, name=name)
    other = another_client(lake, name)

    class Died(Exception):
        pass

    def on_reach(reached: str) -> None:
        if reached == point:
            raise Died

    crash.on_reach = on_reach
    try:
        with pytest.raises(Died):
            database.split("shard-0")
    finally:
        crash.on_reach = None
    assert told(other, "select count(*) from events") == [(60,)]
    other.append("events", [{"_stream": cart, "n": 3} for cart in CARTS])
    assert other.shard_map().version == 1
    assert told(database, "select count(*), sum(n) from events") == [(80, 120)]


def test_a_split_outlives_the_hosts_while_appends_go_on(lake: RayLake) -> None:
    database = carts(lake, shards=2, name="hosts")
    database.sql("drop table events")
    crowd = Crowd(another_client(lake, "hosts"))
    killed: list[int] = []

    def on_reach(reached: str) -> None:
        if reached == "split.closed" and not killed:
            killed.extend(host["pid"] for host in lake.hosts())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    def split() -> None:
        time.sleep(0.5)
        assert database.split("shard-0").version == 1
        time.sleep(1)

    crash.on_reach = on_reach
    try:
        crowd.during(split, appenders=4, readers=1)
    finally:
        crash.on_reach = None
    assert killed
    for stream, count in crowd.acknowledged.items():
        events = database.stream(stream).read()
        assert [(event["n"], event["_position"]) for event in events] == [(n, n + 1) for n in range(count)]
