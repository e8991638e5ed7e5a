"""Instants, dates and times of day out of what callers write.

A naive time is read as UTC, everywhere. Text is ISO 8601, or a date with slashes as `2001/01/01 00:47`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...core.clock import SECOND_US, from_micros, parse_instant
from ...core.errors import Invalid
from ...core.types import INSTANT
from .unfit import Unfit, each, unfit

FIRST_US = -62_135_596_800 * SECOND_US
"""0001-01-01, where Python's calendar and so every door of the lake begins."""
LAST_US = 253_402_300_800 * SECOND_US - 1
"""The last microsecond of the year 9999."""

_FEW = 16
"""Below this many texts, Arrow's start costs more than parsing one by one."""
_SLASHED = r"^(\d{4})/(\d{2})/(\d{2})"
_SLASHED_DAY = re.compile(r"^\d{4}/\d{1,2}/\d{1,2}$")
_ZONED = re.compile(r":.*(Z|[+-]\d{2}(:?\d{2})?)$")
_BELOW_MICROS = re.compile(r"[.,]\d{6}0*[1-9]")


def instant(value: Any) -> int:
    """Microseconds of a datetime, date or text; digits below the microsecond are cut off."""
    try:
        micros = parse_instant(value)
    except Invalid as problem:
        hint = "make it a datetime first" if isinstance(value, int | float) else problem.hint
        raise Unfit(f"{value!r} is not an instant", hint=hint) from None
    if not FIRST_US <= micros <= LAST_US:
        raise Unfit(f"{value!r} lies outside the years 1 to 9999")
    return micros


def exact_instant(value: Any) -> int:
    """The same for a payload column, where cutting digits off would change the value."""
    if isinstance(value, str) and _BELOW_MICROS.search(value):
        raise Unfit(f"{value!r} is finer than microseconds", hint="round it, or keep it as VARCHAR")
    return instant(value)


def instants(texts: Sequence[str | None], *, exact: bool = False) -> list[int | None]:
    """Microseconds of each text. Raises `Unfit` with the index of the first that is none."""
    micros = _by_arrow(texts) if len(texts) >= _FEW else None
    if micros is None:
        micros = each(texts, exact_instant if exact else instant)
    return micros


def day(value: Any) -> str:
    """ISO text of a date, or of a text that is one."""
    if type(value) is date:
        return value.isoformat()
    if isinstance(value, str):
        text = value.strip()
        try:
            if _SLASHED_DAY.match(text):
                return from_micros(parse_instant(text)).date().isoformat()
            return date.fromisoformat(text).isoformat()
        except (ValueError, Invalid):
            pass
    raise unfit(value, "DATE")


def time_of_day(value: Any) -> str:
    """ISO text, always with six decimals, of a time without zone, or of a text that is one."""
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value.strip())
        except ValueError:
            raise unfit(value, "TIME") from None
    if isinstance(value, time) and value.tzinfo is None:
        return value.isoformat("microseconds")
    raise unfit(value, "TIME")


def micros_of(values: list[Any], type: pa.DataType) -> list[Any]:
    """Microseconds of datetimes, nulls among them."""
    if len(values) < _FEW:
        return [None if v is None else parse_instant(v) for v in values]
    return list(pa.array(values, type).cast(pa.int64()).to_pylist())


def _by_arrow(texts: Sequence[str | None]) -> list[int | None] | None:
    """All at once if they are alike: all with a zone or all without. Else `None`."""
    try:
        column = pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return None
    first = next(filter(None, texts), "")
    if "/" in first:
        column = pc.replace_substring_regex(column, _SLASHED, r"\1-\2-\3")
    try:
        micros = column.cast(INSTANT if _ZONED.search(first) else pa.timestamp("us")).cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    span = pc.min_max(micros).as_py()
    inside = span["min"] is None or (span["min"] >= FIRST_US and span["max"] <= LAST_US)
    return list(micros.to_pylist()) if inside else None
