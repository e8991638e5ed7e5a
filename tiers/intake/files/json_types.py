"""The types of JSON fields, from the whole file.

true, false                    BOOLEAN
integers                       BIGINT; beyond 64 bits DECIMAL(38,0)
numbers                        DOUBLE, if it holds all the integers among them exactly
text                           VARCHAR; no text is guessed to be a date
objects, lists, among others   JSON
other mixtures, and integers   VARCHAR: text as it stands, the others as JSON writes them,
no number type holds           so that `where code = '17'` finds 17 as well as "17"
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ....core.types import JSON
from ...hot.codec import decode
from .. import json_text
from ..infer import INT64, kinds_of
from ..unfit import each, unfit
from ..values import encoder

_EXACT = 2**53
_DIGITS = 38


class ValueSurvey:
    """The kinds of values that one field has had, and the range of its integers."""

    def __init__(self) -> None:
        self._kinds: set[type] = set()
        self._low = self._high = 0

    def add(self, values: list[Any]) -> None:
        kinds = kinds_of(values)
        self._kinds |= kinds
        if int in kinds:
            integers = [v for v in values if type(v) is int]
            self._low = min(self._low, *integers)
            self._high = max(self._high, *integers)

    def type(self) -> pa.DataType:
        kinds = self._kinds
        if not kinds:
            return pa.null()
        if kinds & {dict, list}:
            return JSON
        if kinds == {bool}:
            return pa.bool_()
        if kinds == {int}:
            return self._integer()
        widest = max(-self._low, self._high)
        if kinds <= {int, float} and widest <= _EXACT:
            return pa.float64()
        return pa.string()

    def _integer(self) -> pa.DataType:
        if self._low in INT64 and self._high in INT64:
            return pa.int64()
        widest = max(-self._low, self._high)
        return pa.decimal128(_DIGITS, 0) if widest < 10**_DIGITS else pa.string()


def value_column(values: list[Any], type: pa.DataType) -> pa.Array:
    """A column of JSON values in `type`, its own or that of an existing table. Raises `Unfit`."""
    if pa.types.is_null(type):
        return pa.nulls(len(values))
    if type == JSON:
        # These are JSON values already: text is a JSON string, not text to parse.
        return decode(each(values, json_text.dump), type)
    if type == pa.string() and not kinds_of(values) <= {str}:
        values = each(values, _text)
    return decode(encoder(type).column(values), type)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise unfit(value, pa.string())
    return json_text.dump(value)
