"""Every query and refusal is a row of `system.audit`, which is a table under policy itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Conflict, Denied, Error

SEEN = "SELECT principal, door, action, statement, tables, rows, outcome, error FROM audit ORDER BY _seq"


def entries(lake: LocalLake) -> list[dict[str, Any]]:
    assert lake.audit is not None
    lake.audit.flush()
    found: list[dict[str, Any]] = lake.database("system").sql(SEEN).dicts()
    return found


def test_answers_refusals_and_failures_are_noted(lake: LocalLake, shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT, INSERT ON orders TO priya")
    priya.sql("SELECT id FROM orders WHERE id < 2")
    for text in ("SELECT * FROM customers", "SELECT nothing FROM orders"):
        with pytest.raises(Error):
            priya.sql(text)
    priya.append("orders", [{"id": 9, "customer_id": 7, "amount": 1.0}])
    shop.sql("SELECT count(*) FROM orders")
    noted = [
        (e["principal"], e["door"], e["action"], e["tables"], e["rows"], e["outcome"]) for e in entries(lake)
    ]
    assert noted[:5] == [
        ("priya", "sdk", "sql", ["orders"], 2, "answered"),
        ("priya", "sdk", "sql", [], None, "refused"),
        ("priya", "sdk", "sql", [], None, "failed"),
        ("priya", "sdk", "append", [], None, "answered"),
        (None, "sdk", "sql", ["orders"], 1, "answered"),
    ]
    refused = entries(lake)[1]
    assert refused["statement"] == "SELECT * FROM customers"
    assert "may not select `customers`" in refused["error"]


def test_what_came_of_an_append_is_noted_once_it_is_known(
    lake: LocalLake, shop: LakeDatabase, priya: Any
) -> None:
    shop.sql("GRANT SELECT, INSERT ON orders TO priya")
    row = {"id": 9, "customer_id": 7, "amount": 1.0, "_id": "nine"}

    async def append() -> None:
        await priya.append_async("orders", [row])
        with pytest.raises(Conflict):
            await priya.append_async("orders", [{**row, "amount": 2.0}])
        with pytest.raises(Denied):
            await priya.append_async("customers", [row])

    asyncio.run(append())
    noted = [(e["action"], e["statement"], e["outcome"]) for e in entries(lake)]
    assert noted == [
        ("append", "orders", "answered"),
        ("append", "orders", "failed"),
        ("append", "customers", "refused"),
    ]


def test_what_waits_is_noted_when_the_lake_closes(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake, pytest.raises(Error):
        lake.database("acme", principal="priya", door="mcp").sql("SELECT * FROM orders")
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        assert lake.database("system").sql("SELECT principal, door, outcome FROM audit").rows() == [
            ("priya", "mcp", "refused")
        ]


@pytest.mark.parametrize("door", ["sdk", "http"])
def test_without_a_policy_the_owner_is_not_noted(lake: LocalLake, shop: LakeDatabase, door: str) -> None:
    assert shop.tables()
    lake.database("acme", door=door).sql("SELECT count(*) FROM orders")
    assert lake.audit is not None
    lake.audit.flush()
    assert lake.database("system").tables() == []


def test_it_is_a_table_under_policy(lake: LocalLake, shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT ON orders TO priya, bob")
    priya.sql("SELECT 1 FROM orders")
    lake.database("acme", principal="bob").sql("SELECT 2 FROM orders")
    entries(lake)
    system = lake.database("system")
    system.sql("GRANT SELECT ON audit TO priya")
    system.sql("CREATE ROW ACCESS POLICY own ON audit USING (principal = current_user)")
    mine = lake.database("system", principal="priya").sql("SELECT DISTINCT principal FROM audit")
    assert mine.rows() == [("priya",)]
