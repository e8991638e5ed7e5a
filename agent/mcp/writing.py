"""Statements that change something: what they would do, told before they are done.

They come in only where the server was started for it, and what a principal may change the policy still
decides, before anything is shown. The policy itself is not changed by agents.

    statement --> may the caller do that? --> what it would touch, counted --> a code, kept for the caller
    the same statement and its code --> counted again --> done, if nothing has changed; the code is used up
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mcp.server.mcpserver.exceptions import ToolError

from ...core.clock import Clock, now_us
from ...core.errors import Denied, NotFound
from ...core.ids import Entropy
from ...core.protocols import Cancel, Database
from ...core.types import quote
from ...router.policy.statements import PolicyStatement
from ...router.statements import CreateTable, DropTable, Explain, Insert, Query, ShowTables, Statement

GOOD_FOR_US = 10 * 60 * 1_000_000
"""How long a preview can be confirmed."""
MOST_WAITING = 256
_CODE_BYTES = 6
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@runtime_checkable
class Guarded(Protocol):
    """A database in this process. One over a wire refuses when the statement is carried out."""

    def check(self, sql: str) -> None:
        """Raises what is wrong with a statement, `Denied` if the caller may not do it."""
        ...

    def may_change(self) -> bool:
        """Whether the policy lets the caller change anything."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """`told`: in a sentence."""

    told: str


class Confirmations:
    """Previews that wait for a yes, each by a code that nobody can guess: its caller's, good once."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[Hashable, str], tuple[str, str, int]] = OrderedDict()

    def keep(self, caller: Hashable, sql: str, preview: Preview) -> str:
        code = self._entropy(_CODE_BYTES).hex()
        with self._lock:
            self._waiting[caller, code] = (sql, preview.told, now_us(self._clock) + GOOD_FOR_US)
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
        return code

    def take(self, caller: Hashable, code: str, sql: str, preview: Preview) -> bool:
        """Whether the caller was shown just this, not long ago. A second time there is no such code."""
        name = caller, code.strip()
        with self._lock:
            kept = self._waiting.get(name)
            if kept is None or kept[:2] != (sql, preview.told):
                return False
            del self._waiting[name]
        return now_us(self._clock) <= kept[2]


def may_change(database: Database) -> bool:
    return database.may_change() if isinstance(database, Guarded) else True


def is_query(statement: Statement) -> bool:
    """Raises `ToolError` for what other tools are for."""
    if isinstance(statement, Explain):
        raise ToolError("use the tool explain for that: it takes the statement without EXPLAIN.")
    return isinstance(statement, Query | ShowTables)


def refused(statement: Statement) -> ToolError:
    return ToolError(
        f"this server is read-only, and this is {_kind(statement)}. Send a query."
        " The owner can start it with --allow-writes, for who was granted what they change."
    )


def preview(database: Database, sql: str, statement: Statement, cancel: Cancel) -> Preview:
    """What the statement would do. Raises `Denied`, and `ToolError` for a change of the policy."""
    if isinstance(statement, PolicyStatement):
        raise ToolError(
            f"{_kind(statement)} is not for agents: the owner changes the policy with `thermocline sql`."
        )
    if isinstance(database, Guarded):
        database.check(sql)
    told = f"{_kind(statement)} on `{getattr(statement, 'table', None) or getattr(statement, 'view', '')}`"
    match statement:
        case Insert(table=table, query=query):
            told += f": {_rows(database, query.text, cancel)} rows, into {_size(database, table)}"
        case CreateTable(query=Query(text=text)):
            told += f": of {_rows(database, text, cancel)} rows"
        case DropTable(table=table):
            told += f": {_seen(database, table, cancel)}, in all tiers"
    return Preview(told)


def _rows(database: Database, query: str, cancel: Cancel) -> int:
    ((rows,),) = database.sql(f"SELECT count(*) FROM (\n{query}\n) AS new", cancel=cancel).rows()
    return int(rows)


def _seen(database: Database, table: str, cancel: Cancel) -> str:
    try:
        return f"{_rows(database, f'SELECT * FROM {quote(table)}', cancel)} rows that you see"
    except Denied:
        return "rows that you do not see"
    except NotFound:
        return "no such table"


def _size(database: Database, table: str) -> str:
    try:
        columns = len(database.schema(table))
    except NotFound:
        return "a table that this makes"
    except Denied:
        return "a table that you do not see"
    return f"a table of {columns} columns"


def _kind(statement: Statement) -> str:
    words = _WORDS.sub(" ", type(statement).__name__).upper()
    return f"{'an' if words[0] in 'AEIOU' else 'a'} {words}"
