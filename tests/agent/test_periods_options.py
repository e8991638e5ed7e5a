"""Weeks and fiscal years begin where the caller says, and all moments are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from thermocline.agent.periods import find_periods

from .tables import NOW


def test_weeks_that_begin_on_sunday() -> None:
    [period] = find_periods("last week", NOW, week_starts="sunday")
    assert period.reading == "2024-05-05 to 2024-05-11"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("fiscal 2024", "2023-07-01 to 2024-06-30"),
        ("this fiscal year", "2023-07-01 to 2024-06-30"),
        ("Q3 FY24", "2024-01-01 to 2024-03-31"),
        ("fiscal Q1", "2023-07-01 to 2023-09-30"),
        ("last fiscal quarter", "2024-01-01 to 2024-03-31"),
        ("Q3 2023", "2023-07-01 to 2023-09-30"),
    ],
)
def test_fiscal_years_that_begin_in_july(text: str, wanted: str) -> None:
    [period] = find_periods(text, NOW, fiscal_year_starts=7)
    assert period.reading == wanted


def test_a_clock_of_another_zone_is_read_in_utc() -> None:
    late = datetime(2024, 5, 15, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    [period] = find_periods("today", late)
    assert period.begin == datetime(2024, 5, 16, tzinfo=UTC)


def test_an_open_side_is_none() -> None:
    since, before = find_periods("since 2020 or before May 2010", NOW)
    assert (since.begin, since.end) == (datetime(2020, 1, 1, tzinfo=UTC), None)
    assert (before.begin, before.end) == (None, datetime(2010, 5, 1, tzinfo=UTC))
