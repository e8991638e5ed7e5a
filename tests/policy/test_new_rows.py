"""Rows that a principal appends are such as they would see, and try nothing on those that they don't."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Denied

MINE = {"id": 20, "customer_id": 7, "amount": 1.0}
THEIRS = {"id": 21, "customer_id": 8, "amount": 1.0}


@pytest.fixture(autouse=True)
def ruled(shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT, INSERT ON orders TO priya")
    shop.sql("GRANT SELECT, INSERT ON customers TO priya")
    shop.sql("CREATE ROW ACCESS POLICY own ON orders USING (customer_id = 7)")
    shop.sql("CREATE MASKING POLICY m ON customers (email) USING full")


def test_rows_of_others_are_refused_by_every_way(shop: LakeDatabase, priya: Any, tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_text('{"id": 22, "customer_id": 7, "amount": 1.0}\n')
    ways = (
        lambda: priya.append("orders", [MINE, THEIRS]),
        lambda: priya.append("orders", pa.Table.from_pylist([THEIRS])),
        lambda: priya.append("orders", (row for row in [THEIRS])),
        lambda: priya.append("orders", [{"id": 23}]),
        lambda: priya.append_many({"orders": [THEIRS]}),
        lambda: asyncio.run(priya.append_async("orders", [THEIRS])),
        lambda: priya.sql("INSERT INTO orders VALUES (21, 8, 1.0)"),
        lambda: priya.sql("INSERT INTO orders BY NAME SELECT 21 AS id, 8 AS customer_id"),
        lambda: priya.sql("INSERT INTO orders (id) VALUES (21)"),
        lambda: priya.import_file(file, "orders"),
    )
    for act in ways:
        with pytest.raises(Denied):
            act()
    assert shop.sql("SELECT count(*) FROM orders").rows() == [(6,)]


def test_their_own_rows_are_taken(priya: Any) -> None:
    assert priya.append("orders", [MINE]).rows == 1
    assert priya.append("orders", pa.Table.from_pylist([MINE])).rows == 1
    assert asyncio.run(priya.append_async("orders", [MINE])).rows == 1
    assert priya.sql("INSERT INTO orders VALUES (20, 7, 1.0)").rows() == [(1, 0)]
    assert priya.sql("SELECT count(*) FROM orders WHERE id = 20").rows() == [(4,)]


def test_a_retry_is_one_event(priya: Any) -> None:
    appended = [priya.append("orders", [{**MINE, "_id": "a"}]) for _ in range(2)]
    assert [(a.rows, a.duplicates) for a in appended] == [(1, 0), (0, 1)]


def test_no_id_tells_what_a_masked_event_holds(shop: LakeDatabase, priya: Any) -> None:
    known = {"_id": "c1", "id": 1, "name": "ann", "pay": 1000, "vip": False}
    assert shop.append("customers", [{**known, "email": "ann@shop.example"}]).duplicates == 1
    told = {
        (a.rows, a.duplicates)
        for email, id in (("ann@shop.example", "c1"), ("wrong@shop.example", "c2"))
        for a in [priya.append("customers", [{**known, "_id": id, "email": email}])]
    }
    assert told == {(1, 0)}
    insert = (
        "INSERT INTO customers (_id, id, name, email, pay, vip) VALUES ('c3', 3, 'cem', 'x', 3000, false)"
    )
    assert priya.sql(insert).rows() == [(1, 0)]


def test_nobody_appends_in_the_name_of_another_source(priya: Any) -> None:
    event = {
        "specversion": "1.0",
        "id": "e",
        "source": "crm",
        "type": "t",
        "data": {"id": 1, "customer_id": 7},
    }
    for rows in ([{**MINE, "_source": "crm"}], [event], pa.Table.from_pylist([{**MINE, "_source": "crm"}])):
        with pytest.raises(Denied, match="source"):
            priya.append("orders", rows)
    with pytest.raises(Denied, match="source"):
        priya.sql("INSERT INTO orders (_source, id, customer_id) VALUES ('crm', 1, 7)")


def test_no_expected_version_tells_how_long_a_stream_is(shop: LakeDatabase, priya: Any) -> None:
    shop.append("orders", [THEIRS], stream="s")
    for act in (
        lambda: priya.append("orders", [MINE], stream="s", expected_version=0),
        lambda: priya.head("s"),
    ):
        with pytest.raises(Denied, match="may not see"):
            act()
