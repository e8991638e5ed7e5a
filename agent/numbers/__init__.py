"""Numbers said in English: counts, shares, ordinals, amounts of money, and ranges of them."""

from __future__ import annotations

from .find import find_numbers
from .ranges import find_ranges
from .values import Number, NumberRange

__all__ = ["Number", "NumberRange", "find_numbers", "find_ranges"]
