"""What `storage.exec` gives: rows as tuples, read as they are asked for, within the turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol

from ...core.errors import Conflict, Invalid, NotFound
from ...tiers.objects.private import reading

Row = tuple[Any, ...]


class SqlCursor(Protocol):
    @property
    def description(self) -> tuple[tuple[str, Any, Any, Any, Any, Any, Any], ...] | None: ...
    @property
    def rowcount(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def close(self) -> None: ...


class Cursor:
    """`rows_read`: taken from it so far. `rows_written`: inserted, updated or deleted by the statement."""

    __slots__ = ("__weakref__", "_cursor", "_guard", "_over", "_rows", "columns", "rows_read", "rows_written")

    def __init__(self, cursor: SqlCursor, guard: Callable[[], None]) -> None:
        self._cursor = cursor
        self._guard = guard
        self._rows: Iterator[Row] = iter(cursor)
        self._over = False
        self.columns: list[str] = [column[0] for column in cursor.description or ()]
        self.rows_read = 0
        self.rows_written = max(cursor.rowcount, 0)

    def __iter__(self) -> Iterator[Row]:
        while rows := self._take(256):
            yield from rows

    def one(self) -> Row:
        """The only row. Raises `NotFound` if there is none, `Conflict` if there are more."""
        rows = self._take(2)
        self._cursor.close()
        self._rows = iter(())
        if not rows:
            raise NotFound("no row", hint="`all()` gives an empty list instead")
        if len(rows) > 1:
            raise Conflict("more than one row", hint="`all()` gives every row")
        return rows[0]

    def all(self) -> list[Row]:
        return self._take(None)

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.all()]

    def _take(self, most: int | None) -> list[Row]:
        self._guard()
        if self._over:
            raise Invalid("the turn of this cursor is over", hint="keep its rows: cursor.all()")
        with reading():
            rows = list(islice(self._rows, most))
        self.rows_read += len(rows)
        return rows

    # -- for the storage --------------------------------------------------------------------------

    def detach(self) -> None:
        """Has the rest of its rows in memory: the turn goes on, but its transaction ends here."""
        with reading():
            self._rows = iter(list(self._rows))
        self._cursor.close()

    def close(self) -> None:
        self._over = True
        self._cursor.close()
