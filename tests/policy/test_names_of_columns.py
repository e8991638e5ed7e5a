"""A column that a query computes is called by its own text, not by what the policy made of it."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Error

COMPUTED = (
    "SELECT (SELECT max(email) FROM customers)",
    "SELECT [(SELECT max(email) FROM customers)], EXISTS (SELECT 1 FROM orders)",
    "SELECT * FROM (SELECT 1 + (SELECT count(email) FROM customers))",
    "WITH x AS (SELECT 'a' IN (SELECT email FROM customers)) SELECT * FROM x",
    "SELECT CASE WHEN (SELECT count(*) FROM orders) > 1 THEN 1 END UNION ALL SELECT 2",
    "SELECT x FROM (SELECT (SELECT max(email) FROM customers)) x",
    "DESCRIBE SELECT (SELECT max(email) FROM customers)",
    "SELECT alias((SELECT max(email) FROM customers))",
    "UNPIVOT customers ON ((SELECT max(email) FROM customers)) INTO NAME n VALUE v",
    "PIVOT customers ON id USING max((SELECT max(email) FROM customers)), min((SELECT id FROM orders))",
)


@pytest.mark.parametrize("text", COMPUTED)
def test_no_name_tells_of_the_policy(shop: LakeDatabase, priya: Any, text: str) -> None:
    for statement in (
        "GRANT SELECT ON DATABASE acme TO priya",
        "CREATE MASKING POLICY m ON customers (email) USING hash",
        "CREATE ROW ACCESS POLICY r ON orders USING (customer_id = current_setting('app.id'))",
        "ALTER ROLE priya SET app.id = '77077'",
    ):
        shop.sql(statement)
    salt = shop.policies.current().salt
    assert salt
    try:
        answer = priya.sql(text)
    except Error as error:
        told = f"{error.message} {error.hint}"
    else:
        told = f"{answer.columns} {answer.rows()}"
    assert salt not in told
    assert "77077" not in told
    assert "sha256" not in told


def test_names_are_those_of_the_owner(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("GRANT SELECT ON DATABASE acme TO priya")
    shop.sql("CREATE MASKING POLICY m ON customers (email) USING hash")
    for text in COMPUTED[:5]:
        assert priya.sql(text).columns == shop.sql(text).columns
