"""What was granted is seen, by table, column, database and role; the rest is as if it were not there."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied, Error, Invalid, NotFound

COUNT = "SELECT count(*) FROM orders"


def test_a_named_principal_has_nothing_by_default(priya: Any) -> None:
    for text in (
        COUNT,
        "INSERT INTO orders VALUES (9, 7, 1.0)",
        "DROP TABLE orders",
    ):
        with pytest.raises(Denied):
            priya.sql(text)
    assert priya.tables() == []


def test_a_denial_is_the_same_whether_a_table_exists(priya: Any) -> None:
    messages = set()
    for table in ("customers", "nowhere1"):
        for act in (
            lambda table=table: priya.sql(f"SELECT * FROM {table}"),
            lambda table=table: priya.schema(table),
            lambda table=table: priya.search("x", table=table),
            lambda table=table: priya.append(table, [{"a": 1}]),
            lambda table=table: priya.tiers(table),
        ):
            with pytest.raises(Error) as caught:
                act()
            messages.add(f"{caught.value!r} {caught.value.hint}".replace(table, "T"))
    assert len(messages) == 2, "one for reading, one for appending"


@pytest.mark.parametrize(
    "given",
    [
        "GRANT SELECT ON orders TO priya",
        "GRANT SELECT ON acme.orders TO PRIYA",
        "GRANT ALL PRIVILEGES ON orders TO priya",
        "GRANT SELECT ON DATABASE acme TO priya",
        "GRANT SELECT ON ALL TABLES TO priya",
    ],
)
def test_a_grant_opens_until_it_is_revoked(shop: LakeDatabase, priya: Any, given: str) -> None:
    shop.sql(given)
    assert priya.sql(COUNT).rows() == [(6,)]
    shop.sql(given.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
    with pytest.raises(Denied):
        priya.sql(COUNT)


def test_a_grant_of_one_database_is_none_of_another(lake: LocalLake, shop: LakeDatabase) -> None:
    lake.database("other").append("orders", [{"id": 1}])
    shop.sql("GRANT SELECT ON DATABASE acme TO priya")
    with pytest.raises(Denied):
        lake.database("other", principal="priya").sql(COUNT)


def test_columns_that_are_not_granted_are_not_there(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT (id, name) ON customers TO priya")
    assert priya.sql("SELECT * FROM customers ORDER BY id LIMIT 1").rows() == [(1, "ann")]
    assert priya.schema("customers").names == ["id", "name"]
    with pytest.raises(NotFound, match="no column `pay`") as caught:
        priya.sql("SELECT pay FROM customers")
    assert "pay" not in caught.value.hint
    with pytest.raises(Denied, match="_id"):
        priya.sql("SELECT _id FROM customers")


def test_a_column_is_revoked_alone(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT (id, name) ON customers TO priya")
    shop.sql("REVOKE SELECT (name) ON customers FROM priya")
    assert priya.sql("SELECT * FROM customers").columns == ["id"]


def test_roles_give_what_they_have_also_by_way_of_others(shop: LakeDatabase, priya: Any) -> None:
    for text in ("GRANT SELECT ON orders TO reader", "GRANT reader TO analyst", "GRANT analyst TO priya"):
        shop.sql(text)
    assert priya.sql(COUNT).rows() == [(6,)]
    shop.sql("REVOKE reader FROM analyst")
    with pytest.raises(Denied):
        priya.sql(COUNT)


def test_roles_do_not_go_in_circles(shop: LakeDatabase) -> None:
    shop.sql("GRANT a TO b")
    shop.sql("GRANT b TO c")
    for text in ("GRANT c TO a", "GRANT a TO a"):
        with pytest.raises(Invalid):
            shop.sql(text)


def test_each_statement_needs_its_privilege(shop: LakeDatabase, priya: Any) -> None:
    tried = {
        "insert": "INSERT INTO orders (id) VALUES (1)",
        "create": "CREATE TABLE mine (a INTEGER)",
        "manage": "DROP TABLE orders",
    }
    for privilege, text in tried.items():
        others = [p for p in ("select", "insert", "create", "manage") if p != privilege]
        shop.sql(f"GRANT {', '.join(others)} ON DATABASE acme TO priya")
        with pytest.raises(Denied):
            priya.sql(text)
        shop.sql(f"GRANT {privilege} ON DATABASE acme TO priya")
        priya.sql(text)
        shop.sql("REVOKE ALL PRIVILEGES ON DATABASE acme FROM priya")


def test_only_the_owner_changes_or_lists_a_policy(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT ALL PRIVILEGES ON DATABASE acme TO priya")
    for text in (
        "GRANT bob TO priya",
        "SHOW POLICIES",
        "SHOW GRANTS FOR bob",
        "CREATE TOKEN FOR priya",
    ):
        with pytest.raises(Denied):
            priya.sql(text)
    assert {row[0] for row in priya.sql("SHOW GRANTS").rows()} == {"priya"}


def test_allowed_tables_bound_what_is_granted(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT ON DATABASE acme TO priya")
    shop.sql("ALTER ROLE priya SET allowed_tables = 'acme.orders'")
    assert priya.tables() == ["orders"]
    with pytest.raises(Denied):
        priya.sql("SELECT * FROM customers")
