"""The command run in this process, on a lake of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.cli.main import app

SALES: list[dict[str, Any]] = [
    {"product": "tea", "revenue": 4.5, "_time": "2026-10-01T10:00:00Z"},
    {"product": "milk", "revenue": 1.5, "_time": "2026-10-02T10:00:00Z"},
    {"product": "tea", "revenue": None, "_time": "2026-10-03T10:00:00Z"},
]


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """`command("tables", "--json")` -> exit code, stdout and stderr."""

    def __init__(self, lake: Path, url: str = "") -> None:
        self.lake = lake
        self._where = url or str(lake)

    def __call__(self, *arguments: str, text: str | None = None) -> Said:
        done = CliRunner().invoke(app, arguments, input=text, env={"THERMOCLINE_LAKE": self._where})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr, done.stdout_bytes)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """On a lake that is not there yet."""
    return Command(tmp_path / "lake")


@pytest.fixture
def shop(command: Command) -> Command:
    """On a lake whose database `acme` has three sales."""
    with thermocline.connect(command.lake, background=False) as lake:
        lake.database("acme").append("sales", SALES)
    return command
