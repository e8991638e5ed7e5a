"""What `storage.exec` gives: rows as tuples, read as they are asked for, within the turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ...core.errors import Conflict, NotFound

Row = tuple[Any, ...]


class SqlCursor(Protocol):
    @property
    def description(self) -> tuple[tuple[str, Any, Any, Any, Any, Any, Any], ...] | None: ...
    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int = ...) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def close(self) -> None: ...


class Cursor:
    """`rows_read`: taken from it so far. `rows_written`: inserted, updated or deleted by the statement."""

    __slots__ = ("_cursor", "_guard", "columns", "rows_read", "rows_written")

    def __init__(self, cursor: SqlCursor, guard: Callable[[], None]) -> None:
        self._cursor = cursor
        self._guard = guard
        self.columns: list[str] = [column[0] for column in cursor.description or ()]
        self.rows_read = 0
        self.rows_written = max(cursor.rowcount, 0)

    def __iter__(self) -> Iterator[Row]:
        while True:
            self._guard()
            rows = self._cursor.fetchmany(256)
            if not rows:
                return
            self.rows_read += len(rows)
            yield from rows

    def one(self) -> Row:
        """The only row. Raises `NotFound` if there is none, `Conflict` if there are more."""
        self._guard()
        rows = self._cursor.fetchmany(2)
        self._cursor.close()
        if not rows:
            raise NotFound("no row", hint="`all()` gives an empty list instead")
        if len(rows) > 1:
            raise Conflict("more than one row", hint="`all()` gives every row")
        self.rows_read += 1
        row: Row = rows[0]
        return row

    def all(self) -> list[Row]:
        self._guard()
        rows: list[Row] = self._cursor.fetchall()
        self.rows_read += len(rows)
        return rows

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.all()]
