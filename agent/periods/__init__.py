"""Periods said in English, as half-open ranges of time relative to a clock that is handed in."""

from __future__ import annotations

from .find import find_periods
from .values import Period

__all__ = ["Period", "find_periods"]
