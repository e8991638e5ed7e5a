"""How many of the published English cases are read as their authors read them; the page has the figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from . import recognizers, recognizers_numbers
from .tables import rows

PERIODS = rows("| cases | all | business |")
NUMBERS = rows("| cases | all |")
FLOOR = 0.85
"""Of the ranges of dates that a business would say."""


@pytest.fixture(scope="module", autouse=True)
def _published(shared_data: Callable[[str], Path]) -> None:
    shared_data("nl/recognizers_spec")


@pytest.fixture(scope="module")
def shares() -> dict[tuple[str, str], tuple[int, int]]:
    return recognizers.shares()


def test_most_ranges_of_dates_are_read_alike(shares: dict[tuple[str, str], tuple[int, int]]) -> None:
    held, asked = shares["daterange", "business"]
    assert held / asked >= FLOOR


@pytest.mark.parametrize("row", PERIODS, ids=[row[0] for row in PERIODS])
def test_the_figures_of_periods_are_those_of_the_page(
    shares: dict[tuple[str, str], tuple[int, int]], row: list[str]
) -> None:
    kind = row[0]
    assert [_share(*shares[kind, "all"]), _share(*shares[kind, "business"])] == row[1:]


def test_the_figures_of_numbers_are_those_of_the_page() -> None:
    measured = [
        [model, _share(held, asked)] for model, (held, asked) in recognizers_numbers.number_shares().items()
    ]
    assert measured == NUMBERS


def _share(held: int, asked: int) -> str:
    return f"{held} of {asked} ({held / asked:.0%})"
