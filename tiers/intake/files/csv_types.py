"""The types of CSV columns: the narrowest that gives back every value of the whole file, else VARCHAR.

    BOOLEAN      true, false, in any case
    BIGINT       without leading zeros or a plus, which mark an identifier or a telephone number
    DOUBLE       at most 17 significant digits, integers up to 2^53: what a DOUBLE tells apart
    DATE         2026-11-01 or 2026/11/1
    TIMESTAMP    a date, or a date and a time of day: 2026-11-01 10:00, 2026-11-01T10:00:00.25
    TIMESTAMPTZ  the same with a zone: ...Z, ...+02:00

An empty field is null. A column without any value has no type yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ....core.types import INSTANT
from ...hot.codec import decode
from ..times import day, instants
from ..unfit import Unfit, each, unfit
from ..values import encoder

_DAY = r"[0-9]{4}(-[0-9]{2}-[0-9]{2}|/[0-9]{1,2}/[0-9]{1,2})"
_CLOCK = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_NUMBER = r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?|NaN|-?inf|-?Infinity"
_SIGNIFICANT = 17
EXACT = 2**53
"""Up to here a DOUBLE tells integers apart."""


@dataclass(frozen=True)
class Candidate:
    """A type that a column may turn out to have: what its texts look like, and what else they must obey."""

    type: pa.DataType
    pattern: re.Pattern[str]
    obeys: Callable[[pa.Array], bool]

    def holds(self, texts: pa.Array) -> bool:
        looks = pc.match_substring_regex(texts, f"^(?:{self.pattern.pattern})$")
        return bool(pc.all(looks).as_py()) and self.obeys(texts)


def _casts(type: pa.DataType) -> Callable[[pa.Array], bool]:
    def obeys(texts: pa.Array) -> bool:
        try:
            texts.cast(type)
        except pa.ArrowInvalid:
            return False
        return True

    return obeys


def _parses(parse: Callable[[list[Any]], object]) -> Callable[[pa.Array], bool]:
    def obeys(texts: pa.Array) -> bool:
        try:
            parse(pc.unique(texts).to_pylist())
        except Unfit:
            return False
        return True

    return obeys


def _are_doubles(texts: pa.Array) -> bool:
    numbers = texts.cast(pa.float64())
    written = pc.match_substring_regex(texts, "[0-9]")
    if pc.any(pc.and_(pc.is_inf(numbers), written)).as_py():
        return False
    long = texts.filter(pc.greater(pc.utf8_length(texts), 15))
    return all(map(_is_told_apart, long.to_pylist()))


def _is_told_apart(text: str) -> bool:
    mantissa = re.split("[eE]", text.lstrip("-"))[0]
    if mantissa.isdigit() and mantissa == text.lstrip("-"):
        return int(mantissa) <= EXACT
    return len(mantissa.replace(".", "").lstrip("0")) <= _SIGNIFICANT


_CANDIDATES = (
    Candidate(pa.bool_(), re.compile("(?i)(?:true|false)"), lambda _texts: True),
    Candidate(pa.int64(), re.compile("0|-?[1-9][0-9]{0,18}"), _casts(pa.int64())),
    Candidate(pa.float64(), re.compile(_NUMBER), _are_doubles),
    Candidate(pa.date32(), re.compile(_DAY), _parses(lambda texts: each(texts, day))),
    Candidate(
        pa.timestamp("us"),
        re.compile(f"{_DAY}({_CLOCK})?"),
        _parses(lambda texts: instants(texts, exact=True)),
    ),
    Candidate(
        INSTANT,
        re.compile(f"{_DAY}{_CLOCK} ?(Z|[+-][0-9]{{2}}:?[0-9]{{2}})"),
        _parses(lambda texts: instants(texts, exact=True)),
    ),
)


class TextSurvey:
    """The types that one column may still have. `among`: those to choose from, if not all."""

    def __init__(self, among: Collection[pa.DataType] | None = None) -> None:
        self._candidates = tuple(c for c in _CANDIDATES if among is None or c.type in among)
        self._seen = False

    def add(self, texts: list[str]) -> None:
        if self._seen and not self._candidates:
            return
        present = list(filter(None, texts))
        if not present:
            return
        self._seen = True
        # The first value alone rules out most types, for almost nothing.
        self._candidates = tuple(c for c in self._candidates if c.pattern.fullmatch(present[0]))
        if self._candidates:
            column = pa.array(present, pa.string())
            self._candidates = tuple(c for c in self._candidates if c.holds(column))

    def type(self) -> pa.DataType:
        if not self._seen:
            return pa.null()
        return self._candidates[0].type if self._candidates else pa.string()


def text_column(texts: list[str], type: pa.DataType) -> pa.Array:
    """A column of CSV fields in `type`, its own or that of an existing table. Raises `Unfit`."""
    values = [text or None for text in texts]
    if pa.types.is_null(type):
        return pa.nulls(len(texts))
    if pa.types.is_boolean(type) or pa.types.is_integer(type) or pa.types.is_floating(type):
        column = pa.array(values, pa.string())
        pattern = _SCALARS[type.id]
        if pc.all(pc.match_substring_regex(column, f"^(?:{pattern.pattern})$")).as_py() is not False:
            try:
                return _narrow(column, type)
            except pa.ArrowInvalid:
                pass
        return decode(each(values, lambda text: _scalar(text, type)), type)
    if pa.types.is_nested(type):
        values = each(values, lambda text: from_json(text, type))
    elif type == pa.binary():
        each(values, _no_bytes)
    return decode(encoder(type).column(values), type)


_SCALARS = {
    pa.bool_().id: re.compile("(?i)(?:true|false)"),
    pa.int32().id: re.compile("-?[0-9]+"),
    pa.int64().id: re.compile("-?[0-9]+"),
    pa.float32().id: re.compile(_NUMBER),
    pa.float64().id: re.compile(_NUMBER),
}


def _narrow(column: pa.Array, type: pa.DataType) -> pa.Array:
    if pa.types.is_float32(type):  # the nearest double first, and then the checks of a FLOAT
        return decode(encoder(type).column(column.cast(pa.float64()).to_pylist()), type)
    return column.cast(type)


def _scalar(text: str, type: pa.DataType) -> Any:
    """One field that is a boolean or a number, with what people write around those."""
    stripped = text.strip()
    try:
        if pa.types.is_boolean(type):
            return {"true": 1, "false": 0, "1": 1, "0": 0}[stripped.lower()]
        if "_" in stripped:
            raise ValueError
        number = int(stripped) if pa.types.is_integer(type) else float(stripped)
    except (ValueError, KeyError):
        raise unfit(text, type) from None
    return encoder(type).one(number)


def from_json(text: str, type: pa.DataType) -> Any:
    """A value of a list, a vector or a struct out of its text form. Raises `Unfit`."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise unfit(text, type, "its text form is JSON") from None


def _no_bytes(text: str) -> bytes:
    raise unfit(text, pa.binary(), "CSV has no bytes")
