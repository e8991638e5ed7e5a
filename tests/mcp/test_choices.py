"""Where a question can be meant in several ways, a person chooses: in a form, or by naming an option."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.agent import translate
from thermocline.agent.decide import Model
from thermocline.agent.mcp.doors import Settings
from thermocline.core.protocols import Lakehouse

from .talk import Agent, Said, command, here, over_http, over_stdio, picking, serving, speak

MODES = ["auto", "legacy"]
QUESTION = "total revenue by region"
UNSURE = Model(answer={"bias": -9.0}, among={"bias": 9.0})


@pytest.fixture
def readings(lake: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A translator that is never sure of itself; how it reads the question -> SQL."""
    monkeypatch.setattr(translate, "default_model", lambda: UNSURE)
    shop = lake.database("acme", door="mcp")
    asked = shop.ask(QUESTION)
    assert len(asked.options) > 1
    return {option.reading: str(shop.ask(option, dry_run=True).sql) for option in asked.options}


async def asked(agent: Agent) -> Said:
    return await agent("ask", question=QUESTION)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("at", [0, 1])
def test_a_form_is_shown_and_the_choice_is_answered(
    lake: Lakehouse, readings: dict[str, str], mode: str, at: int
) -> None:
    said = speak(asked, here(lake, mode=mode, elicitation_callback=picking(at)))
    assert said.told("sql") == list(readings.values())[at]
    assert said.rows


@pytest.mark.parametrize("mode", MODES)
def test_who_would_not_choose_gets_the_options(lake: Lakehouse, readings: dict[str, str], mode: str) -> None:
    said = speak(asked, here(lake, mode=mode, elicitation_callback=picking(None)))
    assert said.lines[0].startswith("NOT ANSWERED YET")
    assert [reading for _, reading in said.rows] == list(readings)


@pytest.mark.parametrize("mode", MODES)
def test_a_client_without_forms_gets_options_with_names(
    lake: Lakehouse, readings: dict[str, str], mode: str
) -> None:
    async def act(agent: Agent) -> tuple[Said, Said]:
        options = await asked(agent)
        return options, await agent("ask", question=options.rows[1][0])

    options, said = speak(act, here(lake, mode=mode))
    assert [reading for _, reading in options.rows] == list(readings)
    assert said.told("sql") == list(readings.values())[1]


@pytest.mark.parametrize("mode", MODES)
def test_forms_work_over_http(lake: Lakehouse, readings: dict[str, str], mode: str) -> None:
    with serving(lake) as url:
        said = speak(asked, over_http(url, mode=mode, elicitation_callback=picking(1)))
    assert said.told("sql") == list(readings.values())[1]


@pytest.mark.parametrize("mode", MODES)
def test_a_write_is_shown_first_and_done_when_a_person_agrees(folder: Path, mode: str) -> None:
    """Over stdio, with the real command."""
    add = "insert into products values (6, 'scone', 'food', 2.5)"

    async def act(agent: Agent) -> tuple[Said, str]:
        written = await agent("run_sql", sql=add)
        return written, (await agent("run_sql", sql="select count(*) from products")).rows[0][0]

    server = command(folder, "--allow-writes")
    refused, before = speak(act, over_stdio(server, mode=mode, elicitation_callback=picking(0)))
    agreed, after = speak(act, over_stdio(server, mode=mode, elicitation_callback=picking(1)))
    assert (refused.lines[0], before) == ("not done: it was not confirmed", "5")
    assert ("done" in agreed.lines, after) == (True, "6")


def test_without_forms_a_write_is_done_when_its_code_comes_back(own_lake: Lakehouse) -> None:
    add = "insert into products values (6, 'scone', 'food', 2.5)"
    writing = Settings(allow_writes=True)

    async def act(agent: Agent) -> tuple[Said, Said, Said]:
        preview = await agent("run_sql", sql=add)
        code = preview.text.split('confirm="')[1].split('"')[0]
        other = await agent("run_sql", sql=add.replace("scone", "bun"), confirm=code)
        return preview, other, await agent("run_sql", sql=add, confirm=code)

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
