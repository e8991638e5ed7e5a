"""Masks by method and type, for whom they are, and what would tell a masked value besides its column."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Invalid, NotFound

FIRST = "SELECT {} FROM customers WHERE id = 1"


@pytest.fixture(autouse=True)
def granted(shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT ON customers TO priya, support")


@pytest.mark.parametrize(
    ("column", "method", "shown"),
    [
        ("email", "full", "***"),
        ("email", "partial(1, 4)", "a***mple"),
        ("email", "partial(0, 3)", "***ple"),
        ("email", "partial(20, 20)", "***"),
        ("email", "null", None),
        ("email", "(left(email, 2))", "an"),
        ("email", "('mail of ' || name)", "mail of ann"),
        ("pay", "full", None),
        ("pay", "partial(1, 1)", None),
        ("pay", "(pay // 1000 * 1000)", 1000),
        ("vip", "full", None),
    ],
)
def test_a_mask_shows(shop: LakeDatabase, priya: Any, column: str, method: str, shown: object) -> None:
    before = shop.sql(FIRST.format(column)).rows()
    shop.sql(f"CREATE MASKING POLICY m ON customers ({column}) USING {method}")
    assert priya.sql(FIRST.format(column)).rows() == [(shown,)]
    assert shop.sql(FIRST.format(column)).rows() == before
    shop.sql("DROP MASKING POLICY m")
    assert priya.sql(FIRST.format(column)).rows() == before


def test_a_hash_joins_equal_values_and_nobody_can_compute_it(shop: LakeDatabase, priya: Any) -> None:
    shop.append("customers", [{"id": 9, "email": "ann@shop.example"}])
    shop.sql("CREATE MASKING POLICY m ON customers (email) USING hash")
    joined = "SELECT a.id, b.id FROM customers a JOIN customers b USING (email) WHERE a.id < b.id"
    assert priya.sql(joined).rows() == [(1, 9)]
    ((seen,),) = priya.sql(FIRST.format("email")).rows()
    assert seen != hashlib.sha256(b"ann@shop.example").hexdigest()
    guess = (
        "SELECT count(*) FROM customers WHERE email IN (sha256('ann@shop.example'), md5('ann@shop.example'))"
    )
    assert priya.sql(guess).rows() == [(0,)]


@pytest.mark.parametrize(("audience", "masked"), [("", True), ("TO bob", False), ("TO priya", True)])
def test_a_mask_is_for_its_audience(shop: LakeDatabase, priya: Any, audience: str, masked: bool) -> None:
    shop.sql(f"CREATE MASKING POLICY m ON customers (email) USING full {audience}")
    assert (priya.sql(FIRST.format("email")).rows() == [("***",)]) == masked


def test_an_exempt_role_sees_the_value(lake: LocalLake, shop: LakeDatabase, priya: Any) -> None:
    shop.sql("CREATE MASKING POLICY m ON customers (email) USING full EXCEPT support")
    shop.sql("GRANT support TO sam")
    assert lake.database("acme", principal="sam").sql(FIRST.format("email")).rows() == [("ann@shop.example",)]
    assert priya.sql(FIRST.format("email")).rows() == [("***",)]


def test_a_time_taken_from_a_masked_column_is_masked(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("people", [{"id": 1, "born": "1980-02-03T00:00:00Z"}], event_time="born")
    shop.sql("GRANT SELECT ON people TO priya")
    shop.sql("CREATE MASKING POLICY m ON people (born) USING null")
    priya = lake.database("acme", principal="priya")
    assert priya.sql("SELECT _time, born FROM people").rows() == [(None, None)]
    assert priya.tiers("people").dicts()[0]["time_min"] is None


def test_a_mask_of_no_column_or_of_no_sense_is_refused(shop: LakeDatabase) -> None:
    with pytest.raises(NotFound, match="no column"):
        shop.sql("CREATE MASKING POLICY m ON customers (nothing) USING full")
    for method in (
        "(count(*) OVER (",
        "(SELECT 1; SELECT 2)",
        "(nothing + 1)",
        "hsah",
        "partial",
        "(read_text('x'))",
    ):
        with pytest.raises((Invalid, NotFound)):
            shop.sql(f"CREATE MASKING POLICY m ON customers (email) USING {method}")
    shop.sql("CREATE MASKING POLICY m ON customers (email) USING full")
    with pytest.raises(Invalid, match="masked by"):
        shop.sql("CREATE MASKING POLICY other ON customers (email) USING hash")
