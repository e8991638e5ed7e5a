"""`customer_7.orders` is the part of the table that belongs to 7, for who has it, and for the owner."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Denied, Error

IDS = "SELECT id FROM {}.orders ORDER BY id"


@pytest.fixture(autouse=True)
def parted(shop: LakeDatabase) -> None:
    shop.sql("CREATE ROW ACCESS POLICY own ON orders USING (customer_id = current_setting('app.id'))")
    shop.sql("CREATE VIRTUAL SCHEMA customer_{id} SET app.id = '{id}'")
    shop.sql("GRANT SELECT ON SCHEMA customer_7 TO priya")


def ids(database: Any, schema: str) -> list[int]:
    return [row[0] for row in database.sql(IDS.format(schema)).rows()]


def test_a_schema_shows_its_customers_rows(priya: Any) -> None:
    assert ids(priya, "customer_7") == [0, 2, 4]
    assert ids(priya, "acme.customer_7") == [0, 2, 4]


@pytest.mark.parametrize("schema", ["customer_8", "customer_", '"customer_{id}"', "customer_77", "acme"])
def test_others_are_refused(priya: Any, schema: str) -> None:
    with pytest.raises(Error):
        ids(priya, schema)


def test_the_owner_sees_through_it_as_the_customer_does(shop: LakeDatabase) -> None:
    assert ids(shop, "customer_7") == [0, 2, 4]
    assert ids(shop, "customer_8") == [1, 3, 5]
    assert len(ids(shop, "acme")) == 6


def test_the_pattern_grants_all_of_them(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT ON SCHEMA customer_{id} TO priya")
    assert ids(priya, "customer_8") == [1, 3, 5]


def test_two_of_them_are_joined(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT ON SCHEMA customer_8 TO priya")
    both = "SELECT count(*) FROM customer_7.orders a JOIN customer_8.orders b ON a.id + 1 = b.id"
    assert priya.sql(both).rows() == [(3,)]


def test_a_table_that_nothing_parts_by_customer_is_in_none(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("CREATE ROW ACCESS POLICY rich ON customers USING (pay < 5000)")
    for database in (priya, shop):
        with pytest.raises(Denied, match="by customer"):
            database.sql("SELECT * FROM customer_7.customers")
