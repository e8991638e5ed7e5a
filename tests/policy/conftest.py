"""A shop with customers and orders, and one principal, priya, to whom nothing is granted yet."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake

CUSTOMERS: list[dict[str, Any]] = [
    {"_id": f"c{n}", "id": n, "name": name, "email": f"{name}@shop.example", "pay": 1000 * n, "vip": n == 2}
    for n, name in enumerate(("ann", "bob", "cem"), 1)
]
ORDERS: list[dict[str, Any]] = [
    {"_id": f"o{n}", "id": n, "customer_id": 7 + n % 2, "amount": float(n)} for n in range(6)
]


@pytest.fixture
def shop(lake: LocalLake) -> LakeDatabase:
    database = lake.database("acme")
    database.append("customers", CUSTOMERS)
    database.append("orders", ORDERS)
    return database


@pytest.fixture
def priya(lake: LocalLake, shop: LakeDatabase) -> Any:  # noqa: ARG001 - it has to be filled
    return lake.database("acme", principal="priya")
