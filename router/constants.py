"""The value of a constant expression, as far as pruning needs it: `None` means not known, never a guess."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from ..core.clock import DAY_US, SECOND_US, from_micros, to_micros
from .rules.clock import KEYWORDS
from .syntax import Node

EPOCH = date(1970, 1, 1).toordinal()

_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_INSTANT = re.compile(
    r"^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}(?::\d{2})?)?)?$"
)
_INTEGER = re.compile(r"^[+-]?\d{1,30}$")
_INTERVAL = re.compile(r"^\s*(\d{1,6})\s+([a-z]+?)s?\s*$", re.IGNORECASE)
_UNITS_US = {
    "to_microseconds": 1,
    "to_milliseconds": 1_000,
    "to_seconds": SECOND_US,
    "to_minutes": 60 * SECOND_US,
    "to_hours": 3_600 * SECOND_US,
    "to_days": DAY_US,
    "to_weeks": 7 * DAY_US,
}
_UNITS_MONTHS = {"to_months": 1, "to_quarters": 3, "to_years": 12}
_NOW = ("now", "get_current_timestamp", "transaction_timestamp")
_TODAY = ("today", "current_date")
_INTEGER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT")
_TRUNCATED = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Value:
    """`kind`: number (int, Decimal or float), text, date (days), timestamp or instant (microseconds),
    interval (months, microseconds)."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What constants may depend on. `parameters`: by identifier."""

    parameters: Mapping[str, Any]
    now_us: int


def constant(node: Node, around: Surroundings) -> Value | None:
    """The value of an expression without columns."""
    match node["class"]:
        case "CONSTANT":
            return _literal(node)
        case "PARAMETER":
            return python_value(around.parameters.get(node["identifier"]))
        case "CAST" if not node.get("try_cast"):
            child = constant(node["child"], around)
            return child and cast(child, _type_name(node))
        case "COLUMN_REF" if len(node["column_names"]) == 1:
            return _clock(KEYWORDS.get(node["column_names"][0].lower(), ""), around)
        case "FUNCTION":
            return _function(node, around)
        case _:
            return None


def python_value(value: object) -> Value | None:
    """A parameter's value."""
    match value:
        case bool() | None:
            return None
        case int() | float() | Decimal():
            return Value("number", value)
        case str():
            return Value("text", value)
        case datetime():
            return Value("timestamp" if value.tzinfo is None else "instant", to_micros(value))
        case date():
            return Value("date", value.toordinal() - EPOCH)
        case _:
            return None


def cast(value: Value, type_name: str) -> Value | None:
    """`value` as DuckDB would cast it; only casts without loss or surprise are known."""
    name = type_name.upper()
    if name in ("DATE", "TIMESTAMP", "DATETIME", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"):
        kind = {"DATE": "date", "TIMESTAMP": "timestamp", "DATETIME": "timestamp"}.get(name, "instant")
        return to_temporal(value, kind)
    if name == "INTERVAL" and value.kind == "text":
        return _interval(value.value)
    if name == "VARCHAR" and value.kind == "text":
        return value
    if name == "DOUBLE" and value.kind == "number":
        return Value("number", float(value.value))
    if name in _INTEGER_TYPES and value.kind == "number" and value.value == int(value.value):
        return Value("number", int(value.value))
    return None


def to_temporal(value: Value, kind: str) -> Value | None:
    """A date, timestamp or instant from another or from plain ISO text; the session's zone is UTC."""
    if value.kind == "text":
        return _from_text(value.value, kind)
    if value.kind not in ("date", "timestamp", "instant"):
        return None
    if value.kind == kind:
        return value
    if kind == "date":
        return Value(kind, value.value // DAY_US)
    return Value(kind, value.value * DAY_US if value.kind == "date" else value.value)


def _from_text(text: str, kind: str) -> Value | None:
    """Text of the few forms that leave no doubt; a zone belongs to an instant alone."""
    parts = _INSTANT.match(text.strip())
    if parts is None:
        return None
    day, time, zone = parts.groups()
    try:
        if kind == "date":
            return Value(kind, date.fromisoformat(day).toordinal() - EPOCH) if time is None else None
        if zone and kind == "timestamp":
            return None
        parsed = datetime.fromisoformat(f"{day}T{time or '00:00'}")
        offset = datetime.fromisoformat(f"2000-01-01T00:00{zone}").utcoffset() if zone else timedelta()
    except ValueError:
        return None
    return Value(kind, to_micros(parsed) - (offset or timedelta()) // timedelta(microseconds=1))


def _literal(node: Node) -> Value | None:
    literal = node["literal"]
    text = literal.get("text", "")
    if literal["kind"] == "STRING":
        return Value("text", text)
    if literal["kind"] not in ("INTEGER", "NUMERIC"):
        return None
    plain = text.replace("_", "")
    try:
        if _INTEGER.match(plain):
            return Value("number", int(plain))
        return Value("number", float(plain) if "e" in plain.lower() else Decimal(plain))
    except (ValueError, InvalidOperation):
        return None


def _function(node: Node, around: Surroundings) -> Value | None:
    name = node["function_name"].lower()
    arguments = [argument["expression"] for argument in node.get("arguments", ())]
    if not arguments:
        return _clock(name, around)
    if name == "date_trunc" and len(arguments) == 2:
        unit, value = constant(arguments[0], around), constant(arguments[1], around)
        return _truncated(unit, value) if unit and value else None
    values = [constant(argument, around) for argument in arguments]
    match (name, values):
        case ("trunc" | "+", [Value("number", number)]):
            return Value("number", number) if name == "+" or number == int(number) else None
        case ("-", [Value("number", number)]):
            return Value("number", -number)
        case (_, [Value("number", number)]) if number == int(number):
            return _units(name, int(number))
        case ("+", [Value() as left, Value("interval", span)]):
            return _moved(left, span, 1)
        case ("-", [Value() as left, Value("interval", span)]):
            return _moved(left, span, -1)
        case ("+" | "-", [Value("date", day), Value("number", int() as days)]):
            return Value("date", day + days if name == "+" else day - days)
        case _:
            return None


def _clock(name: str, around: Surroundings) -> Value | None:
    if name in _NOW:
        return Value("instant", around.now_us)
    if name in _TODAY:
        return Value("date", around.now_us // DAY_US)
    return Value("timestamp", around.now_us) if name == "current_localtimestamp" else None


def _units(name: str, number: int) -> Value | None:
    if name in _UNITS_US:
        return Value("interval", (0, number * _UNITS_US[name]))
    return Value("interval", (number * _UNITS_MONTHS[name], 0)) if name in _UNITS_MONTHS else None


def _interval(text: str) -> Value | None:
    parts = _INTERVAL.match(text)
    return parts and _units(f"to_{parts[2].lower()}s", int(parts[1]))


def _moved(value: Value, span: tuple[int, int], sign: int) -> Value | None:
    if value.kind not in ("date", "timestamp", "instant"):
        return None
    kind = "instant" if value.kind == "instant" else "timestamp"
    micros = value.value * DAY_US if value.kind == "date" else value.value
    months, extra = span
    try:
        if months:
            micros = to_micros(_add_months(from_micros(micros), sign * months))
        return Value(kind, micros + sign * extra)
    except (ValueError, OverflowError):
        return None


def _add_months(instant: datetime, months: int) -> datetime:
    at = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(at, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last))


def _truncated(unit: Value, value: Value) -> Value | None:
    name = str(unit.value).lower()
    if unit.kind != "text" or value.kind not in ("date", "timestamp", "instant") or name not in _TRUNCATED:
        return None
    micros = value.value * DAY_US if value.kind == "date" else value.value
    try:
        at = from_micros(micros).astimezone(UTC)
    except OverflowError:
        return None
    units = ("year", "month", "day", "hour", "minute", "second")
    if name == "week":
        day = micros // DAY_US
        return Value(_kind_of_truncated(value), (day - (day + 3) % 7) * DAY_US)
    if name == "quarter":
        at, name = at.replace(month=at.month - (at.month - 1) % 3, day=1), "day"
    kept = units.index(name) + 1
    parts = [at.year, at.month, at.day, at.hour, at.minute, at.second]
    floor = [1970, 1, 1, 0, 0, 0]
    return Value(_kind_of_truncated(value), to_micros(_utc(*parts[:kept], *floor[kept:])))


def _utc(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _kind_of_truncated(value: Value) -> str:
    return "instant" if value.kind == "instant" else "timestamp"


def _type_name(node: Node) -> str:
    described = node["type_expr"]
    return "" if described.get("children") else str(described["type_name"])
