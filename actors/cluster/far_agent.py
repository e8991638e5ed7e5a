"""A named agent behind `ray://`: it asks, and its grants are checked, in the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.answers import Answer, Option, Wish
from .far_compute import FarCompute


class FarAgent:
    """Implements `core.agents.AgentCalls`. `settings`: for row policies."""

    def __init__(
        self, compute: FarCompute, name: str, database: str, settings: Mapping[str, str] | None
    ) -> None:
        self._compute = compute
        self._name = name
        self._as = {"database": database, "settings": settings}

    def ask(self, question: str | Option, given: Answer | None, wish: Wish) -> Answer:
        # Asked twice, it would be two turns.
        meaning = None if given is None else given.meaning()
        answer: Answer = self._call("ask", question, meaning, wish, again=False)
        return answer

    def remember(self, name: str, value: Any) -> None:
        self._call("remember", name, value)

    def recall(self, name: str) -> Any:
        return self._call("recall", name)

    def forget(self, name: str) -> bool:
        return bool(self._call("forget", name))

    def verify(self, question: str, sql: str) -> None:
        self._call("verify", question, sql)

    def correct(self, question: str, was: str | None, sql: str) -> None:
        self._call("correct", question, was, sql, again=False)

    def log(self, after: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("log", after)
        return found

    def turns(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("turns")
        return found

    def _call(self, method: str, *args: Any, again: bool = True) -> Any:
        return self._compute.agent(self._name, self._as, method, *args, again=again)
