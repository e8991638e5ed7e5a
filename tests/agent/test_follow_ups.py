"""A short question behind another changes that one."""

from __future__ import annotations

from thermocline.agent.translate import Translator

from .shop import NOW


def follow(translator: Translator, *questions: str) -> str:
    previous = None
    sql = ""
    for question in questions:
        translation = translator.translate(question, NOW, previous=previous)
        previous, sql = translation.query, translation.sql
    return sql


FIRST = "What is the total revenue of orders for each region?"


def test_by_something_else_groups_anew(shop_translator: Translator) -> None:
    sql = follow(shop_translator, FIRST, "and by country?")
    assert "GROUP BY customers.country" in sql
    assert "SUM(orders.revenue)" in sql


def test_only_last_month_adds_a_time(shop_translator: Translator) -> None:
    sql = follow(shop_translator, FIRST, "only last month")
    assert "ordered_at >= CAST('2026-04-01 00:00:00' AS TIMESTAMP)" in sql
    assert "GROUP BY region" in sql


def test_another_period_takes_the_place_of_the_first(shop_translator: Translator) -> None:
    sql = follow(shop_translator, FIRST, "only last month", "what about 2025?")
    assert "2025-01-01" in sql
    assert "2026-04-01" not in sql


def test_top_keeps_so_many(shop_translator: Translator) -> None:
    assert follow(shop_translator, FIRST, "top 1 only").endswith(
        "ORDER BY SUM(revenue) DESC, region ASC NULLS FIRST LIMIT 1"
    )


def test_a_value_alone_is_a_condition(shop_translator: Translator) -> None:
    assert "category = 'tea'" in follow(shop_translator, "How many products are there?", "and for tea?")


def test_a_whole_question_stands_by_itself(shop_translator: Translator) -> None:
    sql = follow(shop_translator, FIRST, "What are the names of all customers that live in Paris?")
    assert "region" not in sql
