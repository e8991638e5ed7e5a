"""Writes by agents: only with leave, only what was granted, and only what was shown and agreed to."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mcp import Client

from thermocline.agent.mcp.doors import Settings
from thermocline.core.protocols import Lakehouse

from .talk import Agent, Said, command, here, over_http, over_stdio, picking, serving, speak

MODES = ["auto", "legacy"]
WRITING = Settings(allow_writes=True)
ADD = "insert into products values (6, 'scone', 'food', 2.5)"


async def added(agent: Agent) -> tuple[str, str]:
    """What was said of it, and how many products there are then."""
    said = await agent("run_sql", sql=ADD)
    last = said.lines[-1] if said.lines[-1] == "done" else said.lines[0]
    return last, (await agent("run_sql", sql="select count(*) from products")).rows[0][0]


@pytest.mark.parametrize("mode", MODES)
def test_a_write_is_shown_first_and_done_when_a_person_agrees(own_lake: Lakehouse, mode: str) -> None:
    def person(at: int) -> Client:
        settings = Settings(allow_writes=True)
        return here(own_lake, settings=settings, mode=mode, elicitation_callback=picking(at))

    assert speak(added, person(0)) == ("not done: it was not confirmed", "5")
    assert speak(added, person(1)) == ("done", "6")


def test_so_it_is_with_the_command(folder: Path) -> None:
    server = command(folder, "--allow-writes")
    assert speak(added, over_stdio(server, mode="legacy", elicitation_callback=picking(1))) == ("done", "6")


def test_without_forms_a_write_is_done_when_its_code_comes_back(own_lake: Lakehouse) -> None:
    writing = Settings(allow_writes=True)

    async def act(agent: Agent) -> tuple[Said, Said, Said]:
        preview = await agent("run_sql", sql=ADD)
        code = preview.text.split('confirm="')[1].split('"')[0]
        other = await agent("run_sql", sql=ADD.replace("scone", "bun"), confirm=code)
        return preview, other, await agent("run_sql", sql=ADD, confirm=code)

    preview, other, done = speak(act, here(own_lake, settings=writing))
    assert "NOT DONE YET: an INSERT on `products`: 1 rows" in preview.text
    assert "NOT DONE YET" in other.text
    assert "done" in done.lines
    assert own_lake.database("acme").sql("select count(*) from products").rows() == [(6,)]


@pytest.mark.parametrize(
    "sql", ["drop table orders", "insert into orders select * from orders", "create table t (a int)"]
)
def test_nothing_is_written_without_leave(lake: Lakehouse, sql: str) -> None:
    said = speak(lambda agent: agent("run_sql", sql=sql), here(lake))
    assert said.failed
    assert "read-only" in said.text


@pytest.mark.parametrize("sql", ["grant select on orders to priya", "create token for priya"])
def test_the_policy_is_not_for_agents(lake: Lakehouse, sql: str) -> None:
    said = speak(lambda agent: agent("run_sql", sql=sql), here(lake, settings=Settings(allow_writes=True)))
    assert said.failed
    assert "not for agents" in said.text


def code_of(said: Said) -> str:
    (code,) = re.findall(r'confirm="([0-9a-f]+)"', said.text)
    return str(code)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (ADD, "an INSERT on `products`: 1 rows, into a table of 4 columns"),
        ("insert into orders select * from orders", "an INSERT on `orders`: 90 rows"),
        ("create table big as select * from orders", "a CREATE TABLE on `big`: of 90 rows"),
        ("create table t (a int)", "a CREATE TABLE on `t`"),
        ("drop table orders", "a DROP TABLE on `orders`: 90 rows that you see, in all tiers"),
        ("drop table if exists nothing", "a DROP TABLE on `nothing`: no such table"),
    ],
)
def test_a_preview_says_what_would_be_touched(own_lake: Lakehouse, sql: str, told: str) -> None:
    said = speak(lambda agent: agent("run_sql", sql=sql), here(own_lake, settings=WRITING))
    assert said.lines[0].startswith(f"NOT DONE YET: {told}")
    assert len(code_of(said)) == 12
    assert own_lake.database("acme").tables() == ["customers", "notes", "orders", "products", "salaries"]


def test_a_code_is_good_once(own_lake: Lakehouse) -> None:
    async def act(agent: Agent) -> list[Said]:
        code = code_of(await agent("run_sql", sql=ADD))
        return [await agent("run_sql", sql=ADD, confirm=code) for _ in range(2)]

    done, again = speak(act, here(own_lake, settings=WRITING))
    assert "done" in done.lines
    assert "NOT DONE YET" in again.text
    assert own_lake.database("acme").sql("select count(*) from products").rows() == [(6,)]


@pytest.mark.parametrize("guess", ["", "yes", "000000000000", "0" * 64])
def test_no_code_can_be_made_up(own_lake: Lakehouse, guess: str) -> None:
    async def act(agent: Agent) -> Said:
        code = code_of(await agent("run_sql", sql=ADD))
        other = code_of(await agent("run_sql", sql=ADD))
        assert code != other, "of equal statements, too"
        return await agent("run_sql", sql=ADD, confirm=guess)

    assert "NOT DONE YET" in speak(act, here(own_lake, settings=WRITING)).text


def test_a_confirmation_comes_too_late(own_lake: Lakehouse) -> None:
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]

    async def act(agent: Agent) -> tuple[Said, Said]:
        late, soon = [code_of(await agent("run_sql", sql=ADD)) for _ in range(2)]
        now[0] += timedelta(minutes=9)
        in_time = await agent("run_sql", sql=ADD, confirm=soon)
        now[0] += timedelta(minutes=2)
        return in_time, await agent("run_sql", sql=ADD, confirm=late)

    in_time, late = speak(act, here(own_lake, settings=WRITING, clock=lambda: now[0]))
    assert "done" in in_time.lines
    assert late.lines[0] == "not done: this is not what was confirmed, or too long ago"


def test_what_would_be_touched_may_not_have_changed(own_lake: Lakehouse) -> None:
    async def act(agent: Agent) -> Said:
        code = code_of(await agent("run_sql", sql="drop table products"))
        own_lake.database("acme").sql(ADD)
        return await agent("run_sql", sql="drop table products", confirm=code)

    said = speak(act, here(own_lake, settings=WRITING))
    assert "not what was confirmed" in said.lines[0]
    assert "6 rows" in said.lines[1]
    assert "products" in own_lake.database("acme").tables()


def test_nobody_confirms_for_another(guarded_lake: Lakehouse, tokens: dict[str, str]) -> None:
    guarded_lake.database("acme").sql("grant insert on products to priya")
    with serving(guarded_lake, WRITING) as url:
        code = code_of(
            speak(lambda agent: agent("run_sql", sql=ADD), over_http(url, tokens["clerk"], mode="auto"))
        )
        for who, done in (("priya", False), ("clerk", True)):
            said = speak(
                lambda agent: agent("run_sql", sql=ADD, confirm=code),
                over_http(url, tokens[who], mode="auto"),
            )
            assert ("done" in said.lines) is done


@pytest.mark.parametrize(
    "sql", ["drop table products", "create table t (a int)", "insert into orders values (1)"]
)
def test_what_was_not_granted_is_not_even_shown(guarded_lake: Lakehouse, sql: str) -> None:
    said = speak(lambda agent: agent("run_sql", sql=sql), here(guarded_lake, who="clerk", settings=WRITING))
    assert said.failed
    assert "`clerk` may not" in said.text
    assert "confirm" not in said.text


def test_a_statement_that_is_wrong_is_not_shown(own_lake: Lakehouse) -> None:
    said = speak(
        lambda agent: agent("run_sql", sql="insert into products select nothing from orders"),
        here(own_lake, settings=WRITING),
    )
    assert said.failed
    assert "nothing" in said.text


def test_who_was_granted_no_change_has_no_tool_for_it(guarded_folder: Path) -> None:
    async def read_only(agent: Agent) -> list[bool]:
        found = await agent.client.list_tools()
        return [bool(t.annotations.read_only_hint) for t in found.tools if t.name == "run_sql"]

    for who, expected in (("priya", True), ("clerk", False)):
        with tempfile.TemporaryFile("w+") as errors:
            server = command(guarded_folder, "--as", who, "--allow-writes")
            assert speak(read_only, over_stdio(server, errors)) == [expected]
            errors.seek(0)
            assert ("granted no changes" in errors.read()) is expected
