"""How Python values become the storage form of each column type: which fit, and exactly which do not.

one value    -> `Encoder.one`                    the rules
many values  -> `Encoder.many`, if their types   the same rules, a column at a time
                are all in `Encoder.plain`

An integer goes into DOUBLE or FLOAT if that holds it exactly; a float into DECIMAL as it is written; text
into DATE, TIME, TIMESTAMP, UUID and DECIMAL if all of it parses. Text in a JSON column is JSON text and must
be valid; any other value there is written as JSON. Nothing else is converted: 3.0 is no BIGINT.
"""

from __future__ import annotations

import math
import re
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from ...core.clock import parse_instant
from ...core.types import JSON, UUID, is_vector
from ..hot.codec import NAN, leaf_form, nested_text
from . import json_text
from .infer import kinds_of
from .plain import BUILTIN, plain
from .times import day, exact_instant, instants, micros_of, time_of_day
from .unfit import Unfit, each, unfit

One = Callable[[Any], Any]
Many = Callable[[list[Any], list[Any]], list[Any] | None]


@dataclass(frozen=True)
class Encoder:
    """One column type. `one` takes a value that is not null and raises `Unfit`.

    `many` takes a column and its values that are not null, all of exact types in `plain`; it gives `None`
    where a value may not fit, and leaves finding it to `one`.
    """

    type: pa.DataType
    one: One
    plain: frozenset[type] = frozenset()
    many: Many | None = None

    def column(self, values: list[Any], kinds: set[type] | None = None) -> list[Any]:
        """The storage forms of a column. Raises `Unfit` with the index of the first that does not fit."""
        kinds = kinds_of(values) if kinds is None else kinds
        if not kinds:
            return values
        if self.many is not None and kinds <= self.plain:
            present = [v for v in values if v is not None] if None in values else values
            encoded = self.many(values, present)
            if encoded is not None:
                return encoded
        return each(values, self.one)


def plain_column(values: list[Any], kinds: set[type]) -> tuple[list[Any], set[type]]:
    """The column and its kinds with Python's own types only."""
    if kinds <= BUILTIN:
        return values, kinds
    values = each(values, plain)
    return values, kinds_of(values)


@lru_cache(maxsize=512)
def encoder(type: pa.DataType) -> Encoder:
    """The encoder of a stored type."""
    t = pa.types
    if t.is_boolean(type):
        return Encoder(type, _boolean, frozenset({bool}), _booleans)
    if t.is_integer(type):
        return _integer(type)
    if t.is_float32(type):
        return Encoder(type, _float32)
    if t.is_floating(type):
        return Encoder(type, _float64, frozenset({float}), _float64s)
    if t.is_decimal(type):
        return Encoder(type, _decimal(type))
    if type == pa.string():
        return Encoder(type, _varchar, frozenset({str}), _varchars)
    if type == pa.binary():
        return Encoder(type, _blob)
    if t.is_date(type):
        return Encoder(type, day, frozenset({date}), _days)
    if t.is_time(type):
        return Encoder(type, time_of_day)
    if t.is_timestamp(type):
        return _timestamp(type)
    if type == UUID:
        return Encoder(type, _uuid)
    if type == JSON:
        return Encoder(type, _json)
    if is_vector(type):
        return Encoder(type, _vector(type))
    if t.is_null(type):  # a column in which no value has been seen yet
        return Encoder(type, plain)
    form = _form(type)
    return Encoder(type, lambda value: nested_text(form(value)))


def _boolean(value: Any) -> int:
    if type(value) is bool:
        return int(value)
    raise unfit(value, pa.bool_())


def _booleans(values: list[Any], present: list[Any]) -> list[Any]:
    return list(map(int, values)) if values is present else [None if v is None else int(v) for v in values]


def _integer(arrow: pa.DataType) -> Encoder:
    low, high = -(2 ** (arrow.bit_width - 1)), 2 ** (arrow.bit_width - 1) - 1

    def one(value: Any) -> int:
        if type(value) is int and low <= value <= high:
            return value
        because = "out of range" if type(value) is int else ""
        raise unfit(value, arrow, because)

    def many(values: list[Any], present: list[Any]) -> list[Any] | None:
        return values if low <= min(present) and max(present) <= high else None

    return Encoder(arrow, one, frozenset({int}), many)


def _float64(value: Any) -> float | str:
    if type(value) is float:
        return value if value == value else NAN  # NaN differs from itself
    if type(value) is int:
        try:
            number = float(value)
        except OverflowError:
            raise unfit(value, pa.float64(), "out of range") from None
        if number == value:
            return number
        raise unfit(value, pa.float64(), "a DOUBLE would change it")
    raise unfit(value, pa.float64())


def _float64s(values: list[Any], present: list[Any]) -> list[Any] | None:
    # The sum is NaN if a value is; it may also be so for inf - inf, and then `one` sorts it out.
    return values if not math.isnan(sum(present)) else None


def _float32(value: Any) -> float | str:
    number = _float64(value)
    if isinstance(number, str) or math.isinf(number):
        return number
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        raise unfit(value, pa.float32(), "out of range") from None
    if type(value) is int and rounded != value:
        raise unfit(value, pa.float32(), "a FLOAT would change it")
    return rounded


_DECIMAL_TEXT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


def _decimal(arrow: pa.DataType) -> One:
    precision, scale = arrow.precision, arrow.scale

    def one(value: Any) -> str:
        kind = type(value)
        if kind is Decimal:
            number = value
        elif kind is int:
            number = Decimal(value)
        elif kind is float:  # as it is written: 0.1 is meant by 0.1000000000000000055
            number = Decimal(repr(value))
        elif kind is str and _DECIMAL_TEXT.fullmatch(value.strip()):
            number = Decimal(value.strip())
        else:
            raise unfit(value, arrow)
        if not number.is_finite():
            raise unfit(value, arrow)
        if not number:
            return f"{Decimal(0):.{scale}f}"
        if number.adjusted() >= precision - scale:
            raise unfit(value, arrow, "too many digits before the point")
        with localcontext() as context:
            context.prec = precision + 2
            text = f"{number:.{scale}f}"
        if Decimal(text) != number:
            raise unfit(value, arrow, "too many digits after the point")
        return text

    return one


def _varchar(value: Any) -> str:
    if type(value) is str:
        if not value.isascii():
            _check_text(value)
        return value
    raise unfit(value, pa.string())


def _varchars(values: list[Any], present: list[Any]) -> list[Any] | None:
    text = "".join(present)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return None
    return values


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit(f"{value!r} is not valid Unicode: it holds half of a surrogate pair") from None


def _blob(value: Any) -> bytes:
    if type(value) is bytes:
        return value
    raise unfit(value, pa.binary())


def _days(values: list[Any], _present: list[Any]) -> list[Any]:
    return [None if v is None else v.isoformat() for v in values]


def _timestamp(arrow: pa.DataType) -> Encoder:
    def one(value: Any) -> int:
        if type(value) is datetime:
            return parse_instant(value)
        if type(value) is date or type(value) is str:
            return exact_instant(value)
        raise unfit(value, arrow)

    def many(values: list[Any], present: list[Any]) -> list[Any] | None:
        kinds = set(map(type, present))
        if kinds == {datetime}:
            return micros_of(values, arrow)
        return instants(values, exact=True) if kinds == {str} else None

    return Encoder(arrow, one, frozenset({datetime, str}), many)


_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _uuid(value: Any) -> str:
    if type(value) is str:
        if _CANONICAL_UUID.fullmatch(value):
            return value
        try:
            return str(uuid.UUID(value))
        except ValueError:
            raise unfit(value, UUID) from None
    if type(value) is uuid.UUID:
        return str(value)
    raise unfit(value, UUID)


def _json(value: Any) -> str:
    return json_text.check(value) if type(value) is str else json_text.dump(value)


def _vector(arrow: pa.DataType) -> One:
    length = arrow.list_size

    def one(value: Any) -> bytes:
        if not isinstance(value, list | tuple | np.ndarray):
            raise unfit(value, arrow)
        try:
            given = np.asarray(value)
        except ValueError:  # lists of several lengths
            raise unfit(value, arrow) from None
        if given.dtype.kind not in "fiu" or given.ndim != 1:
            raise unfit(value, arrow, "a vector is a list of numbers")
        if len(given) != length:
            raise Unfit(f"a vector of {len(given)} numbers does not fit FLOAT[{length}]")
        with np.errstate(over="ignore"):
            numbers = given.astype("<f4")
        if not np.isfinite(numbers).all():
            raise Unfit("a vector holds a number that is not finite, or out of the range of FLOAT")
        return numbers.tobytes()

    return one


def _form(arrow: pa.DataType) -> One:
    """Nested values as JSON forms, by type; a value that is not null."""
    if pa.types.is_list(arrow):
        item = _nullable(_form(arrow.value_type))

        def list_form(value: Any) -> list[Any]:
            if not isinstance(value, list | tuple):
                value = plain(value)
                if not isinstance(value, list):
                    raise unfit(value, arrow)
            return [item(v) for v in value]

        return list_form
    if pa.types.is_struct(arrow):
        parts = {field.name: _nullable(_form(field.type)) for field in arrow}

        def struct_form(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise unfit(value, arrow)
            if unknown := value.keys() - parts.keys():
                raise Unfit(f"{min(map(str, unknown))!r} is no field of the {_struct_name(parts)}")
            return {name: part(value.get(name)) for name, part in parts.items()}

        return struct_form
    one = encoder(arrow).one
    return lambda value: leaf_form(one(plain(value)))


def _struct_name(parts: dict[str, One]) -> str:
    return f"STRUCT({', '.join(parts)})"


def _nullable(form: One) -> One:
    return lambda value: None if value is None else form(value)
