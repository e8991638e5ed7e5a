"""A statement under a row policy is the statement over the rows that are seen, however it is written."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.router.engine import Session

from .conftest import ORDERS

KEPT = (
    "SELECT id FROM orders ORDER BY id",
    "SELECT count(*), sum(amount) + 1 FROM orders",
    "SELECT id FROM orders WHERE id > 1 OR amount = 0 ORDER BY 1",
    "SELECT id FROM orders WHERE (id > 1 OR amount = 0) ORDER BY 1",
    "SELECT id FROM orders AS o WHERE o.id > 1 AND NOT o.amount > 3 ORDER BY 1",
    'SELECT id FROM orders "from" WHERE id BETWEEN 1 AND 4 ORDER BY 1',
    "SELECT id FROM main.orders -- where\n  WHERE id > 1 -- and so on",
    "SELECT sum(amount) AS s FROM orders WHERE _time >= TIMESTAMPTZ '2020-01-01' GROUP BY id % 2 ORDER BY s",
    "SELECT id FROM orders WHERE id = $n",
    "SELECT id FROM orders WHERE id IN (2, 3) LIMIT 1",
    "SELECT id FROM orders WHERE true ORDER BY 1",
    "SELECT id FROM orders WHERE 'é' = 'é' AND id > 1 ORDER BY 1",
    "SELECT * FROM (SELECT id FROM orders WHERE id > 2) AS inside ORDER BY id",
    "WITH w AS (SELECT id FROM orders) SELECT max(id) FROM w",
)
OTHERS = (
    "FROM orders SELECT id WHERE id > 1 ORDER BY id",
    "FROM orders ORDER BY id",
    "SELECT id FROM o: orders WHERE o.id > 1 ORDER BY id",
    "SELECT id FROM o: orders ORDER BY id",
    "SELECT a FROM orders AS o (a) ORDER BY a",
    "SELECT a.id, b.id FROM orders a JOIN orders b ON a.id < b.id ORDER BY ALL",
)


@pytest.fixture(autouse=True)
def policy(shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT ON orders TO priya")
    shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (customer_id = 7 OR amount IS NULL -- one's own\n)")
    shop.append("seen", [row for row in ORDERS if row["customer_id"] == 7])


def answered(database: Any, text: str) -> Any:
    text = text.replace("main.", "acme.")
    table = database.sql(text, {"n": 2} if "$n" in text else None).arrow()
    return table.column_names, table.to_pylist()


@pytest.mark.parametrize("text", [*KEPT, *OTHERS])
def test_it_is_as_if_the_others_were_not_there(shop: LakeDatabase, priya: Any, text: str) -> None:
    assert answered(priya, text) == answered(shop, text.replace("orders", "seen"))


@pytest.mark.parametrize("text", KEPT)
def test_one_condition_more_is_all_that_runs(priya: Any, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """So it costs what the condition costs."""
    ran = []
    run = Session.run

    def noted(session: Session, sql: str, parameters: Any = None) -> Any:
        ran.append(sql)
        return run(session, sql, parameters)

    monkeypatch.setattr(Session, "run", noted)
    answered(priya, text)
    assert ran[-1].count("SELECT") == text.count("SELECT")
    assert ran[-1].count("customer_id") == 1
