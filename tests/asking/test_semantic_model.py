"""A semantic model says what people call things; what is wrong with one is told by line."""

from __future__ import annotations

import pytest

from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied, Invalid

MODEL = """\
tables:
  orders:
    synonyms: [purchases]
    time: order_date
metrics:
  takings: {table: orders, sql: sum(revenue), synonyms: [turnover]}
joins:
  - orders.customer_id -> customers.customer_id
verified:
  - question: our best region
    sql: select region from orders group by region order by sum(revenue) desc limit 1
"""


def test_a_metric_is_asked_for_by_its_names(lake: LocalLake) -> None:
    shop = lake.database("acme")
    assert shop.apply_model(MODEL) == 1
    lake.database("acme")._questions = None
    answer = shop.ask("turnover by region", guess=True)
    assert answer.data is not None
    expected = shop.sql("select region, sum(revenue) from orders group by region").rows()
    assert sorted(answer.data.rows()) == sorted(expected)


def test_a_verified_query_answers_its_question(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.apply_model(MODEL)
    answer = shop.ask("Our best region?")
    assert (answer.verified, answer.confidence) == (True, 1.0)
    assert answer.data is not None
    assert answer.data.rows() == [("north",)]


def test_problems_are_told_by_line_and_nothing_is_put_into_force(lake: LocalLake) -> None:
    shop = lake.database("acme")
    wrong = MODEL.replace("  orders:", "  ordrs:").replace("sum(revenue), syn", "sum(revenu), syn")
    with pytest.raises(Invalid) as caught:
        shop.apply_model(f"{wrong}tabels: 3\n")
    message = caught.value.message
    assert "line 2: no table `ordrs`: did you mean `orders`?" in message
    assert "line 6: no column `revenu`" in message
    assert "line 12: unknown `tabels`: did you mean `tables`?" in message
    assert shop.model() is None


def test_versions_follow_each_other(lake: LocalLake) -> None:
    shop = lake.database("acme")
    assert [shop.apply_model(MODEL), shop.apply_model(MODEL.replace("takings", "income"))] == [1, 2]
    version, text = shop.model() or (0, "")
    assert version == 2
    assert "income" in text


def test_a_draft_is_a_model_that_can_be_applied(lake: LocalLake) -> None:
    shop = lake.database("acme")
    draft = shop.model_draft()
    assert "orders.customer_id -> customers.customer_id" in draft
    assert "time: order_date" in draft
    assert shop.apply_model(draft) == 1


def test_a_model_is_the_owners(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.apply_model(MODEL)
    shop.sql("GRANT SELECT ON customers TO priya")
    priya = lake.database("acme", principal="priya")
    with pytest.raises(Denied):
        priya.apply_model(MODEL)
    with pytest.raises(Denied):
        priya.model()
    assert "orders" not in priya.model_draft()
    with pytest.raises(Denied):
        priya.ask("our best region")
