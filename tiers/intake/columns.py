"""From the names a caller uses to the columns of the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from ...core.errors import Invalid, NotFound, nearest
from ...core.schema import Schema, check_field_name
from .values import Encoder, encoder


@dataclass(frozen=True, slots=True)
class Target:
    """A payload column to fill. `encoder`: `None` if the type is yet to be inferred."""

    name: str
    type: pa.DataType
    encoder: Encoder | None


@dataclass(frozen=True)
class Targets:
    """The payload columns of a schema, by exact and by folded name."""

    exact: dict[str, Target]
    folded: dict[str, Target]


_NONE = Targets({}, {})
_MOST_CACHED = 1_024
_cached: dict[int, tuple[Schema, Targets]] = {}


def targets(schema: Schema | None) -> Targets:
    """Cached by identity, as hashing a schema costs more than a small append. An entry keeps its schema
    alive, so its id is not given to another."""
    if schema is None:
        return _NONE
    found = _cached.get(id(schema))
    if found is None:
        if len(_cached) >= _MOST_CACHED:
            _cached.clear()
        exact = {
            f.name: Target(f.name, f.type, None if f.type == pa.null() else encoder(f.type))
            for f in schema.fields
        }
        found = (schema, Targets(exact, {name.lower(): target for name, target in exact.items()}))
        _cached[id(schema)] = found
    return found[1]


def resolve(names: Iterable[str], known: Targets) -> dict[str, Target]:
    """The column of each payload name: the exact one, else one that differs by case, else a new one.

    Raises `Invalid` if two names mean one column, or if a new name cannot be one.
    """
    resolved: dict[str, Target] = {}
    taken: dict[str, str] = {}
    for name in names:
        if not isinstance(name, str):
            raise Invalid(f"a field name is text, not {name!r}", hint="convert the keys with str()")
        folded = name.lower()
        if folded in taken:
            raise Invalid(
                f"`{taken[folded]}` and `{name}` differ only by case, and so would mean one column",
                hint="rename one of them",
            )
        taken[folded] = name
        target = known.exact.get(name) or known.folded.get(folded)
        if target is None:
            check_field_name(name)
            target = Target(name, pa.null(), None)
        resolved[name] = target
    return resolved


def event_time_column(event_time: str, given: Iterable[str], known: Targets) -> str | None:
    """The payload column that gives `_time`, as the table spells it; `None` if this batch lacks it.

    Raises `NotFound` if neither the batch nor the table knows it.
    """
    given = list(given)
    folded = event_time.lower()
    for name in given:
        if name.lower() == folded:
            return name
    if folded in known.folded:
        return None
    raise NotFound(
        f"no column `{event_time}` to take the event time from",
        hint=nearest(event_time, [*given, *known.exact]),
    )
