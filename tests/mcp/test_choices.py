"""Where a question can be meant in several ways, a person chooses: in a form, or by naming an option."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp import Client

from thermocline.agent import translate
from thermocline.agent.decide import Model
from thermocline.agent.mcp.doors import Settings
from thermocline.core.protocols import Lakehouse

from .talk import Agent, Said, command, here, over_http, over_stdio, picking, serving, speak

MODES = ["auto", "legacy"]
QUESTION = "total revenue by region"
UNSURE = Model(answer={"bias": -9.0}, among={"bias": 9.0})


@pytest.fixture
def readings(own_lake: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A translator that is never sure of itself; how it reads the question -> SQL."""
    monkeypatch.setattr(translate, "default_model", lambda: UNSURE)
    shop = own_lake.database("acme", door="mcp")
    asked = shop.ask(QUESTION)
    assert len(asked.options) > 1
    return {option.reading: str(shop.ask(option, dry_run=True).sql) for option in asked.options}


async def asked(agent: Agent) -> Said:
    return await agent("ask", question=QUESTION)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("at", [0, 1])
def test_a_form_is_shown_and_the_choice_is_answered(
    own_lake: Lakehouse, readings: dict[str, str], mode: str, at: int
) -> None:
    said = speak(asked, here(own_lake, mode=mode, elicitation_callback=picking(at)))
    assert said.told("sql") == list(readings.values())[at]
    assert said.rows


@pytest.mark.parametrize("mode", MODES)
def test_who_would_not_choose_gets_the_options(
    own_lake: Lakehouse, readings: dict[str, str], mode: str
) -> None:
    said = speak(asked, here(own_lake, mode=mode, elicitation_callback=picking(None)))
    assert said.lines[0].startswith("NOT ANSWERED YET")
    assert [reading for _, reading in said.rows] == list(readings)


@pytest.mark.parametrize("mode", MODES)
def test_a_client_without_forms_gets_options_with_names(
    own_lake: Lakehouse, readings: dict[str, str], mode: str
) -> None:
    async def act(agent: Agent) -> tuple[Said, Said]:
        options = await asked(agent)
        return options, await agent("ask", question=options.rows[1][0])

    options, said = speak(act, here(own_lake, mode=mode))
    assert [reading for _, reading in options.rows] == list(readings)
    assert said.told("sql") == list(readings.values())[1]


@pytest.mark.parametrize("mode", MODES)
def test_forms_work_over_http(own_lake: Lakehouse, readings: dict[str, str], mode: str) -> None:
    with serving(own_lake) as url:
        said = speak(asked, over_http(url, mode=mode, elicitation_callback=picking(1)))
    assert said.told("sql") == list(readings.values())[1]


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
