"""A shop over three tiers, at a frozen instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.local import LocalLake

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
REGIONS = ("north", "south", "west")


def orders() -> list[dict[str, Any]]:
    """Five a day of October and November until the 20th: revenue falls in the south in November."""
    rows = []
    for day in range(51):
        when = datetime(2026, 10, 1, 9, tzinfo=UTC) + timedelta(days=day)
        for n in range(5):
            number, region = day * 5 + n, REGIONS[n % 3]
            revenue = 10.0 + n if when.month == 10 or region != "south" else 2.0
            rows.append(
                {
                    "order_id": number,
                    "customer_id": number % 7,
                    "region": region,
                    "revenue": revenue,
                    "quantity": 1 + n,
                    "order_date": when,
                    "_id": f"o{number}",
                }
            )
    return rows


def customers() -> list[dict[str, Any]]:
    return [
        {
            "customer_id": n,
            "name": f"Customer {n}",
            "city": ("Berlin", "Paris")[n % 2],
            "email": f"mail{n}@shop.example",
            "age": 20 + n,
            "_id": f"c{n}",
        }
        for n in range(9)
    ]


def fill(lake: Any) -> None:
    """Orders in three tiers, customers in the hot one."""
    shop = lake.database("acme")
    rows = orders()
    shop.append("orders", rows[:100])
    shop.archive("orders")
    shop.append("orders", rows[100:200])
    shop.flush("orders")
    shop.append("orders", rows[200:])
    shop.append("customers", customers())


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LocalLake]:
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False) as opened:
        assert isinstance(opened, LocalLake)
        fill(opened)
        yield opened
