"""The semantic model: drafted, checked by line, and put into force as the next version."""

from __future__ import annotations

import itertools

import pytest

from thermocline.core.errors import Denied, Invalid
from thermocline.core.protocols import Database, Lakehouse

from .asking import CUSTOMERS, ORDERS
from .base import Contract, refused

_names = (f"modelled-{n}" for n in itertools.count(1))

MODEL = """\
tables:
  orders:
    synonyms: [purchases]
metrics:
  takings: {table: orders, sql: sum(revenue), synonyms: [turnover]}
verified:
  - question: our best region
    sql: select region from orders group by region order by sum(revenue) desc, region limit 1
"""
BEST = MODEL.splitlines()[-1].strip().removeprefix("sql: ")


class Modelling(Contract):
    @pytest.fixture
    def modelled(self, lake: Lakehouse) -> Database:
        """A tenant with orders and customers, and no model yet."""
        database = lake.database(next(_names))
        database.append("orders", ORDERS)
        database.append("customers", CUSTOMERS)
        return database

    def test_there_is_none_until_one_is_applied_and_versions_follow(self, modelled: Database) -> None:
        assert modelled.model() is None
        assert modelled.apply_model(MODEL) == 1
        assert modelled.model() == (1, MODEL)
        other = MODEL.replace("takings", "income")
        assert modelled.apply_model(other) == 2
        assert modelled.model() == (2, other)

    def test_a_draft_can_be_applied(self, modelled: Database) -> None:
        draft = modelled.model_draft()
        assert "orders.customer_id -> customers.customer_id" in draft
        modelled.check_model(draft)
        assert modelled.model() is None, "neither a draft nor a check puts one into force"
        assert modelled.apply_model(draft) == 1

    def test_everything_wrong_is_told_by_line(self, modelled: Database) -> None:
        wrong = MODEL.replace("  orders:", "  ordrs:").replace("sum(revenue), syn", "sum(revenu), syn")
        told = ("line 2: no table `ordrs`", "line 5: no column `revenu`", "line 9: unknown `tabels`")
        with refused(Invalid, *told):
            modelled.check_model(f"{wrong}tabels: 3\n")
        with refused(Invalid, *told):
            modelled.apply_model(f"{wrong}tabels: 3\n")
        assert modelled.model() is None

    def test_its_words_and_verified_queries_answer(self, modelled: Database) -> None:
        modelled.apply_model(MODEL)
        best = modelled.ask("Our best region?")
        assert (best.verified, best.confidence) == (True, 1.0)
        assert best.data is not None
        assert best.data.rows() == modelled.sql(BEST).rows()
        turnover = modelled.ask("turnover by region", guess=True)
        assert turnover.data is not None
        expected = modelled.sql("select region, sum(revenue) from orders group by region").rows()
        assert sorted(turnover.data.rows()) == sorted(expected)

    def test_it_is_the_owners(self, lake: Lakehouse, modelled: Database) -> None:
        modelled.apply_model(MODEL)
        modelled.sql("grant select on customers to vera")
        vera = lake.database(modelled.name, principal="vera")
        with refused(Denied):
            vera.model()
        with refused(Denied):
            vera.apply_model(MODEL)
        assert "orders" not in vera.model_draft()
