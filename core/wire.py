"""JSON that loses nothing, and errors as JSON: what both ends of a connection must agree on.

Text, booleans, null, arrays, objects, integers of any length and finite floats stand for themselves. What
JSON lacks is an object with one key:

    {"$decimal": "1.10"}   {"$float": "nan"}    {"$bytes": "AP8="}    {"$uuid": "0190..."}
    {"$datetime": "2026-11-01T10:00:00.5+02:00"} {"$date": "2026-11-01"} {"$time": "10:00:00"}
    {"$object": {...}}     an object whose one key begins with "$"
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from .errors import KINDS, Error, Invalid, Unavailable

TAGGED = "application/vnd.thermocline+json"
"""The content type of this JSON; in `application/json`, a `$` means nothing."""

# orjson reads an integer beyond 64 bits as a float.
_LONG_NUMBER = re.compile(rb"\d{19}")
_PLAIN = frozenset({str, int, bool, type(None)})


def dump_rows(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as tagged JSON. Raises `Invalid` with the row (from 1) and the field that has no JSON."""
    held = list(rows)
    try:
        return dump(held)
    except Invalid:
        for number, row in enumerate(held, start=1):
            _find_culprit(row, number)
        raise


def dump(value: Any) -> bytes:
    """Tagged JSON of one value. Raises `Invalid` for what no column takes."""
    try:
        spelled = _spell(value)
        try:
            return orjson.dumps(spelled)
        except TypeError:  # an integer beyond 64 bits
            text = json.dumps(spelled, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            return text.encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise Invalid(str(problem) or type(problem).__name__, hint=_HINT) from None


def load(data: bytes, *, tagged: bool = False) -> Any:
    """The value of JSON text; integers keep all digits. Raises `Invalid` with line and column."""
    try:
        # A "$" that starts a string can only be a tag, or a key that was wrapped because of it.
        value = _parse(data)
        return _meaning(value) if tagged and b'"$' in data else value
    except json.JSONDecodeError as problem:
        raise Invalid(
            f"malformed JSON at line {problem.lineno}, column {problem.colno}: {problem.msg}",
            hint="send one JSON value in UTF-8",
        ) from None
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as problem:
        raise Invalid(f"unreadable JSON: {problem}", hint="docs/http.md lists the tagged forms") from None


def error_body(error: Error) -> dict[str, Any]:
    return {
        "error": {
            "kind": error.kind,
            "message": error.message,
            "hint": error.hint,
            "retryable": error.retryable,
        }
    }


def error_of(body: object) -> Error:
    """The error that `error_body` described; `Unavailable` if it did not come from a lake."""
    match body:
        case {"error": {"kind": str(kind), "message": str(message), "hint": str(hint)}} if kind in KINDS:
            return KINDS[kind](message, hint=hint)
    return Unavailable("the answer is not a lake's", hint="check the address, and proxies on the way")


def _spell(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is dict:
        spelled = {_key(name): _spell(part) for name, part in value.items()}
        if len(spelled) == 1 and next(iter(spelled)).startswith("$"):
            return {"$object": spelled}
        return spelled
    if kind is list:
        return [_spell(part) for part in value]
    if tag := _TAGS.get(kind):
        return {tag[0]: tag[1](value)}
    return _spell(_plain(value))


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the name {name!r} is {type(name).__name__}, not text")
    return str(name)


def _plain(value: Any) -> Any:
    """A subclass, a tuple, a mapping, a scalar or array of numpy as one of Python's own types."""
    for base, convert in _CONVERT:
        if isinstance(value, base):
            return convert(value)
    if type(value).__module__ == "numpy" and value.dtype.kind not in "mM":
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__} has no column type")


def _datetime(value: datetime) -> datetime | None:
    if value != value:  # pandas' NaT is a datetime that differs from itself
        return None
    return datetime.combine(date(value.year, value.month, value.day), _time(value.timetz()))


def _time(value: time) -> time:
    return time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo, fold=value.fold)


_TAGS: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    Decimal: ("$decimal", str),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    UUID: ("$uuid", str),
    datetime: ("$datetime", datetime.isoformat),
    date: ("$date", date.isoformat),
    time: ("$time", time.isoformat),
}
_MEANINGS: Mapping[str, Callable[[Any], Any]] = {
    "$decimal": Decimal,
    "$float": float,
    "$bytes": lambda text: base64.b64decode(text, validate=True),
    "$uuid": UUID,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
}

# Ordered: a datetime is also a date.
_CONVERT: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    ((bytearray, memoryview, bytes), bytes),
    (Decimal, Decimal),
    (datetime, _datetime),
    (date, lambda value: date(value.year, value.month, value.day)),
    (time, _time),
    (UUID, lambda value: UUID(int=value.int)),
    (Mapping, dict),
    (tuple, list),
)

_HINT = "give bool, int, float, Decimal, str, bytes, datetime, date, time, UUID, dict or list"


def _parse(data: bytes) -> Any:
    if _LONG_NUMBER.search(data):
        return json.loads(data, parse_constant=_no_constant)
    return orjson.loads(data)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _meaning(value: Any) -> Any:
    if type(value) is list:
        return [_meaning(part) for part in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        ((name, content),) = value.items()
        if name == "$object":
            return {name: _meaning(part) for name, part in content.items()}
        if name.startswith("$"):
            if name not in _MEANINGS:
                raise ValueError(f"unknown tag {name}")
            return _MEANINGS[name](content)
    return {name: _meaning(part) for name, part in value.items()}


def _find_culprit(row: Any, number: int) -> None:
    for name, value in row.items():
        try:
            dump({name: value})
        except Invalid as problem:
            raise Invalid(f"row {number}, field `{name}`: {problem.message}", hint=problem.hint) from None
