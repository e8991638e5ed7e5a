"""Whether two answers are the same: floats within 1e-9, rows in order only where the query orders them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

TOLERANCE = 1e-9

Row = tuple[Any, ...]


def difference(ours: Sequence[Row], theirs: Sequence[Row], *, ordered: bool) -> str | None:
    """What differs, in words; `None` if nothing does."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows instead of {len(theirs)}{_odd_ones(ours, theirs)}"
    if not ordered:
        ours, theirs = sorted(ours, key=_key), sorted(theirs, key=_key)
    for at, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        if not same(mine, other):
            return f"row {at}: {mine!r} instead of {other!r}"
    return None


def same(mine: Any, other: Any) -> bool:
    if isinstance(mine, float) and isinstance(other, float):
        if math.isnan(mine) or math.isnan(other):
            return math.isnan(mine) and math.isnan(other)
        return mine == other or math.isclose(mine, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(mine, list | tuple) and isinstance(other, list | tuple):
        return len(mine) == len(other) and all(map(same, mine, other))
    if isinstance(mine, dict) and isinstance(other, dict):
        return list(mine) == list(other) and all(same(mine[k], other[k]) for k in mine)
    if isinstance(mine, int | Decimal) and isinstance(other, int | Decimal):
        return mine == other and isinstance(mine, bool) == isinstance(other, bool)
    return type(mine) is type(other) and bool(mine == other)


def _key(row: Row) -> tuple[Any, ...]:
    """Exact columns first: a sum that is off by an ulp must not change the order."""
    floats = [v for v in row if isinstance(v, float)]
    exact = ["a float" if isinstance(v, float) else repr(_plain(v)) for v in row]
    return (exact, [(math.isnan(v), v if v == v else 0.0) for v in floats])


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _odd_ones(ours: Sequence[Row], theirs: Sequence[Row]) -> str:
    mine, other = {repr(r) for r in ours}, {repr(r) for r in theirs}
    return f"; only ours: {sorted(mine - other)[:2]}; only theirs: {sorted(other - mine)[:2]}"
