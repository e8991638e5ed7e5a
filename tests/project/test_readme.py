"""Every block of README.md runs: Python, SQL and shell, in one folder, in that order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .source import ROOT

README = (ROOT / "README.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def _run(arguments: list[str], folder: Path, text: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first Python block has run, and the files lie that commands name."""
    folder = tmp_path_factory.mktemp("readme")
    events, *_ = _blocks("python")
    assert "[('milk', 1.9), ('tea', 13.5)]" in _run(["-c", events], folder)
    (folder / "sales.csv").write_text("product,revenue\nwine,12.5\n")
    return folder


def test_a_durable_object_is_ten_lines_and_outlives_its_process(folder: Path) -> None:
    _, cart, *_ = _blocks("python")
    assert len(cart[: cart.index("with ")].strip().splitlines()) <= 10
    assert [_run(["-c", cart], folder).strip() for _ in range(2)] == ["1", "2"]


def test_events_are_found_by_what_they_mean(folder: Path) -> None:
    *_, search, _ = _blocks("python")
    assert "a hot drink of leaves" in _run(["-c", search], folder)


def test_a_question_in_english_is_answered(folder: Path) -> None:
    *_, asked = _blocks("python")
    assert "('tea', 13.5)" in _run(["-c", asked], folder)


def test_the_sql_block_runs(folder: Path) -> None:
    (sql,) = _blocks("sql")
    assert len(sql.strip().splitlines()) == 10
    assert "tea" in _run(["-m", "thermocline.cli", "sql", "--db", "acme"], folder, sql)


COMMANDS = [line for block in _blocks("sh") for line in block.strip().splitlines()]


def test_it_opens_with_the_two_commands() -> None:
    assert COMMANDS[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("thermocline ")])
def test_a_command_runs(command: str, folder: Path) -> None:
    assert _run(["-m", "thermocline.cli", *shlex.split(command)[1:]], folder)


def test_no_command_is_left_out() -> None:
    assert all(command.startswith(("thermocline ", "make ")) for command in COMMANDS)


def test_each_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    assert _run([str(example)], tmp_path)
