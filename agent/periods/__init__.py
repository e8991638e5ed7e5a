"""Periods said in English, as half-open ranges of time relative to a clock that is handed in."""

from __future__ import annotations

from .find import find_comparisons, find_periods
from .grains import find_grains
from .values import Comparison, Grain, Period, Shift, shifted

__all__ = [
    "Comparison",
    "Grain",
    "Period",
    "Shift",
    "find_comparisons",
    "find_grains",
    "find_periods",
    "shifted",
]
