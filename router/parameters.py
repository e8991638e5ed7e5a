"""The values of a statement's parameters: `?` and `$1` by position, `$name` by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from ..core.errors import Invalid

_WIDEST = 2**63
Given = Sequence[Any] | Mapping[str, Any] | None


def statement_values(
    identifiers: Sequence[str],
    given: Given,
    consumed: frozenset[int] = frozenset(),
    elsewhere: frozenset[str] = frozenset(),
    vectors: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Identifier -> value of the query. Raises `Invalid` for a missing value, or for one too many in a list.

    `consumed`: the `?` that stood in AS OF clauses, from 0; `elsewhere`: other identifiers used there.
    `vectors`: identifiers whose values become arrays of float32 if they are lists of numbers.

    >>> statement_values(["1"], ["2026-11-01", "tea"], frozenset([0]))
    {'1': 'tea'}
    """
    if given is None:
        values: dict[str, Any] = {}
    elif isinstance(given, Mapping):
        values = {str(name).lstrip("$:@"): value for name, value in given.items()}
    elif isinstance(given, str | bytes):
        raise Invalid("parameters are a list or a dict", hint='write params=["tea"]')
    else:
        values = by_position([value for at, value in enumerate(given) if at not in consumed])
    missing = [name for name in identifiers if name not in values]
    if missing:
        raise Invalid(f"no value for parameter {_shown(missing[0])}", hint=_hint(identifiers))
    if not isinstance(given, Mapping) and not set(values) <= {*identifiers, *elsewhere}:
        raise Invalid(f"{len(values)} parameters given, {len(identifiers)} used", hint=_hint(identifiers))
    return {name: _vector(values[name]) if name in vectors else values[name] for name in identifiers}


def _vector(value: Any) -> Any:
    try:
        numbers = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        return value
    return numbers if numbers.ndim == 1 else value


def by_position(values: Sequence[Any]) -> dict[str, Any]:
    return {str(at + 1): value for at, value in enumerate(values)}


def texts_given(given: Given) -> frozenset[str]:
    """Identifiers of the parameters whose values are texts, or others for which a column could be cast.

    >>> sorted(texts_given(["tea", 5, "cup"]))
    ['1', '3']
    """
    if not isinstance(given, Mapping):
        given = (
            by_position(given) if isinstance(given, Sequence) and not isinstance(given, str | bytes) else {}
        )
    return frozenset(str(name).lstrip("$:@") for name, value in given.items() if not _is_plain(value))


def _is_plain(value: Any) -> bool:
    """Whether it is compared without a cast that may fail."""
    if isinstance(value, int):
        return -_WIDEST <= value < _WIDEST
    return value is None or isinstance(value, float | date)


def point_values(identifiers: Sequence[str], given: Given, positions: Sequence[int]) -> dict[str, Any]:
    """The same for one AS OF clause; `positions`: which of all `?` stand in it."""
    if positions and isinstance(given, Sequence) and not isinstance(given, str | bytes):
        if max(positions) >= len(given):
            raise Invalid("no value for the parameter in AS OF", hint="give one value for each ?")
        return by_position([given[at] for at in positions])
    numbered = frozenset(by_position(given)) if isinstance(given, Sequence) else frozenset()
    return statement_values(identifiers, given, elsewhere=numbered) if identifiers else {}


def _shown(name: str) -> str:
    return f"{name} (counted from 1)" if name.isdigit() else f"${name}"


def _hint(identifiers: Sequence[str]) -> str:
    if not identifiers:
        return "the statement has no parameters"
    named = [f"${name}" for name in identifiers if not name.isdigit()]
    return f"it needs {', '.join(named)}" if named else f"it needs a list of {len(identifiers)} values"
