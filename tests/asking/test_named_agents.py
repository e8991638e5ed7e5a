"""An agent with a name asks as the principal of that name, and remembers."""

from __future__ import annotations

import pytest

from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied


def test_it_sees_what_it_was_given(lake: LocalLake) -> None:
    priya = lake.agent("priya", database="acme", tables=["orders"])
    assert priya("how many orders are there?").data.rows() == [(255,)]  # type: ignore[union-attr]
    with pytest.raises(Denied):
        priya.database.sql("select * from customers")
    assert priya.database.tables() == ["orders"]


def test_opened_again_it_has_what_it_had(lake: LocalLake) -> None:
    lake.agent("priya", database="acme", tables=["orders"])("what is the total revenue?")
    version = lake.policies.current().version
    again = lake.agent("priya", database="acme", tables=["orders"])
    assert lake.policies.current().version == version, "nothing was granted twice"
    assert "GROUP BY region" in str(again("and by region?").sql)


def test_why_compares_with_the_period_before_and_names_what_contributed(lake: LocalLake) -> None:
    priya = lake.agent("priya", database="acme", tables=["orders"])
    priya("what is the total revenue?")
    answer = priya("why did it fall in November?")
    assert answer.kind == "answer"
    assert "fell" in answer.narrative
    assert "by region: south" in answer.narrative
    assert [line.text for line in answer.lines][1].startswith("Most of it by region")
    assert all(priya.database.sql(line.sql).rows() for line in answer.lines)


def test_a_report_has_a_query_for_each_line(lake: LocalLake) -> None:
    answer = lake.agent("priya", database="acme", tables=["orders"])("analyze orders")
    assert answer.kind == "answer"
    texts = [line.text for line in answer.lines]
    assert texts[0].startswith("In all, the sum of revenue is")
    assert any(text.startswith("Per ") for text in texts)
    assert any(text.startswith("Highest by region: ") for text in texts)
    assert any(text.startswith("Lowest by region: ") for text in texts)
    for line in answer.lines:
        assert lake.database("acme").sql(line.sql).rows()


def test_verified_and_corrected_queries_come_first(lake: LocalLake) -> None:
    priya = lake.agent("priya", database="acme", tables=["orders"])
    priya.verify("our big ones", "select count(*) as n from orders where revenue > 13")
    answer = priya("Our big ones?")
    assert (answer.verified, answer.translator) == (True, "verified")
    assert answer.data is not None
    assert answer.data.columns == ["n"]
    priya("how many orders are there?")
    priya.correct("select 7 as n")
    assert priya("how many orders are there?").data.rows() == [(7,)]  # type: ignore[union-attr]


def test_what_was_verified_gives_nobody_more_than_they_have(lake: LocalLake) -> None:
    priya = lake.agent("priya", database="acme", tables=["orders"])
    with pytest.raises(Denied):
        priya.verify("who?", "select name from customers")


def test_one_agents_answer_feeds_another(lake: LocalLake) -> None:
    priya = lake.agent("priya", database="acme", tables=["orders"])
    sam = lake.agent("sam", database="acme", tables=["orders"])
    first = priya("what is the total revenue?")
    followed = sam("and by region?", given=first)
    assert "GROUP BY region" in str(followed.sql)
    (entry,) = sam.log()
    assert entry["given"] == {"question": first.question, "sql": first.sql}
    assert entry["ranges"]["orders"]["shards"]["shard-0"]["cold"]["ranges"]


def test_it_remembers(lake: LocalLake) -> None:
    priya = lake.agent("priya", database="acme", tables=["orders"])
    priya.remember("currency", "EUR")
    assert lake.agent("priya", database="acme").recall("currency") == "EUR"
    assert priya.forget("currency")
