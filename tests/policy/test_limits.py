"""How long a principal's query may run, and with how much memory."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Invalid, Unavailable

LONG = "SELECT count(*) FROM range(100000000000)"
LARGE = "SELECT list(i::VARCHAR || repeat('x', 100)) FROM range(3000000) t(i)"


@pytest.mark.parametrize("given", [None, 100.0])
def test_a_query_ends_at_its_principals_limit(shop: LakeDatabase, priya: Any, given: float | None) -> None:
    shop.sql("ALTER ROLE priya SET max_query_runtime = '200ms'")
    with pytest.raises(Unavailable, match=r"0\.2"):
        priya.sql(LONG, timeout=given)
    with pytest.raises(Unavailable):
        priya.sql(LONG, stream=True)


def test_the_least_of_all_roles_counts(shop: LakeDatabase, priya: Any) -> None:
    shop.sql("ALTER ROLE priya SET max_query_runtime = '1h'")
    shop.sql("ALTER ROLE slow SET max_query_runtime = '100ms'")
    shop.sql("GRANT slow TO priya")
    with pytest.raises(Unavailable, match=r"0\.1"):
        priya.sql(LONG)


@pytest.mark.parametrize("given", [None, "8GB"])
def test_a_query_has_its_principals_memory(shop: LakeDatabase, priya: Any, given: str | None) -> None:
    assert priya.sql(LARGE).rows()
    shop.sql("ALTER ROLE priya SET max_memory = '50MB'")
    with pytest.raises(Unavailable, match="memory"):
        priya.sql(LARGE, memory_limit=given)


def test_limits_are_checked_when_they_are_set(shop: LakeDatabase) -> None:
    for setting, value in (
        ("max_query_runtime", "soon"),
        ("max_memory", "much"),
        ("max_query_runtime", "0s"),
        ("max_rows", "0"),
        ("max_rows", "1.5"),
        ("max_model_tokens_per_day", "-1"),
        ("max_model_cost_per_day", "inf"),
        ("max_model_cost_per_day", "nan"),
    ):
        with pytest.raises(Invalid):
            shop.sql(f"ALTER ROLE priya SET {setting} = '{value}'")
