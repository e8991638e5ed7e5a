"""Who asked what, through which door, and what came of it: rows of the table `audit` of database `system`.

A lake with a policy notes every query and every refusal. They are appended behind the answers, a few
together, and at the latest when the lake is closed.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pyarrow as pa

from ..core.access import Caller
from ..core.clock import Clock, from_micros, now_us
from ..core.errors import Denied, Error
from ..core.results import Result
from ..core.types import INSTANT

if TYPE_CHECKING:
    from .database import LakeDatabase
    from .notices import Notices

T = TypeVar("T")

DATABASE, TABLE = "system", "audit"

EVERY_S = 0.2
"""How long an entry may wait for others."""

SCHEMA = pa.schema(
    [
        ("_time", INSTANT),
        ("principal", pa.string()),
        ("door", pa.string()),
        ("database", pa.string()),
        ("action", pa.string()),
        ("statement", pa.string()),
        ("tables", pa.list_(pa.string())),
        ("rows", pa.int64()),
        ("duration_ms", pa.float64()),
        ("outcome", pa.string()),
        ("error", pa.string()),
    ]
)
"""`principal` is null for the owner; `outcome` is answered, refused or failed."""

LONGEST = 10_000
"""Characters of a statement that are kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    caller: Caller
    database: str
    action: str
    statement: str
    began_us: int
    ended_us: int
    tables: tuple[str, ...]
    rows: int | None
    error: Error | None

    def row(self) -> dict[str, Any]:
        refused = isinstance(self.error, Denied)
        return {
            "_time": from_micros(self.began_us),
            "principal": self.caller.principal,
            "door": self.caller.door,
            "database": self.database,
            "action": self.action,
            "statement": self.statement[:LONGEST],
            "tables": list(self.tables),
            "rows": self.rows,
            "duration_ms": (self.ended_us - self.began_us) / 1000,
            "outcome": "answered" if self.error is None else "refused" if refused else "failed",
            "error": None if self.error is None else self.error.message,
        }


class Audit:
    """`append`: puts rows into the table. `later`: has something called soon, once for several calls."""

    def __init__(
        self,
        append: Callable[[pa.Table], object],
        later: Callable[[Callable[[], object]], object],
        clock: Clock,
    ) -> None:
        self._append = append
        self._later = later
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []
        self._appending = threading.Lock()

    def noting(self, caller: Caller, database: str, action: str, statement: str, act: Callable[[], T]) -> T:
        """What `act` returns or raises, noted."""
        began = now_us(self._clock)
        try:
            answer = act()
        except Error as error:
            self._over(caller, database, action, statement, began, error=error)
            raise
        self._over(caller, database, action, statement, began, answer)
        return answer

    async def noting_async(
        self, caller: Caller, database: str, action: str, statement: str, act: Callable[[], Awaitable[T]]
    ) -> T:
        """`noting`, for asyncio."""
        began = now_us(self._clock)
        try:
            answer = await act()
        except Error as error:
            self._over(caller, database, action, statement, began, error=error)
            raise
        self._over(caller, database, action, statement, began, answer)
        return answer

    def flush(self) -> None:
        """Appends what waits."""
        with self._appending:
            with self._lock:
                entries, self._waiting = self._waiting, []
            if entries:
                self._append(pa.Table.from_pylist([entry.row() for entry in entries], schema=SCHEMA))

    def _over(
        self,
        caller: Caller,
        database: str,
        action: str,
        statement: str,
        began: int,
        answer: object = None,
        error: Error | None = None,
    ) -> None:
        tables, rows = _read(answer)
        ended = now_us(self._clock)
        entry = Entry(caller, database, action, statement, began, ended, tables, rows, error)
        with self._lock:
            self._waiting.append(entry)
        self._later(self.flush)


class _Lake(Protocol):
    notices: Notices

    def database(self, name: str) -> LakeDatabase: ...


def audit_of(lake: _Lake, clock: Clock) -> Audit:
    """Over the lake's own table, in batches."""
    return Audit(
        lambda rows: lake.database(DATABASE).append(TABLE, rows),
        lambda tell: lake.notices.note("audit", EVERY_S, tell),
        clock,
    )


def _read(answer: object) -> tuple[tuple[str, ...], int | None]:
    """(tables read, rows answered) as far as they are known before the rows are taken."""
    if not isinstance(answer, Result):
        return (), None
    return tuple(sorted(answer.certificate.tables)), answer.known_rows
