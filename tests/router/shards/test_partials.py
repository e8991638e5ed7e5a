"""Aggregates computed in parts: equal to the direct way in rows, names, types and certificate."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Error, Invalid, NotFound, Unavailable
from thermocline.core.owners import Append
from thermocline.core.protocols import Cancel
from thermocline.core.sharding import new_shard_map

from ..test_corpus import comparable
from .conftest import Shop


def _statements(name: str) -> list[str]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("--")]


PARTED, DIRECT = _statements("partials.sql"), _statements("direct.sql")


@pytest.fixture(scope="module", params=["product", "qty"])
def far(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Its shards are asked, not read."""
    built = Shop(tmp_path_factory.mktemp("far"), new_shard_map(4, key=request.param))
    built.owner.pushes_down = True
    yield built
    built.owner.close()


def _both(shop: Shop, sql: str, params: Any = None, **options: Any) -> tuple[Any, Any]:
    shop.owner.questions.clear()
    shop.owner.asked.clear()
    parted = shop.sql(sql, params, **options)
    assert bool(shop.owner.questions) != bool(shop.owner.asked), "asked for parts and for snapshots"
    shop.owner.pushes_down = False
    try:
        return parted, shop.sql(sql, params, **options)
    finally:
        shop.owner.pushes_down = True


def _equal(parted: Any, direct: Any, sql: str) -> None:
    assert parted.schema == direct.schema
    ordered = "order by" in sql.lower()
    assert comparable(parted.rows(), ordered) == comparable(direct.rows(), ordered)


@pytest.mark.parametrize("sql", PARTED)
def test_parts_give_what_the_direct_way_gives(far: Shop, sql: str) -> None:
    parted, direct = _both(far, sql)
    assert far.owner.questions, "no shard was asked"
    _equal(parted, direct, sql)
    parted.certificate.verify()
    shown, expected = parted.certificate.to_dict(), direct.certificate.to_dict()
    assert _reads(shown) == _reads(expected)
    assert shown["fresh_to"] == expected["fresh_to"]
    assert shown["complete"]


def _reads(certificate: Any) -> Any:
    """Without file counts: two scans of one table prune alike, but not with one condition less."""
    return {
        table: (
            {
                shard: {tier: (part["ranges"], part["rows"]) for tier, part in tiers.items()}
                for shard, tiers in parts["shards"].items()
            },
            parts.get("pruned"),
        )
        for table, parts in certificate["tables"].items()
    }


@pytest.mark.long
def test_queries_put_together_by_chance_agree(far: Shop) -> None:
    chance = random.Random(11)
    aggregates = [
        "count(*)",
        "count(qty)",
        "sum(qty)",
        "sum(price)",
        "min(day)",
        "max(region)",
        "avg(small)",
        "bool_or(ok)",
        "sum(revenue) filter (where ok)",
        "avg(price) / count(*)",
        "max(qty) - min(qty)",
    ]
    groups = [
        "product",
        "region",
        "ok",
        "small",
        "qty % 2",
        "upper(region)",
        "month(day)",
        "coalesce(qty, -1)",
    ]
    conditions = [
        "true",
        "qty > 3",
        "product = 'p1'",
        "qty = 3",
        "region is null",
        "day < '2026-01-09'",
        "false",
    ]
    for _ in range(60):
        keys = chance.sample(groups, chance.randint(0, 3))
        values = chance.sample(aggregates, chance.randint(1, 4))
        items = [f"{item} as c{number}" for number, item in enumerate([*keys, *values])]
        chance.shuffle(items)
        sql = f"select {', '.join(items)} from sales where {chance.choice(conditions)}"
        if keys:
            sql += f" group by {chance.choice(['all', ', '.join(keys)])}"
        if chance.random() < 0.5:
            sql += f" having {chance.choice(values)} is not null and count(*) > {chance.randint(0, 4)}"
        if chance.random() < 0.5:
            sql += f" order by all limit {chance.randint(0, 9)}"
        parted, direct = _both(far, sql)
        assert far.owner.questions, sql
        _equal(parted, direct, sql)


@pytest.mark.parametrize("sql", DIRECT)
def test_what_is_not_surely_the_same_in_parts_is_read_directly(far: Shop, sql: str) -> None:
    parted, direct = _both(far, sql)
    assert not far.owner.questions
    _equal(parted, direct, sql)


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("select product from sales where qty > ? group by 1 having count(*) > ? order by 1", [2, 3]),
        ("select sum(qty + $n) from sales where product = $p", {"n": 5, "p": "p1"}),
        ("select qty % $1 as k, count(*) * $2 from sales group by k order by k limit $1", [4, 10]),
        ("select sum(price) from sales where price < ?", [Decimal("1.50")]),
        ("select count(*) + ? from sales", [1]),
    ],
)
def test_parameters_reach_the_statements_that_use_them(far: Shop, sql: str, params: Any) -> None:
    parted, direct = _both(far, sql, params)
    assert far.owner.questions
    _equal(parted, direct, sql)


def test_shards_that_hold_no_row_are_not_asked(far: Shop) -> None:
    key = far.owner.map.key
    value = "'p1'" if key == "product" else "3"
    parted, direct = _both(far, f"select count(*), sum(revenue) from sales where {key} = {value}")
    assert len(far.owner.questions) == 1
    assert parted.rows() == direct.rows()
    assert parted.certificate.pruned == direct.certificate.pruned
    assert len(parted.certificate.pruned["sales"]) == 3


def test_the_past_is_asked_of_the_shards(far: Shop) -> None:
    for point in (far.owner.bookmark(), far.owner.clock.now):
        parted, direct = _both(far, "select count(*), max(qty) from sales", as_of=point)
        assert len(far.owner.questions) == 4
        assert parted.rows() == direct.rows()
        assert parted.certificate.as_of == direct.certificate.as_of
    at = far.owner.clock.now.isoformat()
    sql = f"select count(*) from sales for system_time as of '{at}' as s where s.qty > 3"
    parted, direct = _both(far, sql)
    assert len(far.owner.questions) == 4
    assert parted.rows() == direct.rows()
    assert parted.certificate.as_of == direct.certificate.as_of
    assert list(parted.certificate.tables) == list(direct.certificate.tables)
    with pytest.raises(Invalid, match="one shard"):
        far.sql("select count(*) from sales", as_of=3)


def test_now_is_one_instant_in_all_shards(far: Shop) -> None:
    sql = "select min(now()), max(now()), min(current_date) = max(current_date) from sales"
    low, high, same = far.sql(sql).rows()[0]
    assert far.owner.questions
    assert low == high
    assert same


def test_a_query_that_feeds_a_statement_is_read_directly(fresh: Shop) -> None:
    fresh.owner.pushes_down = True
    assert fresh.rows(
        "insert into products (product, qty) select product, count(*) from sales group by 1"
    ) == [(5, 0)]
    assert not fresh.owner.questions


def test_a_column_of_which_a_shard_has_not_heard_is_read_directly(fresh: Shop) -> None:
    later = pa.table({"later": pa.array([], pa.int64())})
    fresh.owner.shards["shard-0"].append([Append("sales", later)])
    fresh.owner.pushes_down = True
    assert fresh.rows("select count(later), count(*) from sales") == [(0, 60)]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("select sum(product) from sales", Invalid),
        ("select count(nosuch) from sales", NotFound),
        ("select product, count(*) from sales", Invalid),
        ("select count(*) from sales group by sum(qty)", Invalid),
        ("select count(*) from nosuch", NotFound),
        ("select count(*) from sales where product::int > 3", Invalid),
        ("select count(*) from sales order by nosuch", NotFound),
    ],
)
def test_errors_are_those_of_the_direct_way(far: Shop, sql: str, kind: type[Error]) -> None:
    messages = []
    for far.owner.pushes_down in (False, True):
        with pytest.raises(kind) as raised:
            far.sql(sql)
        # Of several rows that can't be cast, which is met first is up to the engine's threads.
        messages.append(re.sub(r"'p\d+'", "'p?'", str(raised.value)))
    assert messages[0] == messages[1]


def test_limits_hold_in_the_shards(far: Shop) -> None:
    with pytest.raises(Unavailable):
        far.sql("select count(*), max(hash(s.qty + r.range)) from sales s, range(100000000) r", timeout=0.2)
    cancel = Cancel()
    cancel()
    with pytest.raises(Unavailable, match="cancelled"):
        far.sql("select count(*) from sales", cancel=cancel)


def test_explain_tells_what_the_shards_are_asked(far: Shop) -> None:
    told = far.router.explain("select product, avg(qty) from sales group by 1 order by 2 limit 3")
    assert "aggregated by 4 shards" in told
    assert 'in each: SELECT product AS "key$0", sum(qty) AS "part$0", count(qty) AS "part$1"' in told
    assert 'merged: SELECT "key$0", "merged$0" FROM "merged$" ORDER BY 2 LIMIT 3' in told
    assert "table sales, reads 4 of 4 shards" in told
    assert "aggregated" not in far.router.explain("select median(qty) from sales")
