"""The types of the columns of a SQLite table: those of its values, as SQLite holds any kind to no type.

    BIGINT           all integers
    DOUBLE           all numbers, if a DOUBLE tells the integers among them apart
    DATE, TIMESTAMP  all ISO texts of it, in a column declared as a date or a time
    BLOB             if there are bytes that are no text
    VARCHAR          otherwise

Empty text is no value in a column of another type. Where no value is, what was declared decides.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from ....core.types import INSTANT
from ...hot.codec import decode
from ..unfit import each
from ..values import encoder
from .csv_types import EXACT, TextSurvey, from_json

_TEMPORAL = re.compile("date|time", re.IGNORECASE)
_ISO = (pa.date32(), pa.timestamp("us"), INSTANT)
_DECLARED = (
    ("int|serial", pa.int64()),
    ("char|clob|text|string", pa.string()),
    ("blob|binary|bytea", pa.binary()),
    (r"real|floa|doub|\bnum|\bdec|money", pa.float64()),
    ("timestamp|datetime", pa.timestamp("us")),
    ("date", pa.date32()),
)


class ValueSurvey:
    """What one column has held so far. `declared`: its type as the file declares it."""

    def __init__(self, declared: str) -> None:
        self._declared = declared
        self._kinds: set[type] = set()
        self._exact = True
        self._bytes = False
        self._times = TextSurvey(_ISO) if _TEMPORAL.search(declared) else None

    def add(self, values: list[Any]) -> None:
        present = [value for value in values if value is not None and value != ""]
        kinds = set(map(type, present))
        self._kinds |= kinds
        if int in kinds and self._exact:
            self._exact = all(type(v) is not int or -EXACT <= v <= EXACT for v in present)
        if bytes in kinds and not self._bytes:
            self._bytes = not all(_is_text(v) for v in present if type(v) is bytes)
        if self._times is not None and kinds == {str}:
            self._times.add(present)

    def type(self) -> pa.DataType:
        if not self._kinds:
            return declared_type(self._declared)
        if self._bytes:
            return pa.binary()
        if self._kinds == {int}:
            return pa.int64()
        if self._kinds <= {int, float} and self._exact:
            return pa.float64()
        if self._kinds == {str} and self._times is not None:
            return self._times.type()
        return pa.string()


def declared_type(declared: str) -> pa.DataType:
    """The type of a column without values; null if nothing says it.

    >>> declared_type("NUMBER(10,2)"), declared_type("varchar(20)"), declared_type("")
    (DataType(double), DataType(string), DataType(null))
    """
    for pattern, found in _DECLARED:
        if re.search(pattern, declared, re.IGNORECASE):
            return found
    return pa.string() if declared else pa.null()


def value_column(values: list[Any], target: pa.DataType) -> pa.Array:
    """SQLite's values in a type, that of the survey or of an existing table. Raises `Unfit`."""
    t = pa.types
    if t.is_null(target):
        return pa.nulls(len(values))
    if target == pa.binary():
        return pa.array([v if v is None or isinstance(v, bytes) else str(v).encode() for v in values], target)
    values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
    if target == pa.string():
        return pa.array([v if v is None else str(v) for v in values], target)
    values = [None if v == "" else v for v in values]
    if t.is_boolean(target):
        values = [bool(v) if type(v) is int and v in (0, 1) else v for v in values]
    elif t.is_nested(target):
        values = each(values, lambda v: from_json(v, target) if isinstance(v, str) else v)
    return decode(encoder(target).column(values), target)


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
