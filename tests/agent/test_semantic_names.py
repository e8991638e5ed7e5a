"""Synonyms and named metrics of a semantic document reach the translator through the catalog."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from thermocline.agent.catalog import Metric, with_synonyms
from thermocline.agent.translate import Translator

from . import shop


def test_a_synonym_of_a_column_is_understood(shop_database: duckdb.DuckDBPyConnection) -> None:
    catalog = with_synonyms(shop.catalog(shop_database), {("orders", "revenue"): ("takings",)})
    translation = Translator(catalog).translate("What are the total takings for each region?", shop.NOW)
    assert translation.sql.startswith(
        "SELECT region, SUM(revenue) AS total_revenue FROM orders GROUP BY region"
    )


def test_a_named_metric_is_its_expression(shop_database: duckdb.DuckDBPyConnection) -> None:
    metric = Metric("basket", "orders", "sum(revenue) / count(*)", ("basket value",))
    catalog = replace(shop.catalog(shop_database), metrics=(metric,))
    translation = Translator(catalog).translate("basket value by region", shop.NOW)
    assert translation.sql.startswith(
        "SELECT region, SUM(revenue) / COUNT(*) AS basket FROM orders GROUP BY region"
    )


def test_hidden_values_stay_out_of_the_index(shop_database: duckdb.DuckDBPyConnection) -> None:
    catalog = shop.catalog(shop_database, hidden=frozenset({("customers", "name")}))
    assert not catalog.values.find("ada byron")
    assert catalog.values.find("paris")
