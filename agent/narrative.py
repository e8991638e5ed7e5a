"""An answer in a sentence or two, from its rows alone: nothing is said that they do not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

Row = Sequence[object]

_SHOWN = 3


def narrative(columns: Sequence[str], rows: Sequence[Row], *, truncated: bool) -> str:
    """
    >>> narrative(["count"], [(5,)], truncated=False)
    'count is 5.'
    >>> narrative(["region", "revenue"], [("eu", 40.0), ("us", 10.0)], truncated=False)
    '2 rows. Highest revenue: eu with 40; lowest: us with 10.'
    >>> narrative(["region", "orders"], [("eu", 3), ("us", 3)], truncated=False)
    '2 rows, each with orders 3.'
    """
    if not rows:
        return "There are none."
    if len(rows) == 1:
        named = ", ".join(f"{name} is {shown(value)}" for name, value in zip(columns, rows[0], strict=True))
        return f"{named}."
    start = f"More than {len(rows):,} rows" if truncated else f"{len(rows):,} rows"
    measured = _measure(rows)
    if measured is None:
        first = ", ".join(shown(row[0]) for row in rows[:_SHOWN])
        return f"{start}: {first}" + (", ..." if len(rows) > _SHOWN or truncated else ".")
    label, measure = measured
    values = [(row[measure], row) for row in rows if row[measure] is not None]
    high, low = max(values, key=lambda v: _key(v[0])), min(values, key=lambda v: _key(v[0]))
    if high[0] == low[0]:
        return f"{start}, each with {columns[measure]} {shown(high[0])}."
    return (
        f"{start}. Highest {columns[measure]}: {shown(high[1][label])} with {shown(high[0])};"
        f" lowest: {shown(low[1][label])} with {shown(low[0])}."
    )


def _measure(rows: Sequence[Row]) -> tuple[int, int] | None:
    """(the column that names a row, the last one that is a number), if there are both."""
    numeric = [at for at in range(len(rows[0])) if all(_is_number(row[at]) for row in rows)]
    measure = numeric[-1] if numeric else None
    label = next((at for at in range(len(rows[0])) if at != measure), None)
    if measure is None or label is None or all(row[measure] is None for row in rows):
        return None
    return label, measure


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _key(value: object) -> float:
    return float(str(value))


def shown(value: object) -> str:
    """A value as people write it."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix("+00:00").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, date) else str(value)
