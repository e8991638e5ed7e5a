"""The point in time that an AS OF clause names, once parameters and the clock are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..core.asof import AsOf, AtInstant, AtSequence, AtVersion
from ..core.clock import DAY_US, SECOND_US, parse_instant
from ..core.errors import Invalid
from .constants import Surroundings, Value, constant
from .prepare import PreparedPoint

Evaluate = Callable[[str, tuple[str, ...], Mapping[str, Any]], object]
"""(text, clock functions in it, parameters) -> the value that DuckDB computes."""


def resolve_point(prepared: PreparedPoint, around: Surroundings, evaluate: Evaluate) -> AsOf:
    """Raises `Invalid` if the value is not of the kind that the clause asks for."""
    value: object = constant(prepared.expression, around)
    if value is None:
        value = evaluate(prepared.source.text, prepared.bound.clock, around.parameters)
    kind = prepared.point.kind
    written = prepared.point.expression
    if kind == "TIMESTAMP":
        return AtInstant(_instant(value, written))
    number = _whole(value.value if isinstance(value, Value) else value, written, kind)
    if kind == "OFFSET":
        return AtInstant(around.now_us + number * SECOND_US)
    if number < 0:
        raise Invalid(f"AS OF {kind} is not negative: {written}", hint="count from 0")
    return AtVersion(number) if kind == "VERSION" else AtSequence(number)


def _instant(value: object, written: str) -> int:
    match value:
        case Value("date", days):
            return int(days) * DAY_US
        case Value("timestamp" | "instant", micros):
            return int(micros)
        case Value("text", text):
            return parse_instant(text)
        case str() | datetime() | date():
            return parse_instant(value)
    raise Invalid(
        f"AS OF TIMESTAMP needs an instant, not {written}", hint="write TIMESTAMP '2026-11-01 10:00'"
    )


def _whole(value: object, written: str, kind: str) -> int:
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return int(value)
    if isinstance(value, int | float | Decimal) and value == int(value):
        return int(value)
    raise Invalid(f"AS OF {kind} needs a whole number, not {written}", hint=f"write AS OF {kind} 41")
