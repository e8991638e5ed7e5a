"""--model: what the grammar is not sure of is put to the model that is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..mcp.talk import command, over_stdio, speak
from .conftest import Command

QUESTION = "which flurbs glimmer?"
REPLY = json.dumps({"sql": "SELECT count(*) AS n FROM sales", "reading": "sales", "confidence": 0.8})


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "script.json").write_text(json.dumps([{"question": QUESTION, "answers": [REPLY]}]))
    return f"scripted:{tmp_path / 'script.json'}"


def test_ask_puts_it_to_the_model(shop: Command, model: str) -> None:
    assert shop("ask", QUESTION, "--db", "acme", "--json").json["kind"] == "refuse"
    answer = shop("ask", QUESTION, "--db", "acme", "--json", "--model", model).json
    assert (answer["translator"], answer["rows"]) == ("scripted:script", [[3]])


def test_eval_measures_it(shop: Command, model: str, tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(json.dumps({"question": QUESTION, "gold_rows": [[3]]}) + "\n")
    arguments = ("eval", str(tmp_path / "cases.jsonl"), "--db", "acme", "--json")
    assert shop(*arguments).json["coverage"] == 0
    assert shop(*arguments, "--model", model).json["precision"] == 1


def test_agents_ask_it(shop: Command, model: str) -> None:
    async def act(agent: Any) -> Any:
        return await agent("ask", question=QUESTION)

    said = speak(act, over_stdio(command(shop.lake, "--model", model)))
    assert said.rows == [("3",)]


@pytest.mark.parametrize("place", ["http://127.0.0.1:9", "ray://127.0.0.1:9"])
def test_a_lake_elsewhere_has_a_model_of_its_own(shop: Command, place: str, model: str) -> None:
    said = shop("ask", QUESTION, "--lake", place, "--model", model)
    assert (said.code, "chosen there" in said.err) == (1, True)


def test_a_wrong_name_says_which_there_are(shop: Command) -> None:
    said = shop("ask", QUESTION, "--db", "acme", "--model", "olama:x")
    assert "ollama:" in said.err
