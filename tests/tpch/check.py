"""The 22 queries, and what an answer to one of them has to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from thermocline.core.certificate import Certificate
from thermocline.core.results import Result

from ..placement.compare import difference

QUERIES = sorted((Path(__file__).parent / "queries").glob("*.sql"))


def check(query: Path, db: Any, tables: duckdb.DuckDBPyConnection) -> Certificate:
    """The answer is the one on ordinary tables, and proved; returns its certificate."""
    text = query.read_text()
    result: Result = db.sql(text)
    expected = Result(tables.sql(text).to_arrow_table(), Certificate())
    assert difference(result.rows(), expected.rows(), ordered=True) is None
    assert result.columns == expected.columns
    result.certificate.verify()
    return result.certificate
