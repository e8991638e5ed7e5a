"""The language model of a lake: named by whoever opens it, or by the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..core.clock import Clock

if TYPE_CHECKING:
    from ..agent.providers.base import Provider
    from ..agent.providers.budget import Budget
    from .questions import Models

VARIABLE = "THERMOCLINE_MODEL"


def models_of(
    model: Provider | str | None,
    budget: Budget | None,
    clock: Clock,
    object: Callable[[type, str], Any] | None,
) -> Models | None:
    """`None` where nobody named one: then the grammar alone answers. `object`: the lake's, `None` where what
    was spent can't be kept. Raises `Invalid` for no such model."""
    named = model or os.environ.get(VARIABLE)
    if not named:
        return None
    from ..agent.providers.budget import Budget, Ledger
    from ..agent.providers.find import find
    from .family.spending import LastingDays
    from .questions import Models

    days = None if object is None else LastingDays(object)
    provider = find(named) if isinstance(named, str) else named
    return Models(provider, budget or Budget(), Ledger(clock, days))
