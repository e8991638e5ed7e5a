"""A shard is parted in two: nothing is moved, nothing is missing, and what was true before still is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Conflict, Invalid, NotFound
from thermocline.core.protocols import Database, Lakehouse

from ..conftest import FakeClock

CARTS = [f"cart-{n}" for n in range(20)]


def carts(lake: Lakehouse, shards: int = 1, name: str = "acme") -> Database:
    """Three events in each of twenty streams."""
    database = lake.create_database(name, shards=shards, shard_by="hash")
    fill(database)
    return database


def fill(database: Database) -> None:
    for n in range(3):
        rows = [{"_id": f"{cart}/{n}", "_stream": cart, "n": n} for cart in CARTS]
        database.append("events", rows)


def told(database: Database, sql: str, **options: object) -> list[tuple[object, ...]]:
    result = database.sql(sql, **options)  # type: ignore[arg-type]
    assert result.certificate.to_dict()["complete"]
    return result.rows()


@pytest.mark.parametrize("shards", [1, 3])
def test_rows_of_before_and_after_are_one_table(lake: Lakehouse, shards: int) -> None:
    database = carts(lake, shards)
    before = told(database, "select _stream, _position, n from events order by all")
    after = database.split("shard-0")
    assert after.version == 1
    assert after.live == (*(f"shard-{n}" for n in range(1, shards)), f"shard-{shards}", f"shard-{shards + 1}")
    assert told(database, "select _stream, _position, n from events order by all") == before
    for cart in CARTS:
        database.append("events", [{"n": 3}], stream=cart, expected_version=3)
    assert told(database, "select count(*), min(n), max(n), sum(n) from events") == [(80, 0, 3, 120)]
    assert told(database, "select count(*) from events where _stream = 'cart-7'") == [(4,)]
    assert [event["_position"] for event in database.stream("cart-7").read()] == [1, 2, 3, 4]


def test_new_rows_lie_in_the_children_and_old_ones_where_they_were(lake: Lakehouse) -> None:
    database = carts(lake)
    database.split("shard-0")
    database.append("events", [{"_stream": cart, "n": 9} for cart in CARTS])
    assert told(database, "select count(*) from events where n = 9") == [(20,)]
    rows: dict[str, int] = {}
    for tier in database.tiers("events").dicts():
        rows[tier["shard"]] = rows.get(tier["shard"], 0) + tier["rows"]
    assert rows["shard-0"] == 60
    assert rows["shard-1"] + rows["shard-2"] == 20
    assert rows["shard-1"] > 0 < rows["shard-2"]


def test_streams_go_on_where_they_stood(lake: Lakehouse) -> None:
    database = carts(lake)
    database.flush()
    database.append("events", [{"n": 3}], stream="cart-1")
    database.split("shard-0")
    assert [database.stream(cart).version for cart in ("cart-1", "cart-2", "new")] == [4, 3, 0]
    with pytest.raises(Conflict, match="actual=`4`"):
        database.append("events", [{"n": 4}], stream="cart-1", expected_version=3)
    assert database.append("events", [{"n": 4}], stream="cart-1", expected_version=4).version == 5
    assert database.append("events", [{"n": 0}], stream="new", expected_version=0).version == 1


@pytest.mark.parametrize("sunk", ["hot", "warm", "cold"])
def test_a_retry_over_a_split_is_a_duplicate(lake: Lakehouse, sunk: str) -> None:
    database = carts(lake)
    if sunk != "hot":
        database.flush()
    if sunk == "cold":
        database.archive()
    database.split("shard-0")
    again = database.append("events", [{"_id": f"{cart}/1", "_stream": cart, "n": 1} for cart in CARTS])
    assert (again.rows, again.duplicates) == (0, 20)
    with pytest.raises(Conflict, match="another `n`"):
        database.append("events", [{"_id": "cart-3/1", "_stream": "cart-3", "n": 77}])
    assert told(database, "select count(*) from events") == [(60,)]
    mixed = database.append(
        "events", [{"_id": i, "_stream": "cart-3", "n": n} for i, n in (("cart-3/1", 1), ("x", 5))]
    )
    assert (mixed.rows, mixed.duplicates) == (1, 1)


def test_a_retry_is_a_duplicate_whatever_became_of_the_parents_files(lake: Lakehouse) -> None:
    database = carts(lake)
    database.split("shard-0")
    rows = [{"_id": f"{cart}/0", "_stream": cart, "n": 0} for cart in CARTS]
    for step in (database.compact, database.archive, database.expire):
        assert database.append("events", rows).duplicates == 20
        step()
    assert database.append("events", rows).duplicates == 20


def test_a_shard_is_split_again_and_again(lake: Lakehouse) -> None:
    database = carts(lake)
    for n in range(4):
        (live, *_) = database.shard_map().live
        database.split(live)
        database.append("events", [{"_stream": cart, "_id": f"{cart}/more/{n}"} for cart in CARTS])
    assert len(database.shard_map().live) == 5
    assert told(database, "select count(*), count(distinct _id) from events") == [(140, 140)]
    assert all(
        [event["_position"] for event in database.stream(cart).read()] == list(range(1, 8)) for cart in CARTS
    )
    rows = [{"_stream": cart, "_id": f"{cart}/{n}"} for cart in CARTS for n in ("0", "more/0", "more/2")]
    assert database.append("events", [{**row, "n": 0} if row["_id"].endswith("t/0") else row for row in rows])


def test_the_parents_steps_go_on(lake: Lakehouse) -> None:
    database = carts(lake)
    database.split("shard-0")
    database.append("events", [{"_stream": cart} for cart in CARTS])
    for step in (database.flush, database.compact, database.archive, database.expire):
        step()
        assert told(database, "select count(*), sum(n) from events") == [(80, 60)]
    database.verify()


def test_it_stays_split_when_the_lake_is_opened_again(tmp_path: Path, clock: FakeClock) -> None:
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        carts(lake).split("shard-0")
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        database = lake.database("acme")
        assert database.shard_map().live == ("shard-1", "shard-2")
        rows = [{"_id": f"{cart}/1", "_stream": cart, "n": 1} for cart in CARTS]
        assert database.append("events", rows).duplicates == 20
        assert database.append("events", [{"n": 3}], stream="cart-1").version == 4


def test_an_empty_database_is_split(lake: Lakehouse) -> None:
    database = lake.create_database("acme", shard_by="hash")
    assert database.split("shard-0").live == ("shard-1", "shard-2")
    assert database.tables() == []
    fill(database)
    assert told(database, "select count(*) from events") == [(60,)]
    assert database.stream("cart-3").version == 3


# -- tables -------------------------------------------------------------------------------------------


def test_tables_change_in_all_shards_after_a_split(lake: Lakehouse) -> None:
    database = carts(lake)
    database.split("shard-0")
    database.append("events", [{"_stream": "cart-1", "brand_new": 1.5}])
    database.append("others", [{"_stream": cart, "a": 1} for cart in CARTS])
    assert told(database, "select count(brand_new) from events") == [(1,)]
    assert told(database, "select count(*) from others") == [(20,)]
    database.sql("drop table events")
    with pytest.raises(NotFound):
        database.sql("select * from events")
    database.append("events", [{"_stream": cart, "z": "fresh"} for cart in CARTS])
    assert told(database, "select count(z), count(*) from events") == [(20, 20)]


# -- time travel --------------------------------------------------------------------------------------


@pytest.fixture
def points(lake: Lakehouse, clock: FakeClock) -> tuple[Database, Callable[[], list[object]]]:
    """A database, and what names its present: an instant and a bookmark."""
    database = carts(lake)

    def now() -> list[object]:
        named: list[object] = [clock.now, database.bookmark()]
        clock.advance(minutes=1)
        return named

    return database, now


@pytest.mark.parametrize("named", [0, 1], ids=["instant", "bookmark"])
def test_the_past_is_read_on_both_sides_of_a_split(
    points: tuple[Database, Callable[[], list[object]]], named: int
) -> None:
    database, now = points
    before = now()[named]
    database.split("shard-0")
    between = now()[named]
    database.append("events", [{"_stream": cart, "later": 1} for cart in CARTS])
    after = now()[named]
    database.append("events", [{"_stream": cart, "later": 2} for cart in CARTS])
    sql = "select count(*) from events"
    assert [told(database, sql, as_of=point) for point in (before, between, after, None)] == [
        [(60,)], [(60,)], [(80,)], [(100,)],
    ]  # fmt: skip
    assert told(database, "select count(*) from events where _stream = 'cart-3'", as_of=before) == [(3,)]
    assert "later" not in database.schema("events", as_of=before).names


@pytest.mark.parametrize("named", [0, 1], ids=["instant", "bookmark"])
def test_a_table_dropped_before_the_split_is_read_in_its_past(
    points: tuple[Database, Callable[[], list[object]]], named: int
) -> None:
    database, now = points
    before = now()[named]
    database.sql("drop table events")
    database.split("shard-0")
    database.append("events", [{"_stream": cart, "other": 1} for cart in CARTS])
    assert told(database, "select count(*), sum(n) from events", as_of=before) == [(60, 60)]
    assert told(database, "select count(*), sum(other) from events") == [(20, 20)]


@pytest.mark.parametrize("named", [0, 1], ids=["instant", "bookmark"])
def test_a_table_dropped_after_the_split_is_read_in_its_past(
    points: tuple[Database, Callable[[], list[object]]], named: int
) -> None:
    database, now = points
    before = now()[named]
    database.split("shard-0")
    database.append("events", [{"_stream": cart, "n": 3} for cart in CARTS])
    between = now()[named]
    database.sql("drop table events")
    assert told(database, "select count(*), sum(n) from events", as_of=before) == [(60, 60)]
    assert told(database, "select count(*), sum(n) from events", as_of=between) == [(80, 120)]


def test_children_record_after_the_parent_even_if_the_clock_goes_back(
    lake: Lakehouse, clock: FakeClock
) -> None:
    database = carts(lake)
    clock.advance(hours=2)
    database.append("events", [{"_stream": "cart-1", "n": 3}])
    clock.advance(hours=-2)
    database.split("shard-0")
    database.append("events", [{"_stream": "cart-1", "n": 4}])
    times = [event["_recorded_at"] for event in database.stream("cart-1").read()]
    assert times == sorted(times)
    assert len(set(times[2:])) == 3


# -- what can't be split ------------------------------------------------------------------------------


def test_what_cannot_be_split_says_why(lake: Lakehouse) -> None:
    alone = lake.database("alone")
    alone.append("t", [{"a": 1}])
    with pytest.raises(Invalid, match="one shard by design"):
        alone.split("shard-0")
    regions = lake.create_database("regions", shard_by="region", key="c", regions={"DE": "eu", "US": "us"})
    with pytest.raises(Invalid, match="region"):
        regions.split("shard-0")
    database = carts(lake)
    with pytest.raises(NotFound, match="shard-7"):
        database.split("shard-7")
    database.split("shard-0")
    with pytest.raises(Invalid, match="was split before"):
        database.split("shard-0")


def test_hours_can_be_split(lake: Lakehouse) -> None:
    database = lake.create_database("hours", shards=1, shard_by="hour")
    rows = [{"_id": f"{n}", "_time": f"2026-10-01T{n:02}:30:00Z", "n": n} for n in range(24)]
    database.append("t", rows[:12])
    database.split("shard-0")
    assert database.append("t", rows).duplicates == 12
    assert told(database, "select count(*), sum(n) from t") == [(24, 276)]
    assert told(database, "select n from t where _time = '2026-10-01T15:30:00Z'::timestamptz") == [(15,)]


@pytest.fixture
def reader_beside(tmp_path: Path, lake: Lakehouse) -> Iterator[Callable[[], Database]]:
    opened: list[Lakehouse] = []

    def open_reader() -> Database:
        opened.append(thermocline.connect(tmp_path / "lake", read_only=True))
        return opened[-1].database("acme")

    assert lake is not None
    yield open_reader
    for one in opened:
        one.close()


def test_a_reader_with_the_old_map_sees_the_rows_of_the_children(
    lake: Lakehouse, reader_beside: Callable[[], Database]
) -> None:
    database = carts(lake)
    reader = reader_beside()
    assert told(reader, "select count(*) from events") == [(60,)]
    database.split("shard-0")
    database.append("events", [{"_stream": cart, "n": 3} for cart in CARTS])
    assert told(reader, "select count(*), sum(n) from events") == [(80, 120)]
    database.split("shard-1")
    version = database.append("events", [{"_stream": "cart-3", "n": 4}]).version
    assert reader.stream("cart-3").version == version == 5
    assert told(reader, "select max(n) from events where _stream = 'cart-3'") == [(4,)]
