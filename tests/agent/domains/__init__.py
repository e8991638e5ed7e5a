"""Small databases of several trades, each with questions as people who read reports put them."""

from __future__ import annotations

from .clinic import CLINIC
from .deliveries import DELIVERIES
from .domain import Domain
from .freight import FREIGHT
from .subscriptions import SUBSCRIPTIONS

DOMAINS = {"clinic": CLINIC, "deliveries": DELIVERIES, "freight": FREIGHT, "subscriptions": SUBSCRIPTIONS}

__all__ = ["DOMAINS", "Domain"]
