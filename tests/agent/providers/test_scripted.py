"""A script answers by question, its further answers are for repairs, and it ends with an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thermocline.agent.providers.base import Message
from thermocline.agent.providers.scripted import Scene, Scripted, read
from thermocline.core.errors import Invalid, NotFound, Unavailable
from thermocline.core.protocols import Cancel

SCRIPT = """
- question: Revenue by region
  answers:
    - {sql: SELECT 1, reading: "ü"}
    - SELECT 2
- answers: ["SELECT 3"]
"""


def _ask(provider: Scripted, question: str, repairs: int = 0) -> str:
    repaired = [Message("assistant", "no"), Message("user", "again")] * repairs
    return provider.complete([Message("user", question), *repaired], timeout=1, max_tokens=99).text


def test_answers_go_by_question_and_repair(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    provider = read(tmp_path / "script.yaml")
    assert provider.model == "script"
    for _ in range(2):
        assert json.loads(_ask(provider, " revenue  BY region")) == {"sql": "SELECT 1", "reading": "ü"}
        assert _ask(provider, "revenue by region", repairs=1) == "SELECT 2"
    assert _ask(provider, "something else") == "SELECT 3"


def test_json_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text(
        json.dumps([{"question": "q\t", "answers": ["SELECT 1"]}], indent=1)
    )
    assert _ask(read(tmp_path / "script.json"), "Q") == "SELECT 1"


def test_a_question_without_an_answer_is_an_error() -> None:
    provider = Scripted([Scene("revenue by region", ("SELECT 1",))])
    with pytest.raises(NotFound, match="no answer to 'revenue by regions'") as caught:
        _ask(provider, "revenue by regions")
    assert "`revenue by region`" in caught.value.hint
    with pytest.raises(NotFound, match="ends after 1 answers"):
        _ask(provider, "revenue by region", repairs=1)


@pytest.mark.parametrize(
    "script",
    [
        "question: q",
        "- text",
        "- {question: q}",
        "- {question: 1, answers: []}",
        "- {answers: [], more: 1}",
        "[",
        "\x00",
    ],
)
def test_what_is_no_script_is_refused(tmp_path: Path, script: str) -> None:
    (tmp_path / "script.yaml").write_text(script)
    with pytest.raises(Invalid):
        read(tmp_path / "script.yaml")


def test_it_streams_counts_and_remembers() -> None:
    provider = Scripted([Scene(None, ("SELECT " + "x" * 40,))])
    heard: list[str] = []
    asked = (Message("user", "q"),)
    done = provider.complete(asked, timeout=1, max_tokens=15, on_text=heard.append)
    assert "".join(heard) == done.text
    assert len(heard) == 3
    assert (done.input_tokens, done.output_tokens, done.stopped) == (1, 16, "length")
    assert provider.asked == [asked]


def test_it_can_be_cancelled() -> None:
    cancel = Cancel()
    cancel()
    with pytest.raises(Unavailable, match="cancelled"):
        Scripted([Scene(None, ("1",))]).complete([], timeout=1, max_tokens=9, cancel=cancel)
