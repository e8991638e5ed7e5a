"""What questions may cost: for each question, and for each agent and day.

A request is decided on before it is made, at the most that it can use; what it did use is noted behind it. So
questions that run at once can't exceed a limit together.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ...core.clock import Clock
from ...core.errors import Denied
from ...core.protocols import Cancel
from .base import Completion, Message, OnText, Provider, estimated_tokens


@dataclass(frozen=True, slots=True)
class Spent:
    """`cost`: in the money of the prices."""

    requests: int = 0
    tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.requests + other.requests, self.tokens + other.tokens, self.cost + other.cost)


@dataclass(frozen=True, slots=True)
class Limits:
    """`None`: as much as one likes."""

    requests: int | None = None
    tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Of a million tokens."""

    input: float = 0.0
    output: float = 0.0

    def request(self, input_tokens: int, output_tokens: int) -> Spent:
        """One request in numbers.

        >>> Prices(input=3, output=15).request(1_000, 200)
        Spent(requests=1, tokens=1200, cost=0.006)
        """
        cost = (input_tokens * self.input + output_tokens * self.output) / 1_000_000
        return Spent(1, input_tokens + output_tokens, cost)


@dataclass(frozen=True, slots=True)
class Budget:
    """`question`: repairs included. `day`: of one agent, from midnight to midnight in UTC. `prices`: of the
    model; while they are not known, no limit of cost can be held, and none is taken for held."""

    question: Limits = Limits()
    day: Limits = Limits()
    prices: Prices | None = None


def within(budget: Budget, own: Mapping[str, float]) -> Budget:
    """The lesser of a budget and of an agent's own limits, which have the names of `core.limits`.

    >>> within(Budget(day=Limits(tokens=900)), {"max_model_tokens_per_day": 500}).day
    Limits(requests=None, tokens=500, cost=None)
    """

    def least(limits: Limits, of: str) -> Limits:
        found: dict[str, Any] = {}
        for what in ("requests", "tokens", "cost"):
            known = (getattr(limits, what), own.get(f"max_model_{what}_per_{of}"))
            found[what] = min((limit for limit in known if limit is not None), default=None)
        return Limits(**found)

    return replace(budget, question=least(budget.question, "question"), day=least(budget.day, "day"))


def exceeded(limits: Limits, spent: Spent, more: Spent) -> str | None:
    """What `more` would exceed, in words; `None` if it may be spent.

    >>> exceeded(Limits(tokens=1000), Spent(1, 800), Spent(1, 300))
    '300 tokens more than 800 exceed 1000'
    >>> exceeded(Limits(requests=2), Spent(1, 800), Spent(1, 300))
    """
    for name, limit, so_far, next_ in (
        ("requests", limits.requests, spent.requests, more.requests),
        ("tokens", limits.tokens, spent.tokens, more.tokens),
        ("of cost", limits.cost, spent.cost, more.cost),
    ):
        if limit is not None and so_far + next_ > limit:
            return f"{next_:g} {name} more than {so_far:g} exceed {limit:g}"
    return None


class Days(Protocol):
    """What was spent on each day, as `2026-11-22`; if it lasts, the limits of a day outlast this process."""

    def spent(self, agent: str, day: str) -> Spent: ...

    def add(self, agent: str, day: str, used: Spent) -> None: ...


class PassingDays:
    """Implements `Days` in memory."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], Spent] = {}

    def spent(self, agent: str, day: str) -> Spent:
        return self._spent.get((agent, day), Spent())

    def add(self, agent: str, day: str, used: Spent) -> None:
        self._spent[agent, day] = self.spent(agent, day) + used


class Ledger:
    """What agents have spent. Safe to use from several threads."""

    def __init__(self, clock: Clock, days: Days | None = None) -> None:
        self._clock = clock
        self._days = days or PassingDays()
        self._reserved: dict[int, tuple[str, Spent]] = {}
        self._reservations = 0
        self._lock = threading.Lock()

    def question(self, agent: str, budget: Budget) -> Account:
        """Raises `Denied` for a limit of cost that can't be held."""
        limited = budget.question.cost is not None or budget.day.cost is not None
        if limited and budget.prices is None:
            raise Denied(
                f"what `{agent}` may spend is limited, and nobody said what the model costs",
                hint="connect(model=..., budget=Budget(prices=Prices(input=3, output=15))), of a million",
            )
        return Account(self, agent, budget)

    def spent(self, agent: str) -> Spent:
        """Today."""
        return self._days.spent(agent, self._today())

    def reserve(self, account: Account, at_most: Spent) -> int:
        """Sets so much aside. Raises `Denied` if a limit would be exceeded."""
        with self._lock:
            mine = [spent for agent, spent in self._reserved.values() if agent == account.agent]
            today = sum(mine, self.spent(account.agent))
            if words := exceeded(account.budget.question, account.spent, at_most):
                raise Denied(
                    f"the budget of this question: {words}", hint="ask something simpler, or raise its limit"
                )
            if words := exceeded(account.budget.day, today, at_most):
                raise Denied(
                    f"the budget of `{account.agent}` for today: {words}",
                    hint="raise its limit, or ask again after midnight UTC",
                )
            self._reservations += 1
            self._reserved[self._reservations] = (account.agent, at_most)
            return self._reservations

    def settle(self, account: Account, reservation: int, used: Spent) -> None:
        with self._lock:
            del self._reserved[reservation]
            account.spent += used
            self._days.add(account.agent, self._today(), used)

    def _today(self) -> str:
        return self._clock().date().isoformat()


@dataclass(slots=True)
class Account:
    """Of one question of one agent."""

    ledger: Ledger
    agent: str
    budget: Budget
    spent: Spent = field(default_factory=Spent)


class Metered:
    """Implements `Provider`: another one within an account. Raises `Denied` for what it would exceed."""

    def __init__(self, provider: Provider, account: Account) -> None:
        self._provider = provider
        self._account = account

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def model(self) -> str:
        return self._provider.model

    def complete(
        self,
        messages: Sequence[Message],
        *,
        timeout: float,
        max_tokens: int,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
    ) -> Completion:
        ledger, prices = self._account.ledger, self._account.budget.prices or Prices()
        asked = sum(estimated_tokens(message.text) for message in messages)
        reservation = ledger.reserve(self._account, prices.request(asked, max_tokens))
        came = _Came(on_text)
        used = Spent(requests=1)
        try:
            done = self._provider.complete(
                messages, timeout=timeout, max_tokens=max_tokens, on_text=came.add, cancel=cancel
            )
            used = prices.request(done.input_tokens, done.output_tokens)
        finally:
            # An answer that breaks off is paid for as well. So it may not be asked for again unseen: the
            # provider is told that its text is heard.
            if came.tokens and used.tokens == 0:
                used = prices.request(asked, came.tokens)
            ledger.settle(self._account, reservation, used)
        return done


class _Came:
    """`tokens`: of the text that came, estimated piece by piece."""

    def __init__(self, on_text: OnText | None) -> None:
        self.tokens = 0
        self._on_text = on_text

    def add(self, text: str) -> None:
        self.tokens += estimated_tokens(text)
        if self._on_text is not None:
            self._on_text(text)
