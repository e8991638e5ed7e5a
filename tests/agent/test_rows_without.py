"""Rows that have none of another table: by their keys, whatever they are called and whatever is missing."""

from __future__ import annotations

import duckdb
import pytest

from thermocline.agent.translate import Translator

from .shop import NOW, catalog, database

QUESTION = "customers without orders"


@pytest.fixture
def shop() -> duckdb.DuckDBPyConnection:
    return database()


def asked(shop: duckdb.DuckDBPyConnection) -> list[str]:
    found = Translator(catalog(shop)).translate(QUESTION, NOW)
    return [name for (name,) in shop.execute(found.sql).fetchall()]


def test_an_order_of_nobody_hides_nobody(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute("insert into orders values (6, null, '2026-05-11 10:00:00', 'west', 3.0)")
    assert asked(shop) == ["Di Egan"]


def test_who_shares_a_name_with_a_buyer_is_still_told(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute("insert into customers values (5, 'Ada Byron', 'France', 'Nice', '1999-09-09')")
    assert sorted(asked(shop)) == ["Ada Byron", "Di Egan"]
