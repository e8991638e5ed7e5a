"""Python's own types out of what looks like them: subclasses, tuples, mappings, numpy's scalars and arrays.

The encoders compare exact types, which is fast and leaves no doubt about what `True` or a NaT is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from .unfit import Unfit

BUILTIN: frozenset[type] = frozenset(
    {bool, int, float, str, bytes, Decimal, datetime, date, time, UUID, dict, list, type(None)}
)


def plain(value: Any) -> Any:
    """`value` as an instance of one of `BUILTIN`; pandas' NaT as `None`. Raises `Unfit` for other types."""
    if type(value) in BUILTIN:
        return value
    for base, convert in _CONVERT:
        if isinstance(value, base):
            return convert(value)
    if type(value).__module__ == "numpy" and value.dtype.kind not in "mM":
        return plain(value.tolist())
    raise Unfit(f"a value of type {type(value).__name__} has no column type", hint=_HINT)


def _datetime(value: datetime) -> datetime | None:
    if value != value:  # NaT is a datetime that differs from itself
        return None
    return datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond,
        value.tzinfo, fold=value.fold,
    )  # fmt: skip


# Ordered: a datetime is also a date.
_CONVERT: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    ((bytes, bytearray, memoryview), bytes),
    (Decimal, Decimal),
    (datetime, _datetime),
    (date, lambda value: date(value.year, value.month, value.day)),
    (time, lambda value: time.fromisoformat(value.isoformat())),
    (UUID, lambda value: UUID(int=value.int)),
    (Mapping, dict),
    (tuple, list),
)

_HINT = "give bool, int, float, Decimal, str, bytes, datetime, date, time, UUID, dict or list"
