"""What lives on top of shards goes on over a split: replicas, views, pipelines."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Conflict
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Lakehouse

from ..conftest import FakeClock
from .test_split import CARTS, carts, fill, told


def test_a_replicated_database_is_whole_after_its_disk_is_lost(tmp_path: Path, clock: FakeClock) -> None:
    options: dict[str, Any] = {
        "object_store": str(tmp_path / "store"),
        "clock": clock,
        "background": False,
    }
    with thermocline.connect(tmp_path / "one", **options) as lake:
        database = lake.create_database("acme", shard_by="hash", durability="replicated")
        fill(database)
        database.split("shard-0")
        database.append("events", [{"_stream": cart, "_id": f"{cart}/3", "n": 3} for cart in CARTS])
        database.split("shard-2")
        before = told(database, "select _id, _position from events order by all")
    with thermocline.connect(tmp_path / "two", **options) as lake:
        database = lake.database("acme")
        assert database.shard_map().live == ("shard-1", "shard-3", "shard-4")
        assert told(database, "select _id, _position from events order by all") == before
        again = [{"_stream": cart, "_id": f"{cart}/{n}", "n": n} for cart in CARTS for n in (1, 3)]
        assert database.append("events", again).duplicates == 40
        with pytest.raises(Conflict):
            database.append("events", [{"n": 4}], stream="cart-3", expected_version=3)
        assert database.append("events", [{"n": 4}], stream="cart-3", expected_version=4).version == 5


def test_a_view_follows_a_split(lake: Lakehouse, clock: FakeClock) -> None:
    database = carts(lake)
    database.create_view(  # type: ignore[attr-defined]
        "totals", "select _stream s, sum(n) t, count(*) c from events group by 1", refresh="manual"
    )
    for n in range(3, 6):
        live = database.shard_map().live[0]
        clock.advance(minutes=1)
        database.append("events", [{"_stream": cart, "n": n} for cart in CARTS])
        database.split(live)
        database.append("events", [{"_stream": cart, "n": n} for cart in CARTS])
        database.refresh_view("totals")  # type: ignore[attr-defined]
        plain = told(database, "select _stream s, sum(n) t, count(*) c from events group by 1 order by all")
        assert told(database, "select * from totals order by all") == plain


def test_events_sink_by_themselves_in_all_shards_of_a_split(tmp_path: Path) -> None:
    policy = TierPolicy(hot_age_s=0.0, flush_rows=1, every_s=0.05)
    with thermocline.connect(tmp_path / "lake", policy=policy) as lake:
        database = carts(lake)
        database.split("shard-0")
        database.append("events", [{"_stream": cart} for cart in CARTS])
        end = time.monotonic() + 20
        while time.monotonic() < end:
            tiers = database.tiers("events").dicts()
            hot = sum(tier["rows"] for tier in tiers if tier["tier"] == "hot")
            if not hot:
                break
            time.sleep(0.05)
        assert not hot
        assert told(database, "select count(*) from events") == [(80,)]
