"""The 22 queries of TPC-H over three tiers give what they give on plain tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import thermocline
from thermocline.core.certificate import Certificate
from thermocline.core.results import Result

from ..placement.compare import difference
from .data import TABLES, generate, load, plain

QUERIES = sorted((Path(__file__).parent / "queries").glob("*.sql"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("tpch"))


@pytest.fixture(scope="module")
def tables(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with plain(data) as db:
        yield db


@pytest.fixture(scope="module")
def split(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with thermocline.connect(tmp_path_factory.mktemp("lake"), background=False) as lake:
        db = lake.database("main")
        load(db, data)
        yield db


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_is_the_same_over_three_tiers(
    query: Path, split: Any, tables: duckdb.DuckDBPyConnection
) -> None:
    text = query.read_text()
    result = split.sql(text)
    expected = Result(tables.sql(text).to_arrow_table(), Certificate())
    assert difference(result.rows(), expected.rows(), ordered=True) is None
    assert result.columns == expected.columns
    result.certificate.verify()


def test_every_table_lies_in_all_tiers(split: Any) -> None:
    placed = split.tiers().dicts()
    large = [t for t in TABLES if t not in ("nation", "region")]
    assert {(t["table"], t["tier"]) for t in placed if t["rows"]} >= {
        (table, tier) for table in large for tier in ("hot", "warm", "cold")
    }


def test_there_are_22_queries() -> None:
    assert len(QUERIES) == 22
