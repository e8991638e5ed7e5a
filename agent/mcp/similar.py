"""From search_similar to `Database.search`: by meaning where there are vectors, else by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError

from ...core.errors import Denied, Invalid
from ...core.protocols import Cancel, Database
from ...core.results import Result
from ...core.types import quote
from ..catalog import Catalog
from .metrics import Filters, read_filter, scalar
from .terms import column_of

_SIMPLE = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Where:
    """A condition in SQL with its values by name; no value stands in the text."""

    sql: str | None
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Similar:
    """`mode`: how the rows were ranked."""

    result: Result
    mode: Literal["meaning", "words"]


def search(
    database: Database,
    table: str,
    text: str | None,
    vector: Sequence[float] | None,
    k: int,
    where: Where,
    *,
    timeout: float,
    cancel: Cancel,
) -> Similar:
    """A text is searched by its words where nobody knows what it means."""

    def look(mode: Literal["meaning", "words"]) -> Similar:
        query = vector if text is None else text
        assert query is not None
        return Similar(
            database.search(
                query,
                table=table,
                k=k,
                mode=mode,
                where=where.sql,
                params=where.params,
                timeout=timeout,
                cancel=cancel,
            ),
            mode,
        )

    try:
        return look("meaning")
    except Denied:
        raise
    except Invalid:
        if text is None:
            raise
        return look("words")


def where_of(filters: Filters, table: str, catalog: Catalog) -> Where:
    """Raises `ToolError` for a column that the table has not."""
    params: dict[str, Any] = {}
    parts = []
    for given in filters:
        name, op, value = read_filter(given)
        found = column_of(name if "." in name else f"{table}.{name}", catalog)
        if found.table.lower() != table.lower():
            raise ToolError(f"filters are on columns of `{table}`.")
        parts.append(_part(quote(found.name), op, value, params))
    return Where(" AND ".join(parts) or None, params)


def _part(column: str, op: str, value: Any, params: dict[str, Any]) -> str:
    def put(each: Any) -> str:
        name = f"filter_{len(params)}"
        params[name] = scalar(each)
        return f"${name}"

    if op in ("is null", "is not null"):
        return f"{column} {op.upper()}"
    if op in ("in", "not in"):
        if not isinstance(value, list) or not value:
            raise ToolError(f"`{op}` needs a list of values.")
        return f"{column} {op.upper()} ({', '.join(put(each) for each in value)})"
    if op == "contains":
        return f"contains(lower({column}::VARCHAR), lower({put(str(scalar(value)))}))"
    if op == "starts with":
        return f"starts_with(lower({column}::VARCHAR), lower({put(str(scalar(value)))}))"
    return f"{column} {_SIMPLE[op]} {put(value)}"
