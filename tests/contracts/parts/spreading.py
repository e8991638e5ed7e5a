"""Databases of several shards: rows spread, answers do not; streams, ids and time travel stay exact."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from thermocline.core.certificate import TierPart
from thermocline.core.errors import Conflict, Invalid, Unavailable
from thermocline.core.protocols import Database, Lakehouse
from thermocline.core.results import Result

from ...conftest import FakeClock
from .base import Contract, count, refused

_names = (f"spread-{n}" for n in itertools.count(1))
CUSTOMERS = [f"c{n}" for n in range(40)]
ROWS: list[dict[str, Any]] = [
    {
        "_id": f"order-{n}",
        "customer": CUSTOMERS[n % 40],
        "amount": n,
        "_time": f"2026-10-0{1 + n % 9}T10:00:00Z",
    }
    for n in range(200)
]


class Spreading(Contract):
    @pytest.fixture
    def orders(self, lake: Lakehouse) -> Database:
        """Four shards by customer, 200 orders of 40 customers in all of them."""
        database = lake.create_database(next(_names), shards=4, key="customer")
        database.append("orders", ROWS)
        return database

    def test_rows_lie_in_all_shards_and_are_answered_as_one_table(self, orders: Database) -> None:
        assert len({row["shard"] for row in orders.tiers("orders").dicts() if row["rows"]}) == 4
        found = orders.sql("select count(*), sum(amount), min(amount), max(amount), avg(amount) from orders")
        assert found.rows() == [(200, 19_900, 0, 199, 99.5)]
        assert found.certificate.to_dict()["complete"]
        assert sum(part.rows or 0 for part in _parts(found, "orders")) == 200

    def test_groups_and_orders_are_those_of_one_table(self, orders: Database) -> None:
        found = orders.sql(
            "select customer, count(*) n, sum(amount) s from orders where amount >= 20"
            " group by customer having count(*) > 4 order by s desc, customer limit 3"
        )
        wanted = {
            c: [r["amount"] for r in ROWS if r["customer"] == c and r["amount"] >= 20] for c in CUSTOMERS
        }
        rows = [(c, len(v), sum(v)) for c, v in wanted.items() if len(v) > 4]
        assert found.rows() == sorted(rows, key=lambda row: (-row[2], row[0]))[:3]

    def test_a_key_asks_only_its_shard(self, orders: Database) -> None:
        found = orders.sql("select count(*) from orders where customer = ?", ["c7"])
        assert found.rows() == [(5,)]
        assert found.certificate.to_dict()["complete"]
        assert "rules out 3 shards" in orders.explain("select count(*) from orders where customer = 'c7'")

    def test_tables_join_across_shards(self, orders: Database) -> None:
        orders.append("names", [{"customer": c, "name": c.upper()} for c in CUSTOMERS])
        found = orders.sql("select count(*) from orders join names using (customer) where name = 'C7'")
        assert found.rows() == [(5,)]

    def test_a_retry_is_one_event(self, orders: Database) -> None:
        again = orders.append("orders", ROWS[:50])
        assert (again.rows, again.duplicates) == (0, 50)
        assert count(orders, "orders") == 200

    def test_a_stream_lives_in_one_shard(self, lake: Lakehouse) -> None:
        database = lake.create_database(next(_names), shards=4, shard_by="hash")
        for version in range(3):
            for name in ("a", "b", "c", "d", "e"):
                database.append("log", [{"n": version}], stream=name, expected_version=version)
        with refused(Conflict, "expected=`1`", "actual=`3`"):
            database.append("log", [{"n": 9}], stream="c", expected_version=1)
        assert database.stream("c").version == 3
        assert [event["n"] for event in database.stream("c").read()] == [0, 1, 2]

    def test_a_stream_has_no_place_where_keys_spread_rows(self, orders: Database) -> None:
        with refused(Invalid, "one shard"):
            orders.append("orders", [{"customer": "c1"}], stream="s")

    def test_new_columns_are_the_same_in_every_shard(self, orders: Database) -> None:
        orders.append("orders", [{"customer": "c1", "note": "late"}])
        orders.append("orders", [{"customer": c, "gift": True} for c in CUSTOMERS])
        assert orders.schema("orders").names == ["customer", "amount", "note", "gift"]
        found = orders.sql("select count(*), count(note), count(gift) from orders")
        assert found.rows() == [(241, 1, 40)]

    def test_the_past_is_named_by_bookmark_and_instant(self, orders: Database, clock: FakeClock) -> None:
        mark, then = orders.bookmark(), clock()
        clock.advance(seconds=1)
        orders.append("orders", [{"customer": c, "amount": 1} for c in CUSTOMERS])
        orders.flush()
        for as_of in (mark, then):
            assert count(orders, "orders", as_of=as_of) == 200
        assert count(orders, "orders", as_of=clock() - timedelta(microseconds=1)) == 240
        with refused(Invalid, "bookmark"):
            orders.sql("select 1 from orders", as_of=100)

    def test_placement_changes_no_answer(self, orders: Database) -> None:
        question = "select customer, sum(amount), count(*) from orders group by customer order by customer"
        hot = orders.sql(question).rows()
        orders.flush()
        assert orders.sql(question).rows() == hot
        orders.archive()
        assert orders.sql(question).rows() == hot
        assert {row["tier"] for row in orders.tiers().dicts() if row["rows"]} == {"cold"}
        orders.append("orders", [{"customer": "c1", "amount": 0}])
        assert count(orders, "orders") == 201
        assert orders.verify().rows == 201

    def test_a_split_shard_loses_and_doubles_nothing(self, orders: Database) -> None:
        orders.flush()
        split = orders.split("shard-1")
        assert len(split.live) == 5
        again = orders.append("orders", ROWS)
        assert (again.rows, again.duplicates) == (0, 200)
        orders.append("orders", [{"customer": c, "amount": 1} for c in CUSTOMERS])
        assert count(orders, "orders") == 240
        assert orders.sql("select count(*) from orders where customer = 'c7'").rows() == [(6,)]
        assert orders.shard_map() == split

    def test_streams_go_on_in_the_shards_that_a_split_made(self, lake: Lakehouse) -> None:
        database = lake.create_database(next(_names), shards=1, shard_by="hash")
        names = [f"s{n}" for n in range(12)]
        for name in names:
            database.append("log", [{"n": 1}], stream=name, expected_version=0)
        database.split("shard-0")
        for name in names:
            database.append("log", [{"n": 2}], stream=name, expected_version=1)
        assert [event["n"] for event in database.stream("s5").read()] == [1, 2]

    def test_hours_spread_events(self, lake: Lakehouse) -> None:
        database = lake.create_database(next(_names), shards=4, shard_by="hour")
        rows = [{"n": n, "_time": f"2026-10-01T{n % 24:02}:30:00Z"} for n in range(96)]
        database.append("log", rows)
        found = database.sql(
            "select count(*) from log where _time >= '2026-10-01 05:00Z' and _time < '2026-10-01 06:00Z'"
        )
        assert found.rows() == [(4,)]
        assert count(database, "log") == 96
        with refused(Invalid, "happened"):
            database.append("log", [{"n": 1}])

    def test_what_must_be_atomic_may_not_span_shards(self, orders: Database) -> None:
        with refused(Invalid, "atomic"):
            orders.append_many({"a": [{"customer": c} for c in CUSTOMERS], "b": [{"customer": "c1"}]})
        orders.append_many({"a": [{"customer": "c1"}], "b": [{"customer": "c1"}]})
        assert count(orders, "b") == 1

    def test_a_dropped_table_is_gone_from_every_shard(self, orders: Database) -> None:
        orders.sql("drop table orders")
        assert orders.tables() == []
        orders.append("orders", [{"customer": "c1", "fresh": 1}])
        assert orders.sql("select * from orders").rows() == [("c1", 1)]

    def test_how_it_is_spread_is_chosen_once(self, lake: Lakehouse, orders: Database) -> None:
        same = lake.create_database(orders.name, shards=4, key="customer")
        assert same.shard_map() == orders.shard_map()
        with refused(Invalid, "other shards"):
            lake.create_database(orders.name, shards=2, key="customer")

    def test_a_jurisdiction_is_a_hard_rule(self, lake: Lakehouse) -> None:
        database = lake.create_database(next(_names), region="atlantis")
        with refused(Unavailable, "atlantis"):
            database.append("t", [{"n": 1}])

    def test_nonsense_is_refused(self, lake: Lakehouse) -> None:
        for options in ({"shards": 0}, {"shard_by": "moon"}, {"durability": "none"}, {"shard_by": "region"}):
            with refused(Invalid):
                lake.create_database(next(_names), **options)  # type: ignore[arg-type]


def _parts(found: Result, table: str) -> list[TierPart]:
    shards = found.certificate.tables[table].values()
    return [tier for part in shards for tier in part.tiers]
