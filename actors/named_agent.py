"""Agents with names where the lake is: what they were given, and their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..agent.asker import check
from ..core.access import Grant, Policy, caller, checked_name
from ..core.agents import NamedAgent
from ..core.answers import Answer, Option, Wish
from ..core.policy_changes import granted, with_principal
from .family.agent import own_name

if TYPE_CHECKING:
    from ..tiers.policies import PolicyStore
    from .database import LakeDatabase
    from .family.agent import AgentDO
    from .guarded import GuardedDatabase

DOOR = "agent"


class LakeAgent:
    """Implements `core.agents.AgentCalls`. `kept`: the object that remembers for it."""

    def __init__(self, name: str, database: GuardedDatabase, kept: AgentDO) -> None:
        self._name = name
        self._database = database
        self._kept = kept

    def ask(self, question: str | Option, given: Answer | None, wish: Wish) -> Answer:
        return self._database.converse(question, self._kept, given, wish)

    def remember(self, name: str, value: Any) -> None:
        self._kept.remember(name, value)

    def recall(self, name: str) -> Any:
        return self._kept.recall(name)

    def forget(self, name: str) -> bool:
        return self._kept.forget(name)

    def verify(self, question: str, sql: str) -> None:
        check(self._database, sql)
        self._kept.verify(question, sql, self._name)

    def correct(self, question: str, was: str | None, sql: str) -> None:
        check(self._database, sql)
        self._kept.correct(question, was, sql)

    def log(self, after: int) -> list[dict[str, Any]]:
        return self._kept.provenance(after)

    def turns(self) -> list[dict[str, Any]]:
        return self._kept.turns()


def open_agent(
    owned: LakeDatabase,
    policies: PolicyStore,
    name: str,
    *,
    tables: Sequence[str] | None,
    roles: Sequence[str],
    settings: Mapping[str, str] | None,
    limit: int,
    max_query_runtime_s: float | None,
) -> NamedAgent:
    """Grants what is given, if it is not yet, and opens the agent. `owned`: as the owner has it."""
    who = checked_name(name)
    change = _granting(who, owned.name, tables, roles, max_query_runtime_s)
    if change(policies.current()) != policies.current():
        policies.change(change)
    mine: GuardedDatabase = owned.as_caller(caller(who, settings, DOOR))
    return NamedAgent(who, mine, LakeAgent(who, mine, owned.agent(own_name(who))), limit)


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
