"""Who asks: a database as somebody has it."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from ..core.errors import TooManyRows
from ..core.protocols import Cancel
from ..core.results import Result


class Asker(Protocol):
    """A database as somebody has it: its statements are theirs."""

    def sql(
        self,
        sql: str,
        *,
        as_of: object = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
        stream: bool = False,
    ) -> Result: ...


def check(asker: Asker, sql: str) -> None:
    """Raises what is wrong with a query: it is bound, and no row is read."""
    asker.sql(checking(sql))


def checking(sql: str) -> str:
    """The statement that tells what is wrong with a query, and reads no row."""
    return f"SELECT * FROM ({sql.strip().rstrip(';')}\n) AS checked LIMIT 0"


def first_rows(result: Result, most: int) -> tuple[pa.Table, bool]:
    """Up to so many rows, fewer where the asker may have no more, and whether there are others behind."""
    held: list[pa.RecordBatch] = []
    rows = 0
    try:
        for batch in result.batches():
            held.append(batch)
            rows += batch.num_rows
            if rows > most:
                break
    except TooManyRows:
        return _table(held, result).slice(0, most), True
    return _table(held, result).slice(0, most), rows > most


def _table(held: list[pa.RecordBatch], result: Result) -> pa.Table:
    return pa.Table.from_batches(held, schema=result.schema)
