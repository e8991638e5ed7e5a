"""What holds of TPC-H over several shards, wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from .check import QUERIES, check
from .data import KEYS

SHARDS = 4


class OverShards:
    """For subclasses that give `spread`: the database with all tables in it."""

    @pytest.fixture(params=[False, True], ids=["over snapshots", "in parts"])
    def asked(self, spread: Any, request: pytest.FixtureRequest) -> Any:
        """Asked at once, or each shard for its part where the query has such."""
        spread.shards.pushes_down = request.param
        return spread

    @pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
    def test_a_query_is_the_same_over_four_shards(
        self, query: Path, asked: Any, tables: duckdb.DuckDBPyConnection
    ) -> None:
        certificate = check(query, asked, tables)
        for table, parts in certificate.tables.items():
            ruled_out = certificate.pruned.get(table, {})
            assert len({*parts, *ruled_out}) == len(parts) + len(ruled_out) == SHARDS

    def test_every_shard_has_all_tiers_of_the_large_tables(self, spread: Any) -> None:
        placed = {(t["table"], t["shard"], t["tier"]) for t in spread.tiers().dicts() if t["rows"]}
        shards = spread.shard_map().names
        assert placed >= {
            (table, shard, tier) for table in KEYS for shard in shards for tier in ("hot", "warm", "cold")
        }
