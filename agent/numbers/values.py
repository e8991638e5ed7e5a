"""What is found in a question: numbers and ranges of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["integer", "decimal", "fraction", "percent", "ordinal", "currency"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number said in text[start:stop].

    Of a percentage the value is what was said: 20 for "20 %". `unit`: of an amount of money its ISO code; a
    plain "dollar" or "$" counts as "USD", and a cent as a hundredth of it.
    """

    start: int
    stop: int
    text: str
    value: int | Decimal
    kind: Kind
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers from `low` to `high`, said in text[start:stop]; `None` is an open side.

    `low_in`, `high_in`: whether the bound itself belongs to it. `kind`, `unit`: as of its numbers.
    """

    start: int
    stop: int
    text: str
    low: int | Decimal | None
    high: int | Decimal | None
    low_in: bool
    high_in: bool
    kind: Kind
    unit: str | None = None
