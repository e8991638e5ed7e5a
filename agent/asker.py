"""Who asks: a database as somebody has it."""

from __future__ import annotations

from typing import Protocol

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
