r"""Values of an answer as text (tables, CSV) and as JSON, exact in both.

type                   text                        JSON
integer, decimal       all digits                  a number with all digits
float                  shortest exact              a number; NaN and the infinities are null
timestamp              2026-11-01T10:00:00.5       the same text; with a zone: in UTC, ending in Z
date, time             2026-11-01, 10:00:00        the same text
interval               P1M2DT3H4.5S (ISO 8601)     the same text
binary                 \x00ff                      base64
JSON                   as stored                   the value itself
list, struct, map      its JSON                    array, object, object
null                   nothing (CSV), NULL (table) null
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..core.types import JSON, UUID

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def to_json(value: Any) -> bytes:
    """JSON of anything a verb prints, on one line."""
    return orjson.dumps(value, default=_encode, option=_OPTIONS)


def json_columns(batch: pa.RecordBatch) -> list[list[Any]]:
    """The columns of a batch as lists of values that `to_json` takes."""
    return [_json_column(_plain(column)) for column in batch.columns]


def text_columns(batch: pa.RecordBatch) -> list[pa.Array]:
    """The columns of a batch as string arrays; nulls stay null."""
    return [_text_column(_plain(column)) for column in batch.columns]


def is_number(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_integer(arrow) or pa.types.is_floating(arrow) or pa.types.is_decimal(arrow))


def _plain(column: pa.Array) -> pa.Array:
    """Without dictionaries, nanoseconds and zones other than UTC, none of which changes what is shown."""
    arrow = column.type
    if pa.types.is_dictionary(arrow):
        return _plain(column.dictionary_decode())
    if arrow == UUID:
        return _strings(None if v is None else str(v) for v in column.to_pylist())
    if pa.types.is_timestamp(arrow):
        return column.cast(pa.timestamp("us", "UTC" if arrow.tz else None), safe=False)
    if pa.types.is_time(arrow):
        return column.cast(pa.time64("us"), safe=False)
    if pa.types.is_duration(arrow):
        return column.cast(pa.duration("us"), safe=False)
    return column


def _json_column(column: pa.Array) -> list[Any]:
    arrow = column.type
    if arrow == JSON:
        return [None if v is None else orjson.Fragment(v) for v in column.to_pylist()]
    if pa.types.is_map(arrow):
        return [None if v is None else dict(v) for v in column.to_pylist()]
    if pa.types.is_temporal(arrow) and not pa.types.is_duration(arrow) and not pa.types.is_interval(arrow):
        return list(_text_column(column).to_pylist())
    return list(column.to_pylist())


def _text_column(column: pa.Array) -> pa.Array:
    arrow, types = column.type, pa.types
    if arrow == JSON:
        return column.storage.cast(pa.string())
    if types.is_timestamp(arrow) or types.is_time(arrow):
        return _instant_text(column)
    if types.is_date(arrow) or types.is_boolean(arrow) or types.is_integer(arrow) or types.is_floating(arrow):
        return column.cast(pa.string())
    if types.is_string(arrow) or types.is_large_string(arrow) or types.is_string_view(arrow):
        return column.cast(pa.string())
    if types.is_binary(arrow) or types.is_large_binary(arrow) or types.is_fixed_size_binary(arrow):
        return _strings(None if v is None else rf"\x{v.hex()}" for v in column.to_pylist())
    return _strings(None if v is None else _unquoted(v) for v in _json_column(column))


def _instant_text(column: pa.Array) -> pa.Array:
    """`2026-11-01 10:00:00.500000Z` -> `2026-11-01T10:00:00.5Z`."""
    text = pc.replace_substring(column.cast(pa.string()), " ", "T", max_replacements=1)
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+(Z?)$", r"\1\2")
    return pc.replace_substring_regex(text, r"\.(Z?)$", r"\1")


def _strings(values: Iterable[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def _unquoted(value: Any) -> str:
    """Its JSON, but a value that is no structure stands without quotes."""
    text = to_json(value).decode()
    return str(orjson.loads(text)) if text.startswith('"') else text


def _encode(value: Any) -> Any:
    """What orjson does not write by itself, or not as the table above says."""
    match value:
        case Decimal():
            return orjson.Fragment(format(value, "f")) if value.is_finite() else None
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            in_utc = value if value.tzinfo is None else value.astimezone(UTC)
            return _trimmed(in_utc.replace(tzinfo=None).isoformat()) + ("Z" if value.tzinfo else "")
        case time():
            return _trimmed(value.isoformat())
        case date():
            return value.isoformat()
        case timedelta():
            return _interval_text(0, 0, value // timedelta(microseconds=1))
        case pa.MonthDayNano():
            return _interval_text(value.months, value.days, value.nanoseconds // 1000)
        case _:
            raise TypeError(f"no JSON for a {type(value).__name__}")


def _interval_text(months: int, days: int, micros: int) -> str:
    """The parts that are not zero; the sign of a clock part stands at each of its numbers."""
    sign, rest = ("-" if micros < 0 else ""), abs(micros)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    seconds = _trimmed(f"{rest // 1_000_000}.{rest % 1_000_000:06}")
    calendar = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    clock = "".join(
        f"{sign}{number}{unit}"
        for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if float(number)
    )
    return f"P{calendar}T{clock}" if clock else f"P{calendar}" if calendar else "PT0S"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
