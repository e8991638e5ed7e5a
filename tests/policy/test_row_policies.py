"""Rows that a policy hides are not there; where it can't be applied, nothing is."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied, Error

IDS = "SELECT id FROM orders ORDER BY id"
OWN = "CREATE ROW ACCESS POLICY own ON orders USING (customer_id = current_setting('app.customer_id'))"


@pytest.fixture(autouse=True)
def granted(shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT ON orders TO priya")


def ids(database: Any, text: str = IDS) -> list[int]:
    return [row[0] for row in database.sql(text).rows()]


def test_only_rows_for_which_it_holds_are_there(lake: LocalLake, shop: LakeDatabase, priya: Any) -> None:
    shop.sql(OWN)
    shop.sql("ALTER ROLE priya SET app.customer_id = '7'")
    assert ids(priya) == [0, 2, 4]
    assert ids(lake.database("acme", principal="priya", settings={"app.customer_id": "8"})) == [1, 3, 5]
    assert ids(shop) == [0, 1, 2, 3, 4, 5]
    shop.sql("DROP ROW ACCESS POLICY own")
    assert ids(priya) == [0, 1, 2, 3, 4, 5]


def test_a_setting_without_a_value_denies(shop: LakeDatabase, priya: Any) -> None:
    shop.sql(OWN)
    for text in (IDS, "SELECT count(*) FROM orders WHERE false", "EXPLAIN SELECT * FROM orders"):
        with pytest.raises(Denied, match=r"app\.customer_id"):
            priya.sql(text)


@pytest.mark.parametrize("value", ["", "x", "7 OR 1=1", "' OR true --", "NULL", "8;"])
def test_a_setting_that_fits_no_row_shows_none(lake: LocalLake, shop: LakeDatabase, value: str) -> None:
    shop.sql(OWN)
    other = lake.database("acme", principal="priya", settings={"app.customer_id": value})
    with suppress(Error):  # a text that is no number
        assert ids(other) == []


def test_several_policies_hold_together(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("CREATE ROW ACCESS POLICY a ON orders USING (customer_id = 7)")
    shop.sql("CREATE ROW ACCESS POLICY b ON orders USING (amount > 1)")
    assert ids(priya) == [2, 4]


def test_it_may_ask_other_tables(shop: LakeDatabase, priya: Any) -> None:
    shop.append("members", [{"who": "priya", "customer": 8}, {"who": "bob", "customer": 7}])
    shop.sql(
        "CREATE ROW ACCESS POLICY m ON orders USING"
        " (customer_id IN (SELECT customer FROM members WHERE who = current_user))"
    )
    assert ids(priya) == [1, 3, 5]
    shop.append("members", [{"who": "priya", "customer": 7}])
    assert ids(priya) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(Denied, match="as they are now"):
        priya.sql(IDS, as_of=shop.bookmark())


@pytest.mark.parametrize(("audience", "count"), [("TO bob", 6), ("TO priya", 3), ("EXCEPT priya", 6)])
def test_it_is_for_its_audience(shop: LakeDatabase, priya: Any, audience: str, count: int) -> None:
    shop.sql(f"CREATE ROW ACCESS POLICY p ON orders USING (customer_id = 7) {audience}")
    assert len(ids(priya)) == count


def test_one_that_names_a_column_that_is_gone_denies(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (amount > 1)")
    shop.sql("DROP TABLE orders")
    shop.append("orders", [{"id": 1, "customer_id": 7}])
    with pytest.raises(Denied, match="names `amount`"):
        priya.sql(IDS)


def test_it_hides_rows_of_before_as_well(shop: LakeDatabase, priya: Any) -> None:
    point = shop.bookmark()
    shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (customer_id = 7)")
    shop.append("orders", [{"id": 10, "customer_id": 7, "amount": 1.0}])
    assert [row[0] for row in priya.sql(IDS, as_of=point).rows()] == [0, 2, 4]


def test_no_column_from_further_out_stands_in_for_a_later_one(lake: LocalLake, shop: LakeDatabase) -> None:
    seq = shop.append("notes", [{"id": 1, "body": "hidden"}]).last_seq
    shop.append("notes", [{"id": 2, "body": "mine", "owner": 7}])
    shop.sql("GRANT SELECT ON notes TO priya")
    priya = lake.database("acme", principal="priya")
    tricks = (
        f"SELECT n.body FROM (SELECT 7 AS owner) AS notes, notes AS OF SEQUENCE {seq} AS n",
        f"SELECT (SELECT max(body) FROM notes AS OF SEQUENCE {seq}) FROM (SELECT 7 AS owner) notes",
        f"SELECT (SELECT max(body) FROM notes AS OF SEQUENCE {seq} AS owner) FROM (SELECT 7 AS owner) notes",
    )
    assert {priya.sql(text).rows()[0] for text in tricks} == {("hidden",)}
    shop.sql("CREATE ROW ACCESS POLICY p ON notes USING (owner = 7)")
    for text in tricks:
        with pytest.raises(Denied, match="did not have then"):
            priya.sql(text)


@pytest.mark.parametrize("sample", ["USING SAMPLE 2 ROWS", "TABLESAMPLE reservoir(2 ROWS)"])
def test_a_sample_is_one_of_the_rows_that_are_seen(shop: LakeDatabase, priya: Any, sample: str) -> None:
    shop.append("orders", [{"id": 100 + n, "customer_id": 9, "amount": 1.0} for n in range(500)])
    shop.sql("CREATE ROW ACCESS POLICY p ON orders USING (customer_id = 7)")
    assert priya.sql(f"SELECT count(*) FROM orders {sample}").rows() == [(2,)]


@pytest.mark.parametrize(
    "condition",
    ["n = 0.00000000000000000001", "wide = 0.5", "n = $small", "wide = $half", "n = $huge"],
)
def test_no_cast_of_a_hidden_number_fails(lake: LocalLake, condition: str) -> None:
    shop = lake.database("acme")
    shop.append("numbers", [{"mine": True, "n": 1, "wide": Decimal(1)}])
    shop.append("numbers", [{"mine": False, "n": 9 * 10**18, "wide": Decimal(9 * 10**37)}])
    shop.sql("GRANT SELECT ON numbers TO priya")
    shop.sql("CREATE ROW ACCESS POLICY p ON numbers USING (mine)")
    priya = lake.database("acme", principal="priya")
    params = {"small": Decimal("1E-20"), "half": Decimal("0.5"), "huge": 10**30}
    asked = {name: value for name, value in params.items() if f"${name}" in condition}
    assert priya.sql(f"SELECT count(*) FROM numbers WHERE {condition}", asked or None).rows() == [(0,)]
