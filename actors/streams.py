"""Reading the ordered events of one subject, over all tables of a database and all tiers."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, Protocol

from ..core.errors import Invalid
from ..core.results import Result
from ..core.schema import ENVELOPE
from ..core.types import quote


class Readable(Protocol):
    """What a stream asks of its database."""

    def head(self, stream: str) -> int: ...

    def tables(self) -> list[str]: ...

    def sql(self, sql: str, params: Sequence[Any]) -> Result: ...


class LakeStream:
    """Implements `core.protocols.Stream`."""

    def __init__(self, database: Readable, name: str) -> None:
        self._database = database
        self.name = name

    @property
    def version(self) -> int:
        return self._database.head(self.name)

    def read(
        self, *, after: int = 0, limit: int | None = None, backwards: bool = False
    ) -> list[dict[str, Any]]:
        """Dicts with the payload by name, the envelope with its underscores and `_table`."""
        if after < 0 or (limit is not None and limit < 0):
            raise Invalid("after and limit are not negative", hint="positions start at 1")
        order = "DESC" if backwards else "ASC"
        clause = "" if limit is None else f" LIMIT {limit}"
        envelope = ", ".join(ENVELOPE.names)
        parts = []
        for table in self._database.tables():
            found = self._database.sql(
                f"SELECT {envelope}, * FROM {quote(table)}"
                f" WHERE _stream = ? AND _position > ? ORDER BY _position {order}{clause}",
                [self.name, after],
            )
            parts.append([{"_table": table, **row} for row in found.dicts()])
        merged = heapq.merge(*parts, key=lambda row: row["_position"], reverse=backwards)
        return (
            [row for _, row in zip(range(limit), merged, strict=False)] if limit is not None else list(merged)
        )
