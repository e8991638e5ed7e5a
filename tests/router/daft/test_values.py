"""Values on which engines differ: signed zeros, NaN, nulls, great numbers, days before 1970."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from ..conftest import Shop
from .conftest import needs_daft
from .test_equal import agree

pytestmark = needs_daft

FLOATS = [0.0, -0.0, math.nan, math.inf, -math.inf, None, 5e-324, -5e-324, 1.5, -2.25]
GREAT = [2**63 - 1, -(2**63), 2**62, None, 0, 1, -1, 7, 2**62, 2**62]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A table of such values over three tiers, one part of it from before it had all columns."""
    shop = Shop(tmp_path_factory.mktemp("odd"))
    rows = pa.table(
        {
            "f": FLOATS,
            "n": pa.array(GREAT, pa.int64()),
            "small": pa.array([n % 3 for n in range(10)], pa.int32()),
            "ok": [True, False, None, True, None, False, True, None, False, True],
            "d": pa.array([None if n == 4 else Decimal(n - 5) / 8 for n in range(10)], pa.decimal128(18, 3)),
            "wide": pa.array([Decimal(10) ** 37 * (n % 3 - 1) for n in range(10)], pa.decimal128(38, 0)),
            "day": [date(1969, 12, 27 + n % 5) for n in range(10)],
            "moment": pa.array(
                [datetime(1969, 12, 31, 23, 59, 58 + n % 2, 5) for n in range(10)], pa.timestamp("us")
            ),
            "text": ["", "a\nb", "%", "_", "é", "e\u0301", "ß", None, "it's", "a\\b"],
        }
    )
    for part in (rows.select(["f", "text"]), rows, rows, rows):
        shop.owner.write("odd", part)
        if part is rows:
            shop.owner.flush("odd")
    shop.owner.archive("odd")
    shop.owner.write("odd", rows)
    shop.owner.flush("odd")
    shop.owner.write("odd", rows)
    yield shop
    shop.engine.close()


@pytest.mark.parametrize("sign", ["=", "<>", "<", ">", "<=", ">="])
@pytest.mark.parametrize("constant", ["0", "0.0", "-0e0", "1.5", "5e-324", "-2.25"])
def test_floats_are_compared_alike(odd: Shop, sign: str, constant: str) -> None:
    sql = f"select count(*), count(f) from odd where f {sign} {constant}"
    assert agree(odd, sql) == "daft"
    assert agree(odd, sql.replace("where f", "where not f")) in ("daft", "duckdb")


@pytest.mark.parametrize(
    "sql",
    [
        "select max(f), min(f), count(f) from odd",
        "select small, max(f), min(f) from odd where f < 1e300 group by small",
        "select sum(n), avg(small), sum(small) from odd where small is not null",
        "select small, sum(n), max(n), min(n) from odd group by small",
        "select sum(d * d), sum(d - 1), sum(2 * d), min(d), max(d), avg(d) from odd",
        "select d, count(*) from odd group by d",
        "select count(*) from odd where d > -0.125 and d <= 0.5 or d = -0.625",
        "select count(*) from odd where n > 4611686018427387903 and n <> 9223372036854775807",
        "select count(*) from odd where n < -1 or n in (7, 0)",
        "select day, moment, count(*) from odd group by all",
        "select year(day), month(moment), day(moment), count(*) from odd group by all",
        "select count(*) from odd where moment >= '1969-12-31 23:59:59' and day < date '1969-12-30'",
        "select text, count(*) from odd group by text",
        "select min(text), max(text), count(distinct text) from odd",
        "select count(*) from odd where text like '%\n%'",
        "select count(*) from odd where text like '_' or text like 'a%'",
        "select count(*) from odd where text = 'it''s' or text = 'a\\b' or text > 'é'",
        "select ok, count(*), count(ok) from odd group by ok",
        "select sum(case when ok then small else -1 end), count(case when ok then 1 end) from odd",
        "select count(*) filter (where ok), count(*) filter (where not ok) from odd",
        "select small, sum(small) filter (where ok), max(text) filter (where f > 0) from odd group by small",
        "select count(*) from odd where ok or small > 1",
        "select count(*) from odd where not (ok and small > 1)",
        "select coalesce(small, -1) as s, count(*) from odd group by s",
        "select count(*) from odd a join odd b on a.text = b.text and a.small = b.small",
        "select a.text, count(b.n) from odd a left join odd b on a.n = b.n group by a.text",
        "select text, f, d from odd where small = 1 and not ok",
    ],
)
def test_the_answer_is_the_same(odd: Shop, sql: str) -> None:
    assert agree(odd, sql) == "daft"


def test_a_sum_beyond_64_bits_does_not_wrap_around(odd: Shop) -> None:
    sql = "select sum(n) from odd where n = 4611686018427387904"
    assert agree(odd, sql) == "daft"
    assert odd.sql(sql, engine="daft").rows()[0][0] == 2**62 * 3 * 5


def test_arithmetic_that_could_pass_64_bits_is_left_to_duckdb(odd: Shop) -> None:
    sql = "select count(*) from odd where n = 7 and n + small < 100"
    assert odd.sql(sql, engine="daft").engine == "duckdb"
    assert "a check that `+` stays within BIGINT" in odd.router.explain(sql, engine="daft")
