"""The 22 queries of TPC-H over four shards in two hosts give what they give on plain tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ..tpch.data import generate, load, plain
from ..tpch.over_shards import OverShards
from .conftest import SharedClock
from .spread_lake import SHARDS, hosting, move, on_ray

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("tpch"))


@pytest.fixture(scope="module")
def tables(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with plain(data) as db:
        yield db


@pytest.mark.usefixtures("ray_head")
class TestOnRay(OverShards):
    @pytest.fixture(scope="class")
    @classmethod
    def spread(cls, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        folder = tmp_path_factory.mktemp("tpch-on-ray")
        with on_ray(folder / "lake", SharedClock(folder / "now")) as lake:
            db = lake.create_database("main", shards=SHARDS)
            for number, shard in enumerate(db.shard_map().names):
                move(lake, shard, number % 2)
            load(db, data, tmp_path_factory.mktemp("files"), spread=True)
            assert len(hosting(lake)) == 2
            yield db
