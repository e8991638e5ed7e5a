"""Which files can hold a row that a condition lets through, judged by their statistics. In doubt, all.

A condition is a tree of DuckDB's. What is understood: comparisons, BETWEEN and IN of a column with constants,
also under `::date`, `date_trunc` and `year()`, joined by AND and OR. All of these are false or unknown for
NULL, so a file in which the column is missing cannot match.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..core.clock import DAY_US
from .constants import Surroundings, Value, constant, to_temporal
from .file_table import FileTable, Mask
from .syntax import Node

Array = NDArray[Any]

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
COMPARISONS = {
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_EQUAL": "=",
}
_MOST_INT = 2**63 - 1
_DIGITS = re.compile(r"^-?[0-9]{1,30}$")
_WEEK_US = 7 * DAY_US
_MONDAY_US = 4 * DAY_US
"""1970-01-05 was a Monday."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table under judgement. `absent`: the files whose schema version lacks it.

    `tier`: set instead for the column that says in which tier a row lies.
    """

    field_id: int
    type: pa.DataType
    absent: frozenset[int] = frozenset()
    tier: bool = False


Resolve = Callable[[tuple[str, ...]], Column | None]
"""The column that a reference means, `None` if it may be another table's."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the files of one tier of one table reference."""

    files: FileTable
    tier: str
    resolve: Resolve
    around: Surroundings

    def may_match(self, node: Node) -> Mask | None:
        """True for every file that could hold a matching row; `None` if nothing is known."""
        kind = node["type"]
        if kind in ("CONJUNCTION_AND", "CONJUNCTION_OR"):
            return self._conjunction([self.may_match(child) for child in node["children"]], kind)
        if kind in COMPARISONS:
            return self._comparison(node, COMPARISONS[kind])
        if kind == "COMPARE_BETWEEN" and node["class"] == "BETWEEN":
            tests = self._tests(node["input"], [(">=", node["lower"]), ("<=", node["upper"])])
            return self._conjunction(tests, "CONJUNCTION_AND") if tests else None
        if kind == "COMPARE_IN" and node["class"] == "OPERATOR":
            tests = self._tests(node["children"][0], [("=", item) for item in node["children"][1:]])
            return self._conjunction(tests, "CONJUNCTION_OR") if tests else None
        return None

    def must_match(self, node: Node) -> Mask | None:
        """True for files all of whose rows match; known for comparisons of columns that are never null."""
        kind = node["type"]
        if kind == "CONJUNCTION_AND":
            masks = [self.must_match(child) for child in node["children"]]
            known = [mask for mask in masks if mask is not None]
            return np.logical_and.reduce(known) if len(known) == len(masks) else None
        if kind in COMPARISONS and COMPARISONS[kind] in _OPPOSITE:
            fails = self._comparison(node, _OPPOSITE[COMPARISONS[kind]])
            return None if fails is None else ~fails
        if kind == "COMPARE_BETWEEN" and node["class"] == "BETWEEN":
            tests = self._tests(node["input"], [("<", node["lower"]), (">", node["upper"])])
            outside = self._conjunction(tests, "CONJUNCTION_OR") if tests else None
            return None if outside is None else ~outside
        return None

    def _conjunction(self, masks: Sequence[Mask | None], kind: str) -> Mask | None:
        known = [mask for mask in masks if mask is not None]
        if kind == "CONJUNCTION_OR":
            return np.logical_or.reduce(known) if len(known) == len(masks) else None
        return np.logical_and.reduce(known) if known else None

    def _comparison(self, node: Node, op: str) -> Mask | None:
        tests = self._tests(node["left"], [(op, node["right"])])
        tests = tests or self._tests(node["right"], [(FLIPPED[op], node["left"])])
        return tests[0] if tests else None

    def _tests(self, subject: Node, wanted: Sequence[tuple[str, Node]]) -> list[Mask | None] | None:
        """`subject op constant` for each; `None` if the subject is no column or a constant is not known."""
        found = column_of(subject)
        column = self.resolve(found[0]) if found else None
        if found is None or column is None:
            return None
        values = [constant(node, self.around) for _, node in wanted]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return [
            self._compare(column, found[1], op, value)
            for (op, _), value in zip(wanted, of_one_type(known), strict=True)
        ]

    def _compare(self, column: Column, transform: str, op: str, value: Value) -> Mask | None:
        if column.tier:
            if transform or value.kind != "text":
                return None
            tiers = np.full(len(self.files), self.tier, object)
            return _between(tiers, tiers, op, value.value, value.value, exact=True)
        absent = np.isin(self.files.versions, list(column.absent)) if column.absent else None
        bounds = self.files.bounds(column.field_id)
        known = (
            None if bounds is None else _range_test(column.type, transform, op, value, bounds[0], bounds[1])
        )
        if known is None:
            return None if absent is None else ~absent
        assert bounds is not None
        mask = known | ~bounds[2]
        return mask if absent is None else mask & ~absent


def of_one_type(values: list[Value]) -> list[Value]:
    """BETWEEN and IN compare in one type: if that is DOUBLE, integers beyond 2^53 lose their last digits."""
    if not any(isinstance(value.value, float) for value in values):
        return values
    numbers = [_number(value) for value in values]
    return [
        value if number is None else Value("number", float(number))
        for value, number in zip(values, numbers, strict=True)
    ]


def column_of(node: Node) -> tuple[tuple[str, ...], str] | None:
    """(names, transform) of `col`, `col::date`, `date_trunc('month', col)`, `year(col)`."""
    if node["class"] == "COLUMN_REF":
        return tuple(node["column_names"]), ""
    if node["class"] == "CAST" and not node.get("try_cast"):
        inner = node["child"]
        if node["type_expr"]["type_name"].upper() == "DATE" and inner["class"] == "COLUMN_REF":
            return tuple(inner["column_names"]), "date"
    if node["class"] == "FUNCTION":
        arguments = [argument["expression"] for argument in node.get("arguments", ())]
        name = node["function_name"].lower()
        if name == "year" and len(arguments) == 1:
            return _column_under(arguments[0], "year of")
        if name in ("date_trunc", "datetrunc", "date_part") and len(arguments) == 2:
            unit = arguments[0].get("literal", {}).get("text", "").lower()
            if name != "date_part":
                return _column_under(arguments[1], f"trunc {unit}")
            return _column_under(arguments[1], "year of") if unit == "year" else None
    return None


def _column_under(node: Node, transform: str) -> tuple[tuple[str, ...], str] | None:
    return (tuple(node["column_names"]), transform) if node["class"] == "COLUMN_REF" else None


def _range_test(
    arrow: pa.DataType, transform: str, op: str, value: Value, low: Array, high: Array
) -> Mask | None:
    """Whether a value within [low, high] can satisfy `op value`, per file."""
    t = pa.types
    if t.is_timestamp(arrow) or t.is_date(arrow):
        return _temporal_test(arrow, transform, op, value, low, high)
    if transform:
        return None
    if t.is_integer(arrow):
        return _integer_test(op, value, low, high)
    if t.is_floating(arrow):
        return _float_test(op, value, low, high)
    if t.is_string(arrow) and value.kind == "text" and low.dtype == object:
        return _between(low, high, op, value.value, value.value, exact=True)
    return None


def _integer_test(op: str, value: Value, low: Array, high: Array) -> Mask | None:
    number = _number(value)
    if number is None or low.dtype != np.int64:
        return None
    if isinstance(number, float):
        # DuckDB compares as doubles, so integers that round to the same double are equal to it.
        slack = abs(number) * 2**-52 + 1
        first, last = math.floor(number - slack), math.ceil(number + slack)
    else:
        first, last = math.floor(number), math.ceil(number)
    exact = isinstance(number, int) and abs(number) < _MOST_INT
    return _between(low, high, op, _clamped(first), _clamped(last), exact=exact)


def _float_test(op: str, value: Value, low: Array, high: Array) -> Mask | None:
    number = _number(value)
    if number is None or low.dtype != np.float64:
        return None
    # With a FLOAT column, the constant is rounded to FLOAT or the column is widened: allow for either.
    with np.errstate(over="ignore"):
        both = (float(number), float(np.float32(float(number))))
    first, last = math.nextafter(min(both), -math.inf), math.nextafter(max(both), math.inf)
    return _between(low, high, op, first, last, exact=False)


def _temporal_test(
    arrow: pa.DataType, transform: str, op: str, value: Value, low: Array, high: Array
) -> Mask | None:
    if low.dtype != np.int64:
        return None
    days = pa.types.is_date(arrow)
    if transform == "year of":
        if value.kind != "number":
            return None
        unit = "datetime64[D]" if days else "datetime64[us]"
        years = [bound.view(unit).astype("datetime64[Y]").astype(np.int64) + 1970 for bound in (low, high)]
        return _integer_test(op, value, years[0], years[1])
    if days or transform == "date":
        return _date_test(
            op, value, low if days else low // DAY_US, high if days else high // DAY_US, transform
        )
    wanted = to_temporal(value, "timestamp" if arrow.tz is None else "instant")
    if wanted is None:
        return None
    if transform:
        truncate = _truncation(transform.removeprefix("trunc "))
        if truncate is None:
            return None
        low, high = truncate(low), truncate(high)
    return _between(low, high, op, wanted.value, wanted.value, exact=True)


def _date_test(op: str, value: Value, low: Array, high: Array, transform: str) -> Mask | None:
    if transform not in ("", "date"):
        return None
    if value.kind in ("timestamp", "instant"):
        first, last = value.value // DAY_US, -(-value.value // DAY_US)
        return _between(low, high, op, first, last, exact=first == last)
    wanted = to_temporal(value, "date")
    return None if wanted is None else _between(low, high, op, wanted.value, wanted.value, exact=True)


def _truncation(unit: str) -> Callable[[Array], Array] | None:
    """`date_trunc` on microseconds, rising with its argument."""
    if unit == "week":
        return lambda us: (us - _MONDAY_US) // _WEEK_US * _WEEK_US + _MONDAY_US
    if unit == "quarter":
        return lambda us: _months_us(
            us.view("datetime64[us]").astype("datetime64[M]").astype(np.int64) // 3 * 3
        )
    letter = {"year": "Y", "month": "M", "day": "D", "hour": "h", "minute": "m", "second": "s"}.get(unit)
    if letter is None:
        return None
    return lambda us: (
        us.view("datetime64[us]").astype(f"datetime64[{letter}]").astype("datetime64[us]").astype(np.int64)
    )


def _months_us(months: Array) -> Array:
    return months.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)


def _between(low: Array, high: Array, op: str, first: Any, last: Any, *, exact: bool) -> Mask | None:
    """Whether [low, high] meets `op c` for some c in [first, last]; without `exact`, `<` counts as `<=`."""
    strict = op if exact else {"<": "<=", ">": ">="}.get(op, op)
    mask: Mask
    match strict:
        case "<":
            mask = low < last
        case "<=":
            mask = low <= last
        case ">":
            mask = high > first
        case ">=":
            mask = high >= first
        case _:
            mask = (low <= last) & (high >= first)
    return mask.astype(np.bool_)


def _number(value: Value) -> int | float | Decimal | None:
    """A number, or text that is plainly one; NaN sorts above all numbers, so nothing follows from it."""
    number: int | float | Decimal
    if value.kind == "text" and _DIGITS.match(value.value):
        number = int(value.value)
    elif value.kind == "number":
        number = value.value
    else:
        return None
    return number if math.isfinite(number) else None


def _clamped(number: int) -> int:
    return max(-_MOST_INT - 1, min(_MOST_INT, number))
