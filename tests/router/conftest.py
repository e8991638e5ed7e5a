"""Two tables over three tiers, and the same rows in plain DuckDB tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from thermocline.core.types import JSON
from thermocline.router.engine import Engine
from thermocline.router.one_shard import OneShard
from thermocline.router.query import Router

from .owner import START, MemoryOwner

REGIONS = ("eu", "us", None, "Ünlü")


def sales_rows(count: int) -> pa.Table:
    """Every kind of column, with nulls; `day` and `moment` rise with the row."""
    rows = range(count)
    return pa.table(
        {
            "product": [f"p{n % 5}" for n in rows],
            "region": [REGIONS[n % 4] for n in rows],
            "qty": pa.array([None if n % 11 == 3 else n % 9 for n in rows], pa.int64()),
            "small": pa.array([n % 4 for n in rows], pa.int32()),
            "revenue": [n * 0.5 for n in rows],
            "price": pa.array([Decimal(n % 7) / 4 for n in rows], pa.decimal128(10, 2)),
            "day": [date(2026, 1, 1) + timedelta(days=n // 3) for n in rows],
            "moment": pa.array(
                [datetime(2026, 1, 1) + timedelta(hours=n * 7) for n in rows], pa.timestamp("us")
            ),
            "ok": [n % 2 == 0 for n in rows],
            "tags": [[f"t{n % 3}", "x"] for n in rows],
            "place": [{"city": f"c{n % 3}", "zip": n} for n in rows],
            "doc": pa.array([f'{{"k": {n}, "l": [1, {n}]}}' for n in rows], JSON),
            "Cost Total $": [n + 1 for n in rows],
            "_time": pa.array([START + timedelta(hours=n * 7) for n in rows], pa.timestamp("us", "UTC")),
        }
    )


def products() -> pa.Table:
    return pa.table(
        {"product": [f"p{n}" for n in range(6)], "name": [f"Product {n}" for n in range(6)], "qty": range(6)}
    )


class Shop:
    """`router` over three tiers, `plain`: a DuckDB connection with the same tables."""

    def __init__(self, folder: Path, rows: int = 60) -> None:
        self.owner = MemoryOwner(folder)
        self.engine = Engine(folder)
        self.router = Router(OneShard(self.owner), self.engine, lambda: self.owner.now, "acme")
        sales = sales_rows(rows)
        third = rows // 3
        self.owner.write("sales", sales.slice(0, third))
        self.owner.write("products", products())
        self.owner.flush("sales")
        self.owner.archive("sales", by="product")
        self.owner.flush("products")
        self.owner.write("sales", sales.slice(third, third))
        self.owner.flush("sales")
        self.owner.write("sales", sales.slice(2 * third))
        self.plain = duckdb.connect()
        self.plain.execute("SET TimeZone = 'UTC'")
        for name, table in (("sales", sales.drop_columns(["_time"])), ("products", products())):
            self.plain.register("given", table)
            self.plain.execute(f"CREATE TABLE {name} AS SELECT * FROM given")

    def sql(self, sql: str, params: Any = None, **options: Any) -> Any:
        return self.router.sql(sql, params, **options)

    def rows(self, sql: str, params: Any = None, **options: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.router.sql(sql, params, **options).rows()
        return found


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """For tests that only read."""
    built = Shop(tmp_path_factory.mktemp("shop"))
    yield built
    built.engine.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Shop]:
    """For tests that write."""
    built = Shop(tmp_path)
    yield built
    built.engine.close()
