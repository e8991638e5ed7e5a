"""An agent with a name: it asks as a principal of that name, and remembers.

priya = lake.agent("priya", database="acme", tables=["orders", "customers"])
priya("revenue by month in 2025"); priya("why did it fall in May?"); priya("analyze orders")
sam = lake.agent("sam", database="acme", tables=["orders"])
sam("and by region?", given=priya.last)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..agent.asker import check
from ..core.access import Grant, Policy, checked_name
from ..core.answers import Answer, Option
from ..core.policy_changes import granted, with_principal

if TYPE_CHECKING:
    from ..core.protocols import Lakehouse
    from ..tiers.policies import PolicyStore

DOOR = "agent"


class NamedAgent:
    """`kept`: the object that remembers for it. `limit`: rows of an answer at most."""

    def __init__(self, name: str, database: Any, kept: Any, limit: int) -> None:
        self.name = name
        self.database = database
        self.last: Answer | None = None
        self._kept = kept
        self._limit = limit

    def __call__(self, question: str | Option, *, given: Answer | None = None) -> Answer:
        """The answer to a question in English, or a short report: `priya("analyze sales")`.

        What was asked before may be built on. `given`: another agent's answer, to build on instead.
        """
        answer: Answer = self.database.converse(question, self._kept, given=given, limit=self._limit)
        self.last = answer
        return answer

    ask = __call__

    def remember(self, name: str, value: Any) -> None:
        """Anything that JSON can say, under a name."""
        self._kept.remember(name, value)

    def recall(self, name: str) -> Any:
        """Raises `NotFound`."""
        return self._kept.recall(name)

    def forget(self, name: str) -> bool:
        """False if nothing was remembered under the name."""
        return bool(self._kept.forget(name))

    def verify(self, question: str, sql: str) -> None:
        """From now on the question is answered by this SQL, which is tried now. Raises its errors."""
        check(self.database, sql)
        self._kept.verify(question, sql, self.name)

    def correct(self, sql: str) -> None:
        """The last answer should have been that of this SQL; asked again, it is."""
        if self.last is not None:
            check(self.database, sql)
            self._kept.correct(self.last.question, self.last.sql, sql)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Where each of its answers came from: question, SQL, ranges that were read, what it built on."""
        found: list[dict[str, Any]] = self._kept.provenance(after)
        return found

    def turns(self) -> list[dict[str, Any]]:
        """Its conversation."""
        found: list[dict[str, Any]] = self._kept.turns()
        return found


def open_agent(
    lake: Lakehouse,
    policies: PolicyStore,
    name: str,
    *,
    database: str,
    tables: Sequence[str] | None,
    roles: Sequence[str],
    settings: Mapping[str, str] | None,
    limit: int,
    max_query_runtime_s: float | None,
) -> NamedAgent:
    """Grants what is given, if it is not yet, and opens the agent."""
    who = checked_name(name)
    change = _granting(who, database, tables, roles, max_query_runtime_s)
    if change(policies.current()) != policies.current():
        policies.change(change)
    mine = lake.database(database, principal=who, settings=settings, door=DOOR)
    kept = lake.database(database).agent(who)  # type: ignore[attr-defined]  # of databases where objects are
    return NamedAgent(who, mine, kept, limit)


def _granting(
    who: str,
    database: str,
    tables: Sequence[str] | None,
    roles: Sequence[str],
    max_runtime_s: float | None,
) -> Callable[[Policy], Policy]:
    def change(policy: Policy) -> Policy:
        wanted = [Grant(who, "select", database, table) for table in tables or ()]
        members = [(checked_name(role), who) for role in roles]
        if missing := [grant for grant in wanted if grant not in policy.grants]:
            policy = granted(policy, missing)
        if any(pair not in policy.members for pair in members):
            policy = replace(policy, members=tuple(dict.fromkeys((*policy.members, *members))))
        known = policy.principal(who)
        if max_runtime_s is not None and known.max_runtime_s != max_runtime_s:
            policy = with_principal(policy, replace(known, max_runtime_s=max_runtime_s))
        return policy

    return change
