"""Agents with names: each asks as the principal of its name, and remembers, whichever door it comes by."""

from __future__ import annotations

import itertools

from thermocline.core.errors import Denied, Invalid, NotFound
from thermocline.core.protocols import Database, Lakehouse

from .asking import Asks
from .base import refused

_agents = (f"agent-{n}" for n in itertools.count(1))


class Agents(Asks):
    def test_it_sees_what_it_was_given_and_nothing_else(self, lake: Lakehouse, asked: Database) -> None:
        priya = lake.agent(next(_agents), database=asked.name, tables=["orders"])
        answer = priya("how many orders are there?")
        assert answer.data is not None
        assert answer.data.rows() == [(60,)]
        assert answer.certificate is not None
        answer.certificate.verify()
        assert priya.database.tables() == ["orders"]
        with refused(Denied):
            priya.database.sql("select * from customers")
        assert priya("how many customers live in Berlin?").kind != "answer"

    def test_what_was_taken_back_is_not_given_again(self, lake: Lakehouse, asked: Database) -> None:
        name = next(_agents)
        priya = lake.agent(name, database=asked.name, tables=["orders"])
        assert priya.ask("how many orders are there?").kind == "answer"
        asked.sql(f'revoke select on orders from "{name}"')
        assert priya.database.tables() == []
        assert lake.agent(name, database=asked.name)("how many orders are there?").kind == "refuse"

    def test_settings_and_roles_are_its_own(self, lake: Lakehouse, asked: Database) -> None:
        name, role = next(_agents), f"role-{next(_agents)}"
        asked.sql(f'create role "{role}"')
        asked.sql(f'grant select on orders to "{role}"')
        asked.sql(
            f"create row access policy \"{role}\" on orders using (region = current_setting('app.r'))"
            f' to "{role}"'
        )
        priya = lake.agent(name, database=asked.name, roles=[role], settings={"app.r": "north"}, limit=7)
        answer = priya("how many orders are there?")
        assert answer.data is not None
        assert answer.data.rows() == [(20,)]
        assert priya.database.sql("select count(*) from orders").rows() == [(20,)]
        listed = priya("list all orders")
        assert listed.data is None or len(listed.data.rows()) <= 7

    def test_a_report_has_a_query_for_each_line(self, lake: Lakehouse, asked: Database) -> None:
        answer = lake.agent(next(_agents), database=asked.name, tables=["orders"])("analyze orders")
        assert answer.kind == "answer"
        assert len(answer.lines) >= 3
        assert answer.lines[0].text.startswith("In all, ")
        assert all(asked.sql(line.sql).rows() for line in answer.lines)

    def test_verified_and_corrected_queries_come_first(self, lake: Lakehouse, asked: Database) -> None:
        priya = lake.agent(next(_agents), database=asked.name, tables=["orders"])
        priya.verify("our big ones", "select count(*) as n from orders where revenue > 13")
        answer = priya("Our big ones?")
        assert (answer.verified, answer.translator) == (True, "verified")
        assert answer.data is not None
        assert answer.data.columns == ["n"]
        with refused(Invalid, "ask first"):
            lake.agent(priya.name, database=asked.name).correct("select 7 as n")
        priya("how many orders are there?")
        priya.correct("select 7 as n")
        corrected = priya("how many orders are there?")
        assert corrected.data is not None
        assert corrected.data.rows() == [(7,)]

    def test_nothing_is_verified_that_it_may_not_run(self, lake: Lakehouse, asked: Database) -> None:
        priya = lake.agent(next(_agents), database=asked.name, tables=["orders"])
        with refused(Denied):
            priya.verify("who?", "select name from customers")
        with refused(NotFound, "no_such"):
            priya.verify("who?", "select no_such from orders")
        priya("how many orders are there?")
        with refused(Denied):
            priya.correct("select count(*) from customers")
        assert not priya("who?").verified

    def test_one_agents_answer_feeds_another_and_the_log_says_so(
        self, lake: Lakehouse, asked: Database
    ) -> None:
        priya = lake.agent(next(_agents), database=asked.name, tables=["orders"])
        sam = lake.agent(next(_agents), database=asked.name, tables=["orders"])
        first = priya("what is the total revenue?")
        followed = sam("and by region?", given=first)
        assert followed.data is not None
        assert len(followed.data.rows()) == 3
        (entry,) = sam.log()
        assert entry["given"] == {"question": first.question, "sql": first.sql}
        assert (entry["kind"], entry["sql"]) == ("answer", followed.sql)
        assert list(entry["ranges"]) == ["orders"]
        assert sam.log(entry["number"]) == []
        assert [turn["role"] for turn in sam.turns()] == ["user", "agent"]

    def test_opened_again_it_goes_on_with_its_conversation(self, lake: Lakehouse, asked: Database) -> None:
        name = next(_agents)
        lake.agent(name, database=asked.name, tables=["orders"])("what is the total revenue?")
        again = lake.agent(name, database=asked.name)
        assert again.last is None
        answer = again("and by region?")
        assert answer.data is not None
        assert len(answer.data.rows()) == 3
        assert again.last == answer

    def test_it_remembers_and_forgets(self, lake: Lakehouse, asked: Database) -> None:
        priya = lake.agent(next(_agents), database=asked.name)
        kept = {"currency": "EUR", "rates": [1, 2.5, None]}
        priya.remember("how/much is ..?", kept)
        assert lake.agent(priya.name, database=asked.name).recall("how/much is ..?") == kept
        assert priya.forget("how/much is ..?")
        assert not priya.forget("how/much is ..?")
        with refused(NotFound):
            priya.recall("how/much is ..?")

    def test_a_conversation_of_the_owner_is_not_its_own(self, lake: Lakehouse, asked: Database) -> None:
        name = next(_agents)
        asked.ask("what is the total revenue?", conversation=name, guess=True)
        priya = lake.agent(name, database=asked.name, tables=["orders"])
        assert priya.turns() == []
        assert priya.log() == []

    def test_any_principals_name_can_be_its_own(self, lake: Lakehouse, asked: Database) -> None:
        ann = lake.agent("Ann@shop.example", database=asked.name, tables=["orders"])
        assert ann.name == "ann@shop.example"
        assert ann("how many orders are there?").kind == "answer"
        with refused(Invalid, "name of a principal"):
            lake.agent("7 dwarfs", database=asked.name)

    def test_one_that_was_given_nothing_answers_nothing(self, lake: Lakehouse, asked: Database) -> None:
        nobody = lake.agent(next(_agents), database=asked.name)
        assert nobody("how many orders are there?").kind == "refuse"
        assert nobody.database.tables() == []
