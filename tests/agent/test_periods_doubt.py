"""Words that may mean a time, and do not, give no period; a lone year says that it is one."""

from __future__ import annotations

import pytest

from thermocline.agent.periods import find_periods

from .tables import NOW


@pytest.mark.parametrize(
    "text",
    [
        "may I see the orders",
        "how many may have left",
        "march on with the orders",
        "who will march in the parade",
        "the second customer",
        "customers in second place",
        "the first customer in each region",
        "customers who sat down",
        "sun products that fall",
        "spring water and summer dresses",
        "which month has most sales",
        "the day with the highest revenue",
        "customers in the month with most orders",
        "sales by quarter",
        "3/4 of customers",
        "half of the customers",
        "last name and first name",
        "last 10 orders",
        "past due invoices",
        "current balance",
        "more than 2014 units",
        "at least 2000 orders",
        "order id 2014",
        "orders over $2014",
        "top 2000 customers",
        "version 3.5.2024.1",
        "SKU-2014",
        "room 5/3",
        "price between 10 and 20",
        "year over year growth",
        "products named May",
        "hours worked per week",
    ],
)
def test_no_period(text: str) -> None:
    assert find_periods(text, NOW) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("how many may have left in may", ["may"]),
        ("it may be in May or march", ["May", "march"]),
        ("orders on sat", ["sat"]),
        ("sales in the summer", ["the summer"]),
        ("April, May and June", ["April", "May", "June"]),
        ("6,107.31 August 2019", ["August 2019"]),
        ("bought for $ 12 December 27", ["December 27"]),
        ("before 2010 or after 2018", ["before 2010", "after 2018"]),
    ],
)
def test_evidence_makes_it_one(text: str, found: list[str]) -> None:
    assert [period.text for period in find_periods(text, NOW)] == found


@pytest.mark.parametrize("text", ["in 2014", "2014 revenue", "since 2014", "2012 to 2014", "revenue 2014"])
def test_a_lone_year_says_so(text: str) -> None:
    [period] = find_periods(text, NOW)
    assert period.bare_year


@pytest.mark.parametrize("text", ["year 2014", "May 2014", "fiscal 2014", "Q1 2014", "early 2014"])
def test_a_year_with_more_is_not_bare(text: str) -> None:
    [period] = find_periods(text, NOW)
    assert not period.bare_year
