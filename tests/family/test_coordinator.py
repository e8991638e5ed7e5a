"""The coordinator: makes databases one at a time, and completes what was cut short."""

from __future__ import annotations

import pytest

from thermocline.actors.family.coordinator import NAME, LakehouseCoordinator
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Invalid
from thermocline.core.sharding import new_shard_map

from ..conftest import FakeClock


def test_it_knows_databases_warehouses_and_hosts(lake: LocalLake) -> None:
    lake.create_database("acme", shards=2, key="customer")
    lake.database("plain").append("sales", [{"q": 1}])
    lake.warehouse("big")
    told = lake.coordinator().facts()
    assert [(d["name"], d["state"], d["spread"], d["shards"]) for d in told["databases"]] == [
        ("acme", "ready", "hash", 2),
        ("plain", "ready", "tenant", 1),
    ]
    assert told["warehouses"] == ["big"]
    assert [host["host"] for host in told["hosts"]] == ["embedded"]


def test_a_database_cut_short_is_made_by_an_alarm(lake: LocalLake, clock: FakeClock) -> None:
    wanted = new_shard_map(2, key="customer")
    coordinator = lake.object(LakehouseCoordinator, NAME)
    assert coordinator.begin_database("acme", wanted.to_dict())
    assert [d["state"] for d in coordinator.facts()["databases"]] == ["making"]
    with pytest.raises(Invalid, match="being made with other shards"):
        lake.create_database("acme", shards=3)
    clock.advance(seconds=10)
    lake.objects().tick()
    assert [d["state"] for d in coordinator.facts()["databases"]] == ["ready"]
    assert lake.database("acme").shard_map().names == wanted.names


def test_a_database_that_is_there_with_other_shards_stays_as_it_is(lake: LocalLake) -> None:
    lake.create_database("acme", shards=2)
    lake.create_database("acme", shards=2)
    lake.database("plain").append("sales", [{"q": 1}])
    for name in ("acme", "plain"):
        with pytest.raises(Invalid):
            lake.create_database(name, shards=3)
    assert [d["shards"] for d in lake.coordinator().facts()["databases"]] == [2, 1]
