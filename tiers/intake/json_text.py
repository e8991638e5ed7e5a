"""JSON text that loses nothing: integers and decimals of any length, and no NaN that turns into null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from ...core.types import JSON
from .plain import plain
from .unfit import Unfit, show, unfit


def dump(value: Any) -> str:
    """Compact JSON text; keys keep their order. Raises `Unfit` for what JSON cannot say."""
    try:
        raw = orjson.dumps(value, default=_default)
    except TypeError:  # an integer beyond 64 bits, or something that is really no JSON
        try:
            raw = orjson.dumps(_spelled(value), default=_default)
        except (TypeError, RecursionError) as problem:
            raise Unfit(f"no JSON: {problem}") from None
    if b"null" in raw:  # which is also how NaN is written
        _refuse_nan(value)
    return raw.decode()


def check(text: str) -> str:
    """`text` itself, if it is JSON text."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise Unfit(
            f"{show(text)} is not JSON: {problem}",
            hint="text in a JSON column is read as JSON; the JSON string abc is written '\"abc\"'",
        ) from None
    return text


def _default(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    return plain(value)


def _spelled(value: Any) -> Any:
    """`value` with its long integers written out, which orjson does not do."""
    if isinstance(value, Mapping):
        return {key: _spelled(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(v) for v in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        try:
            return orjson.Fragment(str(value))
        except ValueError:
            raise Unfit("an integer of more digits than can be written") from None
    return value


def _refuse_nan(value: Any) -> None:
    if isinstance(value, Mapping):
        for v in value.values():
            _refuse_nan(v)
    elif isinstance(value, list | tuple):
        for v in value:
            _refuse_nan(v)
    elif isinstance(value, float) and not math.isfinite(value):
        raise unfit(value, JSON, "JSON has no NaN and no infinity")
