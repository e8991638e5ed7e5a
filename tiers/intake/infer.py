"""The column type that holds every value of a column nobody has declared."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from ...core.types import INSTANT, JSON, UUID, vector
from .unfit import Unfit, show

INT64 = range(-(2**63), 2**63)
_DIGITS = 38

_SINGLE: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
    date: pa.date32(),
    time: pa.time64("us"),
    uuid.UUID: UUID,
    dict: JSON,
}


def infer(values: Sequence[Any], kinds: set[type]) -> pa.DataType:
    """The type for `values`, whose exact types but None's are `kinds`; `pa.null()` if there are none.

    int and float together are DOUBLE, int and Decimal DECIMAL, date and datetime TIMESTAMP (with a zone if
    one value has one). A list of one kind of scalar is a list of that; objects, lists with objects or
    mixed kinds in them, and lists of which no item is known are JSON. Raises `Unfit` for other mixtures.
    """
    if not kinds:
        return pa.null()
    if len(kinds) == 1 and (single := _SINGLE.get(next(iter(kinds)))) is not None:
        return single
    if kinds == {int}:
        return _integers(values)
    if kinds == {int, float}:
        return pa.float64()
    if kinds <= {int, Decimal}:
        return _decimal(values)
    if kinds <= {date, datetime}:
        zoned = any(type(v) is datetime and v.tzinfo is not None for v in values)
        return INSTANT if zoned else pa.timestamp("us")
    if kinds == {list}:
        return _list(values)
    if kinds == {dict, list}:
        return JSON
    raise _mixed(values)


def infer_vectors(values: Sequence[Any], kinds: set[type]) -> pa.DataType | None:
    """FLOAT[n] for numpy's arrays of n single floats, as models give them; `None` for anything else."""
    if kinds != {np.ndarray}:
        return None
    forms = {(value.dtype, value.shape) for value in values if value is not None}
    dtype, shape = forms.pop()
    if forms or dtype != np.float32 or len(shape) != 1 or not shape[0]:
        return None
    return vector(shape[0])


def kinds_of(values: Iterable[Any]) -> set[type]:
    """The exact types of the values that are not null."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    return kinds


def _integers(values: Sequence[Any]) -> pa.DataType:
    present = [v for v in values if v is not None]
    low, high = min(present), max(present)
    if low in INT64 and high in INT64:
        return pa.int64()
    if max(high, -low) < 10**_DIGITS:
        return pa.decimal128(_DIGITS, 0)
    index = next(i for i, v in enumerate(values) if v is not None and abs(v) >= 10**_DIGITS)
    raise Unfit(f"an integer of more than {_DIGITS} digits", index, "give it as text")


def _decimal(values: Sequence[Any]) -> pa.DataType:
    """38 digits, as many of them decimals as the values need."""
    whole = scale = 0
    for index, value in enumerate(values):
        if value is None:
            continue
        number = Decimal(value)
        if not number.is_finite():
            raise Unfit(f"{show(value)} is not a DECIMAL", index, "give it as a float, or null")
        scale = max(scale, -int(number.as_tuple().exponent))
        whole = max(whole, number.adjusted() + 1)
        if whole + scale > _DIGITS:
            raise Unfit(
                f"with {show(value)} the column needs more than {_DIGITS} digits", index, "give it as text"
            )
    return pa.decimal128(_DIGITS, scale)


def _list(values: Sequence[Any]) -> pa.DataType:
    items = list(chain.from_iterable(v for v in values if v is not None))
    try:
        item = infer(items, kinds_of(items))
    except Unfit:
        return JSON
    return JSON if item in (JSON, pa.null()) else pa.list_(item)


def _mixed(values: Sequence[Any]) -> Unfit:
    """Names the first value that does not go with those before it."""
    seen: set[type] = set()
    wrong = 0
    for index, value in enumerate(values):
        if value is not None:
            seen.add(type(value))
            if len(seen) > 1 and not any(seen <= group for group in _TOGETHER):
                wrong = index
                break
    first_index, first = next((i, v) for i, v in enumerate(values) if v is not None)
    return Unfit(
        f"{show(values[wrong])} in a column that began with {show(first)} in row {first_index + 1}",
        wrong,
        "give all values of a column one type, or create the table with a type that takes them all",
    )


_TOGETHER = ({int, float}, {int, Decimal}, {date, datetime}, {dict, list})
