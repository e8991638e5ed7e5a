"""Reading the past: as an argument, and in every form of SQL that people know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.router.asof_syntax import cut_points

from .conftest import Shop

# Each write took a second: 20 sales at :01 (sequence 20), products at :02, 20 at :03 (46), 20 at :04 (66).
FIRST = "2026-01-01 00:00:01"


@pytest.mark.parametrize(
    "clause",
    [
        f"for system_time as of '{FIRST}'",
        f"FOR SYSTEM_TIME AS OF TIMESTAMP '{FIRST}'",
        f"for system_time as of timestamptz '{FIRST}+00'",
        f"for timestamp as of '{FIRST}'",
        f"timestamp as of '{FIRST}Z'",
        f"timestamp as of cast('{FIRST}' as timestamp)",
        f"timestamp as of '{FIRST}'::timestamptz",
        f"at (timestamp => '{FIRST}')",
        f"at (timestamp => timestamp '{FIRST}' + interval 0 day)",
        "at (offset => -3)",
        "for system_time as of now() - interval 3 second",
        "for system_time as of current_timestamp - interval '3 seconds'",
        "for system_time as of (current_timestamp - to_seconds(1 + 2))",
        "as of timestamp '2026-01-01 00:00:02'",
        "as of system time '2026-01-01 00:00:01.5'",
        "for version as of 1",
        "version as of 1",
        "at (version => 1)",
        "at (sequence => 20)",
        "as of sequence 20",
        "sequence as of 20",
        "for system_time as of strptime('20260101000001', '%Y%m%d%H%M%S')",
    ],
)
@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from sales {}",
        "select count(*) from sales {} as s where s.qty is null or s.qty >= 0",
        "select count(s.qty) + count(*) - count(qty) from sales as s {}",
        "select count(*) from sales s {} where s._seq > 0",
        'select count(*) from acme."SALES" {}',
        "with x as (select * from sales {}) select count(*) from x",
        "select (select count(*) from sales {})",
    ],
)
def test_a_table_is_read_as_it_was(shop: Shop, sql: str, clause: str) -> None:
    assert shop.rows(sql.format(clause)) == [(20,)]


@pytest.mark.parametrize(
    "point",
    [
        20,
        FIRST,
        f"{FIRST}Z",
        datetime(2026, 1, 1, 0, 0, 1),
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
        "version:1",
        "shard-0:20",
    ],
)
def test_the_argument_holds_for_all_tables(shop: Shop, point: object) -> None:
    result = shop.sql("select count(*) from sales", as_of=point)
    assert result.rows() == [(20,)]
    assert result.certificate.as_of is not None
    # A manifest's cut is the shard's last sequence when it was published.
    assert result.certificate.fresh_to == {"shard-0": 26 if point == "version:1" else 20}
    result.certificate.verify()


def test_the_text_beats_the_argument(shop: Shop) -> None:
    assert shop.rows("select count(*) from sales as of sequence 5", as_of=20) == [(5,)]


@pytest.mark.parametrize("sequence", [0, 1, 19, 20, 21, 26, 27, 30, 46, 47, 60, 66])
def test_a_cut_inside_any_tier_is_exact(shop: Shop, sequence: int) -> None:
    result = shop.sql("select count(*), max(_seq) from sales", as_of=sequence)
    seqs = [s for s in [*range(1, 21), *range(27, 67)] if s <= sequence]
    assert result.rows() == [(len(seqs), max(seqs, default=None))]
    result.certificate.verify()


def test_one_table_can_be_read_at_two_points(shop: Shop) -> None:
    sql = """select before.product, after.n - before.n as grown
        from (select product, count(*) n from sales for version as of 1 group by 1) as before
        join (select product, count(*) n from sales group by 1) as after using (product) order by 1"""
    result = shop.sql(sql)
    assert result.rows() == [(f"p{n}", 8) for n in range(5)]
    assert set(result.certificate.tables) == {"sales", "sales (sales_as_of_1)"}
    result.certificate.verify()
    joined = (
        "select count(*), count(b._seq) from sales a left join sales as of sequence 7 b on a._seq = b._seq"
    )
    assert shop.rows(joined) == [(60, 7)]


def test_columns_are_those_of_their_time(fresh: Shop) -> None:
    before = fresh.owner.seq
    fresh.owner.write("products", [{"product": "p9", "name": "new", "qty": 1, "margin": 0.5}])
    assert fresh.sql("select * from products").columns == ["product", "name", "qty", "margin"]
    assert fresh.sql("select * from products", as_of=before).columns == ["product", "name", "qty"]
    assert fresh.rows("select margin from products order by _seq desc limit 2") == [(0.5,), (None,)]
    with pytest.raises(NotFound):
        fresh.sql("select margin from products", as_of=before)


@pytest.mark.parametrize(
    ("sql", "params", "count"),
    [
        ("select count(*) from sales as of sequence ? where qty >= ?", [20, 0], 18),
        ("select count(*) from sales where qty >= ? and ? = 1", [0, 1], 54),
        ("select ? from sales for system_time as of ? limit ?", [7, FIRST, 1], 7),
        ("select count(*) from sales at (sequence => $s) where qty >= $q", {"s": 20, "q": 0}, 18),
        ("select count(*) from sales for version as of $1 where qty >= $2", [1, 0], 18),
        ("select count(*) from sales for system_time as of ?", [datetime(2026, 1, 1, 0, 0, 1)], 20),
    ],
)
def test_a_point_can_be_a_parameter(shop: Shop, sql: str, params: Any, count: int) -> None:
    assert shop.rows(sql, params) == [(count,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select 'x FOR SYSTEM_TIME AS OF y' as t",
        "select 1 as version -- t VERSION AS OF 3",
        "select 1 /* from t for version as of 3 */ as x",
        "select version as of from (select 1 as version)",
        "select 1 as timestamp, 2 as sequence",
        "select 1 from (select 1 k, 2 ts) a asof join (select 1 k, 1 ts) b on a.k = b.k and a.ts >= b.ts",
        'select "FOR VERSION AS OF 3" from (select 1 as "FOR VERSION AS OF 3")',
    ],
)
def test_what_only_looks_like_a_clause_is_left_alone(shop: Shop, sql: str) -> None:
    assert cut_points(sql).text == sql
    assert len(shop.rows(sql)) == 1


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("for system_time as of '2030-01-01'", Invalid),
        ("for system_time as of 'yesterday'", Invalid),
        ("for version as of 99", NotFound),
        ("for version as of 'one'", Invalid),
        ("for version as of -1", Invalid),
        ("for system_time as of (select max(_time) from sales)", Invalid),
        ("for system_time as of getenv('x')", Invalid),
        ("for version as of ?", Invalid),
    ],
)
def test_a_point_that_is_none_is_refused(shop: Shop, clause: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        shop.sql(f"select * from sales {clause}")


def test_now_is_the_injected_clock(shop: Shop) -> None:
    (row,) = shop.rows(
        "select now(), current_timestamp, current_date, today(), localtimestamp, age(timestamp '2025-01-01')"
    )
    instant = datetime(2026, 1, 1, 0, 0, 4, tzinfo=UTC)
    assert row[0] == row[1] == instant
    assert row[2] == row[3] == instant.date()
    assert row[4] == instant.replace(tzinfo=None)
    assert row[5].months == 12


def test_a_column_may_be_called_like_a_clock(fresh: Shop) -> None:
    fresh.owner.write("odd", [{"current_date": "mine", "now": 1}])
    assert fresh.rows("select current_date, now, odd.current_date from odd") == [("mine", 1, "mine")]


def test_expired_rows_are_gone_at_the_instant_of_the_cut(fresh: Shop) -> None:
    fresh.owner.write("notes", [{"n": 1, "_ttl_seconds": 10}, {"n": 2, "_ttl_seconds": None}])
    fresh.owner.flush("notes")
    fresh.owner.write("notes", [{"n": 3, "_ttl_seconds": 20}, {"n": 4, "_ttl_seconds": 2**62}])
    written = fresh.owner.seq
    for seconds, left in ((0, [1, 2, 3, 4]), (12, [2, 3, 4]), (12, [2, 4])):
        fresh.owner.now += timedelta(seconds=seconds)
        assert fresh.rows("select n from notes order by n") == [(n,) for n in left]
        assert fresh.rows("select count(*) from notes", as_of=written) == [(4,)]
