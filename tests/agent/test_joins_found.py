"""The shortest way over keys connects the tables of a question."""

from __future__ import annotations

import duckdb

from thermocline.agent.catalog import Catalog, Join, Table, build_catalog
from thermocline.agent.joins import Joins

from . import shop


def test_the_shortest_tree_takes_the_tables_between(shop_database: duckdb.DuckDBPyConnection) -> None:
    tree = Joins(shop.catalog(shop_database)).tree(("customers", "products"))
    assert tree is not None
    assert tree.tables == {"customers", "orders", "order_items", "products"}


def test_two_ways_of_one_length_are_tied() -> None:
    tables = tuple(Table(name, (name,), ()) for name in ("a", "b", "c", "d"))
    joins = (
        Join("a", "x", "b", "x"),
        Join("b", "y", "d", "y"),
        Join("a", "x", "c", "x"),
        Join("c", "y", "d", "y"),
    )
    tree = Joins(Catalog(tables, joins)).tree(("a", "d"))
    assert tree is not None
    assert len(tree.ways) == 2


def test_a_join_to_many_repeats_rows(shop_database: duckdb.DuckDBPyConnection) -> None:
    joins = Joins(shop.catalog(shop_database))
    assert joins.repeats(("orders", "order_items"), "orders")
    assert not joins.repeats(("orders", "customers"), "orders")
    assert joins.repeats(("orders", "products"), "orders")


def test_nothing_connects_strangers() -> None:
    tables = tuple(Table(name, (name,), ()) for name in ("a", "b"))
    assert Joins(Catalog(tables)).tree(("a", "b")) is None


def test_a_join_is_inferred_from_name_type_and_values(shop_database: duckdb.DuckDBPyConnection) -> None:
    catalog = build_catalog(shop.facts(shop_database))
    found = {(j.left, j.left_column, j.right) for j in catalog.joins}
    assert ("orders", "customer_id", "customers") in found
    assert ("order_items", "product_id", "products") in found
    assert not any(join.given for join in catalog.joins)
