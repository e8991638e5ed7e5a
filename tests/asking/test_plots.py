"""An answer that is a series is drawn, in the terminal or as a PNG."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.cli.main import app
from thermocline.cli.plotting import bars, series
from thermocline.core.errors import Invalid

from .conftest import NOW, fill

QUESTION = "average revenue by region"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False) as lake:
        fill(lake)
    return tmp_path / "lake"


def test_the_last_column_of_numbers_is_measured_over_the_others() -> None:
    rows = [("north", 2025, 1.5), ("south", 2025, None)]
    assert series(["region", "year", "revenue"], rows) == (
        ["north 2025", "south 2025"],
        "revenue",
        [1.5, None],
    )


def test_what_is_no_series_says_so() -> None:
    with pytest.raises(Invalid, match="no series"):
        series(["name"], [("Ann",)])


def test_bars_are_in_proportion() -> None:
    long, short = bars(["a", "b"], [8.0, 4.0])
    assert long.count("█") == 2 * short.count("█") == 40


def test_in_the_terminal(folder: Path) -> None:
    arguments = ["ask", QUESTION, "--lake", str(folder), "--db", "acme", "--guess", "--plot", "-"]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0, said.output
    lines = [line for line in said.stdout.splitlines() if "█" in line]
    assert {line.split()[0] for line in lines} == {"north", "south", "west"}


def test_as_a_png(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "plot.png"
    arguments = ["ask", QUESTION, "--lake", str(folder), "--db", "acme", "--guess", "--plot", str(file)]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0, said.output
    assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(file.read_bytes()) > 5_000
