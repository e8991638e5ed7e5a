"""From a request to a database as its caller has it, and from a blocking call to an answer or an error that
teaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import anyio
from anyio.to_thread import run_sync

from ...core.access import Caller
from ...core.answers import Option
from ...core.clock import Clock, system_clock
from ...core.errors import Error
from ...core.ids import Entropy, system_entropy
from ...core.protocols import Cancel, Database, Lakehouse
from ..rank import Schema
from .callers import DOOR, WhoCalls
from .failures import taught
from .kept import Kept
from .known import Catalogs, names_of
from .writing import Confirmations

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """`limit`: rows of a result, unless a call says otherwise. `timeout_s`: the longest that a call runs."""

    limit: int = 50
    most_rows: int = 1_000
    allow_writes: bool = False
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer was the answer to: explain takes its name."""

    sql: str
    as_of: str | None = None


@dataclass(frozen=True)
class Doors:
    """One lake, one of its databases, and whoever calls. `clock`: for periods such as last quarter.
    `entropy`: for codes that nobody can guess."""

    lake: Lakehouse
    name: str
    who: WhoCalls
    settings: Settings = Settings()
    clock: Clock = system_clock
    answers: Kept[Asked] = field(default_factory=lambda: Kept("a"))
    options: Kept[Option] = field(default_factory=lambda: Kept("o"))
    entropy: Entropy = system_entropy

    @cached_property
    def catalogs(self) -> Catalogs:
        return Catalogs(self.clock)

    @cached_property
    def confirmations(self) -> Confirmations:
        return Confirmations(self.clock, self.entropy)

    def caller(self) -> Caller:
        """Raises `ToolError`."""
        try:
            return self.who()
        except Error as error:
            raise taught(error, lambda: ()) from error

    async def call(self, act: Callable[[Visit], T]) -> T:
        """`act` in a thread. A client that leaves cancels it."""
        cancel = Cancel()
        caller = self.caller()

        def acting() -> T:
            visit = Visit(self, caller, cancel)
            try:
                return act(visit)
            except Error as error:
                raise taught(error, visit.names) from error

        try:
            return await run_sync(acting, abandon_on_cancel=True)
        except anyio.get_cancelled_exc_class():
            cancel()
            raise


@dataclass(frozen=True)
class Visit:
    """One call of one caller."""

    doors: Doors
    caller: Caller
    cancel: Cancel

    @property
    def database(self) -> Database:
        settings = dict(self.caller.settings) or None
        return self.doors.lake.database(
            self.doors.name, principal=self.caller.principal, settings=settings, door=DOOR
        )

    @property
    def timeout(self) -> float:
        return self.doors.settings.timeout_s

    def schema(self, *, fresh: bool = False) -> Schema:
        return self.doors.catalogs.of(self.database, self.caller, fresh=fresh)

    def names(self) -> Sequence[str]:
        """What an error may name: nothing that the caller can't see."""
        try:
            return list(names_of(self.schema()))
        except Error:
            return ()
