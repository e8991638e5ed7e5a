"""Accuracy is a command: questions with expected rows, asked of a lake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.agent.evaluate import Case, Outcome, read_cases, summed
from thermocline.cli.main import app
from thermocline.core.errors import Invalid

from .conftest import NOW, fill

CASES = [
    {"question": "how many orders are there?", "gold_rows": [[255]], "kinds": ["agg"]},
    {"question": "how many customers are there?", "gold_rows": [[8]], "kinds": ["agg"]},
    {"question": "show me all the flurbs", "gold_rows": [[1]], "kinds": ["where"]},
]


def outcome(kind: str, *, right: bool, best: bool, rows: bool = True) -> Outcome:
    case = Case("1", "acme", "?", ((1,),) if rows else None, False, ("agg",))
    return Outcome(case, kind, right, best, 0.9, "SELECT 1", 0.01)


def test_accuracy_counts_the_best_meaning_and_precision_the_answers() -> None:
    sums = summed(
        [
            outcome("answer", right=True, best=True),
            outcome("answer", right=False, best=False),
            outcome("clarify", right=False, best=True),
            outcome("refuse", right=False, best=False),
            outcome("answer", right=False, best=False, rows=False),
        ]
    )
    assert (sums.asked, sums.accuracy, sums.coverage, sums.precision) == (4, 0.5, 0.5, 0.5)
    assert (sums.clarified, sums.refused, sums.by_kind) == (1, 1, {"agg": (2, 4)})


def test_a_question_without_text_names_its_line() -> None:
    with pytest.raises(Invalid, match="question 2 has no text"):
        read_cases('{"question": "how many?"}\n{"gold_rows": []}\n', "main")
    with pytest.raises(Invalid, match="line 1"):
        read_cases("{nothing", "main")


def test_rows_of_which_only_the_first_are_listed_are_compared_so_far() -> None:
    (case,) = read_cases('{"question": "?", "gold_rows": [[1]], "gold_n": 2}', "main")
    assert not case.listed


def test_the_command_measures_a_lake(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False) as lake:
        fill(lake)
    file, wrong = tmp_path / "questions.jsonl", tmp_path / "wrong.jsonl"
    file.write_text("".join(json.dumps(case) + "\n" for case in CASES))
    arguments = [
        "eval",
        str(file),
        "--lake",
        str(tmp_path / "lake"),
        "--db",
        "acme",
        "--failures",
        str(wrong),
    ]
    said = CliRunner().invoke(app, [*arguments, "--json"])
    assert said.exit_code == 0, said.output
    sums = json.loads(said.stdout)
    assert (sums["asked"], round(sums["accuracy"], 2), sums["refused"]) == (3, 0.33, 1)
    assert sums["by_kind"] == {"agg": [1, 2], "where": [0, 1]}
    told = [json.loads(line)["question"] for line in wrong.read_text().splitlines()]
    assert told == ["how many customers are there?", "show me all the flurbs"]
    assert "accuracy" in CliRunner().invoke(app, arguments).stdout
