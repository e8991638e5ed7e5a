"""What DuckDB answers over plain tables, the router answers over tiers: one statement a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Shop

STATEMENTS = [
    line
    for line in (Path(__file__).parent / "corpus.sql").read_text().splitlines()
    if line.strip() and not line.startswith("--")
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_answers_as_on_plain_tables(shop: Shop, sql: str) -> None:
    expected = shop.plain.sql(sql).to_arrow_table()
    found = shop.sql(sql)
    assert found.columns == expected.column_names
    ordered = "order by" in sql.lower().rsplit(")", 1)[-1]
    assert comparable(found.rows(), ordered) == comparable(
        list(zip(*(c.to_pylist() for c in expected.columns), strict=True)), ordered
    )
    found.certificate.verify()


def comparable(rows: list[tuple[Any, ...]], ordered: bool) -> list[str]:
    shown = [repr(tuple(_plain(value) for value in row)) for row in rows]
    return shown if ordered else sorted(shown)


def _plain(value: Any) -> Any:
    """Sums are Decimal here and int there, and floating sums depend on the order of rows."""
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if type(value).__name__ == "Decimal" and value == int(value):
        return int(value)
    return value
