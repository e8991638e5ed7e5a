"""A meaning in words: names as they are written, nothing said twice."""

from __future__ import annotations

from thermocline.agent.translate import Translator

from .domains import DOMAINS
from .shop import NOW


def _reading(question: str) -> str:
    freight = DOMAINS["freight"]
    return Translator(freight.catalog(freight.rows())).translate(question, NOW).reading


def test_a_name_is_said_as_it_is_written() -> None:
    assert "shipped at" in _reading("freight cost per month this year")


def test_a_column_that_names_its_table_is_not_said_with_it() -> None:
    assert "carrier carrier" not in _reading("freight cost by carrier")


def test_a_share_says_of_what() -> None:
    said = _reading("percentage of returned shipments last month")
    assert said.startswith("share of number of shipments where shipment status is 'returned', of all, where")
