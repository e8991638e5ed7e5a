"""The data of TPC-H, once as files, once in ordinary tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from .data import generate, plain


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("tpch"))


@pytest.fixture(scope="session")
def tables(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with plain(data) as db:
        yield db
