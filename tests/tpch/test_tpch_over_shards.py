"""The 22 queries of TPC-H over four shards, each with three tiers, give what they give on plain tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import thermocline

from .check import QUERIES, check
from .data import KEYS, load

SHARDS = 4


@pytest.fixture(scope="module")
def spread(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with thermocline.connect(tmp_path_factory.mktemp("lake"), background=False) as lake:
        db = lake.create_database("main", shards=SHARDS)
        load(db, data, tmp_path_factory.mktemp("files"), spread=True)
        yield db


@pytest.fixture(params=[False, True], ids=["over snapshots", "in parts"])
def asked(spread: Any, request: pytest.FixtureRequest) -> Any:
    """Asked at once, or each shard for its part where the query has such."""
    spread.shards.pushes_down = request.param
    return spread


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_is_the_same_over_four_shards(
    query: Path, asked: Any, tables: duckdb.DuckDBPyConnection
) -> None:
    certificate = check(query, asked, tables)
    for table, parts in certificate.tables.items():
        ruled_out = certificate.pruned.get(table, {})
        assert len({*parts, *ruled_out}) == len(parts) + len(ruled_out) == SHARDS


def test_every_shard_has_all_tiers_of_the_large_tables(spread: Any) -> None:
    placed = {(t["table"], t["shard"], t["tier"]) for t in spread.tiers().dicts() if t["rows"]}
    shards = spread.shard_map().names
    assert placed >= {
        (table, shard, tier) for table in KEYS for shard in shards for tier in ("hot", "warm", "cold")
    }
