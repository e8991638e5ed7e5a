"""Which engine a query asks for, and what is said of the one that answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

from ...core.errors import Invalid, nearest
from .fragments import PushDown

EngineName: TypeAlias = Literal["duckdb", "daft", "auto"]

DAFT_FROM_BYTES = 64 * 2**30
"""With engine="auto", Daft is asked from this many bytes of files on: see docs/engines.md."""


def engine_name(given: str | None) -> EngineName:
    """Raises `Invalid`."""
    name = (given or "duckdb").lower()
    match name:
        case "duckdb" | "daft" | "auto":
            return name
    raise Invalid(f"unknown engine `{given}`", hint=nearest(name, get_args(EngineName)))


def wants_daft(
    engine: EngineName, bytes_to_read: int, from_bytes: int, installed: Callable[[], bool]
) -> bool:
    """`installed` looks through folders, so it is asked last.

    >>> wants_daft("auto", 10, 100, lambda: True), wants_daft("auto", 100, 100, lambda: True)
    (False, True)
    """
    return engine == "daft" or (engine == "auto" and bytes_to_read >= from_bytes and installed())


def told(down: PushDown, on_ray: bool) -> str:
    """What EXPLAIN says of a statement that Daft has a part in."""
    daft = "Daft on Ray" if on_ray else "Daft"
    parts = []
    for fragment in down.fragments:
        views = ", ".join(relation.scan.view for relation in fragment.relations)
        parts.append(f"{daft} {'groups' if fragment.grouped else 'filters'} {views}")
    parts += [f"DuckDB reads {name}" for name in sorted(down.views)]
    why = f" (because of {'; '.join(down.reasons)})" if down.views else ""
    return f"engine: {'; '.join(parts)}{why}; DuckDB does the rest"


def told_not(reason: str) -> str:
    return f"engine: DuckDB, not Daft, because of {reason}"
