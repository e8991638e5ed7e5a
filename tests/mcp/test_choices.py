"""Where a question can be meant in several ways, a person chooses: in a form, or by naming an option."""

from __future__ import annotations

import pytest

from thermocline.agent import translate
from thermocline.agent.decide import Model
from thermocline.core.protocols import Lakehouse

from .talk import Agent, Said, here, over_http, picking, serving, speak

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
