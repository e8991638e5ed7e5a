"""Pages of a result: of one cut, each row once, and a cursor that can't be bent into anything else."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.agent.mcp import cursors
from thermocline.core.errors import Invalid
from thermocline.core.protocols import Lakehouse

from .shop import orders
from .talk import Agent, Said, here, speak


async def pages(agent: Agent, sql: str, limit: int, **more: Any) -> list[Said]:
    found = [await agent("run_sql", sql=sql, limit=limit, **more)]
    while cursor := found[-1].told("cursor"):
        found.append(await agent("run_sql", sql=sql, limit=limit, cursor=cursor))
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id from orders",
        "select order_id from orders order by order_id desc;",
        "select region, order_id, count(*) from orders group by all -- any order",
        "with o as (select * from orders) select o.order_id from o join orders p using (order_id)",
    ],
)
def test_pages_have_each_row_once(lake: Lakehouse, sql: str) -> None:
    found = speak(lambda agent: pages(agent, sql, 17), here(lake))
    rows = [row for page in found for row in page.rows]
    assert len(rows) == len(set(rows)) == 90
    assert [page.meta["truncated"] for page in found] == [True] * (len(found) - 1) + [False]


def test_pages_are_of_one_cut_whatever_is_appended_between(own_lake: Lakehouse) -> None:
    async def act(agent: Agent) -> list[tuple[str, ...]]:
        sql = "select order_id from orders order by order_id desc"
        first = await agent("run_sql", sql=sql, limit=50)
        own_lake.database("acme").append("orders", orders(90, 120))
        second = await agent("run_sql", sql=sql, limit=50, cursor=first.told("cursor"))
        return [*first.rows, *second.rows]

    assert speak(act, here(own_lake)) == [(str(n),) for n in range(89, -1, -1)]


def test_where_only_the_files_order_rows_a_page_after_their_change_is_refused(own_lake: Lakehouse) -> None:
    async def act(agent: Agent) -> Said:
        sql = "select order_id from orders"
        first = await agent("run_sql", sql=sql, limit=50)
        own_lake.database("acme").flush("orders")
        return await agent("run_sql", sql=sql, limit=50, cursor=first.told("cursor"))

    said = speak(act, here(own_lake))
    assert said.failed
    assert "Add ORDER BY" in said.text


def test_pages_of_the_past_stay_in_the_past(own_lake: Lakehouse) -> None:
    before = own_lake.database("acme").bookmark()
    own_lake.database("acme").append("orders", orders(90, 100))
    found = speak(
        lambda agent: pages(agent, "select order_id from orders order by 1", 60, as_of=before), here(own_lake)
    )
    assert sum(len(page.rows) for page in found) == 90


def test_a_cursor_of_another_statement_or_of_nothing_is_refused() -> None:
    cursor = cursors.write("select 1", cursors.Place("shard-0:5", 10))
    assert cursors.read("select 1", cursor) == cursors.Place("shard-0:5", 10)
    for sql, given in (
        ("select 2", cursor),
        ("select 1", "nonsense!"),
        ("select 1", ""),
        ("select 1", "e30"),
    ):
        with pytest.raises(Invalid):
            cursors.read(sql, given)


@pytest.mark.parametrize("offset", [-1, True, 1.5, "0; drop table orders", None, 1 << 60])
def test_a_cursor_holds_a_number_of_rows_or_is_refused(offset: Any) -> None:
    forged = cursors.write("select 1", cursors.Place("shard-0:5", offset))
    with pytest.raises(Invalid):
        cursors.read("select 1", forged)


def test_a_forged_cut_is_read_like_any_other_as_of(lake: Lakehouse) -> None:
    sql = "select count(*) from orders"
    forged = cursors.write(sql, cursors.Place("'; drop table orders --", 0))
    said = speak(lambda agent: agent("run_sql", sql=sql, cursor=forged), here(lake))
    assert said.failed


@pytest.mark.parametrize("sql", ["select 1 as n -- x", "select 1 as n /* x */ ;  ", "values (1)"])
def test_a_comment_or_semicolon_at_the_end_breaks_nothing(lake: Lakehouse, sql: str) -> None:
    assert speak(lambda agent: agent("run_sql", sql=sql), here(lake)).rows == [("1",)]


def test_brackets_that_do_not_match_open_nothing(lake: Lakehouse) -> None:
    bent = "select 1) as page; drop table orders; select * from (select 1"
    assert speak(lambda agent: agent("run_sql", sql=bent), here(lake)).failed
    assert "orders" in lake.database("acme").tables()
