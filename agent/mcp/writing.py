"""Statements that change something: what they would do, told before they are done.

They come in only where the server was started for it, and what a principal may change the policy still
decides. The policy itself is not changed by agents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mcp.server.mcpserver.exceptions import ToolError

from ...core.errors import NotFound
from ...core.protocols import Cancel, Database
from ...router.policy.statements import PolicyStatement
from ...router.statements import Explain, Insert, Query, ShowTables, Statement

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Preview:
    """`told`: in a sentence."""

    told: str


def is_query(statement: Statement) -> bool:
    """Raises `ToolError` for what other tools are for."""
    if isinstance(statement, Explain):
        raise ToolError("use the tool explain for that: it takes the statement without EXPLAIN.")
    return isinstance(statement, Query | ShowTables)


def refused(statement: Statement) -> ToolError:
    return ToolError(
        f"this server is read-only, and this is {_kind(statement)}. Send a query."
        " The owner can start it with --allow-writes."
    )


def preview(database: Database, statement: Statement, cancel: Cancel) -> Preview:
    """What the statement would do. Raises `ToolError` for a change of the policy."""
    if isinstance(statement, PolicyStatement):
        raise ToolError(
            f"{_kind(statement)} is not for agents: the owner changes the policy with `thermocline sql`."
        )
    told = f"{_kind(statement)} on `{getattr(statement, 'table', None) or getattr(statement, 'view', '')}`"
    if isinstance(statement, Insert):
        counted = database.sql(f"SELECT count(*) FROM (\n{statement.query.text}\n) AS new", cancel=cancel)
        (rows,) = counted.rows()[0]
        told += f": {rows} rows, into {_size(database, statement.table)}"
    return Preview(told)


def _size(database: Database, table: str) -> str:
    try:
        columns = len(database.schema(table))
    except NotFound:
        return "a table that this makes"
    return f"a table of {columns} columns"


def _kind(statement: Statement) -> str:
    words = _WORDS.sub(" ", type(statement).__name__).upper()
    return f"{'an' if words[0] in 'AEIOU' else 'a'} {words}"
