"""Dollars start parameters and enclose strings, whatever stands next to them."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Shop


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        ("select $1,$2", [1, 2], (1, 2)),
        ("select $a+$b", {"a": 1, "b": 2}, (3,)),
        ("select greatest($a,$b)||'!'", {"a": "x", "b": "y"}, ("y!",)),
        ("select count(*) from sales where product = $p and region = ''", {"p": "p1"}, (0,)),
        ("select $a||$$it's$$", {"a": "so "}, ("so it's",)),
        ("select $tag$it''s $1$tag$||$a", {"a": "!"}, ("it''s $1!",)),
        ("select '$a$'||$a||'$b$'", {"a": 1}, ("$a$1$b$",)),
        ("select sum(qty) from sales for system_time as of $1 where qty>$2", ["2025-01-01", 0], (None,)),
    ],
)  # fmt: skip
def test_a_parameter_and_a_string(shop: Shop, sql: str, params: Any, expected: tuple[Any, ...]) -> None:
    assert shop.rows(sql, params) == [expected]
