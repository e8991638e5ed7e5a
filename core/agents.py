"""An agent with a name: it asks as a principal of that name, and remembers.

priya = lake.agent("priya", database="acme", tables=["orders", "customers"])
priya("revenue by month in 2025"); priya("why did it fall in May?"); priya("analyze orders")
sam = lake.agent("sam", database="acme", tables=["orders"])
sam("and by region?", given=priya.last)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .answers import Answer, Option, Wish
from .errors import Invalid

if TYPE_CHECKING:
    from .protocols import Database


class AgentCalls(Protocol):
    """Carries out what an agent is asked, wherever the lake is."""

    def ask(self, question: str | Option, given: Answer | None, wish: Wish) -> Answer: ...

    def remember(self, name: str, value: Any) -> None: ...

    def recall(self, name: str) -> Any: ...

    def forget(self, name: str) -> bool: ...

    def verify(self, question: str, sql: str) -> None: ...

    def correct(self, question: str, was: str | None, sql: str) -> None: ...

    def log(self, after: int) -> list[dict[str, Any]]: ...

    def turns(self) -> list[dict[str, Any]]: ...


class NamedAgent:
    """`database`: as the agent has it. `last`: its last answer here. `limit`: rows of an answer at most."""

    def __init__(self, name: str, database: Database, calls: AgentCalls, limit: int) -> None:
        self.name = name
        self.database = database
        self.calls = calls
        self.last: Answer | None = None
        self._limit = limit

    def __call__(self, question: str | Option, *, given: Answer | None = None) -> Answer:
        """The answer to a question in English, or a short report: `priya("analyze sales")`.

        What was asked before may be built on. `given`: another agent's answer, to build on instead.
        """
        self.last = self.calls.ask(question, given, Wish(limit=self._limit))
        return self.last

    ask = __call__

    def remember(self, name: str, value: Any) -> None:
        """Anything that JSON can say, under a name."""
        self.calls.remember(name, value)

    def recall(self, name: str) -> Any:
        """Raises `NotFound`."""
        return self.calls.recall(name)

    def forget(self, name: str) -> bool:
        """False if nothing was remembered under the name."""
        return self.calls.forget(name)

    def verify(self, question: str, sql: str) -> None:
        """From now on the question is answered by this SQL, which is tried now. Raises its errors."""
        self.calls.verify(question, sql)

    def correct(self, sql: str) -> None:
        """The last answer should have been that of this SQL, which is tried now; asked again, it is."""
        if self.last is None:
            raise Invalid(f"`{self.name}` has answered nothing here", hint="ask first, then correct")
        self.calls.correct(self.last.question, self.last.sql, sql)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Where each of its answers came from: question, SQL, ranges that were read, what it built on."""
        return self.calls.log(after)

    def turns(self) -> list[dict[str, Any]]:
        """Its conversation."""
        return self.calls.turns()
