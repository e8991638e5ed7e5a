"""Which engine answers: by name, by size, and DuckDB wherever Daft's answer would not surely be the same."""

from __future__ import annotations

import sys

import pytest

from thermocline.core.errors import Corrupt, Invalid, Unavailable
from thermocline.core.protocols import Cancel
from thermocline.router.one_shard import OneShard
from thermocline.router.query import Router

from ..conftest import Shop
from .conftest import lines, needs_daft

GROUPED = "select product, sum(qty) as s from sales where qty > 2 group by product order by s"


@needs_daft
@pytest.mark.parametrize("line", lines("refused.sql"))
def test_what_stays_with_duckdb_is_explained(both: Shop, line: str) -> None:
    sql, _, reason = line.rpartition(" | ")
    told = both.router.explain(sql, engine="daft").splitlines()[-1]
    assert told == f"engine: DuckDB, not Daft, because of {reason}"
    assert both.sql(sql, engine="daft").engine == "duckdb"


@needs_daft
def test_the_plan_says_what_daft_does(both: Shop) -> None:
    sql = "select name from products where product in (select product from sales group by product)"
    assert both.router.explain(sql, engine="daft").splitlines()[-1] == (
        "engine: Daft groups sales; DuckDB reads products (because of a subquery within an expression);"
        " DuckDB does the rest"
    )
    plan = both.sql(f"EXPLAIN {GROUPED}", engine="daft").rows()
    assert plan[-1] == ("engine: Daft groups sales; DuckDB does the rest",)


def test_duckdb_is_the_default(both: Shop) -> None:
    assert both.sql(GROUPED).engine == "duckdb"
    assert "engine" not in both.router.explain(GROUPED)


@needs_daft
def test_auto_chooses_by_the_bytes_that_the_plan_leaves(both: Shop) -> None:
    narrow = GROUPED.replace("qty > 2", "day = '2026-01-02'")
    sizes = []
    for sql in (narrow, GROUPED):
        tiers = both.sql(sql).certificate.tables["sales"]["shard-0"].tiers
        sizes.append(sum(tier.bytes for tier in tiers))
    assert sizes[0] < sizes[1]
    router = Router(
        OneShard(both.owner), both.engine, lambda: both.owner.now, "acme", daft_from_bytes=sizes[1]
    )
    assert router.sql(GROUPED, engine="auto").engine == "daft"
    assert router.sql(narrow, engine="auto").engine == "duckdb"
    assert both.sql(GROUPED, engine="auto").engine == "duckdb"


def test_an_unknown_engine_is_named(both: Shop) -> None:
    with pytest.raises(Invalid, match="unknown engine `spark`"):
        both.sql(GROUPED, engine="spark")


def test_without_daft_its_name_asks_for_it_and_auto_goes_without(
    both: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "daft", None)
    with pytest.raises(Unavailable, match="daft is not installed") as refused:
        both.sql(GROUPED, engine="daft")
    assert refused.value.hint == "pip install 'thermocline[daft]'"
    eager = Router(OneShard(both.owner), both.engine, lambda: both.owner.now, "acme", daft_from_bytes=0)
    assert eager.sql(GROUPED, engine="auto").engine == "duckdb"


@needs_daft
def test_waiting_for_daft_ends_with_the_time_limit_and_on_cancellation(both: Shop) -> None:
    with pytest.raises(Unavailable, match=r"took more than 0\.0001 s"):
        both.sql(GROUPED, engine="daft", timeout=0.0001)
    cancel = Cancel()
    cancel()
    with pytest.raises(Unavailable, match="cancelled"):
        both.sql(GROUPED, engine="daft", cancel=cancel)


@needs_daft
def test_a_damaged_file_is_named_as_by_duckdb(fresh: Shop) -> None:
    file = next(fresh.owner.folder.glob("sales-cold-*.parquet"))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(Corrupt, match=file.name):
        fresh.sql(GROUPED, engine="daft")


@needs_daft
def test_an_insert_is_fed_by_duckdb(fresh: Shop) -> None:
    fresh.sql("insert into products select product, 'again', 1 from sales group by product", engine="daft")
    assert fresh.rows("select count(*) from products where name = 'again'") == [(5,)]
