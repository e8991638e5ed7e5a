"""Random groups and conditions over awkward values: where Daft has a part, the answer is DuckDB's."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Error

from ..conftest import Shop
from .conftest import needs_daft
from .test_values import FLOATS, GREAT

pytestmark = needs_daft

ROWS = 40
VALUES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "f": (pa.float64(), FLOATS),
    "n": (pa.int64(), GREAT),
    "i": (pa.int64(), [None, -3, -1, 0, 1, 2, 7, 100]),
    "s": (pa.int32(), [None, -2, 0, 1, 2, 3]),
    "ok": (pa.bool_(), [True, False, None]),
    "d": (pa.decimal128(10, 2), [None, *map(Decimal, ("-1.25", "0.00", "0.50", "3.75", "99.99"))]),
    "e": (pa.decimal128(7, 3), [None, *map(Decimal, ("-1.250", "0.001", "3.750"))]),
    "day": (pa.date32(), [None, date(1969, 12, 31), date(1970, 1, 1), date(2026, 2, 28)]),
    "m": (pa.timestamp("us"), [None, datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(2026, 1, 1)]),
    "t": (pa.string(), [None, "", "a", "A", "ab", "é", "a%", "_"]),
}
SIGNS = ("=", "<>", "<", ">", "<=", ">=")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    chance = random.Random(7)
    rows = pa.table({n: pa.array(chance.choices(v, k=ROWS), t) for n, (t, v) in VALUES.items()})
    shop = Shop(tmp_path_factory.mktemp("random"))
    shop.owner.write("odd", rows.slice(0, 15))
    shop.owner.flush("odd")
    shop.owner.archive("odd")
    shop.owner.write("odd", rows.slice(15, 15))
    shop.owner.flush("odd")
    shop.owner.write("odd", rows.slice(30))
    yield shop
    shop.engine.close()


@pytest.mark.parametrize("seed", range(6))
def test_random_statements_answer_alike(odd: Shop, seed: int) -> None:
    chance, by_daft = random.Random(seed), 0
    for _ in range(25):
        sql = _statement(chance)
        expected, found = _answer(odd, sql, "duckdb"), _answer(odd, sql, "daft")
        if isinstance(expected, type) or isinstance(found, type):
            assert expected == found, sql
            continue
        by_daft += found.engine == "daft"
        assert found.schema == expected.schema, sql
        assert _alike(found.rows(), expected.rows()), sql
    assert by_daft > 4


def _answer(shop: Shop, sql: str, engine: str) -> Any:
    """The result, or the kind of error."""
    try:
        return shop.sql(sql, engine=engine)
    except Error as error:
        return type(error)


def _alike(mine: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> bool:
    pairs = zip(sorted(mine, key=_order), sorted(other, key=_order), strict=True)
    return all(_near(a, b) for left, right in pairs for a, b in zip(left, right, strict=True))


def _order(row: tuple[Any, ...]) -> list[str]:
    return [f"{v:.6g}" if isinstance(v, float) else f"{v}" if v is not None else "~" for v in row]


def _near(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        both_nan = math.isnan(a) and math.isnan(b)
        return both_nan or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)


def _statement(chance: random.Random) -> str:
    keys = [_key(chance) for _ in range(chance.randint(0, 2))]
    shown = ", ".join([*keys, *(_aggregate(chance) for _ in range(chance.randint(1, 3)))])
    where = f" where {_condition(chance, 0)}" if chance.random() < 0.7 else ""
    return f"select {shown} from odd{where}" + (" group by all" if keys else "")


def _key(chance: random.Random) -> str:
    case = f"case when {_condition(chance, 1)} then 'x' else t end"
    return chance.choice(["i", "s", "ok", "d", "day", "m", "t", _number(chance, 1), case])


def _aggregate(chance: random.Random) -> str:
    name = chance.choice(
        ["count", "sum", "avg", "min", "max", "count(distinct t", "max(day", "min(m", "min(t"]
    )
    called = f"{name})" if "(" in name else f"{name}({_number(chance, 1)})"
    return called + (f" filter (where {_condition(chance, 1)})" if chance.random() < 0.2 else "")


def _number(chance: random.Random, depth: int) -> str:
    deeper = depth + 1
    if depth > 2 or chance.random() < 0.55:
        return chance.choice(["i", "s", "d", "e", "f", "n", "1", "-3", "0", "0.5", "1.25", "2e0"])
    forms = [
        lambda: f"({_number(chance, deeper)} {chance.choice('+-*')} {_number(chance, deeper)})",
        lambda: f"({_number(chance, deeper)} / {chance.choice(['2', '4.0', '-3'])})",
        lambda: f"coalesce({_number(chance, deeper)}, {_number(chance, deeper)})",
        lambda: f"(-{_number(chance, deeper)})",
        lambda: chance.choice(["year(day)", "month(m)", "extract(day from m)"]),
        lambda: f"case when {_condition(chance, deeper)} then {_number(chance, deeper)} end",
    ]
    return chance.choices(forms, weights=[5, 1, 1, 1, 1, 2])[0]()


def _condition(chance: random.Random, depth: int) -> str:
    deeper, sign = depth + 1, chance.choice(SIGNS)
    forms = [
        lambda: f"{_number(chance, deeper)} {sign} {_number(chance, deeper)}",
        lambda: f"{_number(chance, deeper)} in ({chance.choice(['1', '1, 2', '0.5, 3', 'null, 1'])})",
        lambda: f"{_number(chance, deeper)} between {_number(chance, deeper)} and {_number(chance, deeper)}",
        lambda: (
            f"t {chance.choice(['like', 'not like', '=', '<'])} '{chance.choice(['a%', '_', 'a', '%b'])}'"
        ),
        lambda: f"day {sign} date '1970-01-01' or m {sign} timestamp '2026-01-01'",
        lambda: chance.choice(["ok", "not ok", "ok is null", "t is not null", "f is null"]),
        lambda: f"({_condition(chance, deeper)} {chance.choice(['and', 'or'])} {_condition(chance, deeper)})",
        lambda: f"not ({_condition(chance, deeper)})",
    ]
    return chance.choices(forms, weights=[4, 1, 1, 2, 1, 1, *((2, 1) if depth < 3 else (0, 0))])[0]()
