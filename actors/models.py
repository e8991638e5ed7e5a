"""The language model of a lake: named by whoever opens it, or by the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.clock import Clock

if TYPE_CHECKING:
    from ..agent.providers.base import Provider
    from ..agent.providers.budget import Budget
    from .questions import Models

VARIABLE = "THERMOCLINE_MODEL"


def models_of(model: Provider | str | None, budget: Budget | None, clock: Clock) -> Models | None:
    """`None` where nobody named one: then the grammar alone answers. Raises `Invalid` for no such model."""
    named = model or os.environ.get(VARIABLE)
    if not named:
        return None
    from ..agent.providers.budget import Budget, Ledger
    from ..agent.providers.find import find
    from .questions import Models

    provider = find(named) if isinstance(named, str) else named
    return Models(provider, budget or Budget(), Ledger(clock))
