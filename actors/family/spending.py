"""What an agent's questions have cost, day by day: a restart, or another process, begins nothing anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...agent.providers.budget import Spent
from ..objects.base import DurableObject

KEPT_DAYS = 62


class SpendingDO(DurableObject):
    """Its name is an agent's."""

    def start(self) -> None:
        self.storage.exec(
            """CREATE TABLE IF NOT EXISTS days
               (day TEXT PRIMARY KEY, requests INTEGER, tokens INTEGER, cost REAL)"""
        )

    def spent(self, day: str) -> tuple[int, int, float]:
        """Requests, tokens and cost of a day, as `2026-11-22`."""
        found = self.storage.exec("SELECT requests, tokens, cost FROM days WHERE day = ?", day).all()
        return tuple(found[0]) if found else (0, 0, 0.0)

    def add(self, day: str, requests: int, tokens: int, cost: float) -> None:
        self.storage.exec(
            """INSERT INTO days VALUES (?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET
               requests = requests + excluded.requests, tokens = tokens + excluded.tokens,
               cost = cost + excluded.cost""",
            day,
            requests,
            tokens,
            cost,
        )
        self.storage.exec(
            "DELETE FROM days WHERE day <= (SELECT day FROM days ORDER BY day DESC LIMIT 1 OFFSET ?)",
            KEPT_DAYS,
        )


class LastingDays:
    """Implements `agent.providers.budget.Days`. `object`: the stub of a durable object, by class and name."""

    def __init__(self, object: Callable[[type, str], Any]) -> None:
        self._object = object

    def spent(self, agent: str, day: str) -> Spent:
        return Spent(*self._object(SpendingDO, agent).spent(day))

    def add(self, agent: str, day: str, used: Spent) -> None:
        self._object(SpendingDO, agent).add(day, used.requests, used.tokens, used.cost)
