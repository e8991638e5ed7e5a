"""Thermocline: an event-sourced lakehouse. Start with `thermocline.connect("./lake")`.

Names are loaded at their first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actors.objects.base import DurableObject, concurrent
    from .actors.objects.saga import Saga
    from .core import errors
    from .core.certificate import Certificate
    from .core.policy import TierPolicy
    from .core.protocols import Cancel
    from .core.results import Result
    from .entry import connect

__version__ = "0.1.0"

_HOMES = {
    "Cancel": ".core.protocols",
    "Certificate": ".core.certificate",
    "DurableObject": ".actors.objects.base",
    "Result": ".core.results",
    "Saga": ".actors.objects.saga",
    "TierPolicy": ".core.policy",
    "concurrent": ".actors.objects.base",
    "connect": ".entry",
}

__all__ = [
    "Cancel",
    "Certificate",
    "DurableObject",
    "Result",
    "Saga",
    "TierPolicy",
    "__version__",
    "concurrent",
    "connect",
    "errors",
]


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module(".core.errors", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)
