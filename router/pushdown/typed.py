"""Values in Daft's SQL with their types, and what may be done with two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ...core.clock import DAY_US, from_micros
from ...core.types import INSTANT, type_name
from ..constants import Value, to_temporal
from ..engine import text_literal

TEXT, BOOL, DATE, TIMESTAMP = pa.string(), pa.bool_(), pa.date32(), pa.timestamp("us")
INT, BIG, DOUBLE = pa.int32(), pa.int64(), pa.float64()

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
TEMPORAL = {DATE: "date", TIMESTAMP: "timestamp", INSTANT: "instant"}
_SMALLEST = "5e-324"
RANGES = {INT: (-(2**31), 2**31 - 1), BIG: (-(2**63), 2**63 - 1)}
_MOST_DIGITS = 38


class Lacks(Exception):
    """What in a statement keeps it from Daft, in words that complete "because of ..."."""


@dataclass(frozen=True, slots=True)
class Typed:
    """`sql`: in Daft's dialect. `low`, `high`: bounds of an integer. `constant`: the value, if it is one."""

    sql: str
    type: pa.DataType
    low: int = 0
    high: int = 0
    constant: Value | None = None


def column(sql: str, arrow: pa.DataType, bounds: tuple[int, int] | None = None) -> Typed:
    """A column as stored; raises `Lacks` for a type that is not compared."""
    known: bool = arrow in (TEXT, BOOL, INT, BIG, DOUBLE, *TEMPORAL) or pa.types.is_decimal128(arrow)
    if not known:
        raise Lacks(f"the type {type_name(arrow)}")
    low, high = bounds or RANGES.get(arrow, (0, 0))
    return Typed(sql, arrow, low, high)


def sql_type(arrow: pa.DataType) -> str:
    names = {TEXT: "varchar", BOOL: "boolean", DOUBLE: "double", INT: "int", BIG: "bigint", DATE: "date"}
    if pa.types.is_decimal128(arrow):
        return f"decimal({arrow.precision},{arrow.scale})"
    if arrow not in names:
        raise Lacks(f"a null {type_name(arrow)}")
    return names[arrow]


def compare(left: Typed, sign: str, right: Typed) -> Typed:
    if left.constant is not None and right.constant is None:
        left, sign, right = right, _MIRRORED.get(sign, sign), left
    left, right = _same_kind(left, right)
    if left.type == DOUBLE:
        return _compare_double(left, sign, right)
    return Typed(f"({left.sql} {sign} {right.sql})", BOOL)


def common(parts: Sequence[Typed]) -> list[Typed]:
    """The same values in one type."""
    if not parts:
        raise Lacks("a value that is always null")
    types = {part.type for part in parts}
    if all(t in RANGES for t in types):
        widest = BIG if BIG in types else INT
        low, high = min(p.low for p in parts), max(p.high for p in parts)
        return [replace(p, type=widest, low=low, high=high) for p in parts]
    if DOUBLE in types and all(is_number(t) for t in types):
        return [as_double(part) for part in parts]
    if all(is_number(t) for t in types):
        return _as_decimals(parts)
    if len(types) > 1:
        raise Lacks("values of different types in one place")
    return list(parts)


def arithmetic(left: Typed, sign: str, right: Typed) -> Typed:
    if not is_number(left.type) or not is_number(right.type):
        raise Lacks(f"`{sign}` of what are no numbers")
    if sign == "/":
        return _divided(left, right)
    if left.type in RANGES and right.type in RANGES:
        return _integer(left, sign, right)
    if DOUBLE in (left.type, right.type):
        return Typed(f"({as_double(left).sql} {sign} {as_double(right).sql})", DOUBLE)
    return _decimal(left, sign, right)


def as_double(part: Typed) -> Typed:
    if part.type == DOUBLE:
        return part
    if part.constant is not None:
        return literal(Value("number", float(part.constant.value)))
    return Typed(f"cast({part.sql} as double)", DOUBLE)


def as_decimal(part: Typed, precision: int, scale: int) -> Typed:
    arrow = pa.decimal128(precision, scale)
    if part.type == arrow:
        return part
    return replace(part, sql=f"cast({part.sql} as decimal({precision},{scale}))", type=arrow)


def decimal_of(part: Typed) -> tuple[int, int]:
    """(digits before the point, digits behind it) that surely hold the value."""
    if part.type in RANGES:
        return len(str(max(abs(part.low), abs(part.high)))), 0
    return part.type.precision - part.type.scale, part.type.scale


# -- constants ------------------------------------------------------------------------------------


def literal(value: Value) -> Typed:
    """A constant; raises `Lacks` for one that Daft's SQL can't say."""
    match value:
        case Value("text", str() as text):
            return Typed(text_literal(text), TEXT, constant=value)
        case Value("date" | "timestamp" | "instant" as kind, int() as since):
            return _temporal(kind, since, value)
        case Value("number", int() as number):
            for arrow, (low, high) in RANGES.items():
                if low <= number <= high:
                    return Typed(str(number), arrow, number, number, value)
        case Value("number", Decimal() as number) if number.is_finite():
            digits, exponent = len(number.as_tuple().digits), int(number.as_tuple().exponent)
            if exponent <= 0 and max(digits, -exponent) <= _MOST_DIGITS:
                arrow = pa.decimal128(max(digits, -exponent), -exponent)
                return Typed(f"cast('{number:f}' as {sql_type(arrow)})", arrow, constant=value)
        case Value("number", float() as number) if math.isfinite(number):
            return Typed(f"cast('{number!r}' as double)", DOUBLE, constant=value)
    raise Lacks(f"the constant {value.value}")


def _temporal(kind: str, since: int, value: Value) -> Typed:
    try:
        moment = from_micros(since * DAY_US if kind == "date" else since)
    except (ValueError, OverflowError):
        raise Lacks("a date outside the calendar") from None
    text = moment.replace(tzinfo=None).isoformat(" ", "microseconds")
    if kind == "date":
        return Typed(f"date '{text[:10]}'", DATE, constant=value)
    if kind == "timestamp":
        return Typed(f"cast('{text}' as timestamp)", TIMESTAMP, constant=value)
    sql = f"to_datetime('{text} +0000', '%Y-%m-%d %H:%M:%S%.f %z', 'UTC')"
    return Typed(sql, INSTANT, constant=value)


# -- forms ----------------------------------------------------------------------------------------


def _same_kind(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both as they are compared by DuckDB."""
    if left.type == right.type:
        return left, right
    if right.constant is not None and left.type in TEMPORAL:
        moved = to_temporal(right.constant, TEMPORAL[left.type])
        # A date is compared with a timestamp as a timestamp, so only midnight is a date.
        if moved is None or (left.type == DATE and right.type != TEXT):
            raise Lacks("this comparison of dates and times")
        return left, literal(moved)
    if not is_number(left.type) or not is_number(right.type):
        raise Lacks("a comparison of different types")
    if left.type == DOUBLE and right.constant is not None:
        return left, as_double(right)
    if DOUBLE in (left.type, right.type):
        raise Lacks("a comparison of a DOUBLE with an exact number")
    if left.type in RANGES and right.type in RANGES:
        return left, right
    first, second = _as_decimals([left, right])
    return first, second


def _compare_double(left: Typed, sign: str, right: Typed) -> Typed:
    if right.constant is None:
        raise Lacks("a comparison of two DOUBLEs")
    if float(right.constant.value) != 0:
        return Typed(f"({left.sql} {sign} {right.sql})", BOOL)
    forms = {
        "<": "({0} <= cast('-{1}' as double))",
        ">": "({0} >= cast('{1}' as double))",
        "<=": "({0} < cast('{1}' as double))",
        ">=": "({0} > cast('-{1}' as double))",
        "=": "({0} > cast('-{1}' as double) and {0} < cast('{1}' as double))",
        "<>": "(not ({0} > cast('-{1}' as double) and {0} < cast('{1}' as double)))",
    }
    return Typed(forms[sign].format(left.sql, _SMALLEST), BOOL)


def _integer(left: Typed, sign: str, right: Typed) -> Typed:
    if sign == "+":
        ends = [left.low + right.low, left.high + right.high]
    elif sign == "-":
        ends = [left.low - right.high, left.high - right.low]
    else:
        ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    arrow = BIG if BIG in (left.type, right.type) else INT
    result = Typed(f"({_signed(left)} {sign} {_signed(right)})", arrow, min(ends), max(ends))
    if not within(result, arrow):
        raise Lacks(f"a check that `{sign}` stays within {type_name(arrow)}")
    return result


def _signed(part: Typed) -> str:
    return f"({part.sql})" if part.sql.startswith("-") else part.sql


def _divided(left: Typed, right: Typed) -> Typed:
    if right.constant is None or right.constant.value == 0:
        raise Lacks("a division by what may be zero")
    return Typed(f"({as_double(left).sql} / {as_double(right).sql})", DOUBLE)


def _decimal(left: Typed, sign: str, right: Typed) -> Typed:
    if sign == "*":
        (whole, scale), (other_whole, other_scale) = decimal_of(left), decimal_of(right)
        if whole + scale + other_whole + other_scale > _MOST_DIGITS:
            raise Lacks("a product of more than 38 digits")
        first = as_decimal(left, max(whole + scale, 1), scale)
        second = as_decimal(right, max(other_whole + other_scale, 1), other_scale)
        arrow = pa.decimal128(first.type.precision + second.type.precision, scale + other_scale)
    else:
        first, second = _as_decimals([left, right])
        if first.type.precision == _MOST_DIGITS:
            raise Lacks("a sum of more than 38 digits")
        arrow = pa.decimal128(first.type.precision + 1, first.type.scale)
    return Typed(f"({first.sql} {sign} {second.sql})", arrow)


def _as_decimals(parts: Sequence[Typed]) -> list[Typed]:
    sizes = [decimal_of(part) for part in parts]
    scale = max(size[1] for size in sizes)
    precision = max(size[0] for size in sizes) + scale
    if precision > _MOST_DIGITS:
        raise Lacks("a number of more than 38 digits")
    return [as_decimal(part, precision, scale) for part in parts]


def is_number(arrow: pa.DataType) -> bool:
    return bool(arrow == DOUBLE or arrow in RANGES or pa.types.is_decimal128(arrow))


def within(part: Typed, arrow: Any) -> bool:
    low, high = RANGES[arrow]
    return low <= part.low and part.high <= high
