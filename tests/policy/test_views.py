"""A view shows what its maker saw, so reading it takes a grant of its own."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Denied

TOTALS = "SELECT customer_id, count(*) AS n FROM orders GROUP BY 1"
READ = "SELECT * FROM totals ORDER BY 1"


@pytest.fixture(autouse=True)
def view(shop: LakeDatabase) -> None:
    shop.sql(f"CREATE MATERIALIZED VIEW totals AS {TOTALS}")
    shop.sql("GRANT SELECT, MANAGE ON DATABASE acme TO priya")


def test_who_sees_all_that_it_reads_sees_it(priya: Any) -> None:
    assert priya.sql(READ).rows() == [(7, 3), (8, 3)]


def test_who_does_not_needs_a_grant_of_its_own(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("CREATE ROW ACCESS POLICY own ON orders USING (customer_id = 7)")
    with pytest.raises(Denied):
        priya.sql(READ)
    shop.sql("GRANT SELECT ON totals TO priya")
    assert priya.sql(READ).rows() == [(7, 3), (8, 3)]


def test_it_has_policies_of_its_own(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("CREATE ROW ACCESS POLICY own ON totals USING (customer_id = 7)")
    shop.sql("CREATE MASKING POLICY m ON totals (n) USING null")
    assert priya.sql(READ).rows() == [(7, None)]
    assert priya.sql("SELECT count(*) FROM totals WHERE n > 2").rows() == [(0,)]


def test_what_it_keeps_is_nobodys_to_read(shop: LakeDatabase, priya: Any) -> None:
    (hidden,) = [name for name in shop.shards.table_names() if name.startswith("mv--")]
    with pytest.raises(Denied):
        priya.sql(f'SELECT * FROM "{hidden}"')


def test_nobody_makes_one_over_what_they_do_not_see_whole(shop: LakeDatabase, priya: Any) -> None:
    make = "CREATE MATERIALIZED VIEW {} AS " + TOTALS
    priya.sql(make.format("mine"))
    shop.sql("CREATE ROW ACCESS POLICY own ON orders USING (customer_id = 7)")
    with pytest.raises(Denied, match="don't see"):
        priya.sql(make.format("more"))
