"""The tables of the router's other tests over four shards in mixed tiers, beside plain DuckDB tables."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from thermocline.core.results import Result
from thermocline.core.sharding import ShardMap, new_shard_map

from ...conftest import FakeClock
from ..conftest import products, sales_rows
from ..owner import START
from .owner import ShardedOwner


class Shop:
    """Sales and products, spread by `shard_map`: some shards hot, some warm, most both."""

    def __init__(self, folder: Path, shard_map: ShardMap, rows: int = 60) -> None:
        self.owner = ShardedOwner(folder, shard_map, FakeClock(), random.Random(7).randbytes)
        self.router = self.owner.router()
        sales = sales_rows(rows)
        half = rows // 2
        self.owner.write("sales", sales.slice(0, half))
        times = pa.array([START] * 6, pa.timestamp("us", "UTC"))
        self.owner.write("products", products().append_column("_time", times))
        self.owner.flush("sales", *shard_map.names[1:])
        self.owner.flush("products", shard_map.names[-1])
        self.owner.write("sales", sales.slice(half))
        self.owner.flush("sales", *shard_map.names[-1:])
        self.plain = duckdb.connect()
        self.plain.execute("SET TimeZone = 'UTC'")
        for name, table in (("sales", sales.drop_columns(["_time"])), ("products", products())):
            self.plain.register("given", table)
            self.plain.execute(f"CREATE TABLE {name} AS SELECT * FROM given")

    def sql(self, sql: str, params: Any = None, **options: Any) -> Result:
        return self.router.sql(sql, params, **options)

    def rows(self, sql: str, params: Any = None, **options: Any) -> list[tuple[Any, ...]]:
        return self.sql(sql, params, **options).rows()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """By hash of a column that both tables have. For tests that only read."""
    built = Shop(tmp_path_factory.mktemp("shards"), new_shard_map(4, key="product"))
    yield built
    built.owner.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Shop]:
    """For tests that write."""
    built = Shop(tmp_path, new_shard_map(4, key="product"))
    yield built
    built.owner.close()
