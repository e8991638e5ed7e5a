"""The tables of docs/periods.md, which are what the tests hold the code to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "periods.md"
NOW = datetime(2024, 5, 15, 10, 30, tzinfo=UTC)
"""The clock of the tables."""


def rows(header: str) -> list[list[str]]:
    """The rows of the table with this header line."""
    lines = PAGE.read_text().splitlines()
    begin = lines.index(header) + 2
    end = next((at for at in range(begin, len(lines)) if not lines[at].startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[begin:end]]
