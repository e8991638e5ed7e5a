"""The envelope fields that a caller may give: what they take, and their storage forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa

from ...core.errors import Invalid, nearest
from ...core.schema import GIVEN, TIERS
from .plain import plain
from .times import instant, instants
from .unfit import Unfit, each, show
from .values import encoder

MOST_TTL_SECONDS = 100_000_000_000
"""3,170 years: added to any instant, its microseconds still fit 64 bits."""

_SECOND = timedelta(seconds=1)
_VARCHAR = encoder(pa.string())


def check_envelope_name(name: str) -> None:
    """Raises `Invalid` unless `name` is an envelope field that may be given."""
    if name not in GIVEN:
        raise Invalid(f"`{name}` is no envelope field that can be given", hint=nearest(name, GIVEN))


def envelope_value(name: str, value: Any) -> Any:
    """The storage form of one value that is not null. Raises `Unfit`."""
    return _ONE[name](value)


def envelope_column(name: str, values: list[Any], kinds: set[type]) -> list[Any]:
    """The storage forms of a column whose exact types but None's are `kinds`. Raises `Unfit`."""
    if kinds == {str}:
        if name == "_time":
            return instants(values)
        if name in _TEXTS and "" not in values:
            return _VARCHAR.column(values, kinds)
    return each(values, _ONE[name])


def _time(value: Any) -> int:
    return instant(plain(value))


def _text(value: Any) -> str:
    value = plain(value)
    if value == "":
        raise Unfit("empty text", hint="give a value, or leave the field out")
    return str(_VARCHAR.one(value))


def _id(value: Any) -> str:
    value = plain(value)
    return _text(str(value) if type(value) is int or type(value) is UUID else value)


def _tier_hint(value: Any) -> str:
    if value in TIERS:
        return str(value)
    raise Unfit(f"{show(value)} is no tier", hint="give hot, warm or cold")


def _ttl_seconds(value: Any) -> int:
    seconds = value // _SECOND if isinstance(value, timedelta) and not value % _SECOND else plain(value)
    if type(seconds) is int and 0 < seconds <= MOST_TTL_SECONDS:
        return seconds
    raise Unfit(f"{show(value)} is no time to live", hint="give a whole number of seconds above 0")


_TEXTS = GIVEN - {"_time", "_tier_hint", "_ttl_seconds"}
_ONE: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TEXTS, _text),
    "_id": _id,
    "_time": _time,
    "_tier_hint": _tier_hint,
    "_ttl_seconds": _ttl_seconds,
}
