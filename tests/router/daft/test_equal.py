"""What Daft has a part in is what DuckDB answers alone: names, types, nulls, rows, certificate."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from ..conftest import Shop
from ..test_corpus import STATEMENTS, comparable
from .conftest import lines, needs_daft

pytestmark = needs_daft


@pytest.mark.parametrize("sql", STATEMENTS)
def test_every_statement_of_the_corpus_answers_alike(both: Shop, sql: str) -> None:
    agree(both, sql)


@pytest.mark.parametrize("sql", lines("statements.sql"))
def test_daft_has_a_part_in_groups_joins_and_conditions(both: Shop, sql: str) -> None:
    assert agree(both, sql) == "daft"


def test_parameters_and_points_in_time_are_the_same(both: Shop) -> None:
    sql = "select product, sum(qty) as s from sales where qty > $least group by product having s > $total"
    given = {"least": 2, "total": 20}
    assert agree(both, sql, given) == "daft"
    assert agree(both, sql, given, as_of="2026-01-01T00:00:02") == "daft"
    assert agree(both, "select count(*) from sales as of sequence 30") == "daft"
    assert agree(
        both, "select count(*) from sales where day < ? and moment > ?", ["2026-01-12", "2026-01-03"]
    )


def test_the_clock_is_the_lakes(both: Shop) -> None:
    assert agree(both, "select count(*), now() from sales where _recorded_at <= now()") == "daft"


def test_a_stream_gives_the_same_rows(both: Shop) -> None:
    sql = "select product, count(*) from sales group by product order by product"
    batches = list(both.sql(sql, engine="daft", stream=True).batches())
    assert pa.Table.from_batches(batches).to_pylist() == both.sql(sql).dicts()


def test_what_is_no_statement_fails_alike(both: Shop) -> None:
    for sql in ("select nothing, count(*) from sales group by 1", "select sum(product) from sales"):
        failures = []
        for engine in ("duckdb", "daft"):
            with pytest.raises(Exception) as failure:
                both.sql(sql, engine=engine)
            failures.append((type(failure.value), str(failure.value)))
        assert failures[0] == failures[1]


def agree(shop: Shop, sql: str, params: Any = None, **options: Any) -> str:
    """Compares; returns the engine that read the files."""
    expected = shop.sql(sql, params, **options)
    found = shop.sql(sql, params, engine="daft", **options)
    assert found.schema == expected.schema
    ordered = "order by" in sql.lower().rsplit(")", 1)[-1]
    assert comparable(found.rows(), ordered) == comparable(expected.rows(), ordered)
    certified = [{**r.certificate.to_dict(), "age_seconds": None} for r in (found, expected)]
    assert certified[0] == certified[1]
    found.certificate.verify()
    return str(found.engine)
