"""The key that a constant stands for: exactly the stored value to which SQL would find it equal, or unknown.

A row lies where the hash of its stored value says. A constant may be written in another type (`'5'`, `5.0`,
a date for an instant); only where the comparison is exact for every stored value does it name a key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pyarrow as pa

from ..core.clock import from_micros
from ..core.types import UUID
from .constants import EPOCH, Surroundings, Value, constant, to_temporal
from .prune import of_one_type
from .syntax import Node

_INTEGER = re.compile(r"^-?[0-9]{1,18}$")
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)

_EXACT_DOUBLE = 2**53
_EXACT_FLOAT = 2**24
_SAFE_DIGITS = 15
"""Decimals of that many digits survive the way through a double."""


def key_constants(nodes: Sequence[Node], arrow: pa.DataType, around: Surroundings) -> list[object] | None:
    """The keys of a column of type `arrow` that equal the constants; `None` if one of them is not sure."""
    keys: list[object]
    if arrow == pa.bool_():
        keys = [_boolean(node, around) for node in nodes]
    elif arrow == UUID:
        keys = [_uuid(node, around) for node in nodes]
    else:
        values = [constant(node, around) for node in nodes]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        keys = [key_of(arrow, value) for value in of_one_type(known)]
    return None if any(key is None for key in keys) else keys


def key_of(arrow: pa.DataType, value: Value) -> object | None:
    """The stored value of a column that equals `value`, `None` if that is not sure.

    >>> key_of(pa.int64(), Value("text", "05")), key_of(pa.int64(), Value("number", 2.0**60))
    (5, None)
    """
    t = pa.types
    if t.is_string(arrow):
        return value.value if value.kind == "text" else None
    if t.is_date(arrow) or t.is_timestamp(arrow):
        return _temporal(arrow, value)
    number = _number(value)
    if number is None:
        return None
    if t.is_integer(arrow):
        return number if not isinstance(number, float) or abs(number) < _EXACT_DOUBLE else None
    if t.is_float64(arrow):
        exact = not isinstance(number, int) or abs(number) <= _EXACT_DOUBLE
        return float(number) if exact else None
    if t.is_float32(arrow):
        return float(number) if number == int(number) and -_EXACT_FLOAT <= number <= _EXACT_FLOAT else None
    return _decimal(arrow, number) if t.is_decimal128(arrow) else None


def _number(value: Value) -> int | float | Decimal | None:
    """A number whose every digit takes part in a comparison."""
    match value:
        case Value("text", str(text)) if _INTEGER.match(text):
            return int(text)
        case Value("number", int(number)):
            return number if abs(number) < 10**18 else None
        case Value("number", float(number)):
            return number if math.isfinite(number) else None
        case Value("number", Decimal() as number) if number.is_finite():
            short = len(number.as_tuple().digits) <= _SAFE_DIGITS and _scale(number) <= _SAFE_DIGITS
            return number if short and abs(number) < 10**18 else None
        case _:
            return None


def _decimal(arrow: pa.DataType, number: float | Decimal) -> Decimal | None:
    """DuckDB compares decimals in one that holds both, and as doubles where none does."""
    if isinstance(number, float):
        return Decimal(repr(number)) if arrow.precision <= _SAFE_DIGITS else None
    scale = _scale(number) if isinstance(number, Decimal) else 0
    whole = max(arrow.precision - arrow.scale, 19)
    return Decimal(number) if whole + max(arrow.scale, scale) <= 38 else None


def _scale(number: Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))


def _temporal(arrow: pa.DataType, value: Value) -> object | None:
    try:
        if not pa.types.is_date(arrow):
            wanted = to_temporal(value, "timestamp" if arrow.tz is None else "instant")
            return None if wanted is None else from_micros(wanted.value)
        wanted = to_temporal(value, "date")
        return None if wanted is None else date.fromordinal(wanted.value + EPOCH)
    except (OverflowError, ValueError):
        return None


def _boolean(node: Node, around: Surroundings) -> bool | None:
    if node["class"] == "PARAMETER":
        value = around.parameters.get(node["identifier"])
        return value if isinstance(value, bool) else None
    literal = node.get("literal", {})
    return literal["text"] == "true" if literal.get("kind") == "BOOLEAN" else None


def _uuid(node: Node, around: Surroundings) -> str | None:
    """UUIDs are kept as text in small letters."""
    if node["class"] == "CAST" and node["type_expr"]["type_name"].upper() == "UUID":
        node = node["child"]
    value: object = constant(node, around)
    if node["class"] == "PARAMETER":
        value = around.parameters.get(node["identifier"])
    text = str(value.value if isinstance(value, Value) else value)
    return text.lower() if _UUID.match(text) else None
