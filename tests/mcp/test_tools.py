"""Each tool says what it read, whether that is all, and teaches where it fails."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from thermocline.agent.mcp.doors import Settings
from thermocline.core.protocols import Lakehouse

from .talk import Agent, Said, here, speak


def tell(lake: Lakehouse, tool: str, settings: Settings | None = None, **arguments: Any) -> Said:
    return speak(lambda agent: agent(tool, **arguments), here(lake, settings=settings))


def test_the_catalog_is_searched_by_names_synonyms_and_values(lake: Lakehouse) -> None:
    assert tell(lake, "search_catalog", query="revenue").rows[0][:2] == ("column", "orders.revenue")
    assert "customers.country" in [row[1] for row in tell(lake, "search_catalog", query="nation").rows]
    assert tell(lake, "search_catalog", query="espresso").rows[0][1] == "products.product_name"
    found = tell(lake, "search_catalog", query="orders", kind="table").rows
    assert [row[0] for row in found] == ["table"] * len(found)
    assert found[0][1] == "orders"
    assert len(tell(lake, "search_catalog", query="order", limit=2).rows) == 2


def test_a_table_is_described_with_its_tiers_and_joins(lake: Lakehouse) -> None:
    said = tell(lake, "describe", name="orders", detail="full")
    by_name = {row[0]: row for row in said.rows}
    assert by_name["region"][1] == "VARCHAR"
    assert "north" in by_name["region"][-1]
    assert [line.split(":")[0] for line in said.lines if " in shard-0" in line] == [
        "hot in shard-0",
        "warm in shard-0",
        "cold in shard-0",
    ]
    assert "orders.customer_id = customers.customer_id" in "\n".join(said.data)
    assert len(tell(lake, "describe", name="customers.email").rows) == 1


def test_an_answer_says_its_sql_its_tiers_and_that_it_is_all(lake: Lakehouse) -> None:
    said = tell(lake, "ask", question="total revenue by region")
    assert said.columns == ["region", "total_revenue"]
    assert len(said.rows) == 4
    assert said.told("sql") == (
        "SELECT region, SUM(revenue) AS total_revenue FROM orders GROUP BY region"
        " ORDER BY region ASC NULLS FIRST"
    )
    read = said.told("read") or ""
    assert [word for word in read.replace(";", "").split() if word in ("cold", "warm", "hot")] == [
        "cold",
        "warm",
        "hot",
    ]
    assert read.endswith("complete")
    assert ": all 4; CSV;" in said.text
    assert said.meta["truncated"] is False
    assert said.meta["sql"] == said.told("sql")


def test_an_answer_that_is_not_all_says_so(lake: Lakehouse) -> None:
    said = tell(lake, "ask", Settings(limit=2), question="total revenue by region")
    assert len(said.rows) == 2
    assert "TRUNCATED" in said.text
    assert said.meta["truncated"] is True


def test_a_dry_run_reads_nothing(lake: Lakehouse) -> None:
    said = tell(lake, "ask", question="total revenue by region", dry_run=True)
    assert said.told("sql")
    assert "not run" in said.lines
    assert said.told("read") is None


def test_a_question_of_nothing_known_is_refused(lake: Lakehouse) -> None:
    said = tell(lake, "ask", question="xyzzy plugh")
    assert said.told("refused") or "NOT ANSWERED YET" in said.text


def test_a_follow_up_builds_on_the_question_before(lake: Lakehouse) -> None:
    async def act(agent: Agent) -> Said:
        await agent("ask", question="total revenue by region", conversation_id="c1")
        return await agent("ask", question="and by month?", conversation_id="c1")

    said = speak(act, here(lake))
    assert "SUM(revenue)" in (said.told("sql") or "")


def test_an_answer_can_be_explained_by_its_name(lake: Lakehouse) -> None:
    async def act(agent: Any) -> tuple[Said, Said]:
        answer = await agent("ask", question="total revenue by region")
        return await agent("explain", answer_id=answer.meta["answer_id"]), await agent(
            "explain", answer_id="a-0"
        )

    plan, unknown = speak(act, here(lake))
    assert any("cold" in line for line in plan.data)
    assert unknown.failed
    assert "no answer `a-0` is kept" in unknown.text


def test_explain_wants_one_of_two(lake: Lakehouse) -> None:
    assert tell(lake, "explain").failed
    assert tell(lake, "explain", sql="select 1 from orders", answer_id="a-0").failed


def test_similar_events_are_found_by_words_where_there_are_no_vectors(lake: Lakehouse) -> None:
    said = tell(lake, "search_similar", table="products", text="green tea", k=2)
    assert said.rows[0][2] == "green tea"
    assert len(said.rows) == 2
    assert "ranked by words, the nearest first" in said.lines
    filters = [{"column": "category", "op": "=", "value": "coffee"}]
    assert tell(lake, "search_similar", table="products", text="espresso tea", filters=filters).rows[0][
        2
    ] == ("espresso")


def test_similar_events_are_found_by_vectors(own_lake: Lakehouse) -> None:
    shop = own_lake.database("acme")
    shop.sql("create table points (name varchar, at float[2])")
    shop.append("points", [{"name": "here", "at": [0.0, 1.0]}, {"name": "there", "at": [1.0, 0.0]}])
    said = tell(own_lake, "search_similar", table="points", vector=[0.1, 0.9], k=1)
    assert said.rows[0][1] == "here"
    assert "ranked by meaning, the nearest first" in said.lines


@pytest.mark.parametrize(
    ("tool", "arguments", "named", "candidate"),
    [
        ("describe", {"name": "ordrs"}, "ordrs", "orders"),
        ("describe", {"name": "orders.regoin"}, "orders.regoin", "orders.region"),
        ("run_sql", {"sql": "select * from ordrs"}, "ordrs", "orders"),
        ("run_sql", {"sql": "select regoin from orders"}, "regoin", "orders.region"),
        ("query_metrics", {"metrics": ["sum(orders.revenu)"]}, "orders.revenu", "orders.revenue"),
        ("search_similar", {"table": "product", "text": "tea"}, "product", "products"),
        ("explain", {"sql": "select * from custmers"}, "custmers", "customers"),
    ],
)
def test_a_wrong_name_is_named_with_three_candidates_at_most(
    lake: Lakehouse, tool: str, arguments: dict[str, Any], named: str, candidate: str
) -> None:
    said = tell(lake, tool, **arguments)
    assert said.failed
    assert f"`{named}`" in said.text
    meant = said.text.split("Did you mean ")[1]
    assert f"`{candidate}`" in meant
    assert meant.count("`") <= 6


def test_a_table_that_came_a_moment_ago_is_known(own_lake: Lakehouse) -> None:
    async def act(agent: Any) -> tuple[Said, Said]:
        await agent("search_catalog", query="orders")
        own_lake.database("acme").append("visits", [{"place": "hall", "guests": 3}])
        await anyio.sleep(1.1)  # how long what is known stays so at least
        measured = await agent("query_metrics", metrics=["sum(visits.guests)"])
        return await agent("describe", name="visits"), measured

    described, measured = speak(act, here(own_lake))
    assert [row[0] for row in described.rows] == ["place", "guests"]
    assert measured.rows == [("3",)]


def test_no_result_is_longer_than_an_agent_can_read(own_lake: Lakehouse) -> None:
    own_lake.database("acme").append("wide", [{f"c{n}": "é" * 300 for n in range(20)} for _ in range(400)])
    for tool, arguments in (
        ("run_sql", {"sql": "select * from wide", "limit": 1_000}),
        ("describe", {"name": "wide", "detail": "full"}),
        ("search_similar", {"table": "wide", "text": "é" * 300, "k": 1_000}),
        ("search_catalog", {"query": "c1", "limit": 50}),
    ):
        assert len(tell(own_lake, tool, **arguments).text.encode()) < 25_000


def test_a_principal_is_told_the_verified_questions_whose_sql_it_may_run(own_lake: Lakehouse) -> None:
    shop = own_lake.database("acme")
    shop.apply_model(
        "verified:\n  - question: how is business\n    sql: select sum(revenue) as business from orders\n"
        "  - question: business by name\n    sql: select name from customers\n"
        "  - question: business of both\n    sql: select name, revenue from orders join customers using"
        " (customer_id)\n"
    )
    shop.sql("grant select on orders to priya")
    shop.sql("grant select (customer_id) on customers to priya")

    async def act(agent: Agent) -> Said:
        return await agent("search_catalog", query="business", kind="verified")

    told = speak(act, here(own_lake, who="priya"))
    assert [name for _, name, _ in told.rows] == ["how is business"]
    assert len(speak(act, here(own_lake)).rows) == 3
    shop.sql("grant select on customers to priya")
    assert len(speak(act, here(own_lake, who="priya")).rows) == 3, "what is kept is of the policy in force"
    own_lake.audit.flush()  # type: ignore[attr-defined]  # of a lake that is here
    noted = own_lake.database("system").sql(
        "select statement from audit where statement like '%AS checked LIMIT 0'"
    )
    assert noted.rows() == [], "what nobody asked is not noted"


def test_the_semantic_model_is_known_with_its_metrics_and_verified_questions(own_lake: Lakehouse) -> None:
    shop = own_lake.database("acme")
    shop.apply_model(
        "metrics:\n  turnover:\n    table: orders\n    sql: sum(revenue)\n    synonyms: [takings]\n"
        "verified:\n  - question: how is business\n    sql: select sum(revenue) as business from orders\n"
    )

    async def act(agent: Agent) -> tuple[Said, Said, Said, Said]:
        return (
            await agent("search_catalog", query="takings"),
            await agent("search_catalog", query="business", kind="verified"),
            await agent("query_metrics", metrics=["turnover"]),
            await agent("ask", question="how is business"),
        )

    metric, vouched, measured, asked = speak(act, here(own_lake))
    assert metric.rows[0][:2] == ("metric", "turnover")
    assert vouched.rows[0][:2] == ("verified", "how is business")
    assert measured.rows == asked.rows
    assert asked.told("verified") == "this SQL was vouched for"
