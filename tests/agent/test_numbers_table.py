"""Numbers and ranges of numbers are read as the page says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from thermocline.agent.numbers import NumberRange, find_numbers, find_ranges

from .tables import rows

NUMBERS = rows("| phrase | numbers |")
RANGES = rows("| phrase | bounds |")


def _written(value: int | Decimal | None) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _bounds(found: NumberRange) -> str:
    low = f"{'[' if found.low_in else '('}{_written(found.low) or ' '}"
    return f"{low}, {_written(found.high)}{']' if found.high_in else ')'}"


@pytest.mark.parametrize(("phrase", "wanted"), NUMBERS, ids=[phrase for phrase, _ in NUMBERS])
def test_a_number(phrase: str, wanted: str) -> None:
    [found] = find_numbers(f"show {phrase} of them")
    assert " ".join(filter(None, (_written(found.value), found.kind, found.unit))) == wanted


@pytest.mark.parametrize(("phrase", "wanted"), RANGES, ids=[phrase for phrase, _ in RANGES])
def test_a_range(phrase: str, wanted: str) -> None:
    [found] = find_ranges(f"customers with {phrase} orders")
    assert _bounds(found) == wanted
    assert found.text == phrase


@pytest.mark.parametrize(
    "text", ["the 180ml liquid", "29km road", "which one", "the one you mean", "a customer"]
)
def test_no_number(text: str) -> None:
    assert find_numbers(text) == ()


@pytest.mark.parametrize("text", ["phone 1-222-2222", "<>30", "5 orders", "the top ten"])
def test_no_range(text: str) -> None:
    assert find_ranges(text) == ()


def test_two_ranges_that_exclude_each_other_stay_two() -> None:
    assert [each.text for each in find_ranges("more than 40 and less than 10")] == [
        "more than 40",
        "less than 10",
    ]
