"""Only the shards that can hold a row are asked, and leaving the others out never changes an answer."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Error
from thermocline.core.owners import Append
from thermocline.core.sharding import ShardMap, new_shard_map
from thermocline.core.types import UUID
from thermocline.router.query import Router

from ...conftest import FakeClock
from .conftest import Shop
from .owner import ShardedOwner

START = datetime(2026, 3, 1, tzinfo=UTC)

SIDES: dict[str, tuple[pa.DataType, list[Any], list[str]]] = {
    "int": (
        pa.int64(),
        [0, 1, -7, 2**53, 2**53 + 1, 2**62, None],
        ["0", "1", "-7", "'1'", "'01'", "1.0", "1.5", "1e0", "9007199254740993", "9007199254740992e0",
         "4611686018427387904", "true", "1::double", "'1'::bigint", "0.1e1", "-7.00"],
    ),
    "small": (pa.int32(), [0, 1, -7, 2**31 - 1, None], ["0", "1", "'-7'", "2147483647", "1.0", "1e0"]),
    "double": (
        pa.float64(),
        [0.0, -0.0, 0.1, 1.0, 1e300, 0.1 + 0.2, float(2**53), float("nan"), float("inf"), None],
        ["0", "-0.0", "0.1", "1", "1e0", "'1'", "'0.1'", "1e300", "0.3", "0.30000000000000004", "3e-1",
         "9007199254740993", "'nan'", "'inf'::double", "1::decimal(5,2)", "0.1::float"],
    ),
    "float": (
        pa.float32(), [0.0, 0.1, 1.0, 16777216.0, None],
        ["0", "0.1", "1", "'1'", "16777217", "1.0", "0.1::float"]
    ),
    "money": (
        pa.decimal128(10, 2),
        [Decimal("0.00"), Decimal("1.00"), Decimal("1.25"), Decimal("-3.10"), None],
        ["0", "1", "1.0", "1.25", "1.250", "'1.25'", "'1'", "1.25e0",
         "-3.1", "1.254", "'1.254'", "-3.1::double"],
    ),
    "huge": (
        pa.decimal128(38, 4),
        [Decimal(1), Decimal("1.25"), Decimal("12345678901234567890.1234"), None],
        ["1", "1.25", "1.25e0", "12345678901234567890.1234", "12345678901234567890.1234::double",
         "1.2500001"],
    ),
    "text": (
        pa.string(),
        ["", "a", "A", "ü", "5", "05", "it's", None],
        ["''", "'a'", "'A'", "'ü'", "'5'", "5", "'it''s'", "'a'::varchar", "'a' collate nocase", "'a' || ''"],
    ),
    "day": (
        pa.date32(),
        [date(2026, 1, 5), date(1969, 12, 31), date(2026, 1, 6), None],
        ["'2026-01-05'", "date '2026-01-05'", "timestamp '2026-01-05'", "timestamp '2026-01-05 12:00'",
         "timestamptz '2026-01-05 02:00+02'", "'1969-12-31'", "date '2026-01-04' + 1",
         "date '2026-01-04' + interval 1 day", "'2026-1-5'"],
    ),
    "moment": (
        pa.timestamp("us"),
        [datetime(2026, 1, 5), datetime(2026, 1, 5, 12, 0, 0, 1), datetime(1969, 12, 31, 23), None],
        ["'2026-01-05'", "date '2026-01-05'", "timestamp '2026-01-05 12:00:00.000001'",
         "timestamptz '2026-01-05 02:00+02'", "'2026-01-05 00:00:00'", "timestamp '1969-12-31 23:00'"],
    ),
    "instant": (
        pa.timestamp("us", "UTC"),
        [datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5, 12, tzinfo=UTC), None],
        ["'2026-01-05'", "date '2026-01-05'", "timestamptz '2026-01-05 02:00+02'",
         "timestamp '2026-01-05 12:00'", "'2026-01-05 13:00+01'", "'2026-01-05T12:00:00Z'"],
    ),
    "flag": (pa.bool_(), [True, False, None], ["true", "false", "'true'", "1", "not true"]),
    "uuid": (
        UUID,
        [uuid.UUID(int=n) for n in (1, 2, 0xABCDEF)] + [None],
        [f"'{uuid.UUID(int=1)}'", f"'{uuid.UUID(int=0xABCDEF)}'::uuid",
         f"'{str(uuid.UUID(int=0xABCDEF)).upper()}'",
         f"'{uuid.UUID(int=2).hex}'", f"'{{{uuid.UUID(int=2)}}}'"],
    ),
}  # fmt: skip
"""Type of the key, values stored, constants that it is compared with."""


class Pair:
    """The same rows in eight shards and in one: what the one answers is right."""

    def __init__(self, folder: Path, shard_map: ShardMap, rows: pa.Table | list[dict[str, Any]]) -> None:
        self.many = _owner(folder / "many", shard_map)
        self.one = _owner(folder / "one", ShardMap())
        for owner in (self.many, self.one):
            owner.write("t", rows)
        self.routers = (self.many.router(), self.one.router())

    def agree(self, sql: str, params: Any = None) -> list[str] | None:
        """Compares the answers; returns the shards that were asked, `None` for what is no valid statement."""
        self.many.asked.clear()
        many, one = (_answer(router, sql, params) for router in self.routers)
        assert many == one, sql
        return None if isinstance(one, str) else sorted(s for call in self.many.asked for s in call)

    def close(self) -> None:
        self.many.close()
        self.one.close()


def _owner(folder: Path, shard_map: ShardMap) -> ShardedOwner:
    folder.mkdir()
    return ShardedOwner(folder, shard_map, FakeClock(), random.Random(3).randbytes)


def _answer(router: Router, sql: str, params: Any) -> object:
    try:
        return sorted(router.sql(sql, params).rows(), key=repr)
    except Error as error:
        return error.kind


@pytest.fixture(scope="module", params=SIDES)
def typed(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Pair]]:
    arrow, values, _ = SIDES[request.param]
    rows = pa.table({"k": pa.array(values, arrow), "n": range(len(values))})
    pair = Pair(tmp_path_factory.mktemp(request.param), new_shard_map(8, key="k"), rows)
    yield request.param, pair
    pair.close()


def test_a_constant_finds_its_rows_however_it_is_written(typed: tuple[str, Pair]) -> None:
    name, pair = typed
    pruned = 0
    for constant in SIDES[name][2]:
        for condition in ("k = {}", "{} = t.k", "k in ({})", "not k <> {}"):
            asked = pair.agree(f"select n from t where {condition.format(constant)}")
            pruned += asked is not None and len(asked) == 1
    assert pruned >= 3


def test_a_parameter_finds_its_rows_whatever_its_type(typed: tuple[str, Pair]) -> None:
    name, pair = typed
    values = [value for _, stored, _ in SIDES.values() for value in stored if value is not None]
    for value in values:
        pair.agree("select n from t where k = ?", [value])
    own = next(value for value in SIDES[name][1] if value is not None)
    assert len(pair.agree("select n from t where k = ?", [own]) or ()) == 1


def test_mixed_lists_and_bushy_conditions_lose_nothing(typed: tuple[str, Pair]) -> None:
    name, pair = typed
    chance = random.Random(name)
    constants = SIDES[name][2]
    for _ in range(6):
        first, second, third = (chance.choice(constants) for _ in range(3))
        for condition in (
            f"k in ({first}, {second}, {third})",
            f"k = {first} or k = {second}",
            f"(k = {first} or k in ({second}, {third})) and n >= 0",
            f"k = {first} and k = {second}",
            f"k = {first} or n = 2",
            f"k is not distinct from {first}",
            f"k not in ({first}, {second})",
            f"(k = {first}) is not true",
            f"case when k = {first} then true else n = 1 end",
        ):
            pair.agree(f"select n from t where {condition}")


def test_joins_prune_each_side_by_its_own_conditions(shop: Shop) -> None:
    for sql in (
        "select count(*) from sales s join products p using (product) where s.product = 'p1'",
        "select count(*) from products p left join sales s on s.product = p.product and s.product = 'p1'",
        "select count(*) from products p left join sales s on p.product = 'p1' and s.product = p.product",
        "select count(*) from sales a, sales b where a.product = 'p1' and b.product = 'p2'",
        "select count(*) from products where product in (select product from sales where product = 'p3')",
        "with product as (select 'p1' as product) select count(*) from product",
        "select count(*) from sales where exists (select 1 from products where product = 'p1' and qty = 1)",
        "select count(*) from (select 'p1' as product) x join sales on x.product = 'p1'",
        "select product, count(*) from sales where product = 'p1' group by all having product = 'p1'",
        "select count(*) from sales as s(product, region) where product = 'p1'",
    ):
        found = shop.sql(sql)
        assert found.rows() == shop.plain.sql(sql).fetchall(), sql
        found.certificate.verify()


def test_a_shard_gives_one_cut_for_all_tables_of_a_statement(shop: Shop) -> None:
    shop.owner.asked.clear()
    shop.rows("select count(*) from sales join products using (product) where sales.product = 'p1'")
    assert sorted(s for call in shop.owner.asked for s in call) == list(shop.owner.map.names)


def test_streams_lie_where_their_name_says(tmp_path: Path) -> None:
    rows = [{"n": n, "_stream": f"s{n % 9}" if n % 4 else None} for n in range(60)]
    pair = Pair(tmp_path, new_shard_map(8, by="hash"), rows)
    assert len(pair.agree("select n from t where _stream = 's3'") or ()) == 1
    assert len(pair.agree("select n from t where t._stream in ('s3', 's3') and n > 5") or ()) == 1
    assert len(pair.agree("select n from t where _stream is null") or ()) == 8
    assert len(pair.agree("select n from t where _id = 's3'") or ()) == 8
    pair.close()


def test_a_narrow_range_of_time_touches_few_shards(tmp_path: Path) -> None:
    rows = [{"n": n, "_time": START + timedelta(minutes=17 * n)} for n in range(400)]
    pair = Pair(tmp_path, new_shard_map(64, by="hour"), rows)
    few = [
        "_time = timestamptz '2026-03-01 00:17:00Z'",
        "_time >= '2026-03-02' and _time < '2026-03-02 02:00:00'",
        "_time between timestamptz '2026-03-02 00:00Z' and timestamp '2026-03-02 01:59:59'",
        "'2026-03-02 01:00:00' > _time and _time > timestamp '2026-03-02' and n > 3",
        "_time in (timestamp '2026-03-01 00:17:00', timestamp '2026-03-01 00:34:00')",
        "(_time = '2026-03-01 00:17:00' or _time = '2026-03-01 01:08:00') and n < 100",
        "_time >= '2026-03-02' and _time < '2026-03-01'",
    ]
    for condition in few:
        assert 1 <= len(pair.agree(f"select n from t where {condition}") or ()) <= 3, condition
    assert len(pair.agree("select n from t where _time::date = '2026-03-02'") or ()) <= 24
    for condition in ("_time > '2026-03-02'", "_time < '2026-03-02'", "not _time < '2026-03-02'",
                      "_time >= '2026-03-01' and _time < '2026-03-04'",
                      "_time < '2026-03-02' or n = 1"):  # fmt: skip
        assert len(pair.agree(f"select n from t where {condition}") or ()) == 64, condition
    pair.close()


def test_regions_are_shards(tmp_path: Path) -> None:
    shard_map = new_shard_map(by="region", key="country", regions={"DE": "eu", "US": "us", "FR": "eu"})
    rows = [{"country": country, "n": n} for n, country in enumerate(["DE", "US", "FR", "DE"])]
    pair = Pair(tmp_path, shard_map, rows)
    assert pair.agree("select n from t where country = 'US'") == ["shard-1"]
    assert pair.agree("select n from t where country in ('DE', 'FR')") == ["shard-0", "shard-2"]
    assert pair.agree("select n from t where country = 'XX'") == ["shard-0"]
    assert pair.agree("select n from t where country <> 'US'") == list(shard_map.names)
    pair.close()


def test_rows_from_before_a_split_are_found(tmp_path: Path) -> None:
    shard_map = new_shard_map(2, key="k")
    pair = Pair(tmp_path, shard_map, [{"k": n, "n": n} for n in range(40)])
    pair.many.set_map(shard_map.split("shard-1"))
    for owner in (pair.many, pair.one):
        owner.write("t", [{"k": n, "n": n + 100} for n in range(40)])
    asked = {tuple(pair.agree(f"select n from t where k = {n}") or ()) for n in range(40)}
    assert asked == {("shard-0",), ("shard-1", "shard-2"), ("shard-1", "shard-3")}
    pair.close()


def test_a_column_that_a_pruned_query_names_is_known_though_its_shard_never_saw_it(tmp_path: Path) -> None:
    pair = Pair(tmp_path, new_shard_map(4, key="k"), [{"k": n, "n": n} for n in range(20)])
    later = Append("t", pa.table({"later": pa.array([], pa.float64())}))
    for owner in (pair.many, pair.one):
        owner.shards["shard-0"].append([later])
        owner.write("t", [{"k": 100, "n": 100}])
    for n in range(20):
        assert len(pair.agree(f"select n, later from t where k = {n}") or ()) == 1
        assert len(pair.agree(f"select * from t where k = {n}") or ()) == 1
    assert pair.agree("select n, later, _tier from t order by n limit 3") is not None
    pair.many.flush("t", "shard-1", "shard-2")
    assert pair.agree("select max(later), count(*) from t") is not None
    pair.close()


def test_a_table_that_replaced_another_is_not_pruned_by_the_new_ones_key(tmp_path: Path) -> None:
    pair = Pair(tmp_path, new_shard_map(4, key="k"), [{"k": n, "n": n} for n in range(20)])
    before = pair.many.clock.now
    for owner in (pair.many, pair.one):
        owner.clock.advance(days=1)
        owner.drop_table("t")
        owner.write("t", [{"k": f"{n}", "n": n} for n in range(20)])
    for n in range(20):
        sql = f"select n from t for system_time as of '{before.isoformat()}' where k = '{n}'"
        pair.agree(sql)
        assert pair.routers[0].sql(sql).rows() == [(n,)]
        pair.agree(f"select n from t where k = '{n}'")
    pair.close()
