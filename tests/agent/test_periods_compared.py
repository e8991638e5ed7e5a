"""Comparisons and grains are read as the page says."""

from __future__ import annotations

import pytest

from thermocline.agent.periods import Period, Shift, find_comparisons, find_grains, find_periods, shifted

from .tables import NOW, rows

COMPARISONS = rows("| phrase | period | base | shift |")
GRAINS = rows("| phrase | grains |")


def _said(period: Period | None) -> str:
    return period.reading if period else ""


def _shift(shift: Shift | None) -> str:
    return f"{shift.count} {shift.unit}" if shift else ""


@pytest.mark.parametrize("row", COMPARISONS, ids=[row[0] for row in COMPARISONS])
def test_a_comparison(row: list[str]) -> None:
    text = f"Compare revenue by region {row[0]}"
    [found] = find_comparisons(text, NOW)
    assert [found.text, _said(found.period), _said(found.base), _shift(found.shift)] == row


@pytest.mark.parametrize("text", ["revenue from last month", "sales over last year", "revenue this month"])
def test_no_comparison(text: str) -> None:
    assert find_comparisons(text, NOW) == ()


def test_a_shift_moves_whole_months() -> None:
    [period] = find_periods("February 2024", NOW)
    assert shifted(period, Shift("year")).reading == "2023-02-01 to 2023-02-28"
    assert shifted(period, Shift("period")).reading == "2024-01-01 to 2024-01-31"


@pytest.mark.parametrize(("phrase", "wanted"), GRAINS, ids=[phrase for phrase, _ in GRAINS])
def test_a_grain(phrase: str, wanted: str) -> None:
    found = find_grains(f"average order value {phrase}")
    said = [f"{grain.count} {grain.unit}" if grain.count > 1 else grain.unit for grain in found]
    within = [f" of {grain.within}" if grain.within else "" for grain in found]
    assert ", ".join(unit + of for unit, of in zip(said, within, strict=True)) == wanted


@pytest.mark.parametrize("text", ["revenue last month", "the month of May"])
def test_no_grain(text: str) -> None:
    assert find_grains(text) == ()
