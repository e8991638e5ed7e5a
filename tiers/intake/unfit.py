"""Why a value does not fit, from where it is noticed to the error that names its row and field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from ...core.errors import Invalid
from ...core.types import type_name

_SHOWN = 60


class Unfit(ValueError):
    """One value does not fit its column. `index`: its place in the column, from 0, once that is known."""

    def __init__(self, reason: str, index: int = 0, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index
        self.hint = hint

    def at(self, name: str, first_row: int = 1) -> Invalid:
        """The error a user sees; rows count from 1."""
        return Invalid(
            f"row {first_row + self.index}, field `{name}`: {self.reason}",
            hint=self.hint or "correct the value, or give it under another field name",
        )


def unfit(value: Any, wanted: pa.DataType | str, because: str = "") -> Unfit:
    """`value` as the reason: what it is, and which type does not take it."""
    target = wanted if isinstance(wanted, str) else type_name(wanted)
    return Unfit(f"{show(value)} does not fit {target}" + (f": {because}" if because else ""))


def show(value: Any) -> str:
    """A value in an error message: its kind and the beginning of its text."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        text = "..."
    if len(text) > _SHOWN:
        text = text[:_SHOWN] + "..."
    kind = _KINDS.get(type(value).__name__, type(value).__name__)
    return f"{kind} {text}"


_KINDS = {
    "str": "text",
    "int": "the integer",
    "float": "the float",
    "bool": "the boolean",
    "bytes": "the bytes",
    "dict": "the object",
    "list": "the list",
}


def each(values: Sequence[Any], encode: Callable[[Any], Any]) -> list[Any]:
    """`encode` over the values that are not null; what it raises gets its index."""
    encoded: list[Any] = []
    for index, value in enumerate(values):
        if value is None:
            encoded.append(None)
            continue
        try:
            encoded.append(encode(value))
        except Unfit as problem:
            problem.index = index
            raise
    return encoded
