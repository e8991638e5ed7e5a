"""SQL of other systems, translated by sqlglot; the same answer as in DuckDB's dialect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thermocline.core.errors import Invalid

from .conftest import Shop

LINES = (Path(__file__).parent / "dialects.txt").read_text().splitlines()[1:]
PAIRS = [(*sql.split(": ", 1), same.strip()) for sql, same in zip(LINES[::2], LINES[1::2], strict=True)]


@pytest.mark.parametrize(("dialect", "sql", "same"), PAIRS)
def test_a_dialect_answers_like_duckdb(shop: Shop, dialect: str, sql: str, same: str) -> None:
    assert shop.rows(sql, dialect=dialect) == shop.rows(same)


@pytest.mark.parametrize(
    ("sql", "params", "dialect"),
    [
        ("select count(*) from sales where product = :p", {"p": "p1"}, "snowflake"),
        ("select count(*) from sales where product = ?", ["p1"], "mysql"),
        ("select count(*) from sales where product = @p", {"p": "p1"}, "bigquery"),
        ("select count(*) from sales where product = $1", ["p1"], "postgres"),
    ],
)
def test_parameters_pass_through(shop: Shop, sql: str, params: Any, dialect: str) -> None:
    assert shop.rows(sql, params, dialect=dialect) == [(12,)]


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("selec 1", "snowflake"),
        ("select 1", "klingon"),
        ("copy into t from @stage", "snowflake"),
        ("select 1; drop table sales", "postgres"),
        ("delete from sales", "mysql"),
        ("select pg_read_file('/etc/passwd')", "postgres"),
    ],
)
def test_what_is_not_allowed_is_so_in_every_dialect(shop: Shop, sql: str, dialect: str) -> None:
    with pytest.raises(Invalid):
        shop.sql(sql, dialect=dialect)
    assert shop.owner.table_names() == ["products", "sales"]
