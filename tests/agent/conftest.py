"""A shop in memory, and a translator over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

from thermocline.agent.translate import Translation, Translator

from . import shop


@pytest.fixture(scope="session")
def shop_database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = shop.database()
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def shop_translator(shop_database: duckdb.DuckDBPyConnection) -> Translator:
    return Translator(shop.catalog(shop_database))


@pytest.fixture(scope="session")
def ask(shop_translator: Translator) -> Callable[[str], Translation]:
    """`ask("customers from France")`: the translation, at the shop's moment."""
    return lambda question: shop_translator.translate(question, shop.NOW)
