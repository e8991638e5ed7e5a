"""Questions in English: answered with SQL and proof, asked back, or refused."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from thermocline.core.errors import Denied, Invalid, Unavailable
from thermocline.core.protocols import Cancel, Database, Lakehouse

from .base import Contract, refused

_names = (f"asked-{n}" for n in itertools.count(1))

REGIONS = ("north", "south", "west")
ORDERS: list[dict[str, Any]] = [
    {
        "order_id": n,
        "customer_id": n % 3,
        "region": REGIONS[n % 3],
        "revenue": 10.0 + n % 5,
        "quantity": 1 + n % 4,
        "order_date": datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=3 * n),
        "_id": f"o{n}",
    }
    for n in range(60)
]
CUSTOMERS = [
    {
        "customer_id": n,
        "name": f"Customer {n}",
        "city": ("Berlin", "Paris")[n % 2],
        "score_1": float(n),
        "score_2": 5.0 - n,
        "_id": f"c{n}",
    }
    for n in range(3)
]
VAGUE = "what is the average score of customers?"
"""Either score may be meant."""


class Asks(Contract):
    @pytest.fixture(scope="class")
    @classmethod
    def asked(cls, lake: Lakehouse) -> Database:
        """A tenant with orders and customers. Nothing of a test is left in it."""
        database = lake.database(next(_names))
        database.append("orders", ORDERS)
        database.append("customers", CUSTOMERS)
        return database


class Asking(Asks):
    def test_an_answer_has_rows_sql_and_proof(self, asked: Database) -> None:
        answer = asked.ask("how many orders are there?", guess=True)
        assert answer.kind == "answer"
        assert answer.sql is not None
        assert answer.data is not None
        assert answer.data.rows() == [(60,)] == asked.sql(answer.sql).rows()
        assert answer.reading
        assert "60" in answer.narrative
        assert 0 < answer.confidence <= 1
        assert answer.certificate is not None
        answer.certificate.verify()
        assert set(answer.certificate.tables) == {"orders"}

    def test_a_clear_question_needs_no_guess(self, asked: Database) -> None:
        assert asked.ask("how many orders are there?").kind == "answer"

    def test_a_vague_question_is_asked_back_and_an_option_answers_it(self, asked: Database) -> None:
        first = asked.ask(VAGUE)
        assert first.kind == "clarify"
        assert 2 <= len(first.options) <= 4
        assert first.data is None
        chosen = asked.ask(first.options[0])
        assert chosen.kind == "answer"
        assert chosen.data is not None

    def test_what_means_nothing_here_is_refused_by_its_words(self, asked: Database) -> None:
        answer = asked.ask("show me all the flurbs")
        assert (answer.kind, answer.sql, answer.data) == ("refuse", None, None)
        assert answer.unplaced == ("flurbs",)

    def test_a_dry_run_gives_sql_and_no_rows(self, asked: Database) -> None:
        answer = asked.ask("how many orders are there?", dry_run=True, guess=True)
        assert answer.data is None
        assert answer.sql is not None
        assert asked.sql(answer.sql).rows() == [(60,)]

    def test_a_limit_is_kept_and_said(self, asked: Database) -> None:
        answer = asked.ask("list the names of all customers", limit=2, guess=True)
        assert answer.data is not None
        assert len(answer.data.rows()) == 2
        assert answer.truncated
        with refused(Invalid, "limit"):
            asked.ask("how many orders are there?", limit=0)

    def test_an_answer_of_then(self, lake: Lakehouse) -> None:
        database = lake.database(next(_names))
        database.append("orders", ORDERS[:20])
        then = database.bookmark()
        database.append("orders", ORDERS[20:])
        answers = [database.ask("how many orders are there?", as_of=p, guess=True) for p in (then, None)]
        assert [a.data.rows() for a in answers if a.data is not None] == [[(20,)], [(60,)]]
        assert [a.as_of is None for a in answers] == [False, True]

    def test_a_conversation_builds_on_its_last_question(self, asked: Database) -> None:
        first = asked.ask("what is the total revenue?", conversation="monday", guess=True)
        followed = asked.ask("and by region?", conversation="monday", guess=True)
        assert first.conversation == followed.conversation == "monday"
        assert followed.data is not None
        expected = asked.sql("select region, sum(revenue) from orders group by region").rows()
        assert sorted(followed.data.rows()) == sorted(expected)

    def test_a_conversation_may_be_called_by_a_number(self, asked: Database) -> None:
        """As random ids are."""
        for _ in range(2):
            told = asked.ask("what is the total revenue?", conversation="7f3c0e", guess=True)
            assert told.conversation == "7f3c0e"
        assert asked.ask("and by region?", conversation="7f3c0e", guess=True).kind == "answer"

    def test_a_cancelled_question_ends(self, asked: Database) -> None:
        cancel = Cancel()
        cancel()
        with refused(Unavailable, "cancelled"):
            asked.ask("how many orders are there?", cancel=cancel, guess=True)

    def test_a_principal_asks_of_what_it_sees(self, lake: Lakehouse) -> None:
        name = next(_names)
        shop = lake.database(name)
        shop.append("orders", ORDERS)
        shop.append("customers", CUSTOMERS)
        shop.sql("grant select on customers to rosa")
        rosa = lake.database(name, principal="rosa")
        told = rosa.ask("how many customers are there?", conversation="mine", guess=True)
        assert told.data is not None
        assert told.data.rows() == [(3,)]
        assert told.conversation == "mine"
        hidden = rosa.ask("what is the total revenue?")
        assert hidden.kind == "refuse"
        with refused(Denied):
            rosa.sql("select sum(revenue) from orders")
