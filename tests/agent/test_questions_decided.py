"""A question is answered, asked back or refused by how sure its meaning is."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from thermocline.agent.catalog import build_catalog
from thermocline.agent.translate import Translation, Translator

from . import shop


def test_a_plain_question_is_answered(ask: Callable[[str], Translation]) -> None:
    translation = ask("How many customers are there?")
    assert translation.kind == "answer"
    assert translation.sql == "SELECT COUNT(*) AS number_of_customers FROM customers"
    assert translation.reading == "number of customers"


def test_a_word_that_stands_for_nothing_is_named(ask: Callable[[str], Translation]) -> None:
    translation = ask("What is the favourite astronaut of each customer?")
    assert translation.kind == "refuse"
    assert "astronaut" in translation.unplaced


def test_a_quoted_value_that_cannot_be_placed_is_not_guessed_past(ask: Callable[[str], Translation]) -> None:
    assert ask('How many orders are there beside "Xyzzy"?').kind != "answer"


def test_a_name_that_is_no_value_is_not_guessed_past(ask: Callable[[str], Translation]) -> None:
    assert ask("How many customers live in Utrecht?").kind != "answer"


def test_a_time_without_a_date_column_is_not_guessed_past(shop_database: duckdb.DuckDBPyConnection) -> None:
    products = [t for t in shop.facts(shop_database) if t.name == "products"]
    translation = Translator(build_catalog(products)).translate("How many products this quarter?", shop.NOW)
    assert translation.kind != "answer"


@pytest.mark.parametrize("question", ["is revenue of the north falling?", "did revenue change in May 2026?"])
def test_what_is_asked_for_yes_or_no_is_not_answered_with_rows(
    ask: Callable[[str], Translation], question: str
) -> None:
    assert ask(question).kind != "answer"


def test_what_there_is_may_be_asked_for_yes_or_no(ask: Callable[[str], Translation]) -> None:
    assert ask("are there customers without orders?").kind == "answer"


def test_two_columns_of_one_name_make_a_question() -> None:
    database = duckdb.connect()
    database.execute("create table cars (car_id bigint, name varchar, price_1 double, price_2 double)")
    database.execute("insert into cars values (1, 'one', 3, 4), (2, 'two', 5, 6), (3, 'three', 7, 1)")
    catalog = build_catalog(shop.facts(database))
    translation = Translator(catalog).translate("What is the average price of cars?", shop.NOW)
    assert translation.kind == "clarify"
    assert {option.sql for option in translation.options[:2]} == {
        "SELECT AVG(price_1) AS average_price_1 FROM cars",
        "SELECT AVG(price_2) AS average_price_2 FROM cars",
    }


@pytest.mark.parametrize("question", ["latest parcel", "number of parcels last month", "parcels in May 2026"])
def test_two_dates_of_a_table_make_a_question(parcels: Translator, question: str) -> None:
    translation = parcels.translate(question, shop.NOW)
    assert translation.kind == "clarify"
    meant = [
        {name for name in ("sent_on", "paid_on") if name in option.sql} for option in translation.options
    ]
    assert meant in ([{"sent_on"}, {"paid_on"}], [{"paid_on"}, {"sent_on"}])


def test_the_name_of_a_date_settles_it(parcels: Translator) -> None:
    translation = parcels.translate("number of parcels paid last month", shop.NOW)
    assert "paid_on" in translation.sql
    assert translation.kind != "clarify"


@pytest.fixture(scope="module")
def parcels() -> Translator:
    database = duckdb.connect()
    database.execute("create table parcels (parcel_id bigint, city varchar, sent_on date, paid_on date)")
    database.execute(
        "insert into parcels select i, ['Rome', 'Oslo'][1 + i % 2], date '2026-03-01' + i::int, "
        "date '2026-03-09' + i::int from range(80) t(i)"
    )
    return Translator(build_catalog(shop.facts(database)))


def test_the_same_question_has_the_same_answer(ask: Callable[[str], Translation]) -> None:
    assert ask("revenue by region") == ask("revenue by region")
