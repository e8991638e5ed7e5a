"""The 22 queries of TPC-H over three tiers give what they give on plain tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import thermocline

from .check import QUERIES, check
from .data import KEYS, load

pytestmark = pytest.mark.xdist_group("tpch")  # loaded once, not by each worker


@pytest.fixture(scope="module")
def split(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with thermocline.connect(tmp_path_factory.mktemp("lake"), background=False) as lake:
        db = lake.database("main")
        load(db, data, tmp_path_factory.mktemp("files"))
        yield db


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_is_the_same_over_three_tiers(
    query: Path, split: Any, tables: duckdb.DuckDBPyConnection
) -> None:
    check(query, split, tables)


def test_every_table_lies_in_all_tiers(split: Any) -> None:
    placed = split.tiers().dicts()
    assert {(t["table"], t["tier"]) for t in placed if t["rows"]} >= {
        (table, tier) for table in KEYS for tier in ("hot", "warm", "cold")
    }


def test_there_are_22_queries() -> None:
    assert len(QUERIES) == 22
